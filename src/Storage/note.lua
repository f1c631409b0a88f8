-- For scripts that read, and write down besides that somebody did. Its KEYS are those of the script.

-- Writes as redis.call does. But where Redis takes no writes for now, because it is full, cannot write its file or has lost its replicas, it
-- does nothing: nobody who only reads is refused for that. What a script is there to write, it writes by redis.call.
local function note(...)
  local reply = redis.pcall(...)
  if type(reply) == 'table' and reply.err then
    local code = string.match(reply.err, '^%-?(%u+) ')
    if code ~= 'OOM' and code ~= 'MISCONF' and code ~= 'NOREPLICAS' then
      return redis.call(...) -- runs into the same, and says so as it should be said
    end
  end
end
