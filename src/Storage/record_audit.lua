-- Adds an entry to the audit stream of a day, once for each request, and its id to the index of each of its subjects.
-- KEYS   1 stream: the day's entries, 2 string: there for a minute once the request is recorded, 3 string: the caller's refused attempts of the day,
--        4 and more sorted sets of equal scores: "time (ms)-sequence in six digits" of the entries of a subject, the operator's last
-- ARGV   1 most entries of the day, 2 lifetime (s), 3 most refused attempts of the caller, where it is one, or 0,
--        4 most entries of the operator, or 0, then fields and values
-- Reply  'recorded' | 'full' | 'enough' when the caller has been refused so often | 'share' when the operator has as many as that
-- @durable except full, enough, share

if redis.call('EXISTS', KEYS[2]) == 1 then
  return 'recorded'
end
if redis.call('XLEN', KEYS[1]) >= tonumber(ARGV[1]) then
  return 'full'
end
local share = tonumber(ARGV[4])
if share > 0 and redis.call('ZCARD', KEYS[#KEYS]) >= share then
  return 'share'
end
local most = tonumber(ARGV[3])
if most > 0 then
  local refused = tonumber(redis.call('GET', KEYS[3]) or 0)
  if refused >= most then
    return 'enough'
  end
  redis.call('SET', KEYS[3], refused + 1, 'EX', 172800)
end
local id = redis.call('XADD', KEYS[1], '*', unpack(ARGV, 5))
redis.call('EXPIRE', KEYS[1], ARGV[2])
local member = string.format('%s-%06d', string.match(id, '^(%d+)-(%d+)$'))
for subject = 4, #KEYS do
  redis.call('ZADD', KEYS[subject], 0, member)
  redis.call('EXPIRE', KEYS[subject], ARGV[2])
end
redis.call('SET', KEYS[2], '1', 'EX', 60)
return 'recorded'
