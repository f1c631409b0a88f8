-- Moves a session from those an operator has to those it had.
-- KEYS   1 held zset, 2 holding hash, 3 zset of the operator's closed sessions by the time (ms) of closing
-- ARGV   1 operator id, 2 session id, 3 lifetime (s) of closed sessions
-- Reply  1 when it was not among the closed ones before, else 0

local member = ARGV[1] .. '\n' .. ARGV[2]
redis.call('ZREM', KEYS[1], member)
redis.call('HDEL', KEYS[2], member)
local time = redis.call('TIME')
local added = redis.call('ZADD', KEYS[3], 'NX', time[1] * 1000 + math.floor(time[2] / 1000), ARGV[2])
redis.call('ZREMRANGEBYRANK', KEYS[3], 0, -501)
redis.call('EXPIRE', KEYS[3], ARGV[3])
return added
