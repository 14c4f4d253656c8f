-- The table library: insert and remove at both ends, concat, unpack, maxn, getn, foreachi.
local scale = tonumber((...)) or 1
local function times(n) return math.max(1, math.floor(n * scale)) end
local insert, remove, concat = table.insert, table.remove, table.concat
local total = 0
for round = 1, times(350) do
  local t = {}
  for i = 1, 400 do insert(t, i) end
  for i = 1, 40 do insert(t, 1, i) end
  for i = 1, 40 do total = total + remove(t, 1) end
  total = total + #concat(t, ",") + #concat(t, "", 10, 60)
  local a, b, c = unpack(t, 5, 9)
  total = total + a + b + c + table.maxn(t) + table.getn(t)
  for i = 1, 400 do total = total + remove(t) end
  total = total + #t
end
local small = { 1, 2, 3, 4, 5 }
for i = 1, times(300000) do
  local a, b, c, d, e = unpack(small)
  total = total + a + e + #small
end
for i = 1, times(20000) do table.foreachi(small, function(k, v) total = total + k * v end) end
print("table_library", total)
