-- Matrix product: arrays of arrays read and written by a variable index; swaps in one array.
local scale = tonumber((...)) or 1
local function times(n) return math.max(1, math.floor(n * scale)) end
local n = times(110)
if n < 8 then n = 8 end
local function matrix(f)
  local m = {}
  for i = 1, n do
    local row = {}
    for j = 1, n do row[j] = f(i, j) end
    m[i] = row
  end
  return m
end
local function product(a, b)
  local c = {}
  for i = 1, n do
    local row, out = a[i], {}
    for j = 1, n do
      local sum = 0
      for k = 1, n do sum = sum + row[k] * b[k][j] end
      out[j] = sum
    end
    c[i] = out
  end
  return c
end
local a = matrix(function(i, j) return (i - j) % 7 end)
local b = matrix(function(i, j) return (i * j) % 5 end)
local c = product(product(a, b), a)
local trace = 0
for i = 1, n do trace = trace + c[i][i] end
local list = {}
for i = 1, 1000 do list[i] = i end
for round = 1, times(1500) do
  for i = 1, 999 do
    local j = (i * 7 + round) % 1000 + 1
    list[i], list[j] = list[j], list[i]
  end
end
local mix = 0
for i = 1, 1000 do mix = (mix * 31 + list[i]) % 1000003 end
print("table_index", trace, mix)
