-- Rates a closed session. Rating again replaces; only the first leaves an entry.
-- KEYS   as in session.lua
-- ARGV   1 kind, 2 credential, 3 score, 4 comment or '', 5 text of the entry
-- Reply  { 'rated', former score or '', department or '' } | { 'open' } | { 'denied' }
-- include: session

if not may(ARGV[1], ARGV[2]) then
  return { 'denied' }
end
local session = redis.call('HMGET', KEYS[1], 'status', 'rating', 'department')
if session[1] ~= 'closed' then
  return { 'open' }
end
redis.call('HSET', KEYS[1], 'rating', ARGV[3], 'rating_comment', ARGV[4])
if not session[2] then
  local left = redis.call('TTL', KEYS[1])
  add_entry('system', '', ARGV[5], 'event', 'rated')
  keep(left)
end
return { 'rated', session[2] or '', session[3] or '' }
