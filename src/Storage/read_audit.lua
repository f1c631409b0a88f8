-- Reads the audit entries of a day, oldest first: all, or those of one subject.
-- KEYS   1 stream: the day's entries, 2 the index of the subject, as in record_audit.lua, where there is one
-- ARGV   1 after which id ("(id") or from which time (ms), 2 up to which time (ms), 3 most entries to look at, then fields and the values that they must have
-- Reply  { number looked at, id of the last one or '', { { id, { field, value, ... } }, ... } }
-- @read

-- As a member of the index; a time without a sequence gets the rest.
local function member(id, rest)
  local ms, sequence = string.match(id, '(%d+)%-?(%d*)')
  return ms .. (sequence ~= '' and string.format('-%06d', sequence) or rest)
end

local seen = {}
if #KEYS > 1 then
  local from = (string.sub(ARGV[1], 1, 1) == '(' and '(' or '[') .. member(ARGV[1], '')
  for _, indexed in ipairs(redis.call('ZRANGEBYLEX', KEYS[2], from, '[' .. member(ARGV[2], '-999999'), 'LIMIT', 0, ARGV[3])) do
    local id = string.format('%s-%d', string.match(indexed, '^(%d+)-(%d+)$'))
    seen[#seen + 1] = redis.call('XRANGE', KEYS[1], id, id)[1] or { id, {} }
  end
else
  seen = redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[2], 'COUNT', ARGV[3])
end

local found = {}
for _, entry in ipairs(seen) do
  local is_wanted = #entry[2] > 0
  for index = 4, #ARGV, 2 do
    for field = 1, #entry[2], 2 do
      is_wanted = is_wanted and (entry[2][field] ~= ARGV[index] or entry[2][field + 1] == ARGV[index + 1])
    end
  end
  if is_wanted then
    found[#found + 1] = entry
  end
end
return { #seen, #seen > 0 and seen[#seen][1] or '', found }
