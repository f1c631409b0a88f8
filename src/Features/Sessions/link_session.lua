-- Hands an anonymous session to an account: from here on the token is dead and the account owns it. With '1' as the last argument it
-- is also closed, because the account has another active one. A repeated call (the first answer was lost) finds it done.
-- KEYS   as in session.lua
-- ARGV   1 token digest, 2 user id, 3 name or '', 4 text of the linked entry, 5 text of the closed entry,
--        6 idle lifetime (s), 7 closed lifetime (s), 8 '1' to close
-- Reply  { 'linked', department or '' of the call it waited with, operator or '' that held it, where it was linked now "bytes hour 0 0", as of weigh, else '' } | { 'closed' } or blocked | { 'denied' }
-- @durable except denied, closed
-- @include session

local digest, user, name, close = ARGV[1], ARGV[2], ARGV[3], ARGV[8] == '1'
local session = redis.call('HMGET', KEYS[1], 'token', 'user', 'former_token', 'status', 'department', 'operator', 'bytes', 'ends')
local status = session[4]
local done = session[2] == user and session[3] == digest

if not done then
  if session[1] ~= digest then
    return { 'denied' }
  end
  if status == 'closed' or is_blocked() then
    return { 'closed' }
  end
  redis.call('HDEL', KEYS[1], 'token')
  redis.call('HSET', KEYS[1], 'user', user, 'former_token', digest)
  -- An account's name is shown as verified. The one that the visitor gave itself is not, so it does not stay.
  if name ~= '' then
    redis.call('HSET', KEYS[1], 'name', name)
  else
    redis.call('HDEL', KEYS[1], 'name')
  end
  add_entry('system', '', ARGV[4], 'event', 'account_linked')
  keep(ARGV[6])
end

if close and status ~= 'closed' then
  redis.call('HSET', KEYS[1], 'status', 'closed', 'closed', now_ms())
  add_entry('system', '', ARGV[5], 'event', 'closed')
  keep(ARGV[7])
end
return { 'linked', session[5] or '', session[6] or '', not done and session[7] and session[7] .. ' ' .. session[8] .. ' 0 0' or '' }
