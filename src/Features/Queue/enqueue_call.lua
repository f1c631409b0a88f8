-- Puts a call into the queue at the place of its first call time. A call that is there already, waiting or being claimed, stays as it is;
-- but one that returns is taken back from the operator that it is still lent to, for that claim would drop it as soon as it is through.
-- A visitor that calls, or calls again, is there.
-- KEYS   as in queue.lua
-- ARGV   1 session id, 2 first call time (µs), 3 traceparent of the call or '', 4 places free now, 5 seconds for each place after those or '',
--        6 '1' when it returns from an operator
-- Reply  { the place it was put at, counted from 1; 0 when it was there, how many wait whose visitor is there }
-- @durable
-- @include queue

local session, seconds, returns = ARGV[1], tonumber(ARGV[5]), ARGV[6] == '1'
if redis.call('HSETNX', KEYS[2], session, ARGV[2] .. ' - ' .. ARGV[3]) == 0 and not (returns and take_back(session)) then
  if not returns then
    see(session)
  end
  return { 0, redis.call('LLEN', KEYS[1]) }
end
redis.call('ZADD', KEYS[6], now_ms(), session)
local place = insert(session)
if seconds then
  -- Kept to learn, when the call is taken, how good the estimate was.
  local estimate = math.floor(math.max(0, place - ARGV[4]) * seconds + 0.5)
  redis.call('HSET', KEYS[2], session, ARGV[2] .. ' ' .. estimate .. ' ' .. ARGV[3])
end
return { place, redis.call('LLEN', KEYS[1]) }
