-- Keeps the visitor of a session from posting and from opening a session, or lets it again.
-- KEYS   as in session.lua
-- ARGV   1 kind, 2 credential, 3 allowance, 4 for how long (ms), 0 to let it again
-- Reply  { 'blocked', user id or '' } | { 'denied' }
-- Kept   on replicas before it is acknowledged, where the service is set so
-- Refused by denied: nothing to keep
-- include: session

if not may() then
  return { 'denied' }
end
if ARGV[4] == '0' then
  redis.call('HDEL', KEYS[1], 'blocked')
else
  redis.call('HSET', KEYS[1], 'blocked', now_ms() + ARGV[4])
end
local session = redis.call('HMGET', KEYS[1], 'user', 'erase')
return { 'blocked', session[1] or string.match(session[2] or '', '^user (.*)$') or '' }
