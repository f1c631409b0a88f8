-- What came after the caller's cursor, and how the session stands. Without a cursor: since the caller's last poll, which is kept with the
-- request that made it, so that a repeated attempt of the same request gets the same answer.
-- KEYS   as in session.lua, 6 string that is there while the other side types
-- ARGV   1 kind, 2 credential, 3 allowance, 4 cursor or '', 5 most entries, 6 who polls: 'visitor' or 'operator:ID', 7 the other side: 'operator' or
--        'visitor', 8 id of this request
-- Reply  { 'ok', status, operator, operator name, department, call time (µs), '1' while the other side types, up to where the other side has read,
--          '1' when there are more entries, cursor, { { id, { field, value, ... } }, ... } } | refusal
-- Waits  with other reads for its turn
-- include: session

local refused = refusal()
if refused then
  return refused
end
local most, poll, other = tonumber(ARGV[5]), 'poll:' .. ARGV[6], ARGV[7]
local session = redis.call('HMGET', KEYS[1], 'status', 'operator', 'operator_name', 'department', 'called', 'read:' .. other, poll)

local cursor = ARGV[4]
if cursor == '' then
  local from, reached, request = string.match(session[7] or '0-0 0-0 -', '^(%S+) (%S+) (%S+)$')
  cursor = request == ARGV[8] and from or reached
end
local entries = redis.call('XRANGE', KEYS[2], '(' .. cursor, '+', 'COUNT', most + 1)
local more = #entries > most
if more then
  entries[most + 1] = nil
end
local reached = #entries > 0 and entries[#entries][1] or cursor
if ARGV[4] == '' and reached ~= cursor then
  redis.call('HSET', KEYS[1], poll, cursor .. ' ' .. reached .. ' ' .. ARGV[8])
end

local typing = redis.call('EXISTS', KEYS[6]) == 1
return {
  'ok', session[1], session[2] or '', session[3] or '', session[4] or '', session[5] or '', typing and '1' or '', session[6] or '', more and '1' or '',
  reached, entries,
}
