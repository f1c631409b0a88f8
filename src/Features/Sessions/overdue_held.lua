-- The sessions of operators whose lease has run out, or who are not known at all.
-- KEYS   as in roster.lua
-- ARGV   1 lease (ms), 2 most sessions
-- Reply  { time (ms), { operator, session, operator, session, ... } }
-- include: roster

local now, overdue = now_ms(), {}
for _, member in ipairs(redis.call('ZRANGE', KEYS[3], 0, -1)) do
  local operator, session = string.match(member, '^(.*)\n([^\n]*)$')
  if #overdue < ARGV[2] * 2 and tonumber(redis.call('ZSCORE', KEYS[1], operator) or 0) <= now - ARGV[1] then
    overdue[#overdue + 1] = operator
    overdue[#overdue + 1] = session
  end
end
return { now, overdue }
