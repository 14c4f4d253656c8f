-- Weak tables and finalizers: caches, object attributes, interning, pools with newproxy, order of __gc, resurrection, leak detection.

local function collect(times)
  for _ = 1, times or 2 do collectgarbage() end
end

local function count(t)
  local n = 0
  for _ in pairs(t) do n = n + 1 end
  return n
end

print "== modes"
for _, mode in ipairs { "", "k", "v", "kv" } do
  local t = setmetatable({}, { __mode = mode })
  local kept_key, kept_value = {}, {}
  t[{}] = "string"                 -- key dies
  t.name = {}                      -- value dies
  t[kept_key] = {}                 -- value dies, key lives
  t[{}] = kept_value               -- key dies, value lives
  t[1], t[2] = {}, "two"
  t[kept_key == nil] = 5
  collect()
  local names = {}
  for k, v in pairs(t) do names[#names + 1] = type(k) .. "/" .. type(v) end
  table.sort(names)
  print(("%-3s"):format(mode), count(t), table.concat(names, " "))
end

print "== cache of computed values"
do
  local made = 0
  local cache = setmetatable({}, { __mode = "v" })
  local function glyph(c)
    local g = cache[c]
    if not g then
      made = made + 1
      g = { letter = c, width = c:byte() % 7 }
      cache[c] = g
    end
    return g
  end
  local text, keep = "hello world", {}
  for c in text:gmatch "." do keep[#keep + 1] = glyph(c) end
  print("made", made, "kept", count(cache))
  collect()
  print("still", count(cache))
  keep = { keep[1], keep[5] }
  collect()
  local left = {}
  for k in pairs(cache) do left[#left + 1] = k end
  table.sort(left)
  print("left", table.concat(left), "same", glyph "h" == keep[1], "made", made)
  glyph "z"
  print("made", made)
end

print "== attributes of objects"
do
  local attribute = setmetatable({}, { __mode = "k" })
  local objects = {}
  for i = 1, 10 do
    objects[i] = {}
    attribute[objects[i]] = { index = i }
  end
  for i = 2, 10, 2 do objects[i] = nil end
  collect()
  local sum = 0
  for o, a in pairs(attribute) do sum = sum + a.index end
  print(count(attribute), sum)
  -- a value that refers to its own key keeps it alive: there are no ephemerons in this version
  local o = {}
  attribute[o] = { owner = o, index = 0 }
  o = nil
  collect()
  print(count(attribute))
end

print "== interning"
do
  local pool = setmetatable({}, { __mode = "v" })
  local function vector(x, y)
    local key = x .. "," .. y
    local v = pool[key]
    if not v then v = { x = x, y = y } pool[key] = v end
    return v
  end
  local a, b, c = vector(1, 2), vector(1, 2), vector(2, 1)
  print(a == b, a == c, count(pool))
  a, b = nil, nil
  collect()
  print(count(pool), pool["2,1"] == c, pool["1,2"])
end

print "== order of finalizers"
do
  local log = {}
  local function object(name, f)
    local p = newproxy(true)
    getmetatable(p).__gc = f or function() log[#log + 1] = name end
    getmetatable(p).__tostring = function() return "proxy " .. name end
    getmetatable(p).__index = function(_, k) return name .. "." .. k end
    return p
  end
  local a, b, c, d = object "a", object "b", object "c", object "d"
  print(tostring(a), b.field, type(c))
  a, c = nil, nil
  collect()
  print("first", table.concat(log, " "))
  b, d = nil, nil
  local e = object "e"
  collect()
  print("then", table.concat(log, " "))
  e = nil
  collect()
  print("last", table.concat(log, " "))

  -- proxies sharing one metatable
  log = {}
  local shared = newproxy(true)
  getmetatable(shared).__gc = function(p) log[#log + 1] = p == shared and "shared" or "copy" end
  local copies = {}
  for i = 1, 3 do copies[i] = newproxy(shared) end
  print(getmetatable(copies[1]) == getmetatable(shared), copies[1] == copies[2], pcall(newproxy, {}))
  copies = nil
  collect()
  print(#log, table.concat(log, " "))
  print(newproxy(false) == newproxy(), getmetatable(newproxy()), pcall(newproxy, io.stdout))
end

print "== errors in finalizers"
do
  local p = newproxy(true)
  getmetatable(p).__gc = function() error("from __gc", 0) end
  p = nil
  print(pcall(collectgarbage))
  print(pcall(collectgarbage))
end

print "== resurrection"
do
  local saved, finalized = {}, 0
  local p = newproxy(true)
  getmetatable(p).__gc = function(o)
    finalized = finalized + 1
    saved[#saved + 1] = o
  end
  local weak_value = setmetatable({ p }, { __mode = "v" })
  local weak_key = setmetatable({ [p] = "info" }, { __mode = "k" })
  p = nil
  collect(1)
  print(finalized, weak_value[1], #saved, weak_key[saved[1]])
  saved = {}
  collect()
  print(finalized, count(weak_key))
end

print "== chains"
do
  local log = {}
  local function link(name, target)
    local p = newproxy(true)
    local mt = getmetatable(p)
    mt.target, mt.name = target, name
    mt.__gc = function(o) log[#log + 1] = name .. (getmetatable(o).target and ">" .. getmetatable(getmetatable(o).target).name or "") end
    return p
  end
  local chain
  for _, n in ipairs { "one", "two", "three" } do chain = link(n, chain) end
  chain = nil
  collect(4)
  print(table.concat(log, " "))
end

print "== pool that takes its objects back"
do
  local Pool = {}
  Pool.__index = Pool
  function Pool.new() return setmetatable({ free = {}, created = 0, returned = 0 }, Pool) end
  function Pool:get()
    local resource = table.remove(self.free)
    if not resource then
      self.created = self.created + 1
      resource = { id = self.created, uses = 0 }
    end
    resource.uses = resource.uses + 1
    local handle = newproxy(true)
    local mt, pool = getmetatable(handle), self
    mt.__index, mt.__newindex = resource, resource
    mt.__gc = function()
      pool.returned = pool.returned + 1
      table.insert(pool.free, resource)
    end
    return handle
  end
  local pool = Pool.new()
  local a, b = pool:get(), pool:get()
  a.note = "kept in the resource"
  print(a.id, b.id, pool.created)
  a = nil
  collect()
  print("free", #pool.free, pool.free[1].id)
  local c = pool:get()
  print(c.id, c.uses, c.note, pool.created)
  for i = 1, 5 do
    for j = 1, 3 do pool:get() end
    collect()
  end
  print("created", pool.created, "returned", pool.returned, "free", #pool.free)
  local ids = {}
  for _, r in ipairs(pool.free) do ids[#ids + 1] = r.id .. "x" .. r.uses end
  table.sort(ids)
  print(table.concat(ids, " "))
end

print "== observers that do not keep their subjects"
do
  local Subject = {}
  Subject.__index = Subject
  local function new_subject() return setmetatable({ observers = setmetatable({}, { __mode = "k" }) }, Subject) end
  function Subject:attach(o) self.observers[o] = true end
  function Subject:notify(event)
    local list = {}
    for o in pairs(self.observers) do list[#list + 1] = o end
    table.sort(list, function(x, y) return x.name < y.name end)
    local out = {}
    for _, o in ipairs(list) do out[#out + 1] = o:update(event) end
    return table.concat(out, " ")
  end
  local subject, observers = new_subject(), {}
  for i, n in ipairs { "ann", "bob", "cy" } do
    observers[i] = { name = n, update = function(self, e) return self.name .. "/" .. e end }
    subject:attach(observers[i])
  end
  print(subject:notify "start")
  observers[2] = nil
  collect()
  print(subject:notify "middle")
  observers = nil
  collect()
  print(subject:notify "end" == "", count(subject.observers))
end

print "== leak detector"
do
  local tracked = setmetatable({}, { __mode = "k" })
  local function track(o, name) tracked[o] = name return o end
  local function alive()
    collect()
    local names = {}
    for _, n in pairs(tracked) do names[#names + 1] = n end
    table.sort(names)
    return table.concat(names, " ")
  end
  local registry = {}
  do
    local local_only = track({}, "local")
    registry.x = track({}, "registered")
    registry.closure = (function()
      local up = track({}, "upvalue")
      local unused = track({}, "unused")
      return function() return up end
    end)()
    registry.thread = coroutine.create(function()
      local on_stack = track({}, "on coroutine stack")
      coroutine.yield()
      return on_stack
    end)
    coroutine.resume(registry.thread)
    local_only = nil
  end
  local _ = nil, nil, nil
  print(alive())
  registry.x = nil
  print(alive())
  coroutine.resume(registry.thread)
  print(alive())
  registry.closure = nil
  registry.thread = nil
  print(alive() == "")
end

print "== cycles"
do
  local weak = setmetatable({}, { __mode = "v" })
  for i = 1, 20 do
    local a, b = { n = i }, {}
    a.other, b.other = b, a
    setmetatable(a, { __index = b, back = a })
    weak[i] = a
  end
  local keep = weak[7]
  collect()
  print(count(weak), keep.n, keep.other.other == keep, weak[7] == keep)
end

print "== counters"
do
  local before = collectgarbage "count"
  local t = {}
  for i = 1, 2000 do t[i] = { i } end
  local full = collectgarbage "count"
  t = nil
  collect()
  local after = collectgarbage "count"
  print(full > before + 100, after < full - 100, gcinfo() == math.floor(collectgarbage "count"))
  print(collectgarbage("setpause", 150), collectgarbage("setpause", 200), collectgarbage("setstepmul", 300), collectgarbage("setstepmul", 200))
  collectgarbage "stop"
  local probe = setmetatable({ {} }, { __mode = "v" })
  for i = 1, 5000 do local garbage = { i } end
  print(probe[1] ~= nil)
  collectgarbage "restart"
  collectgarbage()
  print(probe[1], collectgarbage "collect", pcall(collectgarbage, "nonsense"))
  local steps = 0
  probe = setmetatable({ {} }, { __mode = "v" })
  repeat
    steps = steps + 1
    collectgarbage("step", 5)
  until probe[1] == nil or steps > 1000
  print(probe[1], steps < 1000)
end

print "== finalizers at exit, newest first"
for i = 1, 3 do
  local p = newproxy(true)
  getmetatable(p).__gc = function() print("exit", i) end
  _G["kept" .. i] = p
end
do
  local p = newproxy(true)
  getmetatable(p).__gc = function() error "ignored at exit" end
  _G.kept4 = p
end
print "last line of the program"
