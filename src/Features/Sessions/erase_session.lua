-- Says where else a session is mentioned; and where told so, deletes it with everything of it and wakes those who wait there. What a blocked visitor asks
-- for while an operator has the session is done when the operator no longer has it; for the visitor the session is gone at once.
-- KEYS   as in session.lua
-- ARGV   1 kind, 2 credential, 3 allowance, 4 'visitor' to delete it for its visitor, 'anyway' to delete it in any case, or '' only to ask
-- Reply  { 'found' | 'later', department or '', operator or '', user or '', where an anonymous one was deleted "bytes hour 0 0", as of weigh, else '' }
--        | { 'gone' } | refusal
-- @durable except limited
-- A session that is gone may be one whose erasure replicas do not have yet.
-- @include session

local asks_only, owner = ARGV[4] == '', holds .. ' ' .. ARGV[2]
if not asks_only and redis.call('EXISTS', KEYS[1]) == 0 then
  return { 'gone' }
end
local session = redis.call('HMGET', KEYS[1], 'department', 'operator', 'user', 'status', 'erase', 'token', 'bytes', 'ends')
local is_noted = session[5] == owner
local refused = not is_noted and refusal()
if refused then
  return refused
end
local reply = { 'found', session[1] or '', session[2] or '', session[3] or string.match(session[5] or '', '^user (.*)$') or '', '' }
if not asks_only and session[6] and session[7] then
  reply[5] = session[7] .. ' ' .. session[8] .. ' 0 0'
end
if ARGV[4] == 'visitor' and session[4] == 'active' and (is_noted or is_blocked()) then
  -- 'erase' keeps whose the session was. Without the owner's field no right of the visitor is good any more.
  redis.call('HSET', KEYS[1], 'erase', owner)
  redis.call('HDEL', KEYS[1], holds)
  redis.call('SPUBLISH', KEYS[4], 'erased')
  reply[1] = 'later'
elseif not asks_only then
  erase()
end
return reply
