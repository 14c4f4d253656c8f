-- Goroutine-like scheduler: buffered and unbuffered channels, select, worker pools, a prime sieve, actors with mailboxes, deadlock reports.

local yield, create, resume, status = coroutine.yield, coroutine.create, coroutine.resume, coroutine.status

local queue, head = {}, 1
local live, running = 0, nil
local names = setmetatable({}, { __mode = "k" })

local function enqueue(co, ...) queue[#queue + 1] = { co, ... } end

local function go(name, f, ...)
  local co = create(f)
  names[co] = name
  live = live + 1
  enqueue(co, ...)
  return co
end

local function schedule()
  while head <= #queue do
    local entry = queue[head]
    queue[head] = false
    head = head + 1
    running = entry[1]
    local ok, message = resume(running, unpack(entry, 2))
    if not ok then print("!! " .. names[running] .. ": " .. tostring(message)) end
    if status(running) == "dead" then live = live - 1 end
    running = nil
  end
  local stuck = live
  queue, head, live = {}, 1, 0
  return stuck
end

-- channels -----------------------------------------------------------------

local Channel = {}
Channel.__index = Channel

local function channel(capacity)
  return setmetatable({ capacity = capacity or 0, items = {}, senders = {}, receivers = {} }, Channel)
end

-- Waiting parties that belong to a select are valid only until one of its cases fires.
local function take_party(list)
  while #list > 0 do
    local party = table.remove(list, 1)
    if not party.group then return party end
    if not party.group.fired then
      party.group.fired = true
      return party
    end
  end
end

function Channel:try_send(v)
  if self.closed then error("send on a closed channel", 0) end
  local r = take_party(self.receivers)
  if r then
    enqueue(r.co, v, true, r.case)
    return true
  end
  if #self.items < self.capacity then
    self.items[#self.items + 1] = { v }
    return true
  end
  return false
end

function Channel:send(v)
  if not self:try_send(v) then
    table.insert(self.senders, { co = running, value = v })
    if yield() == "closed" then error("channel closed while sending", 0) end
  end
end

function Channel:try_receive()
  if #self.items > 0 then
    local v = table.remove(self.items, 1)[1]
    local s = take_party(self.senders)
    if s then
      self.items[#self.items + 1] = { s.value }
      enqueue(s.co, nil, nil, s.case)
    end
    return true, v, true
  end
  local s = take_party(self.senders)
  if s then
    enqueue(s.co, nil, nil, s.case)
    return true, s.value, true
  end
  if self.closed then return true, nil, false end
  return false
end

function Channel:receive()
  local now, v, open = self:try_receive()
  if now then return v, open end
  table.insert(self.receivers, { co = running })
  return yield()
end

function Channel:close()
  self.closed = true
  while true do
    local r = take_party(self.receivers)
    if not r then break end
    enqueue(r.co, nil, false, r.case)
  end
  while true do
    local s = take_party(self.senders)
    if not s then break end
    enqueue(s.co, "closed")
  end
end

-- A generic for cannot be used with a receiving iterator: the iterator is called through C and must not yield.
function Channel:each(f)
  local v, open = self:receive()
  if not open then return end
  f(v)
  return self:each(f)
end

function Channel:iterate()
  return function()
    local v, open = self:receive()
    if open then return v end
  end
end

-- select{ {ch, function(v, open)}, {ch, send = value, function()}, default = function }
local function select_case(cases)
  for i, case in ipairs(cases) do
    local ch, action = case[1], case[2]
    if case.send ~= nil then
      if ch:try_send(case.send) then return action() end
    else
      local now, v, open = ch:try_receive()
      if now then return action(v, open) end
    end
  end
  if cases.default then return cases.default() end
  local group = {}
  for i, case in ipairs(cases) do
    local party = { co = running, group = group, case = i, value = case.send }
    table.insert(case.send ~= nil and case[1].senders or case[1].receivers, party)
  end
  local v, open, fired = yield()
  return cases[fired][2](v, open)
end

------------------------------------------------------------------------------

print "-- ping pong"
do
  local ping, pong = channel(), channel()
  go("ping", function()
    for i = 1, 4 do
      ping:send(i)
      print("got back", (pong:receive()))
    end
    ping:close()
  end)
  go("pong", function()
    ping:each(function(v) pong:send(v * v) end)
    print("pong ends")
  end)
  print("stuck", schedule())
end

print "-- sieve"
do
  local out = {}
  go("main", function()
    local ch = channel()
    go("numbers", function(c) for i = 2, 60 do c:send(i) end c:close() end, ch)
    while true do
      local prime, open = ch:receive()
      if not open then break end
      out[#out + 1] = prime
      local next_ch = channel()
      go("filter" .. prime, function(source, sink)
        source:each(function(v)
          if v % prime ~= 0 then sink:send(v) end
        end)
        sink:close()
      end, ch, next_ch)
      ch = next_ch
    end
  end)
  print("stuck", schedule(), table.concat(out, " "))
end

print "-- buffered"
do
  local ch = channel(3)
  go("producer", function()
    for i = 1, 7 do
      ch:send(i)
      io.write("+", i, " ")
    end
    ch:close()
  end)
  go("consumer", function()
    ch:each(function(v) io.write("-", v, " ") end)
    io.write("\n")
  end)
  print("stuck", schedule())
end

print "-- worker pool"
do
  local jobs, results = channel(2), channel()
  local function worker(id)
    local n = 0
    jobs:each(function(job)
      n = n + 1
      local x, steps = job, 0
      while x ~= 1 do
        x = x % 2 == 0 and x / 2 or 3 * x + 1
        steps = steps + 1
        if steps % 10 == 0 then enqueue(running) yield() end
      end
      results:send { id = id, job = job, steps = steps }
    end)
    results:send { id = id, finished = n }
  end
  for i = 1, 3 do go("worker" .. i, worker, i) end
  go("feeder", function()
    for job = 20, 31 do jobs:send(job) end
    jobs:close()
  end)
  go("collector", function()
    local done, lines = 0, {}
    while done < 3 do
      local r = results:receive()
      if r.finished then done = done + 1
      else lines[#lines + 1] = r.job .. ":" .. r.steps .. "/" .. r.id end
    end
    print(table.concat(lines, " "))
    table.sort(lines)
    print(table.concat(lines, " "))
  end)
  print("stuck", schedule())
end

print "-- select"
do
  local a, b, quit = channel(), channel(), channel()
  go("a", function() for i = 1, 3 do a:send("a" .. i) end end)
  go("b", function() for i = 1, 2 do b:send("b" .. i) end quit:send(true) end)
  go("chooser", function()
    local log, going = {}, true
    while going do
      select_case {
        { a, function(v) log[#log + 1] = v end },
        { b, function(v) log[#log + 1] = v end },
        { quit, function() going = false end },
      }
    end
    log[#log + 1] = select_case { { a, function(v) return "late " .. tostring(v) end }, default = function() return "nothing" end }
    print(table.concat(log, " "))
  end)
  print("stuck", schedule())

  local c = channel()
  go("fibonacci", function()
    local x, y = 0, 1
    local stop = false
    while not stop do
      select_case {
        { c, function() x, y = y, x + y end, send = x },
        { quit, function() stop = true end },
      }
    end
    print("fibonacci stops at", x)
  end)
  go("reader", function()
    for i = 1, 12 do io.write((c:receive()), " ") end
    print()
    quit:send(true)
  end)
  print("stuck", schedule())
end

print "-- actors"
do
  local Actor = {}
  Actor.__index = function(self, method)
    if Actor[method] then return Actor[method] end
    return function(_, ...) self.mailbox:send { method, ... } end
  end
  function Actor:ask(method, ...)
    local reply = channel()
    self.mailbox:send { method, ..., reply = reply, n = select("#", ...) }
    return (reply:receive())
  end
  local function actor(name, behaviour)
    local self = setmetatable({ mailbox = channel(100), state = {} }, Actor)
    go(name, function()
      self.mailbox:each(function(m)
        local handler = behaviour[m[1]]
        local result
        if handler then result = handler(self.state, unpack(m, 2))
        else print(name .. " does not understand " .. m[1]) end
        if m.reply then m.reply:send(result) end
        if m[1] == "stop" then self.mailbox:close() end
      end)
    end)
    return self
  end
  local counter = actor("counter", {
    add = function(s, n) s.total = (s.total or 0) + n end,
    get = function(s) return s.total end,
    stop = function(s) print("counter stops with", s.total) end,
  })
  local logger = actor("logger", { write = function(s, line) s.n = (s.n or 0) + 1 print("log", s.n, line) end, stop = function() end })
  go("client", function()
    for i = 1, 10 do counter:add(i) end
    counter:subtract(3)
    logger:write("total " .. counter:ask("get"))
    counter:add(-5)
    logger:write("total " .. counter:ask("get"))
    counter:stop()
    logger:stop()
  end)
  print("stuck", schedule())
end

print "-- trouble"
do
  local ch = channel()
  go("nobody listens", function() ch:send(1) end)
  print("stuck", schedule())
  ch = channel()
  go("closer", function() ch:close() end)
  go("sender", function() ch:send(2) end)
  go("twice", function() print("receive", ch:receive()) print("receive", ch:receive()) end)
  print("stuck", schedule())
  ch = channel()
  go("blocked", function() ch:send(3) end)
  go("closer", function() ch:close() end)
  print("stuck", schedule())
  local l, r = channel(), channel()
  go("left", function() l:receive() r:send(1) end)
  go("right", function() r:receive() l:send(1) end)
  print("stuck", schedule())
  ch = channel()
  go("iterates", function() for v in ch:iterate() do print(v) end end)
  print("stuck", schedule())
  go("crash", function() error("boom") end)
  go("crash2", function() error(setmetatable({}, { __tostring = function() return "an object" end })) end)
  print("stuck", schedule())
end
