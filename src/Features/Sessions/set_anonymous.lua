-- Sets what anonymous visitors may do, for a time, and tells every node.
-- KEYS   1 string: "state until", 2 channel
-- ARGV   1 value, 2 for how long (ms) it holds, 0 for ever
-- Reply  'set'

if ARGV[2] == '0' then
  redis.call('SET', KEYS[1], ARGV[1])
else
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
end
redis.call('SPUBLISH', KEYS[2], ARGV[1])
return 'set'
