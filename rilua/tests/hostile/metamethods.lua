--- chains of __index
local n = 0
for _, length in ipairs { 1, 50, 99, 100, 101, 1000, 100000 } do
  local t = {} for i = 1, length do t = setmetatable({}, { __index = t }) end
  pcall(function() return t.x end)
  local u = {} for i = 1, length do u = setmetatable({}, { __newindex = u }) end
  pcall(function() u.x = 1 end)
  n = n + 2
end
return n
--- __index that is itself
local t = {} setmetatable(t, { __index = t, __newindex = t }) local n = 0
pcall(function() return t.x end) pcall(function() t.x = 1 end)
local a, b = {}, {} setmetatable(a, { __index = b }) setmetatable(b, { __index = a })
pcall(function() return a.x end)
return 3
--- every event calls itself
local n = 0
local events = { "__index", "__newindex", "__call", "__add", "__sub", "__mul", "__div", "__mod", "__pow", "__unm",
  "__len", "__eq", "__lt", "__le", "__concat", "__tostring" }
for _, event in ipairs(events) do
  local m = {} local x, y = setmetatable({}, m), setmetatable({}, m)
  local proxy = newproxy(true)
  local try
  local function again() return try() end
  m[event] = again
  getmetatable(proxy)[event] = again
  local tries = {
    function() return x.a end, function() x.a = 1 end, function() return x() end, function() return x + y end,
    function() return x - 1 end, function() return x * y end, function() return x / y end, function() return x % y end,
    function() return x ^ y end, function() return -x end, function() return #proxy end, function() return x == y end,
    function() return x < y end, function() return x <= y end, function() return x .. y end, function() return tostring(x) end,
  }
  for _, f in ipairs(tries) do try = f pcall(f) n = n + 1 end
end
return n
--- __call chains
local t = setmetatable({}, {}) getmetatable(t).__call = t pcall(t)
local f = function() end for i = 1, 1000 do f = setmetatable({}, { __call = f }) end pcall(f) return 2
--- __tostring of all kinds
local n = 0
for _, v in ipairs { 1, "x", {}, print, true, function() return {} end, function(x) return x end, function() error {} end } do
  local t = setmetatable({}, { __tostring = v }) pcall(tostring, t) pcall(print, t) pcall(string.format, "%s", t) n = n + 3
end
return n
--- __metatable, __mode and __gc of all kinds
local n = 0
for _, v in ipairs { 0, "k", "v", "kv", "x\0k", {}, print, false } do
  local t = setmetatable({}, { __metatable = v }) pcall(setmetatable, t, nil) getmetatable(t)
  local w = setmetatable({ {} }, { __mode = v }) collectgarbage()
  local p = newproxy(true) getmetatable(p).__gc = v p = nil pcall(collectgarbage)
  n = n + 3
end
return n
--- a table that is its own metatable
local t = {} t.__index = t t.__newindex = t setmetatable(t, t) pcall(function() t.x = t.y end) rawset(t, "__index", nil) return 1
