-- When the next call of the queue was first made.
-- KEYS   as in queue.lua
-- ARGV   1 claimant or ''
-- Reply  time (µs), 0 where the claimant's first try is not through yet, or nil when there is none for it
-- include: queue

return_overdue()
if redis.call('HEXISTS', KEYS[4], 'operator:' .. ARGV[1]) == 1 then
  return 0
end
local session = redis.call('LINDEX', KEYS[1], 0)
return session and called_at(session)
