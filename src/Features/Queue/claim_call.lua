-- Lends the next call, or the wanted one, to a claimant: an operator, or one claim of an operator. Claiming again before the first claim
-- is through gives the same call.
-- KEYS   as in queue.lua
-- ARGV   1 claimant, 2 how long (ms) the claim may take, 3 the wanted session or ''
-- Reply  { 'claimed', session, seconds of wait estimated at the call or '-', traceparent of the call } | { 'none' } | { 'taken' } | { 'absent' }
-- @include queue

local claimant, wanted = ARGV[1], ARGV[3]
return_overdue()

local session = redis.call('HGET', KEYS[4], 'operator:' .. claimant)
if not session or wanted ~= '' and wanted ~= session then
  if wanted == '' then
    session = next_in_line()
    if session then
      take_out(session)
    end
  elseif take_out(wanted) then
    session = wanted
  else
    return { redis.call('ZSCORE', KEYS[3], wanted) and 'taken' or 'absent' }
  end
end
if not session then
  return { 'none' }
end
lend(session, claimant, ARGV[2])
local estimate, traceparent = string.match(redis.call('HGET', KEYS[2], session) or '', '^%d+ (%S+) (.*)$')
return { 'claimed', session, estimate or '-', traceparent or '' }
