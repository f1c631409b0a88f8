-- Adds a canned reply. Adding the same again changes nothing.
-- KEYS   1 hash of shortcut -> text
-- ARGV   1 shortcut, 2 text, 3 most replies, 4 most bytes of all
-- Reply  'stored' | 'taken' when another text has this shortcut | 'full'
-- @include canned

local text = redis.call('HGET', KEYS[1], ARGV[1])
if text then
  return text == ARGV[2] and 'stored' or 'taken'
end
if redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[3]) or too_large(ARGV[1], ARGV[2], tonumber(ARGV[4])) then
  return 'full'
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return 'stored'
