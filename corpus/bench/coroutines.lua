-- Coroutine generators, ping-pong with values, recursive traversal, creation cost.
local scale = tonumber((...)) or 1
local function times(n) return math.max(1, math.floor(n * scale)) end
local create, resume, yield, wrap = coroutine.create, coroutine.resume, coroutine.yield, coroutine.wrap
local total = 0
local gen = wrap(function() for i = 1, times(600000) do yield(i) end return -1 end)
while true do
  local v = gen()
  if v < 0 then break end
  total = (total + v) % 1000003
end

local pong = create(function(a, b)
  while true do a, b = yield(b, a + b) end
end)
local x, y = 1, 2
for i = 1, times(400000) do
  local _, p, q = resume(pong, x % 1000, y % 1000)
  x, y = p, q
end
total = total + x + y

local function tree(d) if d == 0 then return nil end return { tree(d - 1), d, tree(d - 1) } end
local function walk(t)
  if t then
    walk(t[1])
    yield(t[2])
    walk(t[3])
  end
end
local root = tree(13)
for _ = 1, times(14) do
  for v in wrap(function() walk(root) end) do total = total + v end
end
for i = 1, times(50000) do
  local co = create(function(k) yield(k) return k + 1 end)
  local _, a = resume(co, i)
  local _, b = resume(co)
  total = (total + a + b) % 1000003
end
print("coroutines", total)
