-- A stretch of the conversation, forwards or backwards, and how the session stands.
-- KEYS   as in session.lua
-- ARGV   1 kind, 2 credential, 3 allowance, 4 'forwards' or 'backwards', 5 start and 6 end as XRANGE or XREVRANGE takes them, 7 most entries,
--        8 the other side: 'operator' or 'visitor'
-- Reply  { 'ok', status, up to where the other side has read, id of the newest entry or '', { { id, { field, value, ... } }, ... } } | refusal
-- @bulk
-- @include session

local refused = refusal()
if refused then
  return refused
end
local session = redis.call('HMGET', KEYS[1], 'status', 'read:' .. ARGV[8])
local newest = redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)[1]
local command = ARGV[4] == 'forwards' and 'XRANGE' or 'XREVRANGE'
local entries = redis.call(command, KEYS[2], ARGV[5], ARGV[6], 'COUNT', ARGV[7])
return { 'ok', session[1], session[2] or '', newest and newest[1] or '', entries }
