-- Takes a call out of the queue: its session was closed, or an operator has it.
-- KEYS   as in queue.lua
-- ARGV   1 session id
-- Reply  'dropped'
-- include: queue

forget(ARGV[1])
return 'dropped'
