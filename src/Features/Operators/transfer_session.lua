-- Hands a session from its operator to another one, or to the queue of a department.
-- KEYS   as in session.lua
-- ARGV   1 operator id, 2 the other's id or '', 3 the other's name, 4 department or '', 5 text of the entry, 6 idle lifetime (s)
-- Reply  { 'transferred', HGETALL, how long (ms) the operator had it, or '' when it was transferred before } | { 'denied' }
-- include: session

local from, to, department = ARGV[1], ARGV[2], ARGV[4]
local session = redis.call('HMGET', KEYS[1], 'status', 'operator', 'joined', 'previous', 'department')
local status, operator = session[1], session[2]
local had = ''
if status == 'active' and operator == from then
  had = now_ms() - session[3]
  if to ~= '' then
    redis.call('HSET', KEYS[1], 'operator', to, 'operator_name', ARGV[3], 'joined', now_ms(), 'previous', from)
  else
    redis.call('HSET', KEYS[1], 'status', 'waiting', 'department', department, 'previous', from)
    redis.call('HDEL', KEYS[1], 'operator', 'operator_name', 'joined')
  end
  add_entry('system', '', ARGV[5], 'event', 'transferred')
  keep(ARGV[6])
elseif session[4] ~= from or not (to ~= '' and operator == to or to == '' and status == 'waiting' and session[5] == department) then
  return { 'denied' }
end
return { 'transferred', redis.call('HGETALL', KEYS[1]), had }
