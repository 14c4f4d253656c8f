-- Event handlers: lists of closures called with varargs, timers in a heap, callbacks in pcall.
local scale = tonumber((...)) or 1
local function times(n) return math.max(1, math.floor(n * scale)) end
local handlers = {}
local function on(name, f)
  local list = handlers[name]
  if not list then list = {} handlers[name] = list end
  list[#list + 1] = f
end
local function fire(name, ...)
  local list = handlers[name]
  if list then for i = 1, #list do list[i](...) end end
end
local heap = {}
local function add(time, f)
  local i = #heap + 1
  heap[i] = { time = time, run = f }
  while i > 1 do
    local parent = (i - i % 2) / 2
    if heap[parent].time <= heap[i].time then break end
    heap[parent], heap[i] = heap[i], heap[parent]
    i = parent
  end
end
local function take()
  local top, n = heap[1], #heap
  heap[1], heap[n] = heap[n], nil
  local i = 1
  while true do
    local child = i * 2
    if child >= n then break end
    if child + 1 < n and heap[child + 1].time < heap[child].time then child = child + 1 end
    if heap[i].time <= heap[child].time then break end
    heap[i], heap[child] = heap[child], heap[i]
    i = child
  end
  return top
end
local count, sum = 0, 0
on("tick", function(t) count = count + 1 end)
on("tick", function(t, v) sum = (sum + t * v) % 1000003 end)
on("tick", function(...) count = count + select("#", ...) end)
for i = 1, 100 do
  local delay = i % 13 + 1
  local function again(now)
    fire("tick", now, i)
    add(now + delay, again)
  end
  add(i, again)
end
for _ = 1, times(90000) do
  local timer = take()
  local ok = pcall(timer.run, timer.time)
  if not ok then count = count - 1 end
end
print("events", count, sum, #heap)
