-- Undoes a claim: the call returns to its place.
-- KEYS   as in queue.lua
-- ARGV   1 session id, 2 claimant
-- Reply  1 when this claimant had it, else 0
-- @include queue

if redis.call('HGET', KEYS[4], 'session:' .. ARGV[1]) ~= ARGV[2] then
  return 0
end
take_back(ARGV[1])
insert(ARGV[1])
return 1
