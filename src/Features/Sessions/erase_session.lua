-- Says where else a session is mentioned; and where told so, deletes it with everything of it and wakes those who wait there.
-- KEYS   as in session.lua
-- ARGV   1 kind, 2 credential, 3 allowance, 4 '1' to delete it
-- Reply  { 'found', department or '', operator or '', user or '', where an anonymous one was deleted "bytes hour 0 0", as of weigh, else '' } | { 'gone' } | refusal
-- Kept   on replicas before it is acknowledged, where the service is set so
-- include: session

local erase = ARGV[4] == '1'
if erase and redis.call('EXISTS', KEYS[1]) == 0 then
  return { 'gone' }
end
local refused = refusal()
if refused then
  return refused
end
local session = redis.call('HMGET', KEYS[1], 'department', 'operator', 'user', 'token', 'bytes', 'ends')
if erase then
  redis.call('UNLINK', KEYS[1], KEYS[2], KEYS[3], KEYS[5])
  redis.call('SPUBLISH', KEYS[4], 'erased')
end
return { 'found', session[1] or '', session[2] or '', session[3] or '', erase and session[4] and session[5] and session[5] .. ' ' .. session[6] .. ' 0 0' or '' }
