-- The table functions with generated tables and positions; what a table does
-- afterwards tells about its array and hash parts.
local seed = 4711
local function random(n) seed = (seed * 1103515245 + 12345) % 2147483648 return math.floor(seed / 65536) % n + 1 end
local function pick(t) return t[random(t.n or #t)] end
local function show(v)
  if type(v) == "table" then
    local r = {}
    for k, x in next, v do r[#r + 1] = (type(k) == "table" and "table" or tostring(k)) .. "=" .. (type(x) == "table" and "table" or #tostring(x) > 50 and #x or tostring(x)) end
    return "{" .. table.concat(r, " ") .. "}"
  elseif type(v) == "string" and #v > 100 then return "string of " .. #v
  elseif type(v) == "function" then return "function" end
  return tostring(v)
end
local numbers = {0, 1, 2, 3, 5, -1, -2, 10, 1.5, -1.5, 2^31, 2^32 + 2, 1e300, 0/0, 1/0, 20}
local strings = {"", "a", "abc", ",", "12", "x\0y", ("z"):rep(3000), ("w"):rep(9000)}
local function any() local k = random(10) if k <= 4 then return pick(numbers) elseif k <= 7 then return pick(strings) elseif k == 8 then return nil elseif k == 9 then return random(2) == 1 else return {} end end
local function make()
  local t, n, how = {}, random(14) - 1, random(4)
  local function element() return random(12) == 1 and any() or random(3) == 1 and pick(strings) or random(99) end
  if how == 1 then for i = 1, n do t[i] = element() end
  elseif how == 2 then for i = n, 1, -1 do t[i] = element() end
  elseif how == 3 then for i = 1, n do t[i] = element() end t.x = 1 t.y = 2 t[random(60) - 10] = element() t[1.5] = 2
  else local s = {} for i = 1, n do s[i] = element() end t = {unpack(s)} end
  if random(4) == 1 and n > 0 then t[random(n)] = nil end
  if random(6) == 1 then t.n = random(10) end
  if random(8) == 1 then setmetatable(t, {__index = function() return "idx" end, __newindex = function() error "ni" end}) end
  return t
end
local function position() local k = random(10) if k == 1 then return any() elseif k == 2 then return pick{0, -1, -5, 40, 100, 2^32 + 1} else return random(16) - 2 end end
local function target() if random(20) == 1 then return any() end return make() end
local current
local visitors = {function(k, v) print("", show(k), show(v)) end, function(k, v) if v == 3 then return k end end, function() return false end, function() if random(4) == 1 then error("fe") end end, function(k) if type(current) == "table" then current[k] = nil end end, 7}
local generate = {
  insert = function() local n = random(5) - 1 return n, {target(), n == 3 and position() or any(), any(), any()} end,
  remove = function() return random(4) - 1, {target(), position()} end,
  concat = function() return random(6) - 1, {target(), random(15) == 1 and any() or pick{",", "", "--", 1}, position(), position()} end,
  foreach = function() return random(3), {target(), pick(visitors)} end,
  foreachi = function() return random(3), {target(), pick(visitors)} end,
  maxn = function() return random(3) - 1, {target()} end,
  getn = function() return random(3) - 1, {target()} end,
  setn = function() return random(3) - 1, {target(), any()} end,
}
local names = {"insert", "remove", "concat", "foreach", "foreachi", "maxn", "getn", "setn", "insert", "remove", "concat"}
for i = 1, 700 do
  local name = pick(names)
  local n, a = generate[name]()
  current = a[1]
  local f = table[name]
  if random(4) == 1 then f = loadstring("local a, b, c, d, e = ... return table." .. name .. "(" .. ("a, b, c, d, e"):sub(1, math.max(0, 3 * n - 2)) .. ")", "=way") end
  print(name, n, show(a[1]), show(a[2]), show(a[3]))
  local r = {pcall(f, unpack(a, 1, n))}
  print("", show(r[1]), show(r[2]))
  if type(a[1]) == "table" then for j = 1, 3 do rawset(a[1], #a[1] + 1, j) end print("", show(a[1])) end
end
