-- Closures with upvalues and coroutines that die.
local scale = tonumber((...)) or 1
local function times(n) return math.max(1, math.floor(n * scale)) end
local total = 0
local function adder(n)
  local calls = 0
  return function(m) calls = calls + 1 return n + m + calls end, function() return calls end
end
for i = 1, times(550000) do
  local add, count = adder(i)
  total = total + add(1) + count()
end
local function body(n) return n + coroutine.yield(n) end
for i = 1, times(80000) do
  local co = coroutine.create(body)
  local _, n = coroutine.resume(co, i)
  total = total + n
  if i % 2 == 0 then coroutine.resume(co, 1) end
end
print("collect_closures", total)
