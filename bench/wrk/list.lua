-- A list of 10,000 names.
local common = require("common")

function init()
  -- wrk knows no LIST.
  common.cycle({ wrk.format("GET", "/v1/secret/metadata/listed?list=true", common.headers) })
end
