-- Adds a note or an audit entry that the visitor never sees.
-- KEYS   as in session.lua
-- ARGV   1 what: 'note', 'transferred', 'blocked' or 'customer_seen', 2 operator id, 3 operator's name, 4 text, 5 most entries
-- Reply  { 'added', id } | { 'full' } | { 'gone' }
-- include: session

local left = redis.call('TTL', KEYS[1])
if left < 0 then
  return { 'gone' }
end
if redis.call('XLEN', KEYS[5]) >= tonumber(ARGV[5]) then
  return { 'full' }
end
local id = redis.call('XADD', KEYS[5], '*', 'what', ARGV[1], 'operator', ARGV[2], 'name', ARGV[3], 'text', ARGV[4])
redis.call('EXPIRE', KEYS[5], left)
return { 'added', id }
