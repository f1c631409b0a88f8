-- Gives a canned reply another text.
-- KEYS   1 hash of shortcut -> text
-- ARGV   1 shortcut, 2 text
-- Reply  1, or 0 when there is no such shortcut

if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then
  return 0
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return 1
