-- The operators that called within the last day, the newest 2,000 of them, or one.
-- KEYS   as in roster.lua
-- ARGV   1 operator id or '' for all
-- Reply  { { operator, '1' when online, capacity, departments, number of sessions it has, name }, ... }
-- @include roster

local since = now_ms() - online_for
local roster = {}
local seen = ARGV[1] == '' and redis.call('ZREVRANGE', KEYS[1], 0, 1999, 'WITHSCORES') or { ARGV[1], redis.call('ZSCORE', KEYS[1], ARGV[1]) or 0 }
for i = 1, #seen, 2 do
  local status, capacity, departments = presence(seen[i])
  local online = status == 'online' and tonumber(seen[i + 1]) > since
  roster[#roster + 1] = { seen[i], online and '1' or '', capacity, departments, count_held(seen[i]), redis.call('HGET', KEYS[4], seen[i]) or '' }
end
return roster
