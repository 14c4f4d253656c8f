--- 100,000 inside each other
local depth = 0
local function nest() depth = depth + 1 if depth < 100000 then local co = coroutine.create(nest) coroutine.resume(co) end end
nest() return depth
--- wrapped
local depth = 0
local function nest() depth = depth + 1 if depth < 100000 then coroutine.wrap(nest)() end end
pcall(nest) return depth
--- in protected calls
local depth = 0
local function nest() depth = depth + 1 if depth < 100000 then pcall(coroutine.wrap(function() pcall(nest) end)) end end
nest() return depth
--- in comparators
local depth = 0
local function nest(a, b) depth = depth + 1 if depth < 100000 then coroutine.resume(coroutine.create(function() table.sort({ 1, 2, 3 }, nest) end)) end return a < b end
table.sort({ 1, 2, 3 }, nest) return depth
--- in replacements
local depth = 0
local function nest() depth = depth + 1 if depth < 100000 then coroutine.resume(coroutine.create(function() string.gsub("x", "x", nest) end)) end end
nest() return depth
--- in hooks
local depth = 0
local function nest() depth = depth + 1
  if depth < 1000 then local co = coroutine.create(function() debug.sethook(nest, "l") local x = 1
    x = 2 end) coroutine.resume(co) end end
nest() return depth
--- in metamethods
local depth = 0
local m = {} m.__index = function(t, k) depth = depth + 1 if depth < 100000 then return coroutine.wrap(function() return setmetatable({}, m).x end)() end end
pcall(function() return setmetatable({}, m).x end) return depth
--- 100,000 at once
local t = {} for i = 1, 100000 do local co = coroutine.create(function() coroutine.yield() end) coroutine.resume(co) t[i] = co end return #t
--- yields where it can't
local n = 0
local function y() coroutine.yield() end
for _, f in ipairs {
  function() table.sort({ 3, 2, 1 }, y) end, function() string.gsub("x", "x", y) end, function() table.foreach({ 1 }, y) end,
  function() return setmetatable({}, { __index = y }).x end, function() return setmetatable({}, { __add = y }) + 1 end,
  function() for a in y do end end, function() pcall(y) end, function() xpcall(y, y) end, function() xpcall(error, y) end,
  function() load(y) end, function() debug.sethook(y, "l") local x = 1
    x = 2 end, function() require("x") end, y,
} do local co = coroutine.create(f) for i = 1, 5 do pcall(coroutine.resume, co) end n = n + 1 end
pcall(y) return n + 1
--- resumes what it can't
local n = 0
local co co = coroutine.create(function() pcall(coroutine.resume, co) coroutine.wrap(function() pcall(coroutine.resume, co) end)() end)
for i = 1, 4 do coroutine.resume(co) end
local w w = coroutine.wrap(function() return w() end) pcall(w)
for _, v in ipairs { 1, "x", {}, print } do pcall(coroutine.resume, v) pcall(coroutine.status, v) pcall(coroutine.wrap, v) n = n + 3 end
return n + 5
--- passes many values
local n = 0
for _, count in ipairs { 0, 1, 100, 2000, 2047, 7000 } do
  local t = {} for i = 1, count do t[i] = i end
  local co = coroutine.create(function(...) return coroutine.yield(...) end)
  pcall(function() coroutine.resume(co, unpack(t)) coroutine.resume(co, unpack(t)) end)
  n = n + 1
end
return n
--- one after the other without end
while true do coroutine.wrap(function() coroutine.yield() end)() end
--- dies deep inside
local function f(n) if n == 0 then error("x") end return 1 + f(n - 1) end
local n = 0 for i = 1, 1000 do local co = coroutine.create(f) coroutine.resume(co, i) n = n + 1 end return n
