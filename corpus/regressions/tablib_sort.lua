-- table.sort, comparison by comparison, also with orders that are none.
local seed = 77
local function random(n) seed = (seed * 1103515245 + 12345) % 2147483648 return math.floor(seed / 65536) % n + 1 end
local function show(t) local r = {} for i = 0, 40 do local v = rawget(t, i) if v ~= nil or i < 1 then r[#r + 1] = type(v) == "table" and "{" .. v.v .. "}" or tostring(v) end end return table.concat(r, " ") end
local object = {__lt = function(a, b) io.write("<") return a.v < b.v end}
local function element(kind)
  if kind == 1 then return random(40)
  elseif kind == 2 then return string.char(96 + random(26), 96 + random(3))
  elseif kind == 3 then return random(4)
  elseif kind == 4 then return random(12) == 1 and 0/0 or random(9)
  elseif kind == 5 then return random(3) == 1 and tostring(random(9)) or random(9)
  else return setmetatable({v = random(30)}, object) end
end
local function key(v) return type(v) == "table" and v.v or tonumber(v) or #tostring(v) end
local calls, sorted
local orders = {
  function(a, b) return key(a) < key(b) end,
  function(a, b) return key(a) > key(b) end,
  function(a, b) return key(a) <= key(b) end,
  function() return true end,
  function() return false end,
  function() return calls % 3 == 0 end,
  function(a, b) return calls * 7 % 5 < 2 end,
  function(a, b) if calls > 6 then error("enough", 0) end return key(a) < key(b) end,
  function(a, b) sorted[random(9)] = random(9) return key(a) < key(b) end,
  function(a, b) sorted[#sorted] = nil return key(a) < key(b) end,
  function(a, b) sorted["k" .. calls] = calls return key(a) < key(b) end,
}
for i = 1, 400 do
  local t, kind = {}, random(6)
  for j = 1, random(3) == 1 and random(30) or random(7) - 1 do t[j] = element(kind) end
  if random(8) == 1 then t[0] = element(kind) end
  sorted, calls = t, 0
  local number = random(#orders + 5)
  local order = orders[number]
  print(kind, order and number, show(t))
  local ok, message
  if order then ok, message = pcall(table.sort, t, function(a, b) calls = calls + 1 if calls > 2000 then error("no end", 0) end return order(a, b) end)
  else ok, message = pcall(table.sort, t) end
  print(ok, message, calls, show(t))
end
for _, f in ipairs {1, "x", true, {}} do print(pcall(table.sort, {2, 1}, f)) end
print(pcall(table.sort)) print(pcall(table.sort, {3, 1, 2}, nil))
print(pcall(function() local t = {1} for i = 1, 2020 do t[i] = i end table.sort({2, 1}, unpack(t, 1, 2010)) end))
