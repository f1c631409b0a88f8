-- Notes that an operator called, and changes what it says of itself. What is left out stays as it is.
-- KEYS   as in roster.lua
-- ARGV   1 operator id, 2 its name, 3 'online', 'away' or '', 4 capacity or '', 5 '1' where departments are given, 6 those, comma separated, '' for all
-- Reply  { status, capacity, departments, number of sessions it has, '1' when any of it changed, else '' }
-- @include roster

local operator = ARGV[1]
local status, capacity, departments = presence(operator)
local before = status .. ' ' .. capacity .. ' ' .. departments
status = ARGV[3] ~= '' and ARGV[3] or status
capacity = ARGV[4] ~= '' and ARGV[4] or capacity
departments = ARGV[5] == '1' and ARGV[6] or departments
redis.call('ZADD', KEYS[1], now_ms(), operator)
redis.call('HSET', KEYS[4], operator, ARGV[2])
local now = status .. ' ' .. capacity .. ' ' .. departments
redis.call('HSET', KEYS[2], operator, now)
return { status, capacity, departments, count_held(operator), now ~= before and '1' or '' }
