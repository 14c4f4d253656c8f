-- Spectral norm: a small function called from nested loops, division, arrays of fractions.
local scale = tonumber((...)) or 1
local function times(n) return math.max(1, math.floor(n * scale)) end
local n = times(200)
local function a(i, j)
  local ij = i + j - 1
  return 1 / (ij * (ij - 1) * 0.5 + i)
end
local function av(x, y)
  for i = 1, n do
    local sum = 0
    for j = 1, n do sum = sum + x[j] * a(i, j) end
    y[i] = sum
  end
end
local function atv(x, y)
  for i = 1, n do
    local sum = 0
    for j = 1, n do sum = sum + x[j] * a(j, i) end
    y[i] = sum
  end
end
local u, v, t = {}, {}, {}
for i = 1, n do u[i] = 1 end
for _ = 1, 10 do
  av(u, t) atv(t, v)
  av(v, t) atv(t, u)
end
for _ = 1, 20 do av(u, t) atv(t, v) end
local vbv, vv = 0, 0
for i = 1, n do vbv, vv = vbv + u[i] * v[i], vv + v[i] * v[i] end
print("spectral_norm", string.format("%0.9f", math.sqrt(vbv / vv)))
