-- Notes on which page the visitor is, and wakes the operator's poll where that is another page. What a blocked visitor says is not noted.
-- KEYS   as in session.lua
-- ARGV   1 kind, 2 credential, 3 allowance, 4 address
-- Reply  { 'noted', what weigh_more returns or '', bytes by which the address is longer than the last } | { 'closed' } | refusal
-- @include session

local refused = refusal()
if refused then
  return refused
end
local session = redis.call('HMGET', KEYS[1], 'status', 'page_url', 'pages')
if session[1] == 'closed' then
  return { 'closed' }
end
local weighed, grown = '', 0
if session[2] ~= ARGV[4] and not is_blocked() then
  redis.call('HSET', KEYS[1], 'page_url', ARGV[4], 'pages', (tonumber(session[3]) or 0) + 1)
  grown = #ARGV[4] - #(session[2] or '')
  weighed = weigh_more(grown)
  redis.call('SPUBLISH', KEYS[4], 'page')
end
return { 'noted', weighed, grown }
