--- 2^26 items
local t = {} for i = 1, 2^26 do t[i] = true end
--- 2^26 items from the end
local t = {} for i = 2^26, 1, -1 do t[i] = true end
--- 2^26 fractions
local t = {} for i = 1, 2^26 do t[i + 0.5] = true end
--- 2^26 strings
local t = {} for i = 1, 2^26 do t["k" .. i] = true end
--- 2^26 tables
local t = {} for i = 1, 2^26 do t[{}] = true end
--- 2^26 tables inside each other
local t for i = 1, 2^26 do t = { t } end
--- insert
local t = {} while true do table.insert(t, t) end
--- insert in front
local t = {} while true do table.insert(t, 1, t) end
--- functions with upvalues
local t = {} while true do local a, b, c, d, e, f t[#t + 1] = function() return a, b, c, d, e, f end end
--- userdata
local t = {} while true do t[#t + 1] = newproxy(true) end
--- coroutines
local t = {} while true do t[#t + 1] = coroutine.create(function() end) end
--- stopped collector
collectgarbage("stop") while true do local t = {} end
--- stopped collector and strings
collectgarbage("stop") for i = 1, 1e9 do local s = "x" .. i end
--- pauses and multipliers
local n = 0 for _, p in ipairs { -2^31, -1, 0, 1, 100, 1000, 2^31 - 1 } do
  collectgarbage("setpause", p) collectgarbage("setstepmul", p)
  for i = 1, 2e4 do local t = { {} } end
  n = n + 1
end return n
--- the step of everything
local n = 0 for _, p in ipairs { -2^31, -1, 0, 1, 1000, 2^31 - 1 } do collectgarbage("step", p) n = n + 1 end return n
--- collections without end
while true do collectgarbage() end
--- globals
for i = 1, 1e9 do _G["g" .. i] = i end
--- weak tables
local t = setmetatable({}, { __mode = "kv" }) for i = 1, 1e9 do t[i] = {} t[{}] = i end
--- holes
local t = {} for i = 1, 2^20 do t[i] = i end for i = 1, 2^20 - 1 do t[i] = nil end
for i = 1, 1e9 do next(t) end
--- keys that are none
local n = 0 for _, k in ipairs { 0/0, 1/0, -1/0, -0.0, 2^53, 2^31, 1e308 } do
  local t = {} pcall(function() t[k] = 1 end) pcall(rawset, t, k, 1) n = n + 2
end pcall(function() local t = {} t[nil] = 1 end) return n + 1
--- strings with one hash
local t = {} local tail = ("x"):rep(64) for i = 1, 1e7 do t[#t + 1] = tail .. i .. tail end
