-- Moves a session from those an operator has to those it had.
-- KEYS   1 held zset, 2 zset of the operator's closed sessions by the time (ms) of closing
-- ARGV   1 operator id, 2 session id, 3 lifetime (s) of closed sessions
-- Reply  1 when it was not among the closed ones before, else 0

redis.call('ZREM', KEYS[1], ARGV[1] .. '\n' .. ARGV[2])
local added = redis.call('ZADD', KEYS[2], 'NX', redis.call('TIME')[1] * 1000, ARGV[2])
redis.call('ZREMRANGEBYRANK', KEYS[2], 0, -501)
redis.call('EXPIRE', KEYS[2], ARGV[3])
return added
