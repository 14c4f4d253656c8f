-- Event loop with timers and cooperative tasks on coroutines: sleep, join, mutex, timeouts, cancellation, all in virtual time.

local Loop = {}
Loop.__index = Loop

function Loop.new()
  return setmetatable({ now = 0, sequence = 0, timers = {}, ready = {}, tasks = 0, log = {} }, Loop)
end

function Loop:say(fmt, ...)
  print(string.format("[%6.2f] " .. fmt, self.now, ...))
end

-- timers: a binary heap ordered by time, then by order of creation
local function before(a, b)
  if a.time ~= b.time then return a.time < b.time end
  return a.sequence < b.sequence
end

function Loop:after(delay, action)
  self.sequence = self.sequence + 1
  local timer = { time = self.now + delay, sequence = self.sequence, action = action }
  local heap = self.timers
  local i = #heap + 1
  heap[i] = timer
  while i > 1 do
    local parent = math.floor(i / 2)
    if not before(heap[i], heap[parent]) then break end
    heap[i], heap[parent] = heap[parent], heap[i]
    i = parent
  end
  return timer
end

function Loop:pop_timer()
  local heap = self.timers
  local first, last = heap[1], table.remove(heap)
  if #heap > 0 then
    heap[1] = last
    local i = 1
    while true do
      local best, l, r = i, 2 * i, 2 * i + 1
      if l <= #heap and before(heap[l], heap[best]) then best = l end
      if r <= #heap and before(heap[r], heap[best]) then best = r end
      if best == i then break end
      heap[i], heap[best] = heap[best], heap[i]
      i = best
    end
  end
  return first
end

-- tasks
local Task = {}
Task.__index = Task
local current

function Loop:spawn(name, body, ...)
  local task = setmetatable({ loop = self, name = name, waiting = {}, co = coroutine.create(body) }, Task)
  self.tasks = self.tasks + 1
  self:schedule(task, ...)
  return task
end

function Loop:schedule(task, ...)
  table.insert(self.ready, { task, select("#", ...), ... })
end

local function finish(task, ok, ...)
  task.done, task.ok, task.results, task.count = true, ok, { ... }, select("#", ...)
  task.loop.tasks = task.loop.tasks - 1
  for _, waiter in ipairs(task.waiting) do task.loop:schedule(waiter) end
end

function Task:step(...)
  local outer = current
  current = self
  local function after(ok, ...)
    current = outer
    if not ok then finish(self, false, ...)
    elseif coroutine.status(self.co) == "dead" then finish(self, true, ...)
    else
      local request = (...)
      request(self)
    end
  end
  after(coroutine.resume(self.co, ...))
end

function Task:cancel(reason)
  if self.done then return false end
  self.cancelled = reason or "cancelled"
  self.epoch = (self.epoch or 0) + 1      -- invalidates whatever was going to wake it up
  self.loop:schedule(self, "cancel", self.cancelled)
  return true
end

-- Suspends the running task; `arrange` receives a function that wakes it.
local function suspend(arrange)
  local command, reason = coroutine.yield(function(task)
    task.epoch = (task.epoch or 0) + 1
    local mine = task.epoch
    arrange(function(...)
      if task.epoch == mine and not task.done then task.loop:schedule(task, ...) end
    end)
  end)
  if command == "cancel" then error({ cancelled = reason }, 0) end
  return command, reason
end

local function sleep(seconds)
  local loop = current.loop
  return suspend(function(wake) loop:after(seconds, wake) end)
end

local function join(task)
  if not task.done then
    local me = current
    coroutine.yield(function() table.insert(task.waiting, me) end)
  end
  return task.ok, unpack(task.results, 1, task.count)
end

local function yield()
  local loop = current.loop
  return suspend(function(wake) wake() end)
end

function Loop:run(limit)
  local steps = 0
  while true do
    while #self.ready > 0 do
      local entry = table.remove(self.ready, 1)
      local task = entry[1]
      if not task.done then
        steps = steps + 1
        task:step(unpack(entry, 3, 2 + entry[2]))
      end
    end
    if #self.timers == 0 then break end
    if limit and self.timers[1].time > limit then self.now = limit break end
    local timer = self:pop_timer()
    self.now = timer.time
    timer.action()
  end
  return steps
end

-- synchronisation
local function Mutex()
  local holder, queue = nil, {}
  local m = {}
  function m.lock()
    if holder then
      suspend(function(wake) table.insert(queue, wake) end)
    end
    holder = current
  end
  function m.unlock()
    assert(holder == current, "unlocked by a stranger")
    holder = nil
    local wake = table.remove(queue, 1)
    if wake then
      holder = "handed over"
      wake()
    end
  end
  return m
end

local function with_timeout(loop, seconds, name, body, ...)
  local inner = loop:spawn(name, body, ...)
  loop:after(seconds, function() inner:cancel("timeout after " .. seconds) end)
  return join(inner)
end

---------------------------------------------------------------------------

print "== sleepers"
local loop = Loop.new()
for i, delay in ipairs { 3, 1, 2, 1, 0 } do
  loop:spawn("sleeper" .. i, function(n)
    loop:say("%s sleeps %g", current.name, n)
    sleep(n)
    loop:say("%s woke", current.name)
  end, delay)
end
print("steps", loop:run())

print "== join and results"
loop = Loop.new()
local function square(n) sleep(10 - n) return n, n * n, nil end
local main = loop:spawn("main", function()
  local tasks = {}
  for i = 1, 9, 2 do tasks[#tasks + 1] = loop:spawn("sq" .. i, square, i) end
  for _, t in ipairs(tasks) do
    loop:say("%s gave %s", t.name, table.concat({ select(2, join(t)) }, "^2 = "))
  end
  loop:say("results of the last: %d", select("#", join(tasks[#tasks])))
  return "all joined"
end)
print("steps", loop:run(), main.ok, main.results[1])

print "== errors stay in their task"
loop = Loop.new()
local bad = loop:spawn("bad", function() sleep(1) local t = nil return t.x end)
local worse = loop:spawn("worse", function() sleep(2) error({ code = 7 }) end)
loop:spawn("observer", function()
  loop:say("bad: %s %s", tostring((join(bad))), tostring(select(2, join(bad))))
  local ok, e = join(worse)
  loop:say("worse: %s code %d", tostring(ok), e.code)
end)
loop:run()

print "== mutex"
loop = Loop.new()
local mutex, shared = Mutex(), 0
for i = 1, 3 do
  loop:spawn("worker" .. i, function()
    for round = 1, 2 do
      mutex.lock()
      local seen = shared
      sleep(0.25 * i)
      shared = seen + 1
      loop:say("%s round %d: shared = %d", current.name, round, shared)
      mutex.unlock()
      yield()
    end
  end)
end
loop:run()
print("shared", shared)
local stranger = loop:spawn("stranger", function() mutex.unlock() end)
loop:run()
print(stranger.ok, (tostring(stranger.results[1]):gsub("^.-:%d+: ", "")))

print "== timeouts and cancellation"
loop = Loop.new()
loop:spawn("main", function()
  local function slow(n)
    local i = 0
    local ok, e = true, nil
    while i < n do
      i = i + 1
      sleep(1)
      loop:say("slow step %d", i)
    end
    return "finished", i
  end
  loop:say("first: %s %s", select(1, tostring((with_timeout(loop, 5.5, "quick", slow, 2)))), "done")
  local ok, e = with_timeout(loop, 2.5, "slow", slow, 10)
  loop:say("second: %s %s", tostring(ok), type(e) == "table" and e.cancelled or tostring(e))
  local sleeper = loop:spawn("sleeper", function() sleep(1000) end)
  sleep(1)
  loop:say("cancel: %s", tostring(sleeper:cancel("bored")))
  local ok, e = join(sleeper)
  loop:say("third: %s %s; again: %s", tostring(ok), e.cancelled, tostring(sleeper:cancel()))
end)
print("steps", loop:run(50), "now", loop.now, "left", loop.tasks, #loop.timers)

print "== ticker"
loop = Loop.new()
local ticks = {}
local function every(period, f)
  local function tick()
    if f() ~= false then loop:after(period, tick) end
  end
  loop:after(period, tick)
end
every(1, function() ticks[#ticks + 1] = "a" .. loop.now return #ticks < 12 end)
every(1.5, function() ticks[#ticks + 1] = "b" .. loop.now return #ticks < 12 end)
loop:run()
print(table.concat(ticks, " "))

print "== many tasks"
loop = Loop.new()
local seed, total, order = 1, 0, {}
for i = 1, 200 do
  seed = (seed * 1103515245 + 12345) % 2147483648
  local delay = math.floor(seed / 65536) % 50
  loop:spawn(i, function()
    sleep(delay)
    total = total + 1
    if total % 20 == 0 then order[#order + 1] = i .. "@" .. loop.now end
  end)
end
print("steps", loop:run(), total, loop.tasks)
print(table.concat(order, " "))
