-- Gives a waiting session to an operator. The session decides, not the queue: a session that is not waiting in that
-- department is not assigned.
-- KEYS   as in session.lua
-- ARGV   1 operator id, 2 operator's name, 3 department, 4 text of the entry, 5 idle lifetime (s), 6 the operator's id of this claim or ''
-- Reply  { 'assigned', HGETALL, how long (ms) it waited for its first operator, else '' } | { 'gone' } | { 'closed' } | { 'held' } by another operator | { 'moved' } to no or another department
-- @durable except gone, closed, held, moved
-- @include session

local session = redis.call('HMGET', KEYS[1], 'status', 'operator', 'department', 'called')
local status = session[1]
local waited = ''
if not status then
  return { 'gone' }
end
if status == 'closed' then
  return { 'closed' }
end
if status == 'active' and session[2] ~= ARGV[1] then
  return { 'held' }
end
if status ~= 'active' then
  if status ~= 'waiting' or session[3] ~= ARGV[3] then
    return { 'moved' }
  end
  waited = redis.call('HSETNX', KEYS[1], 'served', now_ms()) == 1 and ms_since(session[4]) or ''
  redis.call('HSET', KEYS[1], 'status', 'active', 'operator', ARGV[1], 'operator_name', ARGV[2], 'joined', now_ms(), 'claim', ARGV[6])
  redis.call('HDEL', KEYS[1], 'previous')
  add_entry('system', '', ARGV[4], 'event', 'operator_joined')
  keep(ARGV[5])
end
return { 'assigned', redis.call('HGETALL', KEYS[1]), waited }
