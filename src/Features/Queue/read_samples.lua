-- How many samples the last hour and day have, and the values of some: of the hour the newest, of the day any.
-- KEYS   1 zset of "digest,value" by the time (ms) of the sample
-- ARGV   1 most values of each
-- Reply  { number in the hour, number in the day, { value, ... } of the hour, { value, ... } of the day }

local time = redis.call('TIME')
local now, most = time[1] * 1000 + math.floor(time[2] / 1000), tonumber(ARGV[1])

local function values(members)
  for index, member in ipairs(members) do
    members[index] = string.match(member, ',(.*)$')
  end
  return members
end

local hour, day = now - 3600000, now - 86400000
local in_day = redis.call('ZCOUNT', KEYS[1], day, '+inf')
local of_day = in_day > most and redis.call('ZRANDMEMBER', KEYS[1], most) or redis.call('ZRANGEBYSCORE', KEYS[1], day, '+inf', 'LIMIT', 0, most)
return {
  redis.call('ZCOUNT', KEYS[1], hour, '+inf'), in_day,
  values(redis.call('ZRANGE', KEYS[1], '+inf', hour, 'BYSCORE', 'REV', 'LIMIT', 0, most)), values(of_day),
}
