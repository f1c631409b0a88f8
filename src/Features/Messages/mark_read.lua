-- Notes up to where one side has read; never backwards, and never beyond what there is. Wakes those who wait.
-- KEYS   as in session.lua
-- ARGV   1 kind, 2 credential, 3 allowance, 4 which side: 'visitor' or 'operator', 5 message id
-- Reply  { 'noted' } | refusal
-- @include session

local refused = refusal()
if refused then
  return refused
end
local entry = redis.call('XREVRANGE', KEYS[2], ARGV[5], '-', 'COUNT', 1)[1]
local former = redis.call('HGET', KEYS[1], 'read:' .. ARGV[4]) or '0-0'
if entry and is_after(entry[1], former) then
  redis.call('HSET', KEYS[1], 'read:' .. ARGV[4], entry[1])
  redis.call('SPUBLISH', KEYS[4], 'read')
end
return { 'noted' }
