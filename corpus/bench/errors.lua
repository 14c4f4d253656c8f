-- Protected calls: success, error with text and with a table, runtime errors, xpcall, assert.
local scale = tonumber((...)) or 1
local function times(n) return math.max(1, math.floor(n * scale)) end
local function fine(a, b) return a, b end
local function raise(v) error(v) end
local function broken(t) return t.x.y end
local total, length = 0, 0
for i = 1, times(220000) do
  local ok, a, b = pcall(fine, i, 2)
  if ok then total = total + a % 3 + b end
end
for i = 1, times(90000) do
  local ok, message = pcall(raise, "text " .. i % 10)
  if not ok then length = length + #message end
  local failed, object = pcall(error, { code = i % 7 })
  if not failed then total = total + object.code end
  local _, why = pcall(broken, {})
  length = length + #why
  local _, handled = xpcall(function() error("inner", 0) end, function(m) return m .. "!" end)
  length = length + #handled
  total = total + assert(i)
  if not pcall(assert, false, "no") then total = total + 1 end
end
print("errors", total, length)
