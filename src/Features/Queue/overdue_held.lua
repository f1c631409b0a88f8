-- The sessions of operators whose lease has run out, or who are not known at all. Operators whose lease ran out since the last look are one small range;
-- besides, a part of the index is gone through, so that after some looks nothing is missed.
-- KEYS   as in roster.lua
-- ARGV   1 lease (ms), 2 most operators and most members of the index, 3 last call (ms) from which operators are looked at, 4 member after which to go on or ''
-- Reply  { time (ms), { operator, session, operator, session, ... }, last call from which to look next, member after which to go on next or '' }
-- @include roster
-- @include note

local most = tonumber(ARGV[2])
local now, overdue, listed = now_ms(), {}, {}
local due = now - ARGV[1]

-- The clock was set back: a last call later than now was now.
for _, operator in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], now + 1000, '+inf', 'LIMIT', 0, most)) do
  note('ZADD', KEYS[1], now, operator)
end

local function add(member)
  if not listed[member] then
    listed[member] = true
    overdue[#overdue + 1], overdue[#overdue + 2] = string.match(member, '^(.*)\n([^\n]*)$')
  end
end

local gone = redis.call('ZRANGEBYSCORE', KEYS[1], tonumber(ARGV[3]) and math.min(ARGV[3], due) or ARGV[3], due, 'LIMIT', 0, most)
for _, operator in ipairs(gone) do
  for _, member in ipairs(held(operator)) do
    add(member)
  end
end
local from = #gone == most and redis.call('ZSCORE', KEYS[1], gone[most]) or string.format('%.0f', due)

local page = redis.call('ZRANGEBYLEX', KEYS[3], ARGV[4] == '' and '-' or '(' .. ARGV[4], '+', 'LIMIT', 0, most)
for _, member in ipairs(page) do
  if tonumber(redis.call('ZSCORE', KEYS[1], string.match(member, '^(.*)\n')) or 0) <= due then
    add(member)
  end
end
return { now, overdue, from, #page == most and page[most] or '' }
