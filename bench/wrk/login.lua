-- Logins: the bodies of a file in turn.
local common = require("common")

function init()
  local requests = {}
  for body in io.lines(os.getenv("BENCH_BODIES")) do
    requests[#requests + 1] = wrk.format("POST", "/v1/" .. os.getenv("BENCH_PATH"), { ["Content-Type"] = "application/json" }, body)
  end
  common.cycle(requests)
end
