-- Calls of Lua functions: several results, missing and extra arguments, tail calls, recursion.
local scale = tonumber((...)) or 1
local function times(n) return math.max(1, math.floor(n * scale)) end
local function three(a, b, c) return c, a, b end
local function first(a) return a end
local function none() end
local function even(n, odd) if n == 0 then return true end return odd(n - 1) end
local function odd(n)
  if n == 0 then return false end
  return even(n - 1, odd)
end
local function sum(n, acc)
  if n == 0 then return acc end
  return sum(n - 1, acc + n)
end
local function ackermann(m, n)
  if m == 0 then return n + 1 end
  if n == 0 then return ackermann(m - 1, 1) end
  return ackermann(m - 1, ackermann(m, n - 1))
end
local total = 0
for i = 1, times(700000) do
  local a, b, c = three(i, 2, 3)
  local d, e = first(a, b, c)
  if none(d) or e then total = total + 1 end
  local missing, given = three(c, d)
  total = total + a + b + (missing or given)
end
for i = 1, times(16000) do
  total = total + sum(60, i)
  if even(40, odd) then total = total + 1 end
end
for _ = 1, times(10) do total = total + ackermann(2, 120) end
print("calls", total)
