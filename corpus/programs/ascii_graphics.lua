-- Graphics in characters: ray tracer, rotating cube, line and circle drawing, flood fill, plots, Mandelbrot and Julia sets, maze, n-body energies.

local Canvas = {}
Canvas.__index = Canvas
setmetatable(Canvas, { __call = function(class, w, h, fill)
  local c = setmetatable({ w = w, h = h }, class)
  for y = 1, h do
    c[y] = {}
    for x = 1, w do c[y][x] = fill or " " end
  end
  return c
end })
function Canvas:set(x, y, ch)
  x, y = math.floor(x + 0.5), math.floor(y + 0.5)
  if self[y] and x >= 1 and x <= self.w then self[y][x] = ch or "#" end
  return self
end
function Canvas:get(x, y) return self[y] and self[y][x] end
function Canvas:line(x0, y0, x1, y1, ch)
  local dx, dy = math.abs(x1 - x0), -math.abs(y1 - y0)
  local sx, sy = x0 < x1 and 1 or -1, y0 < y1 and 1 or -1
  local err = dx + dy
  while true do
    self:set(x0, y0, ch)
    if x0 == x1 and y0 == y1 then return self end
    local e2 = 2 * err
    if e2 >= dy then err = err + dy x0 = x0 + sx end
    if e2 <= dx then err = err + dx y0 = y0 + sy end
  end
end
function Canvas:circle(cx, cy, r, ch)
  local x, y, d = r, 0, 1 - r
  while x >= y do
    for _, p in ipairs { { x, y }, { y, x }, { -x, y }, { -y, x }, { x, -y }, { y, -x }, { -x, -y }, { -y, -x } } do self:set(cx + p[1], cy + p[2], ch) end
    y = y + 1
    if d < 0 then d = d + 2 * y + 1 else x = x - 1 d = d + 2 * (y - x) + 1 end
  end
  return self
end
function Canvas:fill(x, y, ch)
  local from = self:get(x, y)
  local stack, n = { { x, y } }, 0
  while #stack > 0 do
    local p = table.remove(stack)
    if self:get(p[1], p[2]) == from and from ~= ch then
      self[p[2]][p[1]] = ch
      n = n + 1
      for _, d in ipairs { { 1, 0 }, { -1, 0 }, { 0, 1 }, { 0, -1 } } do stack[#stack + 1] = { p[1] + d[1], p[2] + d[2] } end
    end
  end
  return self, n
end
function Canvas:polygon(points, ch)
  for i, p in ipairs(points) do
    local q = points[i % #points + 1]
    self:line(p[1], p[2], q[1], q[2], ch)
  end
  return self
end
Canvas.__tostring = function(c)
  local rows = {}
  for y = 1, c.h do rows[y] = (table.concat(c[y]):gsub("%s+$", "")) end
  return table.concat(rows, "\n")
end

print "== shapes"
local c = Canvas(40, 13)
c:polygon({ { 1, 1 }, { 40, 1 }, { 40, 13 }, { 1, 13 } }, "+"):circle(10, 7, 5, "o"):line(18, 12, 38, 3, "*"):polygon({ { 24, 3 }, { 36, 11 }, { 22, 9 } }, "x")
local _, filled = c:fill(10, 7, ".")
print(tostring(c)) print("filled", filled, select(2, c:fill(10, 7, ".")))

print "== ray tracer"
local function vec(x, y, z) return { x, y, z } end
local function dot(a, b) return a[1] * b[1] + a[2] * b[2] + a[3] * b[3] end
local function sub(a, b) return vec(a[1] - b[1], a[2] - b[2], a[3] - b[3]) end
local function add(a, b, k) k = k or 1 return vec(a[1] + k * b[1], a[2] + k * b[2], a[3] + k * b[3]) end
local function unit(a) local l = math.sqrt(dot(a, a)) return vec(a[1] / l, a[2] / l, a[3] / l) end
local spheres = {
  { center = vec(0, 0, 6), radius = 2, reflect = 0.3, color = 0.9 },
  { center = vec(2.5, 1, 4.5), radius = 0.8, reflect = 0.1, color = 0.6 },
  { center = vec(-2.6, -0.8, 5), radius = 1, reflect = 0.5, color = 0.8 },
}
local light = unit(vec(-1, 2, -1.5))
local rays = 0
local function hit(origin, direction)
  rays = rays + 1
  local nearest, object = math.huge, nil
  for _, s in ipairs(spheres) do
    local oc = sub(origin, s.center)
    local b, cc = dot(oc, direction), dot(oc, oc) - s.radius ^ 2
    local disc = b * b - cc
    if disc > 0 then
      local t = -b - math.sqrt(disc)
      if t > 1e-4 and t < nearest then nearest, object = t, s end
    end
  end
  if direction[2] < -1e-6 then
    local t = (-2 - origin[2]) / direction[2]
    if t > 1e-4 and t < nearest then nearest, object = t, "floor" end
  end
  return object, nearest
end
local function trace(origin, direction, depth)
  local object, t = hit(origin, direction)
  if not object then return 0.15 + 0.25 * math.max(0, direction[2]) end
  local p = add(origin, direction, t)
  local normal, base, reflect
  if object == "floor" then
    normal, reflect = vec(0, 1, 0), 0.1
    base = (math.floor(p[1]) + math.floor(p[3])) % 2 == 0 and 0.9 or 0.35
  else normal, base, reflect = unit(sub(p, object.center)), object.color, object.reflect end
  local shade = math.max(0, dot(normal, light))
  if shade > 0 and hit(p, light) then shade = 0 end
  local value = base * (0.12 + 0.88 * shade)
  if reflect > 0 and depth > 0 then
    local r = add(direction, normal, -2 * dot(direction, normal))
    value = value * (1 - reflect) + reflect * trace(p, r, depth - 1)
  end
  return value
end
local ramp = " .:-=+*#%@"
local total = 0
for y = 1, 24 do
  local row = {}
  for x = 1, 64 do
    local direction = unit(vec((x - 32.5) / 30, (12.5 - y) / 15, 1.4))
    local v = math.min(1, trace(vec(0, 0.3, 0), direction, 2))
    total = total + v
    local i = math.min(#ramp, 1 + math.floor(v * #ramp))
    row[x] = ramp:sub(i, i)
  end
  print((table.concat(row):gsub(" +$", "")))
end
print(("mean %.5f, %d rays"):format(total / (24 * 64), rays))

print "== cube"
local function cube(angle)
  local canvas, projected = Canvas(31, 15), {}
  local ca, sa, cb, sb = math.cos(angle), math.sin(angle), math.cos(angle * 0.7), math.sin(angle * 0.7)
  for i = 0, 7 do
    local x, y, z = i % 2 * 2 - 1, math.floor(i / 2) % 2 * 2 - 1, math.floor(i / 4) * 2 - 1
    x, z = x * ca - z * sa, x * sa + z * ca
    y, z = y * cb - z * sb, y * sb + z * cb
    local k = 22 / (z + 5)
    projected[i] = { math.floor(16 + x * k * 1.9 + 0.5), math.floor(8 + y * k * 0.8 + 0.5) }
  end
  for i = 0, 7 do
    for _, bit in ipairs { 1, 2, 4 } do
      if math.floor(i / bit) % 2 == 0 then
        local a, b = projected[i], projected[i + bit]
        canvas:line(a[1], a[2], b[1], b[2], "*")
      end
    end
  end
  for i = 0, 7 do canvas:set(projected[i][1], projected[i][2], tostring(i)) end
  return canvas
end
print(tostring(cube(0.6)))

print "== plots"
local function plot(f, x0, x1, w, h)
  local canvas, ys, low, high = Canvas(w, h), {}, math.huge, -math.huge
  for i = 1, w do
    local y = f(x0 + (x1 - x0) * (i - 1) / (w - 1))
    ys[i], low, high = y, math.min(low, y), math.max(high, y)
  end
  local function row(y) return h - (y - low) / (high - low) * (h - 1) end
  if low < 0 and high > 0 then for i = 1, w do canvas:set(i, row(0), "-") end end
  for i = 1, w do canvas:set(i, row(ys[i]), "o") end
  print(tostring(canvas)) print(("[%.3f, %.3f]"):format(low, high))
end
plot(function(x) return math.sin(x) * math.exp(-x / 6) end, 0, 12, 60, 11)
local function histogram(values, width)
  local top = math.max(unpack(values))
  for i, v in ipairs(values) do print(("%2d |%s %d"):format(i, ("="):rep(math.floor(v / top * width + 0.5)), v)) end
end
local seed, rolls = 5, {}
for i = 1, 11 do rolls[i] = 0 end
for _ = 1, 2000 do
  local s = 0
  for _ = 1, 2 do seed = (seed * 16807) % 2147483647 s = s + seed % 6 end
  rolls[s + 1] = rolls[s + 1] + 1
end
histogram(rolls, 40)

print "== julia"
for y = -1.1, 1.1, 0.2 do
  local row = {}
  for x = -1.6, 1.6, 0.06 do
    local a, b, n = x, y, 0
    while a * a + b * b < 4 and n < 40 do a, b, n = a * a - b * b - 0.74543, 2 * a * b + 0.11301, n + 1 end
    row[#row + 1] = n == 40 and "@" or ramp:sub(1 + math.floor(n / 5), 1 + math.floor(n / 5))
  end
  print((table.concat(row):gsub(" +$", "")))
end

print "== n bodies"
local bodies = {
  { x = 0, y = 0, z = 0, vx = 0, vy = 0, vz = 0, m = 39.47841760435743 },
  { x = 4.84143144246472090, y = -1.16032004402742839, z = -0.103622044471123109, vx = 0.606326392995832, vy = 2.81198684491626, vz = -0.02521836165988763, m = 0.03769367487038949 },
  { x = 8.34336671824457987, y = 4.12479856412430479, z = -0.403523417114321381, vx = -1.01077434617879, vy = 1.82566237123041, vz = 0.00841576137658415, m = 0.011286326131968767 },
  { x = 12.8943695621391310, y = -15.1111514016986312, z = -0.223307578892655734, vx = 1.08279100644154, vy = 0.868713018169608, vz = -0.0108326374013636, m = 0.0017237240570597112 },
}
local function energy()
  local e = 0
  for i, b in ipairs(bodies) do
    e = e + 0.5 * b.m * (b.vx ^ 2 + b.vy ^ 2 + b.vz ^ 2)
    for j = i + 1, #bodies do
      local o = bodies[j]
      e = e - b.m * o.m / math.sqrt((b.x - o.x) ^ 2 + (b.y - o.y) ^ 2 + (b.z - o.z) ^ 2)
    end
  end
  return e
end
local function momentum()
  local px, py, pz = 0, 0, 0
  for _, b in ipairs(bodies) do px, py, pz = px + b.vx * b.m, py + b.vy * b.m, pz + b.vz * b.m end
  return px, py, pz
end
local px, py, pz = momentum()
bodies[1].vx, bodies[1].vy, bodies[1].vz = -px / bodies[1].m, -py / bodies[1].m, -pz / bodies[1].m
local function advance(dt)
  for i = 1, #bodies do
    local a = bodies[i]
    for j = i + 1, #bodies do
      local b = bodies[j]
      local dx, dy, dz = a.x - b.x, a.y - b.y, a.z - b.z
      local d2 = dx * dx + dy * dy + dz * dz
      local mag = dt / (d2 * math.sqrt(d2))
      a.vx, a.vy, a.vz = a.vx - dx * b.m * mag, a.vy - dy * b.m * mag, a.vz - dz * b.m * mag
      b.vx, b.vy, b.vz = b.vx + dx * a.m * mag, b.vy + dy * a.m * mag, b.vz + dz * a.m * mag
    end
  end
  for _, b in ipairs(bodies) do b.x, b.y, b.z = b.x + dt * b.vx, b.y + dt * b.vy, b.z + dt * b.vz end
end
local start = energy()
for step = 1, 2000 do
  advance(0.01)
  if step % 500 == 0 then print(step, ("%.9f  x %.6f y %.6f"):format(energy(), bodies[2].x, bodies[2].y)) end
end
print(math.abs(energy() - start) < 1e-4, ("%.3e"):format(math.abs(momentum()) < 1e-12 and 0 or 1))
