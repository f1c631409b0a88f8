-- Takes a session from its operator, who released it or went away: it waits again, with its first call time.
-- KEYS   as in session.lua
-- ARGV   1 operator id, 2 text of the entry, 3 idle lifetime (s), 4 when (ms) the operator was found to be gone, or ''
-- Reply  { 'returned', HGETALL, how long (ms) the operator had it, or '' when it was returned before } | { 'denied' }
--        | { 'kept' } when the operator got it after it was found to be gone: it is back
-- include: session

local session = redis.call('HMGET', KEYS[1], 'status', 'operator', 'joined', 'previous')
local had = ''
if session[1] == 'active' and session[2] == ARGV[1] then
  if ARGV[4] ~= '' and tonumber(session[3]) > tonumber(ARGV[4]) then
    return { 'kept' }
  end
  had = now_ms() - session[3]
  redis.call('HSET', KEYS[1], 'status', 'waiting', 'previous', ARGV[1])
  redis.call('HDEL', KEYS[1], 'operator', 'operator_name', 'joined')
  add_entry('system', '', ARGV[2], 'event', 'operator_left')
  keep(ARGV[3])
elseif not (session[1] == 'waiting' and session[4] == ARGV[1]) then
  return { 'denied' }
end
return { 'returned', redis.call('HGETALL', KEYS[1]), had }
