-- Lists departments, and strikes out those that no node has listed for long.
-- KEYS   1 zset of departments by the time (ms) they were last listed
-- ARGV   1 how long (ms) they stay listed, then departments
-- Reply  1

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for index = 2, #ARGV do
  redis.call('ZADD', KEYS[1], now, ARGV[index])
end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[1])
return 1
