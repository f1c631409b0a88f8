-- For every script that limits how often something may be done, on KEYS of its own. The generic cell rate algorithm (GCRA, ITU-T I.371):
-- so many times a minute, all at once if need be, then evenly. All it keeps is the time (µs) at which what was taken would have come evenly,
-- and where requests have ids, that of the last.

-- Takes some, but none again for a request that is repeated. Returns what to keep from now on, and nothing or for how long (ms) to wait. Where one is
-- asked for and there is none nothing is kept. Where several are, all but the last were granted before by somebody who counts now: they are kept as a debt.
local function take(kept, per_minute, number, request)
  local last_even, last_request = string.match(kept or '0', '^(%d+) ?(.*)$')
  if request ~= '' and request == last_request then
    return kept
  end
  local time = redis.call('TIME')
  local now = time[1] * 1000000 + time[2]
  -- Whole microseconds: what a double would round away adds up, and more is permitted than was said.
  local interval = math.ceil(60000000 / per_minute)
  -- The clock was set back: what is further ahead than two minutes' worth, debts included, is now.
  if tonumber(last_even) > now + 2 * interval * per_minute then
    last_even = now
  end
  local even = math.max(tonumber(last_even), now) + interval * number
  local ahead = even - now - interval * per_minute
  local wait = ahead > 0 and math.ceil(ahead / 1000) or nil
  if wait and number == 1 then
    return nil, wait
  end
  return string.format('%.0f', even) .. (request ~= '' and ' ' .. request or ''), wait
end

-- Takes one of those that KEYS[number] counts; the key is gone when all are there again. Returns 0, or for how long (ms) to wait.
-- It is written by redis.call, or by note.
local function take_permit(number, per_minute, write)
  local kept, wait = take(redis.call('GET', KEYS[number]), per_minute, 1, '')
  if kept then
    write('SET', KEYS[number], kept, 'PX', 60100) -- the longest limits take a tenth of a second more, for their intervals are rounded up
  end
  return wait or 0
end
