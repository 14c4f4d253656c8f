-- Calls of library functions that the interpreter may do without a call: every number of
-- results wanted, arguments of every kind, coroutines between all kinds of callers.
local function show(...)
  local t = { n = select("#", ...), ... }
  for i = 1, t.n do t[i] = type(t[i]) == "table" and "table" or tostring(t[i]):gsub("0x%x+", "0x") end
  print(t.n, unpack(t, 1, t.n))
end
local function all(f, ...)
  local a, b, c = f(...)
  show("fixed", a, b, c)
  local x = f(...)
  show("one", x, (f(...)))
  show("open", f(...))
  f(...)
  return f(...)
end
local values = { 0, -0.0, 1, 2, 3, -1, -2, -7, 2.5, 1e15, -1e300, 1/0, -1/0, "2", "x", "", true, false, {}, print }
local function each(name, f, ...)
  for i = 1, #values do
    local ok, a, b = pcall(f, values[i], ...)
    if type(a) == "table" then a = "table" elseif type(a) == "function" then a = "function" end
    show(name, i, ok, a, b)
  end
  show(name, pcall(f, nil))
  show(name, pcall(f))
end
for _, name in ipairs{ "abs", "ceil", "cos", "exp", "floor", "log", "max", "min", "sin", "sqrt", "tan" } do
  local f = math[name]
  each(name, function(v) return f(v) end)
  each(name, function(v) local x = f(v) return x end)
  show(name, pcall(function() local x = f(1, "y") return x end))
end
each("pow", function(v) local x = math.pow(v, 2) return x end)
each("pow", function(v) local x = math.pow(2, v) return x end)
each("max", function(v) local x = math.max(1, v, -3) return x end)
each("min", function(v) local x = math.min(v, 1, -3) return x end)
each("select", function(v) local x = select(v, "a", "b", "c") return x end)
each("select", function(v) return select(v, "a", "b", "c") end)
each("select#", function(v) local x = select("#", v, v) return x end)
show(select("#"), select("#", nil), select("#x", 1), (select(2, 1, 2, 3)))
each("type", function(v) local x = type(v) return x end)
each("tonumber", function(v) local x = tonumber(v) return x end)
each("tonumber", function(v) local x = tonumber("11", v) return x end)
each("rawget", function(v) local x = rawget({ "one", x = 5, [2.5] = 7 }, v) return x end)
each("rawget", function(v) local x = rawget(v, 1) return x end)
each("rawequal", function(v) local x = rawequal(v, 1) return x end)
each("setmetatable", function(v) local x = setmetatable(v, {}) return x end)
each("setmetatable", function(v) local x = setmetatable({}, v) return x end)
local locked = setmetatable({}, { __metatable = "locked" })
show(pcall(function() local x = setmetatable(locked, {}) return x end))
show(getmetatable(setmetatable(setmetatable({}, {}), nil)))
for _, s in ipairs{ "", "a", "abc", ("x"):rep(100) } do
  each("len", function() local x = string.len(s) return x end)
  each("byte", function(v) local x = s:byte(v) return x end)
  each("byte", function(v) return s:byte(v) end)
  each("byte", function(v) local x = s:byte(v, v) return x end)
  for i = -5, 5 do
    for j = -5, 5 do
      local part = s:sub(i, j)
      show("sub", i, j, part, s:sub(i), s:byte(i), s:byte(i, j))
    end
  end
  each("sub", function(v) local x = s:sub(v) return x end)
  each("sub", function(v) local x = s:sub(1, v) return x end)
end
each("char", function(v) local x = string.char(v) return x end)
show(string.char(), string.char(65, 66), (string.char(255)):byte())
show("methods", ("x"):len(), ("%d"):format(5), pcall(function() return ("x"):nothing() end))
string.added = function(s) return s .. "!" end
show(("x"):added())
getmetatable("").__index = function(s, name) return function() return s .. name end end
show(("x"):dynamic())
getmetatable("").__index = string
-- Appending.
local list = { 1, 2, 3, 4, 5 }
list[5], list[4] = nil, nil
table.insert(list, "four")
local nothing = table.insert(list, "five")
show(nothing, #list, list[4], list[5], (table.insert(list, "six")))
show("open", table.insert(list, "seven"))
show(pcall(function() table.insert(list) end))
show(pcall(function() local x = table.insert(1, 2) end))
for i = 1, #list do show(i, list[i]) end
-- Arguments that are what a call before left.
show("passed on", math.max(all(math.abs, -4)), all(string.byte, "abc", 1, 2), all(select, 2, 1, 2, 3))
-- What is replaced is called.
local floor = math.floor
math.floor = function() return "mine" end
show(math.floor(1.5), floor(1.5))
math.floor = floor
-- Coroutines.
local function values_of(n) if n > 0 then return n, values_of(n - 1) end end
local function body(...)
  show("begin", ...)
  local n = 0
  while true do
    n = n + 1
    if n % 4 == 0 then show("none", n, coroutine.yield())
    elseif n % 4 == 1 then local a = coroutine.yield(n, "one") show("one", a)
    elseif n % 4 == 2 then local a, b, c = coroutine.yield(values_of(n)) show("three", a, b, c)
    else coroutine.yield(n) end
    if n > 9 then return "end", n end
  end
end
local co = coroutine.create(body)
for n = 0, 6 do
  local a, b, c = coroutine.resume(co, values_of(n))
  show("resumed", a, b, c)
  show("resumed", coroutine.resume(co, n))
  coroutine.resume(co)
end
show(coroutine.status(co), coroutine.resume(co))
local w = coroutine.wrap(body)
local first = w(1, 2)
show(first, (w(3)), w(4, 5))
w()
show(w(6, nil))
for a, b, c in coroutine.wrap(function() for i = 1, 5 do coroutine.yield(values_of(i)) end end) do show("for", a, b, c) end
show(pcall(coroutine.yield, 1))
show(pcall(function() local x = coroutine.resume(1) return x end))
show(pcall(function() local x = coroutine.wrap(1) return x end))
local own
own = coroutine.create(function() show(coroutine.resume(own)) show(coroutine.resume(co)) coroutine.yield(1) end)
show(coroutine.resume(own))
show(coroutine.resume(own))
show(coroutine.resume(own))
local failing = coroutine.wrap(function() coroutine.yield(1) error("failed") end)
show(failing(), pcall(failing), pcall(failing))
local traced = coroutine.create(function() local x = coroutine.yield(1) error({ x }) end)
coroutine.resume(traced)
print(debug.traceback(traced))
show(debug.getinfo(traced, 0).what, debug.getinfo(traced, 1).currentline)
local ok, e = coroutine.resume(traced, "value")
show(ok, type(e), e[1])
show(pcall(function() for _ in coroutine.wrap(function() coroutine.yield(1) error("in for") end) do end end))
local nested = coroutine.wrap(function()
  for i in coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end) do coroutine.yield(i * 10) end
end)
show(nested(), nested(), nested(), nested())
local meta = setmetatable({}, { __add = function() coroutine.yield(1) end })
show(pcall(coroutine.wrap(function() return meta + 1 end)))
show(coroutine.resume(coroutine.create(function() return pcall(coroutine.yield, 1, 2) end)))
-- Classes above classes.
local class = setmetatable({}, {})
for i = 1, 12 do
  local below = setmetatable({ level = i }, { __index = class })
  below["m" .. i] = function(self, ...) return i, self.level, ... end
  class = below
end
for i = 1, 12 do show(pcall(function() return class["m" .. i](class, i) end)) end
show(class:m12(), class:m11(), class:m5(), class:m1("x"), pcall(function() return class:m0() end))
local loop = {}
setmetatable(loop, { __index = loop })
show(pcall(function() return loop:method() end))
