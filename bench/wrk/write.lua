-- New versions of 1,000 secrets.
local common = require("common")

function init()
  local requests = {}
  for i = 1, 1000 do
    local body = string.format('{"data":{"username":"app-%d","password":"correct horse battery staple %d"}}', i, i)
    requests[i] = wrk.format("POST", "/v1/secret/data/written/" .. i, common.headers, body)
  end
  common.cycle(requests)
end
