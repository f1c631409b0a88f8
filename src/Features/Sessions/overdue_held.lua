-- The sessions of operators whose lease has run out.
-- KEYS   as in roster.lua
-- ARGV   1 lease (ms), 2 most operators to look at
-- Reply  { operator, session, operator, session, ... }
-- include: roster

local overdue = {}
if redis.call('ZCARD', KEYS[3]) == 0 then
  return overdue
end
for _, operator in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now_ms() - ARGV[1], 'LIMIT', 0, ARGV[2])) do
  for _, member in ipairs(held(operator)) do
    overdue[#overdue + 1] = operator
    overdue[#overdue + 1] = string.sub(member, #operator + 2)
  end
end
return overdue
