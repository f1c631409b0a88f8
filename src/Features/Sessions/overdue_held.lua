-- The sessions of operators whose lease has run out.
-- KEYS   as in roster.lua
-- ARGV   1 lease (ms), 2 most operators to look at
-- Reply  { time (ms), { operator, session, operator, session, ... } }
-- include: roster

local now, overdue = now_ms(), {}
if redis.call('ZCARD', KEYS[3]) == 0 then
  return { now, overdue }
end
for _, operator in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[1], 'LIMIT', 0, ARGV[2])) do
  for _, member in ipairs(held(operator)) do
    overdue[#overdue + 1] = operator
    overdue[#overdue + 1] = string.sub(member, #operator + 2)
  end
end
return { now, overdue }
