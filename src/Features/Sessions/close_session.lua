-- Ends a conversation. Ending it again changes nothing.
-- KEYS   as in session.lua
-- ARGV   1 kind, 2 credential, 3 text of the entry, 4 closed lifetime (s), 5 reason or ''
-- Reply  { 'closed', HGETALL, how long (ms) its operator had it, or '' when none had or it was closed before } | { 'denied' }
-- include: session

if not may(ARGV[1], ARGV[2]) then
  return { 'denied' }
end
local session = redis.call('HMGET', KEYS[1], 'status', 'joined')
local had = ''
if session[1] ~= 'closed' then
  had = session[2] and now_ms() - session[2] or ''
  redis.call('HSET', KEYS[1], 'status', 'closed', 'closed', now_ms(), 'close_reason', ARGV[5])
  add_entry('system', '', ARGV[3], 'event', 'closed')
  keep(ARGV[4])
end
return { 'closed', redis.call('HGETALL', KEYS[1]), had }
