-- Counts a session towards its operator's capacity.
-- KEYS   1 zset of the sessions the operator has, by the time (ms) since when
-- ARGV   1 session id, 2 capacity
-- Reply  1 when it is counted, now or before; 0 when the capacity is used up

if redis.call('ZSCORE', KEYS[1], ARGV[1]) then
  return 1
end
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then
  return 0
end
redis.call('ZADD', KEYS[1], redis.call('TIME')[1] * 1000, ARGV[1])
return 1
