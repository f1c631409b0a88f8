-- Adds an entry to the audit stream of a day, once for each request, and its id to the index of each of its subjects.
-- KEYS   1 stream: the day's entries, 2 string: there for a minute once the request is recorded,
--        3 and more sorted sets of equal scores: "time (ms)-sequence in six digits" of the entries of a subject
-- ARGV   1 most entries of the day, 2 lifetime (s), then fields and values
-- Reply  'recorded' | 'full'
-- Kept   on replicas before it is acknowledged, where the service is set so
-- Refused by full: nothing to keep

if redis.call('XLEN', KEYS[1]) >= tonumber(ARGV[1]) then
  return 'full'
end
if redis.call('SET', KEYS[2], '1', 'NX', 'EX', 60) then
  local id = redis.call('XADD', KEYS[1], '*', unpack(ARGV, 3))
  redis.call('EXPIRE', KEYS[1], ARGV[2])
  local member = string.format('%s-%06d', string.match(id, '^(%d+)-(%d+)$'))
  for subject = 3, #KEYS do
    redis.call('ZADD', KEYS[subject], 0, member)
    redis.call('EXPIRE', KEYS[subject], ARGV[2])
  end
end
return 'recorded'
