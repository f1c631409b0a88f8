-- Gives a canned reply another text.
-- KEYS   1 hash of shortcut -> text
-- ARGV   1 shortcut, 2 text, 3 most bytes of all replies
-- Reply  'stored' | 'unknown' when there is no such shortcut | 'full'
-- @include canned

if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then
  return 'unknown'
end
if too_large(ARGV[1], ARGV[2], tonumber(ARGV[3])) then
  return 'full'
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return 'stored'
