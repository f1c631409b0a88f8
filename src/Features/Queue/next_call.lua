-- When the next call of the queue was first made.
-- KEYS   as in queue.lua
-- ARGV   1 claimant or ''
-- Reply  { time (µs), 0 where the claimant's first try is not through yet, '1' when its visitor is gone }, or nil when there is none for it
-- @include queue

return_overdue()
if redis.call('HEXISTS', KEYS[4], 'operator:' .. ARGV[1]) == 1 then
  return { 0, '' }
end
local session, is_gone = next_in_line()
return session and { called_at(session), is_gone and '1' or '' }
