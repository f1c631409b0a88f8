-- For scripts that change canned replies. KEYS: 1 hash of shortcut -> text.

-- Whether all replies would take more than so many bytes (shortcuts and texts) with this text under this shortcut. What does not grow is let through.
local function too_large(shortcut, text, most)
  local before = redis.call('HGET', KEYS[1], shortcut)
  local bytes = #text - #(before or '') + (before and 0 or #shortcut)
  if bytes <= 0 then
    return false
  end
  for _, part in ipairs(redis.call('HGETALL', KEYS[1])) do
    bytes = bytes + #part
  end
  return bytes > most
end
