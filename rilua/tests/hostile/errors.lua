--- error in error
local n = 0
local function bad() error("again") end
for _, h in ipairs { error, bad, function() return bad() end, function(m) return m .. {} end, function() local function f() return 1 + f() end return f() end,
    function(m) error(m) end, function(m) xpcall(error, error) error(m) end, 1, "x", {}, coroutine.yield } do
  xpcall(error, h) xpcall(bad, h) xpcall(function() local function f() return 1 + f() end f() end, h) pcall(xpcall, bad, h)
  n = n + 4
end
return n
--- handlers inside each other
local n = 0
local function f(depth) if depth == 0 then error("x") end xpcall(function() f(depth - 1) end, function(m) error(m) end) end
for i = 0, 300 do pcall(f, i) n = n + 1 end return n
--- every value as an error
local n = 0
for _, v in ipairs { 1, "x", {}, print, true, setmetatable({}, { __tostring = error }), newproxy() } do
  pcall(error, v) pcall(error, v, 0) pcall(error, v, 2) pcall(error, v, 1e9) pcall(error, v, -1e9) n = n + 5
end
pcall(error) pcall(error, nil) return n + 2
--- errors of a million bytes
local n = 0 for i = 1, 20 do pcall(error, ("x"):rep(1e6)) pcall(assert, false, ("x"):rep(1e6)) pcall(loadstring, "x =", ("n"):rep(1e6)) n = n + 3 end return n
--- protected calls that never end
while true do pcall(function() while true do pcall(function() while true do end end) end end) end
--- protected in coroutines
while true do coroutine.resume(coroutine.create(function() pcall(function() while true do end end) end)) end
--- tracebacks of deep stacks
local function f(n) if n == 0 then return #debug.traceback() end return (f(n - 1)) end
local n = 0 for i = 1, 500 do f(i) n = n + 1 end return n
