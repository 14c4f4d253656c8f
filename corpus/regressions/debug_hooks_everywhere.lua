-- hooks across coroutines, protected calls, natives that call back, tail calls
local log = {}
local function note(...)
  local t = {...}
  for i = 1, select("#", ...) do t[i] = tostring(t[i]) end
  log[#log + 1] = table.concat(t, " ")
end
local function flush(title)
  print(title, #log)
  for i = 1, #log do print("", log[i]) end
  log = {}
end
local function hook(event, line)
  local here = debug.getinfo(2, "nSl")
  local above = debug.getinfo(3, "nSl")
  note(event, line, here.what, here.name, here.namewhat, here.currentline, above and above.what, above and above.currentline)
end

local function leaf(x) return x end
local function tail(x) return leaf(x) end
local function body(a)
  local b = coroutine.yield(tail(a))
  error("in coroutine " .. b)
end

debug.sethook(hook, "crl") tail(1) debug.sethook() flush("tail call")
debug.sethook(hook, "crl") pcall(error, "x") debug.sethook() flush("pcall")
debug.sethook(hook, "cr") string.gsub("ab", "%w", function(c) return c .. c end) debug.sethook() flush("gsub")
debug.sethook(hook, "cr") table.sort({3, 1, 2}, function(a, b) return a < b end) debug.sethook() flush("sort")
debug.sethook(hook, "l") for k in pairs {1, 2} do
  local x = k
end debug.sethook() flush("for")

-- a coroutine inherits mask and count, but not the function
local co = coroutine.create(body)
debug.sethook(hook, "crl", 5)
local inner = coroutine.create(body)
print(debug.gethook(co)) print(debug.gethook(inner))
coroutine.resume(inner, 1)
debug.sethook() flush("inherited")
debug.sethook(co, hook, "crl") coroutine.resume(co, 2) print(coroutine.resume(co, 3)) flush("coroutine")

-- a hook that natives inside natives set is seen by the loops outside
local function setter() table.foreach({1}, function() debug.sethook(hook, "l") end)
  local a = 1
  debug.sethook()
end
setter() flush("set below")
local mt = {__index = function(t, k) debug.sethook(hook, "l") return k end, __lt = function() debug.sethook() return true end}
local t = setmetatable({}, mt)
local v = t.x
v = 2
local less = t < t
v = 3
flush("set by handlers")

-- errors and changes inside hooks
local n = 0
debug.sethook(function(e, l) n = n + 1 if n == 4 then error("stop at " .. l) end end, "l")
print(pcall(function()
  local a = 1
  local b = 2
  local c = 3
end))
debug.sethook() print(n)
debug.sethook(function() debug.sethook(hook, "r") end, "c") leaf(1) tail(2) debug.sethook() flush("changed")
n = 0
debug.sethook(function(e) n = n + 1 end, "", 100) for i = 1, 1000 do end debug.sethook() print(n)
local target
debug.sethook(function(e, l) if debug.getinfo(2, "f").func == target and l == TARGET then debug.setlocal(2, 1, "set") debug.sethook() end end, "l")
function target() local first = "own"
  TARGET = debug.getinfo(1, "l").currentline + 1
  return first
end
print(target())
local environment
debug.sethook(function(e, l) if debug.getinfo(2, "f").func == environment then setfenv(2, {tag = "hooked"}) debug.sethook() end end, "l")
function environment()
  return tag
end
print(environment(), tag)
print(debug.gethook())
