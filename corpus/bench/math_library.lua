-- The math library: floor, ceil, sqrt, abs, max, min, fmod, modf, sin, exp, log, random.
local scale = tonumber((...)) or 1
local function times(n) return math.max(1, math.floor(n * scale)) end
local floor, ceil, sqrt, abs, max, min = math.floor, math.ceil, math.sqrt, math.abs, math.max, math.min
local fmod, modf, sin, exp, log, random = math.fmod, math.modf, math.sin, math.exp, math.log, math.random
math.randomseed(42)
local total = 0
for i = 1, times(450000) do
  total = total + floor(i / 3) - ceil(i / 4) + sqrt(i) + abs(-i)
  total = total + max(i, 5) - min(i, 7, 9) + fmod(i, 7)
  if i % 2 == 0 then total = total + sin(i) + log(i) + exp(-i / 100000) end
  if i % 4 == 0 then local whole, part = modf(i / 8) total = total + whole + part end
  total = total + random(100) + random(5, 10) + random()
end
print("math_library", floor(total))
