-- A stretch of the conversation, forwards or backwards, and how the session stands.
-- KEYS   as in session.lua
-- ARGV   1 kind, 2 credential, 3 'forwards' or 'backwards', 4 start and 5 end as XRANGE or XREVRANGE takes them, 6 most entries,
--        7 the other side: 'operator' or 'visitor'
-- Reply  { 'ok', status, up to where the other side has read, id of the newest entry or '', { { id, { field, value, ... } }, ... } } | { 'denied' }
-- include: session

if not may(ARGV[1], ARGV[2]) then
  return { 'denied' }
end
local session = redis.call('HMGET', KEYS[1], 'status', 'read:' .. ARGV[7])
local newest = redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)[1]
local command = ARGV[3] == 'forwards' and 'XRANGE' or 'XREVRANGE'
local entries = redis.call(command, KEYS[2], ARGV[4], ARGV[5], 'COUNT', ARGV[6])
return { 'ok', session[1], session[2] or '', newest and newest[1] or '', entries }
