-- Adds a canned reply. Adding the same again changes nothing.
-- KEYS   1 hash of shortcut -> text
-- ARGV   1 shortcut, 2 text
-- Reply  1, or 0 when another text has this shortcut

if redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[2]) == 1 then
  return 1
end
return redis.call('HGET', KEYS[1], ARGV[1]) == ARGV[2] and 1 or 0
