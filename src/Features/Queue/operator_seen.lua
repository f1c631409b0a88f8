-- Notes that an operator called, which renews its leases, even where it called too often.
-- KEYS   as in roster.lua, 7 string: what GCRA keeps of the operator's calls
-- ARGV   1 operator id, 2 its name, 3 calls a minute; 0 for any number
-- Reply  0 when it may call, else for how long (ms) to wait
-- @include roster
-- @include gcra
-- @include note

local now = now_ms()
note('ZADD', KEYS[1], now, ARGV[1])
note('HSET', KEYS[4], ARGV[1], ARGV[2])
for _, gone in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now - 86400000, 'LIMIT', 0, 10)) do
  if count_held(gone) == 0 then
    redis.call('ZREM', KEYS[1], gone)
    redis.call('HDEL', KEYS[2], gone)
    redis.call('HDEL', KEYS[4], gone)
    redis.call('HDEL', KEYS[6], gone)
  end
end
return ARGV[3] == '0' and 0 or take_permit(7, ARGV[3], note)
