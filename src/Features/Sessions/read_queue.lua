-- Reads a stretch of the queue and the moment it was read.
-- KEYS   as in queue.lua
-- ARGV   1 first and 2 last index, as in LRANGE
-- Reply  { time (ms), { session ids } }

local time = redis.call('TIME')
return { time[1] * 1000 + math.floor(time[2] / 1000), redis.call('LRANGE', KEYS[1], ARGV[1], ARGV[2]) }
