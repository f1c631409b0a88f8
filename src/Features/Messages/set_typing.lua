-- Notes that one side is writing, for six seconds, or no longer; and wakes those who wait.
-- KEYS   as in session.lua, 6 the side's string
-- ARGV   1 kind, 2 credential, 3 allowance, 4 '1' while it writes
-- Reply  { 'noted' } | { 'closed' } | { 'blocked' } | refusal
-- @include session

local refused = refusal()
if refused then
  return refused
end
if redis.call('HGET', KEYS[1], 'status') == 'closed' then
  return { 'closed' }
end
if ARGV[1] ~= 'operator' and is_blocked() then
  return { 'blocked' }
end
if ARGV[4] == '1' then
  redis.call('SET', KEYS[6], '', 'PX', typing_for)
else
  redis.call('UNLINK', KEYS[6])
end
redis.call('SPUBLISH', KEYS[4], 'typing')
return { 'noted' }
