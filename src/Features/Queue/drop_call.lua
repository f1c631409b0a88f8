-- Takes calls out of the queue: their sessions were closed or are gone, an operator has them, or their visitors do not come back.
-- KEYS   as in queue.lua
-- ARGV   1 only those whose visitor was not seen for this long (ms), or '', then session ids
-- Reply  'dropped'
-- @include queue

for index = 2, #ARGV do
  local seen = ARGV[1] ~= '' and redis.call('ZSCORE', KEYS[6], ARGV[index])
  if not seen or seen % gone_band <= now_ms() - ARGV[1] then
    forget(ARGV[index])
  end
end
return 'dropped'
