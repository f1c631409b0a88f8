-- Hands a session from its operator to another one, or to the queue of a department. It may be repeated while it still stands.
-- KEYS   as in session.lua
-- ARGV   1 operator id, 2 the other's id or '', 3 the other's name, 4 department or '', 5 text of the entry, 6 idle lifetime (s),
--        7 bytes of the note that follows and of its author's name, 0 for none, 8 most bytes of notes, 0 for any number, 9 most notes
-- Reply  { 'transferred', HGETALL, how long (ms) the operator had it, or '' when it was transferred before, id of the entry } | { 'denied' }
--        | { 'full' } when the session has no room for the note
-- @durable except denied, full
-- @include session
-- @include notes

local from, to, department = ARGV[1], ARGV[2], ARGV[4]
local session = redis.call('HMGET', KEYS[1], 'status', 'operator', 'joined', 'previous', 'department', 'left_by', 'transferred')
local status, operator, entry = session[1], session[2], session[7]
local had = ''
if status == 'active' and operator == from then
  if tonumber(ARGV[7]) > 0 and notes_full(note_size(tonumber(ARGV[7])), tonumber(ARGV[8]), tonumber(ARGV[9])) then
    return { 'full' }
  end
  had = ms_after(session[3])
  if to ~= '' then
    redis.call('HSET', KEYS[1], 'operator', to, 'operator_name', ARGV[3], 'joined', now_ms())
  else
    redis.call('HSET', KEYS[1], 'status', 'waiting', 'department', department)
    redis.call('HDEL', KEYS[1], 'operator', 'operator_name', 'joined')
  end
  entry = add_entry('system', '', ARGV[5], 'event', 'transferred')
  redis.call('HSET', KEYS[1], 'previous', from, 'left_by', 'transfer', 'transferred', entry)
  keep(ARGV[6])
elseif session[4] ~= from or session[6] ~= 'transfer'
  or not (to ~= '' and operator == to or to == '' and status == 'waiting' and session[5] == department) then
  return { 'denied' }
end
local fields = redis.call('HGETALL', KEYS[1])
if to == '' then
  erase_if_asked()
end
return { 'transferred', fields, had, entry }
