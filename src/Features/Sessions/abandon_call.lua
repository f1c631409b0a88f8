-- Ends the call of a visitor that does not come back. The session is open again, so that the visitor may call anew.
-- KEYS   as in session.lua
-- ARGV   1 department of the call, 2 text of the entry
-- Reply  'ended' | 'kept' when the session does not wait in that department
-- @durable except kept
-- @include session

local session = redis.call('HMGET', KEYS[1], 'status', 'department')
if session[1] ~= 'waiting' or session[2] ~= ARGV[1] then
  return 'kept'
end
-- An answered visitor may rate the session later; the next call has a first response of its own.
if redis.call('HEXISTS', KEYS[1], 'responded') == 1 then
  redis.call('HSET', KEYS[1], 'answered', '1')
end
redis.call('HSET', KEYS[1], 'status', 'open')
redis.call('HDEL', KEYS[1], 'called', 'reason', 'previous', 'served', 'responded')
add_entry('system', '', ARGV[2], 'event', 'call_expired')
return 'ended'
