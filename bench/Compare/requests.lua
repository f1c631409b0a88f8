-- For wrk: sends the requests of a file in turn. A line is a method, a path, a header's name and value, and a body, with tabs between.
local requests, at = {}, 0

function init(arguments)
  for line in io.lines(arguments[1]) do
    local method, path, name, value, body = string.match(line, '^(.-)\t(.-)\t(.-)\t(.-)\t(.*)$')
    local headers = { Host = 'chat', [name] = value }
    if body ~= '' then
      headers['Content-Type'] = 'application/json'
    end
    requests[#requests + 1] = wrk.format(method, path, headers, body ~= '' and body or nil)
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end
