-- Keeps the visitor of a session from posting and from opening a session, or lets it again. A block that would end within 30 s after the one there is
-- repeats it: the answer to the first may have been lost.
-- KEYS   as in session.lua
-- ARGV   1 kind, 2 credential, 3 allowance, 4 for how long (ms), 0 to let it again
-- Reply  { 'blocked', user id or '', when the block ends or has ended (ms), '' where there was none } | { 'denied' }
-- @durable except denied
-- @include session

if not may() then
  return { 'denied' }
end
local now, session = now_ms(), redis.call('HMGET', KEYS[1], 'user', 'erase', 'blocked')
local ends, wanted = tonumber(session[3]), now + ARGV[4]
if ARGV[4] == '0' and ends and ends > now or ARGV[4] ~= '0' and not (ends and ends <= wanted and ends > wanted - 30000) then
  ends = wanted
  redis.call('HSET', KEYS[1], 'blocked', ends)
end
return { 'blocked', session[1] or string.match(session[2] or '', '^user (.*)$') or '', ends and string.format('%.0f', ends) or '' }
