-- Arithmetic on locals and constants: + - * / % ^, unary minus, whole and fractional numbers.
local scale = tonumber((...)) or 1
local function times(n) return math.max(1, math.floor(n * scale)) end
local a, b, c, d = 1, 2.5, 7, 0
for i = 1, times(3500000) do
  a = (a * 3 + i) % 65537
  b = b * 0.5 + a / 7 - 1
  c = -c + (i - a) * 2
  d = d + 10 - b % 3
end
local power = 0
for i = 1, times(700000) do power = (power + (i % 13) ^ 2 + i ^ 0.5) % 1000 end
print("arithmetic", a, b, c, d, power)
