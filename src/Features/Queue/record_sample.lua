-- Keeps a sample of what was observed, for a day.
-- KEYS   1 zset of "digest,value" by the time (ms) of the sample
-- ARGV   1 digest of the session id, 2 value, then the values that it replaces
-- Reply  1

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for index = 3, #ARGV do
  redis.call('ZREM', KEYS[1], ARGV[1] .. ',' .. ARGV[index])
end
redis.call('ZADD', KEYS[1], now, ARGV[1] .. ',' .. ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - 86400000)
redis.call('EXPIRE', KEYS[1], 86400)
return 1
