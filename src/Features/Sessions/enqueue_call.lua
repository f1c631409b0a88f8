-- Puts a call into the queue at the place of its first call time. A call that is there already, waiting or being claimed, stays as it is.
-- KEYS   as in queue.lua
-- ARGV   1 session id, 2 first call time (ms), 3 traceparent of the call or ''
-- Reply  { the place it was put at, counted from 1; 0 when it was there, how many wait }
-- include: queue

local session = ARGV[1]
if redis.call('HSETNX', KEYS[2], session, ARGV[2] .. ' ' .. ARGV[3]) == 0 then
  return { 0, redis.call('LLEN', KEYS[1]) }
end
return { insert(session), redis.call('LLEN', KEYS[1]) }
