-- The calls that count for a client address in one queue.
-- KEYS   as in queue.lua
-- ARGV   1 digest of the client address
-- Reply  { session id, ... }
-- @include queue

local sessions = {}
for index, call in ipairs(calls_of(ARGV[1])) do
  sessions[index] = string.match(call, '^[^:]+')
end
return sessions
