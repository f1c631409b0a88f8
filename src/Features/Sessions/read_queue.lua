-- Reads the queue from its head, and the moment it was read.
-- KEYS   as in queue.lua
-- ARGV   1 last index, as in LRANGE
-- Reply  { time (ms), { session ids }, first call time (µs) of the head or '' }
-- include: queue

local waiting = redis.call('LRANGE', KEYS[1], 0, ARGV[1])
return { now_ms(), waiting, waiting[1] and string.format('%.0f', called_at(waiting[1])) or '' }
