-- Floating-point arithmetic in nested loops, no tables.
local scale = tonumber((...)) or 1
local function times(n) return math.max(1, math.floor(n * scale)) end
local size, limit = times(440), 90
local inside, steps = 0, 0
for py = 0, size - 1 do
  local ci = py * 2.4 / size - 1.2
  for px = 0, size - 1 do
    local cr = px * 3.0 / size - 2.1
    local zr, zi, k = 0.0, 0.0, 0
    local rr, ii = 0.0, 0.0
    while k < limit and rr + ii <= 4.0 do
      zi = 2.0 * zr * zi + ci
      zr = rr - ii + cr
      rr = zr * zr
      ii = zi * zi
      k = k + 1
    end
    steps = steps + k
    if k == limit then inside = inside + 1 end
  end
end
print("mandelbrot", inside, steps)
