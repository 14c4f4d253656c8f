-- select and vararg functions with many arguments; results adjusted and forwarded.
local scale = tonumber((...)) or 1
local function times(n) return math.max(1, math.floor(n * scale)) end
local select = select
local function last(...) return (select(select("#", ...), ...)) end
local function longest(...)
  local best = 0
  for i = 1, select("#", ...) do
    local n = #select(i, ...)
    if n > best then best = n end
  end
  return best
end
local function keep(n, ...) if n == 0 then return ... end return keep(n - 1, ...) end
local function pack(...) return { n = select("#", ...), ... } end
local total = 0
for i = 1, times(280000) do
  total = total + last(1, nil, 3, i)
  total = total + longest("a", "bcd", "ef", "", "ghijk")
  local a, b, c = keep(4, i, 2, 3)
  total = total + a + b + c
  total = total + pack(nil, nil, i).n
end
print("select_count", total)
