-- Notes that an operator called, and forgets those that have not for a day.
-- KEYS   1 zset of operators by the time (ms) of their last call
-- ARGV   1 operator id
-- Reply  1

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - 86400000)
return 1
