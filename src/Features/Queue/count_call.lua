-- Notes for which client address a call is about to be made, or that it is not made after all.
-- KEYS   as in queue.lua
-- ARGV   1 session id, 2 digest of the client address, or '' where the call is not made
-- Reply  'noted'
-- @include queue

local session, client = ARGV[1], ARGV[2]
if client == '' and redis.call('HEXISTS', KEYS[2], session) == 1 then
  return 'noted' -- another request of the same visitor has made it
end
uncount(session)
if client ~= '' then
  local calls = calls_of(client)
  calls[#calls + 1] = session .. ':' .. string.format('%.0f', now_ms())
  keep_calls_of(client, calls)
  redis.call('HSET', KEYS[8], session, client)
  redis.call('EXPIRE', KEYS[8], 86400)
end
return 'noted'
