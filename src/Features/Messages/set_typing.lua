-- Notes that one side is writing, for six seconds, or no longer; and wakes those who wait.
-- KEYS   as in session.lua
-- ARGV   1 kind, 2 credential, 3 allowance, 4 which side: 'visitor' or 'operator', 5 '1' while it writes
-- Reply  { 'noted' } | { 'closed' } | refusal
-- include: session

local refused = refusal()
if refused then
  return refused
end
if redis.call('HGET', KEYS[1], 'status') == 'closed' then
  return { 'closed' }
end
if ARGV[5] == '1' then
  redis.call('HSET', KEYS[1], 'typing:' .. ARGV[4], now_ms() + 6000)
else
  redis.call('HDEL', KEYS[1], 'typing:' .. ARGV[4])
end
redis.call('SPUBLISH', KEYS[4], 'typing')
return { 'noted' }
