-- When the next call of the queue was first made.
-- KEYS   as in queue.lua
-- ARGV   none
-- Reply  time (µs), or nil when nobody waits
-- include: queue

return_overdue()
local session = redis.call('LINDEX', KEYS[1], 0)
return session and called_at(session)
