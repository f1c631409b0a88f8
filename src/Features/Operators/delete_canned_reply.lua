-- Deletes a canned reply. Deleting it again within ten minutes finds it done: the first answer may have been lost.
-- KEYS   1 hash of shortcut -> text, 2 zset of deleted shortcuts by the time (ms)
-- ARGV   1 shortcut
-- Reply  'deleted' | 'deleted before' | 'unknown'

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - 600000)
if redis.call('HDEL', KEYS[1], ARGV[1]) == 1 then
  redis.call('ZADD', KEYS[2], now, ARGV[1])
  redis.call('ZREMRANGEBYRANK', KEYS[2], 0, -1001)
  redis.call('EXPIRE', KEYS[2], 600)
  return 'deleted'
end
return redis.call('ZSCORE', KEYS[2], ARGV[1]) and 'deleted before' or 'unknown'
