-- New tokens.
local common = require("common")

function init()
  common.cycle({ wrk.format("POST", "/v1/auth/token/create", common.headers, '{"policies":["default"],"ttl":"1h"}') })
end
