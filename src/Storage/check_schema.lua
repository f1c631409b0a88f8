-- Notes the version of the schema that the stored data have: that of the newest node that has started, or of the first one.
-- KEYS   1 string: "major.minor"
-- ARGV   1 major and 2 minor version that this node knows
-- Reply  the version that the data have now

local stored = redis.call('GET', KEYS[1])
local major, minor = string.match(stored or '0.0', '^(%d+)%.(%d+)$')
if major then
  major, minor = tonumber(major), tonumber(minor)
  if major < tonumber(ARGV[1]) or major == tonumber(ARGV[1]) and minor < tonumber(ARGV[2]) then
    stored = ARGV[1] .. '.' .. ARGV[2]
    redis.call('SET', KEYS[1], stored)
  end
end
return stored
