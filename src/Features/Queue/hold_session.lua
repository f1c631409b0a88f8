-- Counts a session towards an operator's capacity.
-- KEYS   as in roster.lua
-- ARGV   1 operator id, 2 session id, 3 'online' when the operator must be, 'assigned' when the session is its own already, else ''
-- Reply  'held' | 'held before' | 'full' | 'unavailable'
-- @include roster

local operator, member = ARGV[1], ARGV[1] .. '\n' .. ARGV[2]
if redis.call('ZSCORE', KEYS[3], member) then
  return 'held before'
end
local status, capacity = presence(operator)
if ARGV[3] == 'online' and (status ~= 'online' or tonumber(redis.call('ZSCORE', KEYS[1], operator) or 0) <= now_ms() - online_for) then
  return 'unavailable'
end
if ARGV[3] ~= 'assigned' and count_held(operator) >= tonumber(capacity) then
  return 'full'
end
redis.call('ZADD', KEYS[3], 0, member)
redis.call('HSET', KEYS[5], member, now_ms())
return 'held'
