-- Shared by the scripts: requests are made once and sent round robin, so that the client costs little and the same for every server.
local M = {}

M.headers = {
  ["X-Vault-Token"] = os.getenv("BENCH_TOKEN"),
  ["X-Vault-Request"] = "true",
  ["Content-Type"] = "application/json",
}

-- Sends the requests one after the other, for ever.
function M.cycle(requests)
  local i = 0
  request = function()
    i = i % #requests + 1
    return requests[i]
  end
end

-- One line for Kist.Bench: answers, microseconds, errors, median and 99th percentile in microseconds.
done = function(summary, latency)
  local e = summary.errors
  local errors = e.connect + e.read + e.write + e.status + e.timeout
  print(string.format("RESULT %d %d %d %d %d", summary.requests, summary.duration, errors, latency:percentile(50), latency:percentile(99)))
end

return M
