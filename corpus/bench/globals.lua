-- Global variables and upvalues, read and written; functions found through globals.
local scale = tonumber((...)) or 1
local function times(n) return math.max(1, math.floor(n * scale)) end
total, step, calls = 0, 3, 0
function advance(n)
  calls = calls + 1
  total = (total + n * step) % 1000003
  return total
end
local upper, low = 0, 0
local function mark(n)
  if n > 500000 then upper = upper + 1 else low = low + n % 5 end
end
for i = 1, times(650000) do
  mark(advance(i))
  if total % 2 == 0 then step = step + 1 else step = 3 end
end
local length = 0
for i = 1, times(350000) do length = length + #tostring(i % 10) + math.abs(-1) end
print("globals", total, step, calls, upper, low, length)
