-- For scripts of notes; after session.lua. KEYS: as there.

-- The size of a note whose text and author's name have so many bytes.
local function note_size(bytes)
  return bytes + message_overhead
end

-- Whether there are so many entries, or all that has a text would take more than so many bytes with one more; 0 for any number of bytes.
local function notes_full(size, most_bytes, most_entries)
  return redis.call('XLEN', KEYS[5]) >= most_entries
    or most_bytes > 0 and tonumber(redis.call('HGET', KEYS[1], 'note_bytes') or 0) + size > most_bytes
end
