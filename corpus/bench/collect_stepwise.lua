-- Collection in steps with long-lived, linked structures that change while it runs.
local scale = tonumber((...)) or 1
local function times(n) return math.max(1, math.floor(n * scale)) end
local queue = { first = 1, last = 0 }
local function push(v) queue.last = queue.last + 1 queue[queue.last] = v end
local function pop()
  local v = queue[queue.first]
  queue[queue.first] = nil
  queue.first = queue.first + 1
  return v
end
collectgarbage("setpause", 110)
collectgarbage("setstepmul", 300)
local total = 0
for i = 1, times(20000) do push({ id = i, link = { i } }) end
for i = 1, times(90000) do
  local node = pop()
  total = (total + node.id + node.link[1]) % 1000003
  push({ id = i, link = i % 3 == 0 and node.link or { node.id } })
  if i % 2000 == 0 then collectgarbage("step", 2) end
end
print("collect_stepwise", total, queue.last - queue.first)
