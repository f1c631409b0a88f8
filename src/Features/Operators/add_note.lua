-- Adds a note or an audit entry that the visitor never sees, once for each request. A full session takes none: the audit stream has what was done. But the
-- note of a transfer always fits, because the transfer was refused if it did not. The bytes of every entry with a text are counted.
-- KEYS   as in session.lua
-- ARGV   1 what: 'note', 'transferred', 'blocked', 'unblocked' or 'customer_seen', 2 operator id, 3 operator's name, 4 text, 5 most entries,
--        6 id of the request, 7 most bytes of notes, 0 for any number
-- Reply  { 'added', id } | { 'full' } | { 'gone' }
-- @durable except full, gone
-- @include session
-- @include notes

local left = redis.call('TTL', KEYS[1])
if left < 0 then
  return { 'gone' }
end
for _, entry in ipairs(redis.call('XREVRANGE', KEYS[5], '+', '-', 'COUNT', 50)) do
  if entry[2][10] == ARGV[6] then
    return { 'added', entry[1] }
  end
end
local size = ARGV[4] ~= '' and note_size(#ARGV[4] + #ARGV[3]) or 0
if not (ARGV[1] == 'transferred' and size > 0) and notes_full(size, tonumber(ARGV[7]), tonumber(ARGV[5])) then
  return { 'full' }
end
if size > 0 then
  redis.call('HINCRBY', KEYS[1], 'note_bytes', size)
end
local id = redis.call('XADD', KEYS[5], '*', 'what', ARGV[1], 'operator', ARGV[2], 'name', ARGV[3], 'text', ARGV[4], 'request', ARGV[6])
redis.call('EXPIRE', KEYS[5], left)
return { 'added', id }
