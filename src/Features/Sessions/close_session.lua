-- Ends a conversation. Ending it again changes nothing.
-- KEYS   as in session.lua
-- ARGV   1 kind, 2 credential, 3 text of the entry, 4 closed lifetime (s), 5 reason or ''
-- Reply  { 'closed', HGETALL } | { 'denied' }
-- include: session

if not may(ARGV[1], ARGV[2]) then
  return { 'denied' }
end
if redis.call('HGET', KEYS[1], 'status') ~= 'closed' then
  redis.call('HSET', KEYS[1], 'status', 'closed', 'closed', now_ms(), 'close_reason', ARGV[5])
  add_entry('system', '', ARGV[3], 'event', 'closed')
  keep(ARGV[4])
end
return { 'closed', redis.call('HGETALL', KEYS[1]) }
