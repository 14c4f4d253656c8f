-- Inspector on the debug library: locals, upvalues, function information, changing variables of other functions, metatables, environments, closures' sharing.

local function sorted_keys(t)
  local keys = {}
  for k in pairs(t) do keys[#keys + 1] = k end
  table.sort(keys)
  return keys
end

local function literal(v)
  if type(v) == "string" then return ("%q"):format(v) end
  if type(v) == "table" then return "{" .. #v .. "}" end
  if type(v) == "function" then
    local info = debug.getinfo(v, "S")
    return info.what == "C" and "builtin" or "function@" .. info.linedefined
  end
  if type(v) == "thread" or type(v) == "userdata" then return type(v) end
  return tostring(v)
end

local function locals_of(level)
  local list, i = {}, 1
  while true do
    local name, value = debug.getlocal(level + 1, i)
    if not name then break end
    list[#list + 1] = name .. "=" .. literal(value)
    i = i + 1
  end
  return table.concat(list, " ")
end

print "== locals at several points"
local function shadowing(a, b, ...)
  print("start", locals_of(1))
  local c = a .. b
  do
    local a, inner = "shadow", true
    print("block", locals_of(1))
  end
  local a = 10
  for i = 1, 2 do
    local square = i * i
    if i == 2 then print("numeric for", locals_of(1)) end
  end
  for k, v in ipairs { "x" } do print("generic for", locals_of(1)) end
  local function nested() return a end
  print("end", locals_of(1))
end
shadowing("p", "q", "vararg1", "vararg2")
local function old_style(x, ...) print("old varargs", locals_of(1)) return arg.n end
print(old_style(1, 2, 3))
local function temporaries(n)
  return n + (function() return select("#", locals_of(2)) end)() * 2
end
print(temporaries(5))
print(pcall(debug.getlocal, 100, 1))
print(debug.getlocal(1, 1000), pcall(debug.getlocal, 1), pcall(debug.getlocal, "x", 1))

print "== setting locals of the caller"
local function set_in_caller(name, value)
  local i, found = 1, nil
  while true do
    local n = debug.getlocal(2, i)
    if not n then break end
    if n == name then found = i end       -- the last one wins: it is the innermost
    i = i + 1
  end
  return found and debug.setlocal(2, found, value)
end
do
  local alpha, beta = 1, 2
  print(set_in_caller("alpha", 100), set_in_caller("beta", "B"), set_in_caller("missing", 0))
  print(alpha, beta)
end
local co = coroutine.create(function(p, q)
  local r = p + q
  coroutine.yield(r)
  return p, q, r
end)
coroutine.resume(co, 3, 4)
for i = 1, 4 do print("co", debug.getlocal(co, 1, i)) end
print(debug.setlocal(co, 1, 3, "changed"), coroutine.resume(co))

print "== upvalues"
local shared, private = 0, "p"
local function increment() shared = shared + 1 return shared end
local function reader() return shared, private end
local function upvalues(f)
  local list, i = {}, 1
  while true do
    local name, value = debug.getupvalue(f, i)
    if not name then break end
    list[i] = name .. "=" .. literal(value)
    i = i + 1
  end
  return #list .. ": " .. table.concat(list, " ")
end
increment()
print(upvalues(increment), upvalues(reader), upvalues(print))
print(debug.setupvalue(reader, 1, 50), increment(), reader())
print(debug.setupvalue(reader, 2, "new"), private, debug.setupvalue(reader, 3, 1), debug.setupvalue(print, 1, 1))
local gfind_up = { debug.getupvalue(string.gmatch("a", "a"), 1) }
print(#gfind_up, gfind_up[1] == "", gfind_up[2])
local function counters()
  local n = 0
  return function() n = n + 1 return n end, function() return n end
end
local inc, get = counters()
inc() inc()
local inc2 = counters()
debug.setupvalue(inc, 1, 40)
print(inc(), get(), inc2(), upvalues(inc), upvalues(inc2))

print "== getinfo"
local function fields(info)
  local parts = {}
  for _, k in ipairs(sorted_keys(info)) do
    local v = info[k]
    if k == "activelines" then
      local lines = {}
      for l in pairs(v) do lines[#lines + 1] = l end
      table.sort(lines)
      v = "[" .. #lines .. " lines]"
    elseif k == "func" then v = literal(v) end
    parts[#parts + 1] = k .. "=" .. tostring(v)
  end
  return table.concat(parts, " ")
end
local function sample(a, b, ...)
  local x = a
  return x
end
print(fields(debug.getinfo(sample)))
print(fields(debug.getinfo(sample, "S")))
print(fields(debug.getinfo(sample, "lu")))
print(fields(debug.getinfo(sample, "n")))
print(fields(debug.getinfo(sample, "fL")))
print(fields(debug.getinfo(print)))
print(fields(debug.getinfo(1)))
print(fields(debug.getinfo(loadstring("local x\nreturn x", "some code\nwith lines"), "SlL")))
print(fields(debug.getinfo(loadstring("return 1", "@file.lua"), "S")))
print(fields(debug.getinfo(loadstring("return 1", "=" .. ("long"):rep(30)), "S")))
print(debug.getinfo(100), pcall(debug.getinfo, sample, "X"), pcall(debug.getinfo, 1, "n>") == false)
print(pcall(debug.getinfo), pcall(debug.getinfo, "x"))

print "== names of callers"
local function who() local i = debug.getinfo(2, "n") return tostring(i.name) .. "/" .. i.namewhat end
local function as_local() local r = who() return r end
function as_global() local r = who() return r end
local holder = { field = function() local r = who() return r end }
function holder:method() local r = who() return r end
holder[1] = holder.field
local up = function() local r = as_local() return r end
print((as_local()), (as_global()), (holder.field()), (holder:method()), (holder[1]()), (up()))
local mt = setmetatable({}, { __add = function() local r = who() return r end, __index = function() local r = who() return r end, __call = function() local r = who() return r end })
print((mt + 1), (mt.key), (mt()))
print((pcall(as_local)), select(2, pcall(as_local)), (function() local r = who() return r end)())
for r in function(_, c) if not c then local r = who() return r end end do print("iterator", r) end
print((coroutine.wrap(function() local r = who() return r end)()))
table.sort({ 1, 2 }, function(a, b) print("comparator", (who())) return a < b end)
as_global = nil

print "== levels of the stack"
local function stack()
  local out, level = {}, 1
  while true do
    local i = debug.getinfo(level, "Snl")
    if not i then break end
    out[#out + 1] = ("%s:%s:%s"):format(i.what, i.name or "-", i.currentline > 0 and "line" or "none")
    level = level + 1
  end
  return table.concat(out, " ")
end
local function one() local s = stack() return s end
local function two() return one() end
local function three() local s = two() return s end
print(one()) print(two()) print(three()) print(pcall(three))
print(select(2, coroutine.resume(coroutine.create(three))))

print "== metatables and environments"
local t = setmetatable({}, { __metatable = "locked" })
print(getmetatable(t), type(debug.getmetatable(t)), debug.getmetatable(t).__metatable, pcall(setmetatable, t, nil))
debug.setmetatable(t, nil)
print(getmetatable(t))
debug.setmetatable(10, { __index = function(n, k) return k .. n end, __call = function(n, x) return n * x end })
print((5).prop, (7)(6), getmetatable(1) == getmetatable(2.5))
debug.setmetatable(10, nil)
debug.setmetatable(nil, { __index = function(_, k) return "nil." .. k end })
print((nil).x, undefined_variable.y)
debug.setmetatable(nil, nil)
debug.setmetatable(print, { __index = { name = "a function" }, __concat = function(a, b) return "joined" end })
print(print.name, sample.name, print .. 1)
debug.setmetatable(print, nil)
print(pcall(function() return print.name end))
print(debug.getmetatable("").__index == string, debug.getmetatable(1), pcall(debug.setmetatable, 1, 2))
print(debug.getfenv(sample) == _G, debug.getfenv(print) == _G)
debug.setfenv(sample, { custom = true })
print(debug.getfenv(sample).custom, getfenv(sample).custom)
local thread = coroutine.create(function() return marker end)
debug.setfenv(thread, { marker = "thread globals" })
print(debug.getfenv(thread).marker, coroutine.resume(thread))
print(type(debug.getregistry()), debug.getregistry()._LOADED == package.loaded)

print "== a small object dumper"
local function dump(value, indent, seen, out)
  if type(value) ~= "table" then out[#out + 1] = literal(value) return out end
  if seen[value] then out[#out + 1] = "<" .. seen[value] .. ">" return out end
  seen.n = (seen.n or 0) + 1
  seen[value] = "table " .. seen.n
  out[#out + 1] = "{ -- " .. seen[value] .. "\n"
  local keys = {}
  for k in pairs(value) do keys[#keys + 1] = k end
  table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
  for _, k in ipairs(keys) do
    out[#out + 1] = indent .. "  " .. (type(k) == "string" and k or "[" .. literal(k) .. "]") .. " = "
    dump(value[k], indent .. "  ", seen, out)
    out[#out + 1] = "\n"
  end
  local m = debug.getmetatable(value)
  if m then
    out[#out + 1] = indent .. "  (meta) = "
    dump(m, indent .. "  ", seen, out)
    out[#out + 1] = "\n"
  end
  out[#out + 1] = indent .. "}"
  return out
end
local class = { name = "class", method = print }
class.__index = class
local node = setmetatable({ 1, "two", true, list = { 1, 2, 3 }, co = co, f = sample }, class)
node.self = node
print(table.concat(dump(node, "", {}, {})))
