-- Notes that visitors who wait are there. Those whose calls have left the queue are passed over.
-- KEYS   as in queue.lua
-- ARGV   session ids
-- Reply  how many of them are in the queue
-- @include queue

local there = 0
for _, session in ipairs(ARGV) do
  if redis.call('HEXISTS', KEYS[2], session) == 1 then
    see(session)
    there = there + 1
  end
end
return there
