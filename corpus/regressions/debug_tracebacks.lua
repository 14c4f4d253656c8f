-- where tracebacks are cut, what they say about each kind of call, odd arguments
local function deep(n, f) if n == 0 then return f() end local r = deep(n - 1, f) return r end
for _, n in ipairs {0, 1, 8, 9, 10, 11, 12, 13, 18, 19, 20, 21, 22, 30} do print(n, deep(n, debug.traceback)) end
local function tails(n) if n == 0 then return debug.traceback("tails") end return tails(n - 1) end
for _, n in ipairs {1, 5, 9, 10, 18, 19, 20, 21, 40} do print(tails(n)) end
for level = -3, 6 do print(level, debug.traceback("m", level)) end
print(debug.traceback("m", "1")) print(debug.traceback("m", 1.9)) print(debug.traceback(12)) print(pcall(debug.traceback, "m", nil))
print(debug.traceback("a", "b")) print(debug.traceback("a", 1, 2)) print(pcall(debug.traceback, "a", {}))
print(pcall(debug.traceback, nil)) print(debug.traceback(nil, 1)) print(type(debug.traceback({}))) print(debug.traceback({}, "top"))
local t = {}
function t.field() return (debug.traceback()) end
function t:method() return (debug.traceback()) end
t["a b"] = t.field
local up = t.field
local function through() return up(), t.field(), t:method(), t["a b"](), (up)() end
print(through())
global = t.field print(global()) print((function() return (debug.traceback()) end)())
print(loadstring("return (debug.traceback())", "=name")()) print(loadstring("\nreturn (debug.traceback())", "a\nb")())
print(select(2, xpcall(function() local x = nil; x() end, debug.traceback)))
print(select(2, xpcall(error, debug.traceback)))
print(string.gsub("x", "x", function() return (debug.traceback("in gsub")) end))
print(tostring(setmetatable({}, {__tostring = function() return (debug.traceback("in handler")) end})))
for s in (function() return debug.traceback("iterator"), 1 end) do print(s) break end
local co = coroutine.create(function(...)
  local function inside() coroutine.yield((debug.traceback("inside"))) end
  deep(14, inside)
end)
print(debug.traceback(co)) print(select(2, coroutine.resume(co))) print(debug.traceback(co)) print(debug.traceback(co, "m", 1)) print(pcall(debug.traceback, co, nil)) print(debug.traceback(co, {}) ~= nil) print(debug.traceback(co, "m", 100))
coroutine.resume(co) print(debug.traceback(co, "dead"))
