-- Removes a session from those an operator has. Mere tidying leaves young entries alone: a claim or a transfer enters the
-- session here before it is assigned, so it may be on its way.
-- KEYS   as in roster.lua
-- ARGV   1 operator id, 2 session id, 3 only when it is older than this (ms), or ''
-- Reply  1 when it is struck out, else 0
-- @include roster

local member = ARGV[1] .. '\n' .. ARGV[2]
if ARGV[3] ~= '' then
  local now = now_ms()
  local since = tonumber(redis.call('HGET', KEYS[5], member) or 0)
  if since > now + 1000 then
    -- The clock was set back: it is young from now on.
    redis.call('HSET', KEYS[5], member, now)
    return 0
  end
  if now - since < tonumber(ARGV[3]) then
    return 0
  end
end
redis.call('HDEL', KEYS[5], member)
return redis.call('ZREM', KEYS[3], member)
