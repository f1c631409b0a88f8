-- Stores a message once. The client message id is looked up before anything else is asked, so that a repeated send always finds what its
-- first attempt stored, even if the session has changed since.
-- KEYS   as in session.lua
-- ARGV   1 kind, 2 credential, 3 allowance, 4 who sends: 'visitor' or 'operator', 5 the operator's name, 6 text,
--        7 client message id; the next where the client chose none, 8 id of this request, 9 entries a session may hold, 10 idle lifetime (s),
--        11 the beginning of the text, for lists, or '' where the text is no longer than that, 12 bytes a session may take, 0 for any number,
--        13 '1' where the visitor may only go on with an operator that is there
-- Reply  { 'appended' | 'duplicate' | 'reused', id, the sender's name or '',
--          then, where this is the operators' first answer, the time (ms) since the call and the department, else '', '',
--          then the department in which its visitor, who sent it, waits, else '',
--          then the change of what the session takes, where it was stored now }
--        | { 'closed' } | { 'full' } | { 'blocked' } | { 'sign_in' } | refusal
-- @durable except denied, limited, closed, full, blocked, sign_in, reused
-- @include session

local from, text = ARGV[4], ARGV[6]
local session = redis.call('HMGET', KEYS[1], holds, 'superseded', 'status', 'name', 'called', 'department', 'blocked', counted or holds, 'token', 'bytes', 'ends')
local taken = session[8]
local allowed = admits(session[1], session[2])
if not allowed and from == 'visitor' then
  return { 'denied' }
end

local sent_as = (from == 'operator' and 'operator:' .. ARGV[2] or from) .. ':' .. ARGV[7]
local sent = redis.call('HGET', KEYS[3], sent_as)
if sent then
  local id, request = string.match(sent, '^(%S+) (%S+)$')
  local entry = redis.call('XRANGE', KEYS[2], id, id)[1]
  -- Where the entry is gone from the stream nobody can read it any more: the message is stored anew.
  if entry then
    local limited = request ~= ARGV[8] and over_limit(taken)
    if limited then
      return limited
    end
    local fields = entry[2]
    return { request == ARGV[8] and 'appended' or fields[6] == text and 'duplicate' or 'reused', id, fields[4], '', '', '' }
  end
end

if not allowed then
  return { 'denied' }
end
local kept, limited = allow(taken)
if limited then
  return limited
end

-- A refused message counts as well.
local function refuse(why)
  if kept then
    note('HSET', KEYS[1], counted, kept)
  end
  return { why }
end

if from == 'visitor' and session[7] and tonumber(session[7]) > now_ms() then
  return refuse('blocked')
end
if session[3] == 'closed' then
  return refuse('closed')
end
if ARGV[13] == '1' and session[3] ~= 'active' then
  return refuse('sign_in')
end
local name, bytes, most = from == 'operator' and ARGV[5] or session[4] or '', session[10] or 0, tonumber(ARGV[12])
local sum = bytes + #text + #name + message_overhead
if redis.call('XLEN', KEYS[2]) >= tonumber(ARGV[9]) or most > 0 and sum > most then
  return refuse('full')
end
local id = add_entry(from, name, text, 'client', ARGV[7] ~= ARGV[8] and ARGV[7] or '')
redis.call('HSET', KEYS[3], sent_as, id .. ' ' .. ARGV[8])
local renewed = keep_at_least(tonumber(ARGV[10]))
local ends = (renewed or not session[11]) and hour_of_end(renewed or tonumber(ARGV[10])) or session[11]
redis.call('HSET', KEYS[1], 'last_id', id, 'last_from', from, 'last_name', name, 'last_client', ARGV[7] ~= ARGV[8] and ARGV[7] or '',
  'last_text', ARGV[11] ~= '' and ARGV[11] or text, 'bytes', sum, 'ends', ends, unpack(kept and { counted, kept } or {}))
local first_response, department = '', ''
if from == 'operator' and session[5] and redis.call('HSETNX', KEYS[1], 'responded', now_ms()) == 1 then
  first_response, department = ms_since(session[5]), session[6]
end
return {
  'appended', id, name, first_response, department, from == 'visitor' and session[3] == 'waiting' and session[6] or '',
  change(session[9], bytes, session[11], sum, ends)
}
