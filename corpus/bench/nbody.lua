-- Gravity integrator: record fields holding floats, math.sqrt in the inner loop.
local scale = tonumber((...)) or 1
local function times(n) return math.max(1, math.floor(n * scale)) end
local sqrt = math.sqrt
local bodies = {}
for i = 1, 6 do
  local a = i * 1.7
  bodies[i] = {
    x = math.cos(a) * i * 3, y = math.sin(a) * i * 3, z = (i - 3) * 0.2,
    vx = -math.sin(a) * 0.4, vy = math.cos(a) * 0.4, vz = 0.01 * i,
    mass = i == 1 and 30.0 or 0.05 * i,
  }
end

local function step(dt)
  local n = #bodies
  for i = 1, n do
    local p = bodies[i]
    for j = i + 1, n do
      local q = bodies[j]
      local dx, dy, dz = p.x - q.x, p.y - q.y, p.z - q.z
      local d2 = dx * dx + dy * dy + dz * dz + 0.01
      local f = dt / (d2 * sqrt(d2))
      local fp, fq = q.mass * f, p.mass * f
      p.vx = p.vx - dx * fp
      p.vy = p.vy - dy * fp
      p.vz = p.vz - dz * fp
      q.vx = q.vx + dx * fq
      q.vy = q.vy + dy * fq
      q.vz = q.vz + dz * fq
    end
  end
  for i = 1, n do
    local p = bodies[i]
    p.x = p.x + p.vx * dt
    p.y = p.y + p.vy * dt
    p.z = p.z + p.vz * dt
  end
end

local function energy()
  local e = 0.0
  for i, p in ipairs(bodies) do
    e = e + 0.5 * p.mass * (p.vx * p.vx + p.vy * p.vy + p.vz * p.vz)
    for j = i + 1, #bodies do
      local q = bodies[j]
      local dx, dy, dz = p.x - q.x, p.y - q.y, p.z - q.z
      e = e - p.mass * q.mass / sqrt(dx * dx + dy * dy + dz * dz + 0.01)
    end
  end
  return e
end

local e0 = energy()
for i = 1, times(40000) do step(0.001) end
print("nbody", math.floor(e0 * 1e6), math.floor(energy() * 1e6))
