-- Makes another session the account's current one, unless somebody else just did. The former one joins the earlier ones. Where the account
-- has none any more, because it was erased meanwhile, there is nothing to replace and the new one is it.
-- KEYS   1 current session of the account, 2 its earlier sessions, 3 exists while the account is blocked
-- ARGV   1 the session expected to be current or '', 2 the new one, 3 lifetime (s)
-- Reply  the session that is current now, or 'blocked'
-- @durable except blocked

if redis.call('EXISTS', KEYS[3]) == 1 then
  return 'blocked'
end
local current = redis.call('GET', KEYS[1]) or ''
if current ~= '' and current ~= ARGV[1] then
  return current
end
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
if current ~= '' and current ~= ARGV[2] then
  local time = redis.call('TIME')
  redis.call('ZADD', KEYS[2], time[1] * 1000 + math.floor(time[2] / 1000), current)
  redis.call('EXPIRE', KEYS[2], ARGV[3])
end
redis.call('ZREM', KEYS[2], ARGV[2])
return ARGV[2]
