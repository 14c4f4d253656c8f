-- Closure creation, shared and per-iteration upvalues, higher-order functions.
local scale = tonumber((...)) or 1
local function times(n) return math.max(1, math.floor(n * scale)) end
local function map(t, f) local r = {} for i = 1, #t do r[i] = f(t[i]) end return r end
local function filter(t, f)
  local r = {}
  for i = 1, #t do local v = t[i] if f(v) then r[#r + 1] = v end end
  return r
end
local function fold(t, f, a) for i = 1, #t do a = f(a, t[i]) end return a end
local function compose(f, g) return function(x) return f(g(x)) end end
local function counter()
  local n = 0
  return function() n = n + 1 return n end, function() return n end
end
local base = {}
for i = 1, 100 do base[i] = i end
local total = 0
for round = 1, times(6000) do
  local k = round % 7
  local f = compose(function(x) return x + k end, function(x) return x * 2 end)
  local r = filter(map(base, f), function(v) return v % 3 ~= 0 end)
  total = total + fold(r, function(a, b) return (a + b) % 100003 end, 0)
end
local inc, get = counter()
for _ = 1, times(3000000) do inc() end
local made = {}
for i = 1, times(400000) do
  local v = i
  made[i % 100 + 1] = function(d) v = v + d return v end
end
for i = 1, 100 do
  made[i] = made[i] or inc
end
local s = get()
for r = 1, times(3000) do for i = 1, 100 do s = s + made[i](r) end end
print("closures", total, s % 1000000007)
