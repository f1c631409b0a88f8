-- Moves a session from those an operator has to those it had.
-- KEYS   1 held zset, 2 zset of the operator's closed sessions by the time (ms) of closing
-- ARGV   1 operator id, 2 session id, 3 lifetime (s) of closed sessions
-- Reply  1 when the operator had it, else 0

if redis.call('ZREM', KEYS[1], ARGV[1] .. '\n' .. ARGV[2]) == 0 then
  return 0
end
redis.call('ZADD', KEYS[2], redis.call('TIME')[1] * 1000, ARGV[2])
redis.call('ZREMRANGEBYRANK', KEYS[2], 0, -501)
redis.call('EXPIRE', KEYS[2], ARGV[3])
return 1
