-- Records that the visitor asks for an operator. The first call counts: calling again changes nothing.
-- KEYS   as in session.lua
-- ARGV   1 kind, 2 credential, 3 department asked for or '', 4 department otherwise, 5 reason or '', 6 text of the entry,
--        7 entries a session may hold, 8 idle lifetime (s)
-- Reply  { 'waiting' | 'active', HGETALL } | { 'closed' } | { 'full' } | { 'blocked' } | { 'denied' }
-- include: session

if not may(ARGV[1], ARGV[2]) then
  return { 'denied' }
end
local status = redis.call('HGET', KEYS[1], 'status')
if status == 'closed' then
  return { 'closed' }
end
if is_blocked() then
  return { 'blocked' }
end
if status == 'open' then
  if redis.call('XLEN', KEYS[2]) >= tonumber(ARGV[7]) then
    return { 'full' }
  end
  local department = ARGV[3] ~= '' and ARGV[3] or redis.call('HGET', KEYS[1], 'department') or ARGV[4]
  redis.call('HSET', KEYS[1], 'status', 'waiting', 'called', now_us(), 'department', department, 'reason', ARGV[5])
  add_entry('system', '', ARGV[6], 'event', 'operator_called')
  keep(ARGV[8])
  status = 'waiting'
end
return { status, redis.call('HGETALL', KEYS[1]) }
