-- What came after the caller's cursor, and how the session stands. Without a cursor: since the caller's last poll, which is kept with the
-- request that made it, so that a repeated attempt of the same request gets the same answer.
-- KEYS   as in session.lua, 6 string that is there while the other side types
-- ARGV   1 kind, 2 credential, 3 allowance, 4 cursor or '', 5 most entries, 6 who polls: 'visitor' or 'operator:ID', 7 the other side: 'operator' or
--        'visitor', 8 id of this request, 9 most bytes of texts, unless the first entry alone has more
-- Reply  { 'ok', status, operator, operator name, department, call time (µs), '1' while the other side types, up to where the other side has read,
--          '1' when there are more entries, cursor, { { id, { field, value, ... } }, ... }, how often the visitor has gone to another page } | refusal
-- @read
-- @include session

local refused = refusal()
if refused then
  return refused
end
local most, poll, other = tonumber(ARGV[5]), 'poll:' .. ARGV[6], ARGV[7]
local session = redis.call('HMGET', KEYS[1], 'status', 'operator', 'operator_name', 'department', 'called', 'read:' .. other, poll, 'pages')

local cursor = ARGV[4]
if cursor == '' then
  local from, reached, request = string.match(session[7] or '0-0 0-0 -', '^(%S+) (%S+) (%S+)$')
  cursor = request == ARGV[8] and from or reached
end
-- A few at a time, so that texts that do not go into the answer are hardly read.
local few, entries, bytes, more, reached = 16, {}, 0, false, cursor
local function read_on()
  repeat
    local found = redis.call('XRANGE', KEYS[2], '(' .. reached, '+', 'COUNT', few)
    for _, entry in ipairs(found) do
      bytes = bytes + #(entry[2][6] or '')
      more = #entries == most or (#entries > 0 and bytes > tonumber(ARGV[9]))
      if more then
        break
      end
      entries[#entries + 1], reached = entry, entry[1]
    end
  until more or #found < few
end

read_on()
if #entries == 0 and cursor ~= '0-0' then
  local newest = redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)[1]
  if newest and redis.call('HGET', KEYS[1], 'newest') ~= newest[1] then
    note('HSET', KEYS[1], 'newest', newest[1]) -- a node of an earlier version has added it
  end
  if not newest or is_after(cursor, newest[1]) then
    -- The cursor is ahead of the stream: a failover has lost what it stood for, and new entries may come before it. So it begins anew.
    cursor, reached = '0-0', '0-0'
    read_on()
  end
end
if ARGV[4] == '' and reached ~= cursor then
  redis.call('HSET', KEYS[1], poll, cursor .. ' ' .. reached .. ' ' .. ARGV[8])
end

local typing_left = redis.call('PTTL', KEYS[6])
local typing = typing_left >= 0 and typing_left <= typing_for
return {
  'ok', session[1], session[2] or '', session[3] or '', session[4] or '', session[5] or '', typing and '1' or '', session[6] or '', more and '1' or '',
  reached, entries, session[8] or '0',
}
