-- Varargs: select('#'), select(i), {...}, unpack, forwarding, multiple returns.
local scale = tonumber((...)) or 1
local function times(n) return math.max(1, math.floor(n * scale)) end
local function count(...) return select("#", ...) end
local function sum(...)
  local s = 0
  for i = 1, select("#", ...) do s = s + (select(i, ...)) end
  return s
end
local function pack_sum(...)
  local t, s = { ... }, 0
  for i = 1, #t do s = s + t[i] end
  return s
end
local function forward(f, ...) return f(...) end
local function swap(a, b, ...) return b, a, ... end
local function head_tail(h, ...)
  if h == nil then return 0 end
  return h + head_tail(...)
end
local list = { 1, 2, 3, 4, 5, 6, 7, 8 }
local total = 0
for i = 1, times(200000) do
  total = total + sum(i, 2, 3, 4, 5)
  total = total + pack_sum(swap(1, i, 3, 4))
  total = total + forward(count, i, i, i, nil)
  total = total + count(unpack(list))
  total = total + head_tail(1, 2, 3, i % 5)
  local a, b, c = swap(1, 2, i % 7, 4)
  total = total + a + b + c + math.max(1, 5, i % 11, 3)
end
print("varargs", total)
