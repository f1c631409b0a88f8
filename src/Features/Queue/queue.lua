-- For every script of one department's queue. KEYS: 1 waiting list, 2 calls hash, 3 leases zset, 4 claims hash, 5 channel of calls, 6 zset of when visitors
-- were last seen, 7 zset of calls whose visitor is gone, 8 hash of client addresses. The order of service is the list, then the calls whose visitor is gone.

-- A visitor that was not seen for this long (ms) is gone.
local gone_after = 90000

-- Added to the score in KEYS[6] of a visitor that was found to be gone: those that are there are one range of scores, those that are gone another.
local gone_band = 100000000000000

local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function called_at(session)
  local call = redis.call('HGET', KEYS[2], session)
  return call and tonumber(string.match(call, '^%d+')) or 0
end

-- By what calls are ordered. A call that was made later than now (µs) was made before the clock was set back, so it comes before those made since.
local function order_of(time, now_us)
  return time > now_us and time - 1000000000000000 or time
end

-- The index, counted from 0, of the first call in the list that was made after a time (µs); its length where there is none. By binary search.
local function later_than(time)
  local low, high = 0, redis.call('LLEN', KEYS[1])
  local now_us = now_ms() * 1000 + 999
  time = order_of(time, now_us)
  local function is_not_after(index)
    return order_of(called_at(redis.call('LINDEX', KEYS[1], index)), now_us) <= time
  end
  if high > 0 and is_not_after(-1) then
    return high, high
  end
  local length = high
  while low < high do
    local middle = math.floor((low + high) / 2)
    if is_not_after(middle) then
      low = middle + 1
    else
      high = middle
    end
  end
  return low, length
end

-- Puts a call where its first call time belongs: nearly always the tail for a new call, the head for a returned one; behind the list where its visitor
-- is gone. Wakes those who wait for a call. Returns its place, counted from 1.
local function insert(session)
  local time = called_at(session)
  redis.call('SPUBLISH', KEYS[5], session)
  if tonumber(redis.call('ZSCORE', KEYS[6], session) or 0) > gone_band then
    redis.call('ZADD', KEYS[7], time, session)
    return redis.call('LLEN', KEYS[1]) + redis.call('ZRANK', KEYS[7], session) + 1
  end
  local index, length = later_than(time)
  if index == length then
    redis.call('RPUSH', KEYS[1], session)
  elseif index == 0 then
    redis.call('LPUSH', KEYS[1], session)
  else
    redis.call('LINSERT', KEYS[1], 'BEFORE', redis.call('LINDEX', KEYS[1], index), session)
  end
  return index + 1
end

-- Takes a call out of the order of service. Returns whether it was there.
local function take_out(session)
  return redis.call('ZREM', KEYS[7], session) == 1 or redis.call('LREM', KEYS[1], 1, session) == 1
end

-- The call that is served next, and whether its visitor is gone.
local function next_in_line()
  local session = redis.call('LINDEX', KEYS[1], 0)
  if session then
    return session, false
  end
  return redis.call('ZRANGE', KEYS[7], 0, 0)[1], true
end

-- Some sessions in the order of service, from an index counted from 0.
local function slice(first, count)
  if count < 1 then
    return {}
  end
  local found = redis.call('LRANGE', KEYS[1], first, first + count - 1)
  if #found < count then
    local behind = math.max(0, first - redis.call('LLEN', KEYS[1]))
    for _, session in ipairs(redis.call('ZRANGE', KEYS[7], behind, behind + count - #found - 1)) do
      found[#found + 1] = session
    end
  end
  return found
end

-- Notes that the visitor of a call in the queue is there. One that was gone gets its place back.
local function see(session)
  redis.call('ZADD', KEYS[6], now_ms(), session)
  if redis.call('ZREM', KEYS[7], session) == 1 then
    insert(session)
  end
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

-- The longest (ms) that a call is lent.
local longest_lend = 10000

-- Returns to the list what was lent to claimants that never finished. What was lent for longer than a claim may take was lent before the clock was set back.
local function return_overdue()
  for _, session in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], '(' .. string.format('%.0f', now_ms() + longest_lend), '+inf', 'LIMIT', 0, 50)) do
    redis.call('ZADD', KEYS[3], now_ms() + longest_lend, session)
  end
  for _, session in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', now_ms())) do
    take_back(session)
    insert(session)
  end
end

-- A client address has a field "session:ms session:ms ...", the calls that count for it and since when; each of those sessions has a field with the address.
-- A session that is not in the queue counts for ten seconds: its call is on its way.
local function calls_of(client)
  local calls = {}
  for session, at in string.gmatch(redis.call('HGET', KEYS[8], client) or '', '(%S+):(%d+)') do
    if redis.call('HEXISTS', KEYS[2], session) == 1 or math.abs(now_ms() - at) < 10000 then
      calls[#calls + 1] = session .. ':' .. at
    else
      redis.call('HDEL', KEYS[8], session)
    end
  end
  return calls
end

local function keep_calls_of(client, calls)
  if #calls > 0 then
    redis.call('HSET', KEYS[8], client, table.concat(calls, ' '))
  else
    redis.call('HDEL', KEYS[8], client)
  end
end

-- A call no longer counts for its client address.
local function uncount(session)
  local client = redis.call('HGET', KEYS[8], session)
  if client then
    redis.call('HDEL', KEYS[8], session)
    local others = {}
    for _, call in ipairs(calls_of(client)) do
      if string.match(call, '^[^:]+') ~= session then
        others[#others + 1] = call
      end
    end
    keep_calls_of(client, others)
  end
end

-- Takes a call out altogether.
local function forget(session)
  take_out(session)
  redis.call('HDEL', KEYS[2], session)
  redis.call('ZREM', KEYS[6], session)
  take_back(session)
  uncount(session)
end
