-- loadstring of small chunks, string.dump and loading of what it gives, setfenv.
local scale = tonumber((...)) or 1
local function times(n) return math.max(1, math.floor(n * scale)) end
local total, bytes = 0, 0
for i = 1, times(22000) do
  local f = loadstring("local a, b = ... return a + b * " .. i)
  total = total + f(1, 2)
end
local function sample(a, b, ...)
  local t = { a, b, name = "sample", ... }
  for i = 1, #t do if type(t[i]) == "number" then a = a + t[i] end end
  return a, function(x) return x + b end
end
for i = 1, times(15000) do
  local binary = string.dump(sample)
  bytes = bytes + #binary
  local f = loadstring(binary)
  total = total + f(i, 2, 3)
end
local chunk = loadstring("x = (x or 0) + 1 return x")
for i = 1, times(100000) do
  local environment = { x = i }
  setfenv(chunk, environment)
  total = total + chunk() + getfenv(chunk).x
end
print("load_dump", total, bytes)
