-- Modules: package.preload, own loaders, module(), package.seeall, cycles, reloading, sandboxes with setfenv, environments per function.

-- A virtual file system searched by an own loader put in front of the standard ones.
local files = {}

local function virtual_loader(name)
  local path = name:gsub("%.", "/") .. ".lua"
  local source = files[path]
  if not source then return "\n\tno virtual file '" .. path .. "'" end
  local chunk, message = loadstring(source, "@" .. path)
  if not chunk then error("error loading module '" .. name .. "':\n\t" .. message, 0) end
  return chunk
end
table.insert(package.loaders, 2, virtual_loader)

-- The search paths are shortened so that messages do not depend on the installation.
package.path, package.cpath = "./?.nothing", "./?.none"

files["shapes.lua"] = [[
module("shapes", package.seeall)
count = 0
function new(w, h)
  count = count + 1
  return setmetatable({ w = w, h = h }, { __index = _M, __tostring = function(s) return s.w .. "x" .. s.h end })
end
function area(s) return s.w * s.h end
local function hidden() end
version = _NAME .. " 1.0 " .. (...)
]]

files["geo/point.lua"] = [[
local base = _G
module(...)
origin = { x = 0, y = 0 }
function distance(a, b) return base.math.sqrt((a.x - b.x) ^ 2 + (a.y - b.y) ^ 2) end
function sees_globals() return print ~= nil end
package_name, full_name = _PACKAGE, _NAME
]]

files["geo/path.lua"] = [[
local point = require "geo.point"
local M = {}
function M.length(list)
  local sum = 0
  for i = 2, #list do sum = sum + point.distance(list[i - 1], list[i]) end
  return sum
end
return M
]]

files["counter.lua"] = "local n = 0 return function() n = n + 1 return n end"
files["nothing.lua"] = "loads = (loads or 0) + 1"
files["returns_false.lua"] = "false_loads = (false_loads or 0) + 1 return false"
files["syntax.lua"] = "return function( end"
files["fails.lua"] = "local t = nil\nreturn t.field"
files["cycle_a.lua"] = "local M = {} package.loaded[...] = M M.b = require 'cycle_b' M.name = 'a' return M"
files["cycle_b.lua"] = "local M = { name = 'b' } M.a = require 'cycle_a' M.seen = M.a.name return M"
files["loop_a.lua"] = "return { other = require 'loop_b' }"
files["loop_b.lua"] = "return { other = require 'loop_a' }"
files["strict.lua"] = [[
local declared, mt = {}, getmetatable(_G) or {}
mt.__newindex = function(t, k, v)
  if not declared[k] and debug.getinfo(2, "S").what ~= "main" then error("assignment to undeclared variable '" .. k .. "'", 2) end
  declared[k] = true
  rawset(t, k, v)
end
mt.__index = function(_, k)
  if not declared[k] then error("variable '" .. k .. "' is not declared", 2) end
end
return mt
]]

print "== module"
local shapes = require "shapes"
print(shapes == _G.shapes, shapes == package.loaded.shapes, shapes._M == shapes, shapes._NAME, shapes._PACKAGE == "")
local s = shapes.new(3, 4)
print(tostring(s), s:area(), shapes.count, count, hidden, shapes.hidden, shapes.version)
print(require "shapes" == shapes, shapes.print == print)

print "== packages"
local path = require "geo.path"
print(path.length { { x = 0, y = 0 }, { x = 3, y = 4 }, { x = 3, y = 10 } })
print(geo.point == package.loaded["geo.point"], geo.point.package_name, geo.point.full_name, geo.point.sees_globals(), geo.path)

print "== results"
local c1, c2 = require "counter", require "counter"
print(c1(), c2(), c1 == c2)
package.loaded.counter = nil
local c3 = require "counter"
print(c3(), c3 ~= c1, c1())
print(require "nothing", require "nothing", loads)
print(require "returns_false", require "returns_false", false_loads)

print "== preload"
package.preload["virtual.thing"] = function(...)
  print("loader gets", ...)
  return { made = true }
end
print(require("virtual.thing").made, require "virtual.thing" == require "virtual.thing")
package.preload.odd = function() end
print(require "odd", package.loaded.odd)

print "== errors"
local function show(f, ...)
  local ok, message = pcall(f, ...)
  print(ok, (tostring(message):gsub("\t", "    ")))
end
show(require, "no.such.module")
show(require, "syntax")
show(require, "fails")
show(require, "loop_a")
show(require, "loop_a")
show(require)
_G.taken = 5
show(module, "taken")
show(module, "taken.deeper")
table.insert(package.loaders, 1, function() return nil end)
table.insert(package.loaders, 1, function(name) return "\n\tfirst loader does not know '" .. name .. "'" end)
show(require, "elsewhere")
table.remove(package.loaders, 1)
table.remove(package.loaders, 1)
local loaders = package.loaders
package.loaders = nil
show(require, "shapes2")
package.loaders = loaders

print "== cycle"
local a = require "cycle_a"
print(a.name, a.b.name, a.b.a == a, a.b.seen)

print "== environments"
local function make() return function() return x end end
local f, g = make(), make()
setfenv(f, { x = "for f" })
x = "global"
print(f(), g(), getfenv(f) == _G, getfenv(g) == _G, getfenv(0) == _G, getfenv() == getfenv(1))

-- a function inherits the environment of the function that creates it
local env = setmetatable({}, { __index = _G })
local creator = setfenv(function()
  y = "set inside"
  return function() return y, getfenv(1) end
end, env)
local created = creator()
print(y, env.y, created(), select(2, created()) == env)
print(pcall(setfenv, print, {}))
print(pcall(setfenv, 1))
print(getfenv(print) == _G, pcall(getfenv, 50))

local function change_caller(name, value) getfenv(2)[name] = value end
local function caller() change_caller("z", 42) return z end
setfenv(caller, setmetatable({}, { __index = _G }))
print(caller(), z, getfenv(caller).z)

print "== sandbox"
local function sandbox(source, limit)
  local chunk, message = loadstring(source, "=sandbox")
  if not chunk then return false, message end
  local output = {}
  local box = { pairs = pairs, ipairs = ipairs, tostring = tostring, math = { floor = math.floor }, string = { rep = string.rep } }
  box._G = box
  function box.print(...)
    local parts = {}
    for i = 1, select("#", ...) do parts[i] = tostring((select(i, ...))) end
    output[#output + 1] = table.concat(parts, " ")
  end
  setfenv(chunk, box)
  local co = coroutine.create(chunk)
  debug.sethook(co, function() error("too many instructions", 0) end, "", limit or 10000)
  local ok, result = coroutine.resume(co)
  debug.sethook(co)
  return ok, result, table.concat(output, "|")
end
print(sandbox "print('hello', 1, nil) return 7")
print(sandbox "a = 1 for k in pairs(_G) do if k == 'a' then print(k) end end return a + math.floor(2.7)")
print(sandbox "return os.exit()")
print(sandbox "while true do end")
print(sandbox("local function f() return f() end f()", 500))
print(sandbox "local x = = 2")
print(sandbox "return #string.rep('x', 100), ('y'):upper()")
print(a == require "cycle_a", rawget(_G, "a"))

print "== lazy globals"
local made = {}
local lazy = setmetatable({}, { __index = function(t, k)
  local v = "value of " .. k
  made[#made + 1] = k
  rawset(t, k, v)
  return v
end })
setfenv(function() local _ = one, two, one, three, two return one end, lazy)()
print(table.concat(made, " "))

print "== strict"
local mt = require "strict"
setmetatable(_G, mt)
show(function() return undeclared_thing end)
show(function() new_thing = 1 end)
fresh = 12
show(function() fresh = 13 return "assigned" end)
print(fresh, rawget(_G, "nope"))
setmetatable(_G, nil)
print(undeclared_thing)

print "== with and environments as objects"
local function with(object, f, ...)
  local old = getfenv(f)
  setfenv(f, setmetatable({}, { __index = function(_, k)
    local v = object[k]
    if v == nil then return old[k] end
    return v
  end, __newindex = object }))
  return f(...)
end
local point = { x = 3, y = 4 }
print(with(point, function(scale) x = x * scale z = math.sqrt(x * x + y * y) return x, y, z end, 2), point.x, point.z)

print "== loaded modules"
local names = {}
for name in pairs(package.loaded) do names[#names + 1] = name end
table.sort(names)
print(table.concat(names, " "))
