-- Counts a call that is about to be made for its client address, unless the address has as many in this queue as it may.
-- KEYS   as in queue.lua
-- ARGV   1 session id, 2 digest of the client address, 3 most calls of one address
-- Reply  1 when it may be made, else 0
-- include: queue

local session, client = ARGV[1], ARGV[2]
local former = redis.call('HGET', KEYS[8], session)
if former and former ~= client then
  uncount(session)
end
local calls = calls_of(client)
if redis.call('HGET', KEYS[8], session) == client then
  return 1
end
if #calls >= tonumber(ARGV[3]) then
  keep_calls_of(client, calls)
  return 0
end
calls[#calls + 1] = session .. ':' .. string.format('%.0f', now_ms())
keep_calls_of(client, calls)
redis.call('HSET', KEYS[8], session, client)
redis.call('EXPIRE', KEYS[8], 86400)
return 1
