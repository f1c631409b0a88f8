-- Reads a page of the queue in the order of service.
-- KEYS   as in queue.lua
-- ARGV   1 first call time (µs) from which the page begins or '', 2 '1' when it begins among the calls whose visitor is gone, 3 most calls
-- Reply  { time (ms), how many calls there are, place of the first, counted from 1,
--          { session, first call time (µs), when the visitor was last seen (ms) or '', '1' when it is gone, ... } }
-- @include queue

local present, from, begin = redis.call('LLEN', KEYS[1]), tonumber(ARGV[1]), 0
local count = present + redis.call('ZCARD', KEYS[7])
if from and ARGV[2] == '1' then
  begin = present + redis.call('ZCOUNT', KEYS[7], '-inf', string.format('(%.0f', from))
elseif from then
  begin = later_than(from - 1)
end
local page = slice(begin, tonumber(ARGV[3]))
if #page == 0 then
  return { now_ms(), count, begin + 1, {} }
end
local calls = redis.call('HMGET', KEYS[2], unpack(page))
local seen = redis.call('ZMSCORE', KEYS[6], unpack(page))
local items = {}
for i, session in ipairs(page) do
  items[#items + 1] = session
  items[#items + 1] = calls[i] and string.match(calls[i], '^%d+') or '0'
  items[#items + 1] = seen[i] and string.format('%.0f', seen[i] % gone_band) or ''
  items[#items + 1] = begin + i > present and '1' or ''
end
return { now_ms(), count, begin + 1, items }
