-- Ends a conversation. Ending it again changes nothing. A blocked visitor does not end one that an operator has: it could erase it then at once.
-- KEYS   as in session.lua
-- ARGV   1 kind, 2 credential, 3 allowance, 4 text of the entry, 5 closed lifetime (s), 6 reason or ''
-- Reply  { 'closed', HGETALL, how long (ms) its operator had it, or '' when none had or it was closed before,
--          what weigh returns, where it was closed now } | { 'blocked' } | refusal
-- @durable except denied, limited
-- @include session

local refused = refusal()
if refused then
  return refused
end
local session = redis.call('HMGET', KEYS[1], 'status', 'joined')
if session[1] == 'active' and ARGV[1] ~= 'operator' and ARGV[1] ~= 'supervisor' and is_blocked() then
  return { 'blocked' }
end
local had, weighed = '', ''
if session[1] ~= 'closed' then
  had = session[2] and ms_after(session[2]) or ''
  redis.call('HSET', KEYS[1], 'status', 'closed', 'closed', now_ms(), 'close_reason', ARGV[6])
  add_entry('system', '', ARGV[4], 'event', 'closed')
  keep(ARGV[5])
  weighed = weigh(#ARGV[4] + message_overhead, ARGV[5])
end
local fields = redis.call('HGETALL', KEYS[1])
erase_if_asked()
return { 'closed', fields, had, weighed }
