-- table.sort on numbers, on strings, with a comparator, and on records by key.
local scale = tonumber((...)) or 1
local function times(n) return math.max(1, math.floor(n * scale)) end
local seed = 2024
local function rnd(n)
  seed = seed * 16807 % 2147483647
  return seed % n
end
local function mixed(t, get)
  local m = 0
  for i = 1, #t, 97 do m = (m * 31 + get(t[i])) % 1000003 end
  return m
end
local function id(v) return v end
local n = times(80000)
local a, b, c, d = {}, {}, {}, {}
for i = 1, n do
  local r = rnd(1000000)
  a[i], b[i] = r, r
  if i % 3 == 0 then
    c[#c + 1] = "k" .. r
    d[#d + 1] = { key = r * 64 + i % 64, tag = i }
  end
end
table.sort(a)
table.sort(b, function(x, y) return x > y end)
table.sort(c)
table.sort(d, function(x, y) return x.key < y.key end)
table.sort(a)
print("sort", mixed(a, id), mixed(b, id), mixed(c, function(s) return #s * 100 + string.byte(s, 2) end),
  mixed(d, function(r) return r.key end))
