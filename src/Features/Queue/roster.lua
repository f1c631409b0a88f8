-- For every script about operators. KEYS: 1 zset of last calls, 2 presence hash, 3 held zset, 4 names hash, 5 holding hash, 6 grants hash.

-- An operator whose last call is older than this (ms) is not online.
local online_for = 90000

local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- The presence of an operator: status, capacity, departments (comma separated, '' for all).
local function presence(operator)
  local said = redis.call('HGET', KEYS[2], operator)
  local status, capacity, departments = string.match(said or '', '^(%S+) (%d+) (.*)$')
  if status then
    return status, capacity, departments
  end
  return 'online', '5', ''
end

-- The sessions an operator has are the members "operator \n session"; all scores are equal, so they lie side by side.
local function held(operator)
  return redis.call('ZRANGEBYLEX', KEYS[3], '[' .. operator .. '\n', '[' .. operator .. '\n~')
end

local function count_held(operator)
  return redis.call('ZLEXCOUNT', KEYS[3], '[' .. operator .. '\n', '[' .. operator .. '\n~')
end
