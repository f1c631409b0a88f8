-- Keeps the queue in order: returns what was lent to claimants that never finished, puts calls whose visitor is gone behind the others, and says
-- whose visitors do not come back. A queue that holds no call costs one command.
-- KEYS   as in queue.lua
-- ARGV   1 '1' when visitors may be found to be gone, 2 after how long (ms) without its visitor a call leaves, 3 index from which to look at some calls, or '' to look at none,
--        4 most calls of each kind
-- Reply  { how many calls there are, { sessions whose call is to leave }, { sessions of the calls looked at }, index from which to look next }
-- @include queue

local most, index, leaving = tonumber(ARGV[4]), tonumber(ARGV[3]), {}
local count = redis.call('HLEN', KEYS[2])
if count == 0 then
  return { 0, {}, {}, 0 }
end
return_overdue()
local now = now_ms()
local looked = index and slice(index, most) or {}
for _, session in ipairs(looked) do
  redis.call('ZADD', KEYS[6], 'NX', now, session) -- put there by a node of an earlier version
end
if ARGV[1] == '1' then
  -- Redis's clock was set back: what lies ahead is now.
  for _, session in ipairs(redis.call('ZRANGEBYSCORE', KEYS[6], now + 60000, gone_band, 'LIMIT', 0, most)) do
    redis.call('ZADD', KEYS[6], now, session)
  end
  for _, session in ipairs(redis.call('ZRANGEBYSCORE', KEYS[6], gone_band + now + 60000, '+inf', 'LIMIT', 0, most)) do
    redis.call('ZADD', KEYS[6], gone_band + now, session)
  end
  for _, session in ipairs(redis.call('ZRANGEBYSCORE', KEYS[6], '-inf', now - gone_after, 'LIMIT', 0, most)) do
    redis.call('ZADD', KEYS[6], gone_band + redis.call('ZSCORE', KEYS[6], session), session)
    if redis.call('LREM', KEYS[1], 1, session) == 1 then
      redis.call('ZADD', KEYS[7], called_at(session), session)
    end
  end
  for _, session in ipairs(redis.call('ZRANGEBYSCORE', KEYS[6], gone_band, gone_band + now - ARGV[2], 'LIMIT', 0, most)) do
    if not redis.call('ZSCORE', KEYS[3], session) then
      leaving[#leaving + 1] = session
    end
  end
end
return { count, leaving, looked, #looked < most and 0 or index + most }
