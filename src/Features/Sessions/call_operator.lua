-- Records that the visitor asks for an operator. The first call counts: calling again changes nothing.
-- KEYS   as in session.lua
-- ARGV   1 kind, 2 credential, 3 allowance, 4 department asked for or '', 5 department otherwise, 6 reason or '', 7 text of the entry,
--        8 entries a session may hold, 9 idle lifetime (s), 10 '1' to only say how a call would stand, 11 the departments of the settings, comma separated,
--        12 bytes a session may take, 0 for any number, 13 '1' where the visitor may make no new call
-- Reply  { 'waiting' | 'active', HGETALL, the change of what the session takes, where it was called now } | { 'open', department } where it was only asked
--        | { 'closed' } | { 'full' } | { 'blocked' } | { 'sign_in' } | refusal
-- @durable except denied, limited, closed, full, blocked, sign_in
-- @include session

local refused = refusal()
if refused then
  return refused
end
local status = redis.call('HGET', KEYS[1], 'status')
if status == 'closed' then
  return { 'closed' }
end
if is_blocked() then
  return { 'blocked' }
end
local weighed = ''
if status == 'open' then
  if ARGV[13] == '1' then
    return { 'sign_in' }
  end
  local most = tonumber(ARGV[12])
  if redis.call('XLEN', KEYS[2]) >= tonumber(ARGV[8]) or most > 0 and tonumber(redis.call('HGET', KEYS[1], 'bytes') or 0) >= most then
    return { 'full' }
  end
  local department = ARGV[4] ~= '' and ARGV[4] or redis.call('HGET', KEYS[1], 'department') or ARGV[5]
  if not string.find(',' .. ARGV[11] .. ',', ',' .. department .. ',', 1, true) then
    department = ARGV[5] -- the one that was named before is not in the settings any more
  end
  if ARGV[10] == '1' then
    return { 'open', department }
  end
  redis.call('HSET', KEYS[1], 'status', 'waiting', 'called', now_us(), 'department', department, 'reason', ARGV[6])
  add_entry('system', '', ARGV[7], 'event', 'operator_called')
  keep(ARGV[9])
  weighed = weigh(#ARGV[6] + #ARGV[7] + message_overhead, ARGV[9])
  status = 'waiting'
end
-- A status that only a newer version knows: somebody or something there deals with it.
return { status == 'waiting' and 'waiting' or 'active', redis.call('HGETALL', KEYS[1]), weighed }
