-- Rates a closed session in which an operator answered. Rating again replaces; only the first leaves an entry.
-- KEYS   as in session.lua
-- ARGV   1 kind, 2 credential, 3 allowance, 4 score, 5 comment or '', 6 text of the entry
-- Reply  { 'rated', department or '' } | { 'open' } | { 'unanswered' } | refusal
-- @durable except denied, limited, open, unanswered
-- @include session

local refused = refusal()
if refused then
  return refused
end
local session = redis.call('HMGET', KEYS[1], 'status', 'rating', 'department', 'responded', 'answered')
if session[1] ~= 'closed' then
  return { 'open' }
end
if not session[4] and not session[5] then
  return { 'unanswered' }
end
redis.call('HSET', KEYS[1], 'rating', ARGV[4], 'rating_comment', ARGV[5])
if not session[2] then
  local left = redis.call('TTL', KEYS[1])
  add_entry('system', '', ARGV[6], 'event', 'rated')
  keep(left)
end
return { 'rated', session[3] or '' }
