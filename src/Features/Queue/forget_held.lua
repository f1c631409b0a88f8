-- Takes an erased session out of those an operator has and had.
-- KEYS   1 held zset, 2 holding hash, 3 zset of the operator's closed sessions
-- ARGV   1 operator id, 2 session id
-- Reply  1

local member = ARGV[1] .. '\n' .. ARGV[2]
redis.call('ZREM', KEYS[1], member)
redis.call('HDEL', KEYS[2], member)
redis.call('ZREM', KEYS[3], ARGV[2])
return 1
