-- Ends a claim that came through, or whose session needs no operator any more: the call leaves the queue. A claim that took so long that
-- the call is another claimant's, or back in the list, changes nothing.
-- KEYS   as in queue.lua
-- ARGV   1 session id, 2 claimant
-- Reply  1 when this claimant had it, else 0
-- @include queue

if redis.call('HGET', KEYS[4], 'session:' .. ARGV[1]) ~= ARGV[2] then
  return 0
end
forget(ARGV[1])
return 1
