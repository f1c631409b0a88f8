-- Takes a session out of those an account has and had.
-- KEYS   1 current session of the account, 2 its earlier sessions
-- ARGV   1 session id
-- Reply  1
if redis.call('GET', KEYS[1]) == ARGV[1] then
  redis.call('UNLINK', KEYS[1])
end
redis.call('ZREM', KEYS[2], ARGV[1])
return 1
