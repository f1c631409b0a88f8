-- For scripts of notes; after session.lua. KEYS: as there.

-- What a note takes whose text and author's name have so many bytes.
local function note_size(bytes)
  return bytes + message_overhead
end

-- Whether all that has a text would take more than so many bytes with one more; 0 for any number.
local function notes_full(size, most)
  return most > 0 and tonumber(redis.call('HGET', KEYS[1], 'note_bytes') or 0) + size > most
end
