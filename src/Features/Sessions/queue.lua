-- For every script of one department's queue. KEYS: 1 waiting list, 2 calls hash, 3 leases zset, 4 claims hash, 5 channel of calls.

local function called_at(session)
  local call = redis.call('HGET', KEYS[2], session)
  return call and tonumber(string.match(call, '^%d+')) or 0
end

-- Puts a call where its first call time belongs, by binary search: nearly always the tail for a new call, the head for a returned one.
-- Wakes those who wait for a call. Returns its place, counted from 1.
local function insert(session)
  local time = called_at(session)
  local length = redis.call('LLEN', KEYS[1])
  local low, high = 0, length
  if length > 0 and called_at(redis.call('LINDEX', KEYS[1], -1)) <= time then
    low = length
  end
  while low < high do
    local middle = math.floor((low + high) / 2)
    if called_at(redis.call('LINDEX', KEYS[1], middle)) <= time then
      low = middle + 1
    else
      high = middle
    end
  end
  if low == length then
    redis.call('RPUSH', KEYS[1], session)
  elseif low == 0 then
    redis.call('LPUSH', KEYS[1], session)
  else
    redis.call('LINSERT', KEYS[1], 'BEFORE', redis.call('LINDEX', KEYS[1], low), session)
  end
  redis.call('SPUBLISH', KEYS[5], session)
  return low + 1
end

local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- A call is lent to one claimant for the moment between leaving the list and being assigned in its session.
local function lend(session, claimant, milliseconds)
  redis.call('ZADD', KEYS[3], now_ms() + milliseconds, session)
  redis.call('HSET', KEYS[4], 'operator:' .. claimant, session, 'session:' .. session, claimant)
end

local function take_back(session)
  redis.call('ZREM', KEYS[3], session)
  local claimant = redis.call('HGET', KEYS[4], 'session:' .. session)
  if claimant then
    redis.call('HDEL', KEYS[4], 'session:' .. session)
    if redis.call('HGET', KEYS[4], 'operator:' .. claimant) == session then
      redis.call('HDEL', KEYS[4], 'operator:' .. claimant)
    end
  end
  return claimant
end

-- Returns to the list what was lent to claimants that never finished.
local function return_overdue()
  for _, session in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', now_ms())) do
    take_back(session)
    insert(session)
  end
end

-- Takes a call out altogether.
local function forget(session)
  redis.call('LREM', KEYS[1], 1, session)
  redis.call('HDEL', KEYS[2], session)
  take_back(session)
end
