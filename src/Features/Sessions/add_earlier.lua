-- Lists a session among those that an account had.
-- KEYS   1 earlier sessions of the account
-- ARGV   1 session id, 2 time (ms) under which it is listed, 3 lifetime (s)
-- Reply  1 when it was not listed before, or under this very time (the first answer was lost), else 0

local former = redis.call('ZSCORE', KEYS[1], ARGV[1])
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[3])
return (not former or tonumber(former) == tonumber(ARGV[2])) and 1 or 0
