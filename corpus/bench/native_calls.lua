-- Calls of library functions from a loop: math, type, select, rawget and rawset, next.
local scale = tonumber((...)) or 1
local function times(n) return math.max(1, math.floor(n * scale)) end
local floor, max, type, rawget, rawset, next = math.floor, math.max, type, rawget, rawset, next
local t, total = { x = 1 }, 0
for i = 1, times(700000) do
  total = total + floor(i / 3) + max(i % 7, 3)
  if type(i) == "number" and type(t) ~= "string" then total = total + 1 end
  rawset(t, "x", rawget(t, "x") % 10 + 1)
  local key = next(t)
  if rawequal(key, "x") and not rawequal(t, key) then total = total + #key end
  total = total + select("#", i, t) + select(2, i, 1)
end
print("native_calls", total, t.x)
