-- Game of life on a torus: two-dimensional arrays, neighbours, many numeric fors.
local scale = tonumber((...)) or 1
local function times(n) return math.max(1, math.floor(n * scale)) end
local width, height = 64, 48
local function grid() local g = {} for y = 1, height do g[y] = {} end return g end
local now, later = grid(), grid()
local seed = 7
for y = 1, height do
  for x = 1, width do
    seed = seed * 16807 % 2147483647
    now[y][x] = seed % 3 == 0 and 1 or 0
  end
end
for _ = 1, times(320) do
  for y = 1, height do
    local above, here, below = now[(y - 2) % height + 1], now[y], now[y % height + 1]
    local row = later[y]
    for x = 1, width do
      local left, right = (x - 2) % width + 1, x % width + 1
      local n = above[left] + above[x] + above[right] + here[left] + here[right]
        + below[left] + below[x] + below[right]
      row[x] = (n == 3 or n == 2 and here[x] == 1) and 1 or 0
    end
  end
  now, later = later, now
end
local alive = 0
for y = 1, height do for x = 1, width do alive = alive + now[y][x] * (x + y) end end
print("life", alive)
