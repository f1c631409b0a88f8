-- Notes that one side is writing, for six seconds, or no longer; and wakes those who wait.
-- KEYS   as in session.lua
-- ARGV   1 kind, 2 credential, 3 which side: 'visitor' or 'operator', 4 '1' while it writes
-- Reply  { 'noted' } | { 'closed' } | { 'denied' }
-- include: session

if not may(ARGV[1], ARGV[2]) then
  return { 'denied' }
end
if redis.call('HGET', KEYS[1], 'status') == 'closed' then
  return { 'closed' }
end
if ARGV[4] == '1' then
  redis.call('HSET', KEYS[1], 'typing:' .. ARGV[3], now_ms() + 6000)
else
  redis.call('HDEL', KEYS[1], 'typing:' .. ARGV[3])
end
redis.call('SPUBLISH', KEYS[4], 'typing')
return { 'noted' }
