-- A session and its newest entries, for the operators' lists.
-- KEYS   as in session.lua
-- ARGV   1 most entries
-- Reply  { HGETALL, { { id, { field, value, ... } }, ... } newest first }

return { redis.call('HGETALL', KEYS[1]), redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', ARGV[1]) }
