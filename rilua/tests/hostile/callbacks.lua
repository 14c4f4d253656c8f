--- comparators that lie
local n = 0
local state = 12345
local function random() state = (state * 1103515245 + 12345) % 2147483648 return state / 2147483648 end
for _, less in ipairs { function() return true end, function() return false end, function() return random() < 0.5 end, function(a, b) return a <= b end,
    function(a, b) return not (a < b) end, function() return nil end, function() end, function() return 0 end } do
  for size = 0, 100 do
    local t = {} for i = 1, size do t[i] = math.floor(random() * 10) end
    pcall(table.sort, t, less)
    n = n + 1
  end
end
return n
--- comparators that change the table
local n = 0
for _, change in ipairs { function(t) t[#t] = nil end, function(t) t[#t + 1] = 1 end, function(t) for i = 1, 100 do t[i] = nil end end,
    function(t) t.x = {} end, function(t) table.sort(t) end, function(t) setmetatable(t, { __index = t }) end, function() collectgarbage() end } do
  local t = {} for i = 1, 50 do t[i] = (i * 7) % 50 end
  pcall(table.sort, t, function(a, b) change(t) return (a or 0) < (b or 0) end)
  n = n + 1
end
return n
--- comparators that fail or never end
pcall(table.sort, { 3, 2, 1 }, error) pcall(table.sort, { 3, {}, "x" }) pcall(table.sort, { 0/0, 1, 0/0, 2 })
table.sort({ 3, 2, 1 }, function() while true do end end)
--- a sort of two million numbers
local t = {} for i = 1, 2e6 do t[i] = (i * 7919) % 1000003 end table.sort(t) return 1
--- a sort of long strings
local s = ("x"):rep(1e5) local t = {} for i = 1, 200 do t[i] = s .. i % 10 .. i end
for i = 1, 1000 do table.sort(t, function(a, b) return a > b end) table.sort(t) end
--- next while the table changes
local n = 0
for _, change in ipairs { function(t, k) t[k] = nil end, function(t, k) t[k] = 1 end, function(t) for k in pairs(t) do t[k] = nil end end,
    function(t, k) t[tostring(k) .. "x"] = nil end, function(t, k) t[k .. "new"] = 1 end, function(t, k) t[k] = nil collectgarbage() end,
    function(t, k) t[k] = nil for i = 1, 100 do t[i] = i end end } do
  local t = {} for i = 1, 20 do t["k" .. i] = i end
  pcall(function() local count = 0 for k in pairs(t) do change(t, k) count = count + 1 if count > 1000 then break end end end)
  n = n + 1
end
return n
--- next of what is not there
local n = 0
for _, k in ipairs { 1, 2, 0, -1, 2^53, 0.5, "x", {}, print, 1/0, true } do pcall(next, {}, k) pcall(next, { 1, x = 1 }, k) n = n + 2 end
return n
--- replacements of all kinds
local n = 0
for _, r in ipairs { "%", "%1", "%9", "%0%0", "\0", {}, { a = 1 }, { a = {} }, print, function() return {} end, function() error("x") end, 1, true,
    function() return nil end, function(x) return x .. x end } do
  pcall(string.gsub, "abcabc", "(a)(b)", r) pcall(string.gsub, "abc", "", r) pcall(string.gsub, ("a"):rep(100), "a", r, 50)
  n = n + 3
end
return n
--- replacements that change what is replaced
local s = "abc" local r = s:gsub(".", function(c) s = s .. c collectgarbage() return c end) return 1
--- readers of all kinds
local n = 0
for _, r in ipairs { function() return "" end, function() return {} end, function() error("x") end, function() return 1 end, coroutine.yield,
    function() return load(function() end) end, function() collectgarbage() return nil end } do pcall(load, r) n = n + 1 end
return n
--- readers without end
load(function() return " " end)
--- readers of one long token
load(function() return "a" end)
--- readers that load
local function r() load(r) return nil end pcall(load, r) return 1
