-- wrk: POST requests from a file made by run.py, one "path<TAB>header...<TAB>body" a line,
-- in turn; counts answers by status.
local requests, at, threads = {}, 0, {}

function setup(thread)
  thread:set("number", #threads)
  table.insert(threads, thread)
end

function init(args)
  for line in io.lines(args[1]) do
    local headers, fields = {}, {}
    for field in line:gmatch("[^\t]+") do table.insert(fields, field) end
    for i = 2, #fields - 1 do
      local name, value = fields[i]:match("^([^:]+): (.*)$")
      headers[name] = value
    end
    table.insert(requests, wrk.format("POST", fields[1], headers, fields[#fields]))
  end
  accepted, refused, other = 0, 0, 0
end

function request()
  at = at + 1
  return requests[(at - 1) % #requests + 1]
end

function response(status)
  if status == 200 then accepted = accepted + 1
  elseif status == 503 then refused = refused + 1
  else other = other + 1 end
end

function done(summary, latency)
  local a, r, o = 0, 0, 0
  for _, thread in ipairs(threads) do
    a, r, o = a + thread:get("accepted"), r + thread:get("refused"), o + thread:get("other")
  end
  io.write(string.format("BENCH accepted=%d refused=%d other=%d seconds=%.6f p50_us=%d p99_us=%d errors=%d\n",
    a, r, o, summary.duration / 1e6, latency:percentile(50), latency:percentile(99),
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout))
end
