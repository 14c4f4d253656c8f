-- Loops: numeric for up, down and in fractions, while, repeat, nested with break.
local scale = tonumber((...)) or 1
local function times(n) return math.max(1, math.floor(n * scale)) end
local total = 0
for i = 1, times(7000000) do total = total + i end
for i = times(3000000), 1, -3 do total = total - i end
for x = 0, times(400000), 0.5 do total = total + x end
local n = times(2200000)
local i = 0
while i < n do
  i = i + 1
  if i % 4 == 0 then total = total + 1 end
end
repeat i = i - 2; total = total + 2 until i <= 0
for a = 1, times(60000) do
  for b = 1, 20 do
    if b * b > a % 300 then total = total + b break end
  end
end
print("loops", total)
