-- Adds to what anonymous sessions take in Redis, by the hour in which they end, and counts off the hours that have passed: at most as many as the hash lives.
-- KEYS   1 hash: hour since 1970 -> bytes that end in it; 'total'; 'first', the first hour that is not counted off, 2 string: the node's last request
-- ARGV   1 id of the request, which counts once, 2 lifetime (s) of the hash, then pairs of hour and bytes to add, which may be negative
-- Reply  what all take (bytes)

local hour = math.floor(redis.call('TIME')[1] / 3600)
for passed = tonumber(redis.call('HGET', KEYS[1], 'first') or hour), hour - 1 do
  local ended = redis.call('HGET', KEYS[1], passed)
  if ended then
    redis.call('HDEL', KEYS[1], passed)
    redis.call('HINCRBY', KEYS[1], 'total', -ended)
  end
end
-- Also where the clock was set back: what ends in an hour that comes again is counted off again.
redis.call('HSET', KEYS[1], 'first', hour)
if redis.call('GET', KEYS[2]) ~= ARGV[1] then
  redis.call('SET', KEYS[2], ARGV[1], 'EX', 60)
  for i = 3, #ARGV, 2 do
    if tonumber(ARGV[i]) >= hour then
      redis.call('HINCRBY', KEYS[1], ARGV[i], ARGV[i + 1])
      redis.call('HINCRBY', KEYS[1], 'total', ARGV[i + 1])
    end
  end
end
redis.call('EXPIRE', KEYS[1], ARGV[2])
return math.max(0, tonumber(redis.call('HGET', KEYS[1], 'total') or 0))
