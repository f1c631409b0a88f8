-- Takes a place for a call among those of its client address, over all departments. Its queue has noted it before.
-- KEYS   1 sorted set: digest of a session id -> time (ms) when its call took its place
-- ARGV   1 digest of the session id, 2 most calls of the address, 3 '' or the time (ms) of an earlier reply, then the digests of the sessions that were in
--        queues after that: those that took their place before it, and are not among them, have left their queue
-- Reply  { 1 when it may be made, else 0, time (ms) }

local time = redis.call('TIME')
local now, since = time[1] * 1000 + math.floor(time[2] / 1000), tonumber(ARGV[3])
if since then
  local waits = {}
  for index = 4, #ARGV do
    waits[ARGV[index]] = true
  end
  local counted = redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
  for index = 1, #counted, 2 do
    local at = tonumber(counted[index + 1])
    -- A time ahead of now was stored before the clock was set back.
    if not waits[counted[index]] and (at < since or at > now) then
      redis.call('ZREM', KEYS[1], counted[index])
    end
  end
end
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) and redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then
  return { 0, now }
end
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('EXPIRE', KEYS[1], 86400)
return { 1, now }
