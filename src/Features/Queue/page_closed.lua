-- The newest of the sessions that several operators closed: the lists are merged from their heads, so only what is returned is read.
-- KEYS   zsets of the operators' closed sessions by the time (ms) of closing
-- ARGV   1 most sessions, 2 score and 3 id of the session after which the page begins, or '' and ''
-- Reply  { session, score, session, score, ... } newest first

local most, from = tonumber(ARGV[1]), ARGV[2] ~= '' and ARGV[2] or '+inf'
local lists, page = {}, {}

-- Moves a list to its next session; false at its end.
local function advance(list)
  repeat
    local entry = redis.call('ZRANGE', KEYS[list.key], from, '-inf', 'BYSCORE', 'REV', 'LIMIT', list.offset, 1, 'WITHSCORES')
    list.offset, list.session, list.text, list.score = list.offset + 1, entry[1], entry[2], tonumber(entry[2])
  until not list.session or ARGV[2] == '' or list.score < tonumber(from) or list.session < ARGV[3]
  return list.session
end

local function is_before(list, other)
  return list.score > other.score or list.score == other.score and list.session > other.session
end

for key = 1, #KEYS do
  local list = { key = key, offset = 0 }
  if advance(list) then
    lists[#lists + 1] = list
  end
end
table.sort(lists, is_before)
while #page < most * 2 and #lists > 0 do
  local list = table.remove(lists, 1)
  page[#page + 1] = list.session
  page[#page + 1] = list.text
  if advance(list) then
    local place = 1
    while lists[place] and is_before(lists[place], list) do
      place = place + 1
    end
    table.insert(lists, place, list)
  end
end
return page
