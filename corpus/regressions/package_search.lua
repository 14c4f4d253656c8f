-- require, module and package.loadlib with everything replaced that can be
local print = function(...) local t = {...} for i = 1, select("#", ...) do local v = t[i] t[i] = (type(v) == "table" or type(v) == "function") and type(v) or v end print(unpack(t, 1, select("#", ...))) end
print(require "mod_search_ok" == require "mod_search_ok") print(pcall(require)) print(pcall(require, {})) print(pcall(require, 12))
print(require "mod_search_global", mod_search_global.name(), package.loaded["mod_search_global"] == mod_search_global)
print(pcall(require, "mod_search_loop_a")) print(pcall(require, "mod_search_loop_a"))
print(pcall(require, "mod_search_syntax")) print(pcall(require, "mod_search_table")) print(pcall(require, "mod_search_table"))
print(require "mod_search_false", package.loaded.mod_search_false) print(require "mod_search_false", package.loaded.mod_search_false) print(require "mod_search_set", package.loaded.mod_search_set)
do local p, c = package.path, package.cpath package.path, package.cpath = "", "./?.lua" for _, m in ipairs {"mod_search_ok", "mod_search_ok.a", "mod_search_global", "v1-mod_search_ok"} do package.loaded[m] = nil print(pcall(require, m)) end package.path, package.cpath = p, c end package.path = package.path .. ";./?" print(pcall(require, ".")) print(pcall(require, "a.b.c")) print(pcall(require, "")) print(pcall(require, "a\0b"))
local p, c, l, pr = package.path, package.cpath, package.loaders, package.preload
package.path = nil print(pcall(require, "q")) package.path = 12 print(pcall(require, "q")) package.path = {} print(pcall(require, "q")) package.path = "" print(pcall(require, "q")) package.path = ";;;?;?/x?;abc" print(pcall(require, "q.r"))
package.path = p package.cpath = nil print(pcall(require, "q")) package.cpath = "?" print(pcall(require, "q.r")) package.cpath = c
package.loaders = nil print(pcall(require, "q")) package.loaders = {} print(pcall(require, "q")) package.loaders = {function(...) print(...) return "\n\tmsg" end, function() return 12 end, function() return {} end, function() return false end} print(pcall(require, "q"))
package.loaders = {function() return function(...) print("loading", ...) return nil end end} print(require "q", package.loaded.q)
package.loaders = {function() return print end} print(require "q2", package.loaded.q2)
package.loaders = {function() error("le") end} print(pcall(require, "q3"))
package.loaders = {1} print(pcall(require, "q3")) package.loaders = {setmetatable({}, {__call = function() return print end})} print(pcall(require, "q4")) package.loaders = l
package.preload = nil print(pcall(require, "q5")) package.preload = {} package.preload.q6 = function(...) print("pre", ...) return 5 end print(require "q6")
package.preload = setmetatable({}, {__index = function(_, k) return function(...) return "idx" .. k end end}) print(require "q7") package.preload = {q8 = 12} print(pcall(require, "q8")) package.preload = pr
for i = 1, 4 do print(pcall(package.loaders[i])) print(pcall(package.loaders[i], "zz.y")) print(pcall(package.loaders[i], 12)) end
print(type(package.loaders[2]("mod_search_ok"))) print(pcall(package.loaders[2], "mod_search_syntax"))
print(pcall(module)) print(pcall(module, "string")) print(getfenv(1) == _G)
local function m1() module("m1") end m1() 
do local function m() module("m2.a.b") x = 1 end m() print(m2.a.b.x, m2.a.b._NAME, m2.a.b._PACKAGE, m2.a.b._M == m2.a.b, package.loaded["m2.a.b"] == m2.a.b, getfenv(m) == m2.a.b) end
x1 = 5 print(pcall(function() module("x1") end)) print(pcall(function() module("x1.y") end)) print(pcall(function() module("string.format.z") end))
print(pcall(function() module("m3", 1) end)) print(pcall(function() module("m4", print, {}) end)) print(pcall(function() module("m5", function(m) error("opt") end) end))
print(pcall(function() local g = _G module("m6", package.seeall) g.print(print == g.print, _NAME) end))
print(pcall(function() return module("m7") end), m7) print(pcall(module, "m8"), m8._NAME)
print(pcall(package.seeall)) print(pcall(package.seeall, 1)) local s = {} package.seeall(s) print(s.print, getmetatable(s).__index == _G) local s2 = setmetatable({}, {}) package.seeall(s2) print(s2.print == print)
print(pcall(package.loadlib, "mod_search_ok.lua", "f")) print(package.loadlib("./mod_search_ok.lua", "f")) print(package.loadlib("nolib", "f"), package.loadlib("./mod_search_global.lua", "*"))
for k, v in pairs(debug.getregistry()) do if type(k) == "string" then print(k, type(v)) end end
for k, v in pairs(package.loaded) do print(k, type(v)) end
print(debug.getfenv(require) == package, debug.getfenv(module) == package, debug.getfenv(package.loadlib) == _G)
debug.setfenv(require, {loaders = {function() return function() return "env" end end}}) print(require "envmod")
print(pcall(getmetatable(debug.getregistry()["LOADLIB: ./mod_search_ok.lua"]).__gc)) print(pcall(getmetatable(debug.getregistry()["LOADLIB: ./mod_search_ok.lua"]).__gc, {}))
package.loaded = nil print(type(require "mod_search_ok")) debug.getregistry()._LOADED = nil print(pcall(require, "mod_search_ok")) print(pcall(module, "mm"))
