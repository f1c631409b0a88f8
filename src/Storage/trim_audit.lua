-- Takes the oldest entries out of a day's audit stream, and out of the indexes of their subjects.
-- KEYS   1 stream: the day's entries, then indexes, as in record_audit.lua, one for each entry and subject
-- ARGV   1 id of the last entry to go, then for each index the id of the entry
-- Reply  how many have gone

for subject = 2, #KEYS do
  redis.call('ZREM', KEYS[subject], string.format('%s-%06d', string.match(ARGV[subject], '^(%d+)-(%d+)$')))
end
local ms, sequence = string.match(ARGV[1], '^(%d+)-(%d+)$')
return redis.call('XTRIM', KEYS[1], 'MINID', string.format('%s-%.0f', ms, sequence + 1))
