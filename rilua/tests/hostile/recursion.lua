--- calls
local n = 0 local function f() n = n + 1 return 1 + f() end pcall(f) return 1
--- varargs
local function f(...) return 1, f(1, 2, 3, ...) end pcall(f) return 1
--- large frames
local function f(a, b, c) local x1, x2, x3, x4, x5, x6, x7, x8, x9, x10, x11, x12, x13, x14, x15, x16, x17, x18, x19, x20 return 1 + f(a, b, c) end pcall(f) return 1
--- pcall
local function f() return pcall(f) end f() local function g() local ok = pcall(g) return ok end g() return 2
--- xpcall
local function f() return xpcall(f, f) end f() return 1
--- tostring
local t = setmetatable({}, {}) getmetatable(t).__tostring = tostring pcall(tostring, t)
getmetatable(t).__tostring = function(x) return tostring(x) end pcall(tostring, t) pcall(print, t) return 2
--- concat handlers
local m = {} local t = setmetatable({}, m) m.__concat = function(a, b) return t .. "x" end pcall(function() return t .. t end) return 1
--- gsub
local function f(s) return (s:gsub(".", f)) end pcall(f, "x") return 1
--- sort
local function f(a, b) table.sort({ 3, 2, 1 }, f) return a < b end pcall(f, 1, 2) return 1
--- foreach
local function f() table.foreach({ 1 }, f) table.foreachi({ 1 }, f) end pcall(f) return 1
--- require
package.preload.a = function() require("b") end package.preload.b = function() package.loaded.a = nil require("a") end pcall(require, "a")
local i = 0 table.insert(package.loaders, 1, function() i = i + 1 return function() require("m" .. i) end end) pcall(require, "m") return 2
--- module
pcall(function() module("a.b.c.d", package.seeall) end) pcall(function() module(("a."):rep(1e5)) end) return 2
--- load
local function f() load(function() f() return nil end) end pcall(f) return 1
--- loadstring
local s = "local s = ... return loadstring(s)(s)" pcall(loadstring(s), s) local t = "local s = ... return 1, loadstring(s)(s)" pcall(loadstring(t), t) return 2
--- iterators
local function f() for x in f do end end pcall(f) return 1
--- hooks
debug.sethook(function() local function f() return 1 + f() end pcall(f) end, "c") pcall(print) debug.sethook() return 1
--- getfenv and setfenv
local function f(n) setfenv(1, setmetatable({}, { __index = _G })) if n > 0 then return f(n - 1) end end pcall(f, 1000) return 1
--- tail calls without end
local function f() return f() end f()
--- environments that are functions
local f = function() x = y end setfenv(f, setmetatable({}, { __index = function(t, k) return t[k .. "x"] end })) pcall(f) return 1
