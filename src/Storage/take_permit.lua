-- Takes a permit of those that a minute has.
-- KEYS   1 string: what GCRA keeps, gone when all permits are there again
-- ARGV   1 permits a minute
-- Reply  0 when permitted, else for how long (ms) to wait
-- @include gcra

return take_permit(1, ARGV[1], redis.call)
