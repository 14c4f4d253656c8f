-- Table constructors: empty, fields, lists, both, long lists, calls at the end, nested.
local scale = tonumber((...)) or 1
local function times(n) return math.max(1, math.floor(n * scale)) end
local function two() return 1, 2 end
local total = 0
for i = 1, times(130000) do
  local empty = {}
  local point = { x = i, y = i + 1 }
  local list = { i, i, i, i }
  local mixed = { i, 2, name = "n", [i] = 3, two() }
  local nested = { { 1, 2 }, { a = { b = i } } }
  empty[1] = point.x
  total = total + empty[1] + list[4] + #mixed + nested[2].a.b + nested[1][2]
end
for i = 1, times(12000) do
  local long = {
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25,
    26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48,
    49, 50, 51, 52, 53, 54, 55, i, i, i, i, i, i, two(),
  }
  total = total + long[55] + long[61] + #long
end
print("constructors", total)
