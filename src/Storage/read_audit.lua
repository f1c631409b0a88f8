-- Reads the audit entries of a day, oldest first: all, or those of one subject.
-- KEYS   1 stream: the day's entries, 2 stream: ids of the entries of the subject, where there is one
-- ARGV   1 after which id, as XRANGE takes it, 2 up to which id, 3 most entries to look at, then fields and the values that they must have
-- Reply  { number looked at, id of the last one or '', { { id, { field, value, ... } }, ... } }
-- Waits  with other reads

local seen = redis.call('XRANGE', KEYS[#KEYS], ARGV[1], ARGV[2], 'COUNT', ARGV[3])
local found = {}
for _, entry in ipairs(seen) do
  if #KEYS > 1 then
    entry = redis.call('XRANGE', KEYS[1], entry[1], entry[1])[1]
  end
  local is_wanted = entry
  for index = 4, #ARGV, 2 do
    for field = 1, entry and #entry[2] or 0, 2 do
      is_wanted = is_wanted and (entry[2][field] ~= ARGV[index] or entry[2][field + 1] == ARGV[index + 1])
    end
  end
  if is_wanted then
    found[#found + 1] = entry
  end
end
return { #seen, #seen > 0 and seen[#seen][1] or '', found }
