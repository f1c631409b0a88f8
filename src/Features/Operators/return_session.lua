-- Takes a session from its operator, who released it or went away: it waits again, with its first call time. A release may be repeated by
-- who released it; the sweep, which completes what anybody began, after any way of leaving.
-- KEYS   as in session.lua
-- ARGV   1 operator id, 2 text of the entry, 3 idle lifetime (s), 4 when (ms) the operator was found to be gone, or ''
-- Reply  { 'returned', HGETALL, how long (ms) the operator had it, or '' when it was returned before } | { 'denied' }
--        | { 'kept' } when the operator got it after it was found to be gone: it is back
-- @durable except denied, kept
-- @include session

local operator, gone_at = ARGV[1], ARGV[4]
local session = redis.call('HMGET', KEYS[1], 'status', 'operator', 'joined', 'previous', 'left_by')
local had = ''
if session[1] == 'active' and session[2] == operator then
  -- One that joined later than now did so before the clock was set back.
  if gone_at ~= '' and tonumber(session[3]) > tonumber(gone_at) and tonumber(session[3]) <= now_ms() then
    return { 'kept' }
  end
  had = ms_after(session[3])
  redis.call('HSET', KEYS[1], 'status', 'waiting', 'previous', operator, 'left_by', gone_at == '' and 'release' or 'going')
  redis.call('HDEL', KEYS[1], 'operator', 'operator_name', 'joined')
  add_entry('system', '', ARGV[2], 'event', 'operator_left')
  keep(ARGV[3])
elseif not (session[1] == 'waiting' and session[4] == operator and (gone_at ~= '' or session[5] == 'release')) then
  return { 'denied' }
end
local fields = redis.call('HGETALL', KEYS[1])
erase_if_asked()
return { 'returned', fields, had }
