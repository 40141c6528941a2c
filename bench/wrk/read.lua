-- Reads of 1,000 secrets. The bare server gets the same requests.
local common = require("common")

function init()
  local requests = {}
  for i = 1, 1000 do
    requests[i] = wrk.format("GET", "/v1/secret/data/bench/" .. i, common.headers)
  end
  common.cycle(requests)
end
