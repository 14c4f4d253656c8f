--- resurrects itself
local kept local function make() local p = newproxy(true) getmetatable(p).__gc = function(x) kept = x make = make end return p end
for i = 1, 100 do make() collectgarbage() collectgarbage() end return 100
--- makes another one
local function make() local p = newproxy(true) getmetatable(p).__gc = function() make() end end
make() for i = 1, 1000 do collectgarbage() end return 1000
--- makes two others
local function make() local p = newproxy(true) getmetatable(p).__gc = function() make() make() end end
make() for i = 1, 1000 do collectgarbage() end
--- allocates
local p = newproxy(true) getmetatable(p).__gc = function() local t = {} for i = 1, 1e9 do t[i] = {} end end p = nil collectgarbage()
--- raises an error
local n = 0 for i = 1, 100 do local p = newproxy(true) getmetatable(p).__gc = function() error("x") end p = nil pcall(collectgarbage) n = n + 1 end return n
--- yields
local co = coroutine.wrap(function() local p = newproxy(true) getmetatable(p).__gc = function() coroutine.yield() end p = nil collectgarbage() end)
pcall(co) return 1
--- never ends
local p = newproxy(true) getmetatable(p).__gc = function() while true do end end p = nil collectgarbage()
--- collects
local p = newproxy(true) getmetatable(p).__gc = function() collectgarbage() collectgarbage("step", 1000) end p = nil collectgarbage() return 1
--- recurses
local p = newproxy(true) local function f() return 1 + f() end getmetatable(p).__gc = f p = nil pcall(collectgarbage) return 1
--- sets hooks
local p = newproxy(true) getmetatable(p).__gc = function() debug.sethook(function() local t = {} end, "crl", 1) end p = nil collectgarbage()
for i = 1, 1000 do local x = i end debug.sethook() return 1
--- at the end of the state
local p = newproxy(true) getmetatable(p).__gc = function() while true do local t = {} end end
P = p return 1
--- changes what is being traversed
local t = {} for i = 1, 100 do t[i] = {} end
local p = newproxy(true) getmetatable(p).__gc = function() for i = 1, 200 do t[i] = nil t["x" .. i] = i end end p = nil
for k in pairs(t) do collectgarbage("step") end return 1
