-- Reads the queue from its head, and the moment it was read.
-- KEYS   as in queue.lua
-- ARGV   1 most sessions
-- Reply  { time (ms), how many wait whose visitor is there, how many whose visitor is gone, { session ids in the order of service },
--          first call time (µs) of the head or '', that of the last one listed or '' }
-- @include queue

local listed = slice(0, tonumber(ARGV[1]))
local head = next_in_line()
local function time_of(session)
  return session and string.format('%.0f', called_at(session)) or ''
end
return { now_ms(), redis.call('LLEN', KEYS[1]), redis.call('ZCARD', KEYS[7]), listed, time_of(head), time_of(listed[#listed]) }
