-- For every script of one session. KEYS: 1 session hash, 2 messages stream, 3 sent hash, 4 channel of new entries, 5 notes stream.
-- Those that a caller enters have as first arguments: 1 kind, 2 credential, 3 allowance.
-- @include gcra
-- @include note

local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- The time of a call: in microseconds, so that the order of calls has no ties.
local function now_us()
  local time = redis.call('TIME')
  return string.format('%.0f', time[1] * 1000000 + time[2])
end

-- How long ago (ms) something was; no time at all where the clock was set back since.
local function ms_after(milliseconds)
  return math.max(0, now_ms() - milliseconds)
end

local function ms_since(microseconds)
  return ms_after(math.floor(microseconds / 1000))
end

-- Which field of the session must hold the caller's credential. Its kind says what that is:
--   token              digest of the visitor's token
--   account            user id, found in a node's cache: not good once a newer session took this one's place
--   confirmed-account  user id, looked up for this very call
--   operator           id of the operator that holds the session
--   supervisor         nothing to compare: any session that is there
local holds = ARGV[1] == 'token' and 'token' or ARGV[1] == 'operator' and 'operator' or ARGV[1] == 'supervisor' and 'status' or 'user'

-- Whether the caller may act on the session, by the values of that field and of 'superseded'.
local function admits(holder, superseded)
  return holder and (holder == ARGV[2] or ARGV[1] == 'supervisor') and not (superseded and ARGV[1] == 'account')
end

local function may()
  local session = redis.call('HMGET', KEYS[1], holds, 'superseded')
  return admits(session[1], session[2])
end

-- The thing that the allowance counts, and the field that keeps how much of it is taken, for the visitor and, counted apart, for the operator.
local what, per_minute, number, request = string.match(ARGV[3] or '', '^(%a+) (%d+) ?(%d*) ?(%w*)$')
local counted = what and (ARGV[1] == 'operator' and 'operator:' or 'visitor:') .. what

-- Takes what the allowance grants: "what times-a-minute", then perhaps how many and the request's id; '' grants anything. Given is what its field holds, or
-- false. Returns what the field is to hold, nil to leave it, and the script's reply when there is none left.
local function allow(taken)
  if counted then
    local kept, wait = take(taken, per_minute, tonumber(number) or 1, request)
    return kept, wait and { 'limited', wait }
  end
end

-- The same at once: keeps what the field is to hold, and returns the reply or nil. A caller that has read the field passes its value, or false.
local function over_limit(taken)
  if counted then
    if taken == nil then
      taken = redis.call('HGET', KEYS[1], counted)
    end
    local kept, limited = allow(taken)
    if kept then
      note('HSET', KEYS[1], counted, kept)
    end
    return limited
  end
end

-- The script's reply to one that may not do what it asks for, or not so often: { 'denied' } | { 'limited', ms to wait }. Else nil.
local function refusal()
  if not may() then
    return { 'denied' }
  end
  return over_limit()
end

-- Whether the visitor is blocked for now.
local function is_blocked()
  local deadline = redis.call('HGET', KEYS[1], 'blocked')
  return deadline and tonumber(deadline) > now_ms()
end

local function keep(seconds)
  for _, key in ipairs({ 1, 2, 3, 5 }) do
    redis.call('EXPIRE', KEYS[key], seconds)
  end
end

-- The same for keys that are written often. Sets the TTL 1 % higher, so that most writes can skip renewing it. The hash of what was sent tells for
-- all: notes alone may come after it, and those begin with what the session has left. Returns how long (s) the session is kept
-- where that was renewed.
local function keep_at_least(seconds)
  if redis.call('TTL', KEYS[3]) < seconds then
    local longer = math.ceil(seconds * 1.01)
    keep(longer)
    return longer
  end
end

-- The size of a message in Redis without its text and the sender's name (bytes): entry, ids, and its place among those that were sent.
local message_overhead = 250

-- The hour since 1970 in which a session ends that is kept for so long (s).
local function hour_of_end(seconds)
  return math.floor((now_ms() / 1000 + seconds) / 3600)
end

-- For the total of all anonymous sessions: what a session takes (bytes) and the hour in which it ends, as noted before and as noted now; '' where it is an account's.
local function change(token, bytes, ends, sum, hour)
  return token and (bytes or 0) .. ' ' .. (ends or 0) .. ' ' .. sum .. ' ' .. hour or ''
end

-- Notes that the session takes so much more (bytes), and is kept for so long (s). Returns the change.
local function weigh(more, seconds)
  local session = redis.call('HMGET', KEYS[1], 'token', 'bytes', 'ends')
  local sum, hour = (session[2] or 0) + more, hour_of_end(seconds)
  redis.call('HSET', KEYS[1], 'bytes', sum, 'ends', hour)
  return change(session[1], session[2], session[3], sum, hour)
end

-- The same for what does not make it be kept longer. Returns the change, '' where there is none.
local function weigh_more(more)
  local session = redis.call('HMGET', KEYS[1], 'token', 'bytes', 'ends')
  if more == 0 or not session[2] then
    return ''
  end
  local sum = session[2] + more
  redis.call('HSET', KEYS[1], 'bytes', sum)
  return change(session[1], session[2], session[3], sum, session[3] or 0)
end

-- Deletes the session with everything of it, and wakes those who wait there.
local function erase()
  redis.call('UNLINK', KEYS[1], KEYS[2], KEYS[3], KEYS[5])
  redis.call('SPUBLISH', KEYS[4], 'erased')
end

-- Where its visitor was blocked and asked for the erasure while an operator had the session: now that nobody has it, that is done.
local function erase_if_asked()
  if redis.call('HEXISTS', KEYS[1], 'erase') == 1 then
    erase()
  end
end

-- Whether an entry id comes after another.
local function is_after(id, other)
  local ms, seq = string.match(id, '^(%d+)-(%d+)$')
  local other_ms, other_seq = string.match(other, '^(%d+)-(%d+)$')
  ms, other_ms = tonumber(ms), tonumber(other_ms)
  return ms > other_ms or ms == other_ms and tonumber(seq) > tonumber(other_seq)
end

-- How long (ms) a side is said to be writing. One that has more left than this wrote before the clock was set back.
local typing_for = 6000

-- Adds an entry and wakes those who wait for one. Fields in this order: from, name, text, then client or event. Returns its id. The hash keeps it too, so
-- that a poll sees whether its cursor is ahead of the stream.
local function add_entry(from, name, text, tag, value)
  local fields = { 'from', from, 'name', name, 'text', text }
  if value and value ~= '' then
    fields[7], fields[8] = tag, value
  end
  local id = redis.call('XADD', KEYS[2], '*', unpack(fields))
  redis.call('HSET', KEYS[1], 'newest', id)
  redis.call('SPUBLISH', KEYS[4], id)
  return id
end
