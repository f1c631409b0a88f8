-- Counts the operators that called within the last 90 s.
-- KEYS   1 zset of operators by the time (ms) of their last call
-- ARGV   none
-- Reply  their number

return redis.call('ZCOUNT', KEYS[1], redis.call('TIME')[1] * 1000 - 90000, '+inf')
