-- Creates a session, or returns the one there is with what the visitor now says about itself. An account's closed session is marked as
-- superseded, for the caller goes on to replace it; that mark is what makes every node's cached way to it end.
-- KEYS   as in session.lua
-- ARGV   1 kind, 2 credential, 3 allowance, 4 '1' to create what is missing, 5 lifetime (s) of an empty session, 6 what an empty session takes (bytes),
--        then pairs of field and value that describe the visitor; an empty value leaves what is there
-- Reply  { 'created', HGETALL, what weigh returns } | { 'existing', HGETALL, what weigh_more returns, bytes that came along } | { 'closed' } | { 'blocked' } | refusal
-- @durable except denied, limited, blocked
-- @include session

local kind, credential, create, lifetime = ARGV[1], ARGV[2], ARGV[4] == '1', ARGV[5]

-- Returns how much longer (bytes) the texts became. That of the department is one of a few short ones.
local function describe()
  local grown = 0
  -- Once an operator was called the department is that of the call: its entry lies in that queue.
  local called = redis.call('HEXISTS', KEYS[1], 'called') == 1
  for i = 7, #ARGV, 2 do
    if ARGV[i + 1] ~= '' and not (called and ARGV[i] == 'department') then
      grown = grown + (ARGV[i] == 'department' and 0 or #ARGV[i + 1] - #(redis.call('HGET', KEYS[1], ARGV[i]) or ''))
      redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
    end
  end
  return grown
end

if redis.call('EXISTS', KEYS[1]) == 0 then
  if not create then
    return { 'denied' }
  end
  local owner = kind == 'token' and 'token' or 'user'
  redis.call('HSET', KEYS[1], 'status', 'open', 'created', now_ms(), owner, credential)
  describe()
  redis.call('EXPIRE', KEYS[1], lifetime)
  local weighed = weigh(ARGV[6], lifetime)
  return { 'created', redis.call('HGETALL', KEYS[1]), weighed }
end

if not may() then
  return { 'denied' }
end
if is_blocked() then
  return { 'blocked' }
end
if redis.call('HGET', KEYS[1], 'status') == 'closed' then
  if kind ~= 'token' then
    redis.call('HSET', KEYS[1], 'superseded', '1')
  end
  return { 'closed' }
end
local limited = over_limit()
if limited then
  return limited
end
local grown = describe()
local weighed = weigh_more(grown)
return { 'existing', redis.call('HGETALL', KEYS[1]), weighed, grown }
