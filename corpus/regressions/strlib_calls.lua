-- The string functions with generated arguments, plausible and hostile: results, or
-- messages, which depend on how a function was called.
local seed = 20061
local function random(n) seed = (seed * 1103515245 + 12345) % 2147483648 return math.floor(seed / 65536) % n + 1 end
local function pick(t) return t[random(t.n or #t)] end
local plain = string.gsub
local function show(v)
  if type(v) == "string" then
    if #v > 120 then return "string of " .. #v end
    return '"' .. plain(v, "[^%w%p ]", function(c) return "\\" .. string.byte(c) end) .. '"'
  elseif type(v) == "number" or type(v) == "boolean" or v == nil then return tostring(v) end
  return type(v)
end
local function line(name, n, a, ...)
  local r = {name, "("}
  for i = 1, n do r[#r + 1] = show(a[i]) .. (i < n and ", " or "") end
  r[#r + 1] = ")"
  for i = 1, select("#", ...) do if i < 30 then r[#r + 1] = " " .. show((select(i, ...))) end end
  print(table.concat(r))
end

local numbers = {0, 1, 2, 3, -1, -2, -3, -4, -5, 10, 1.5, -1.5, 2^31, 2^31 - 1, -2^31, 2^32, 2^32 + 65, 1e15, 1e300, -1e300, 2^53, 2^63, -2^63, 0/0, 1/0, -1/0, 65, 255, 256, 0.1, 8192}
local strings = {"", "a", "abc", "hello world", "a\0b", "\0", "  key = value  ", "THE (quick) fox", "x=1,y=2", "%", "%%", "12", "-5", "0x10", " 7 ", "nan", "abcabcabc", ("x"):rep(100), ("a\0"):rep(60), "\n\r\t\"\\", "(()())", "\255\254\128", "aaab"}
local patterns = {"", ".", "a", "%a+", "%s*", "(%a+)", "()", "(a)(b)(c)", "^a", "a$", "[abc]", "[^abc]", "%d+", "(.-)%s", "%b()", "%f[%a]%a+", "(a)%1", "(", ")", "[a", "%", "%b", "%f", "a*", "a-", "a?b", "(()())", "%z", "(%w+)=(%w+)", "x", "(x)(", "[]]", "%0", "%2", "a\0b", "[\0]", "-", "*a"}
local replacements = {"", "x", "%0", "%1", "%2", "%%", "%", "<%0>", "%9", "[%1|%1]", "%a", 42, "%1%2%3", function(...) return (...) end, function() return false end, function() return {} end, function(a, b) return b end, function() error("boom") end, string.upper, {a = "A", abc = 1, x = true}, setmetatable({}, {__index = function(t, k) return k .. "!" end})}
local function any() local k = random(9) if k <= 3 then return pick(numbers) elseif k <= 6 then return pick(strings) elseif k == 7 then return nil elseif k == 8 then return random(2) == 1 else return {} end end
local function position() if random(12) == 1 then return any() end if random(3) == 1 then return pick(numbers) end return random(20) - 10 end
local function text() if random(15) == 1 then return any() end if random(8) == 1 then return pick(numbers) end return pick(strings) end
local function pattern() if random(25) == 1 then return any() end if random(6) == 1 then return pick(patterns) .. pick(patterns) end return pick(patterns) end
local generate = {
  byte = function() return random(4) - 1, {text(), position(), position()} end,
  char = function() local n, a = random(24) - 1, {} for i = 1, n do a[i] = random(40) == 1 and any() or random(257) - 1 end return n, a end,
  dump = function() return random(3) - 1, {any()} end,
  find = function() return random(5), {text(), pattern(), position(), random(3) == 1} end,
  gfind = function() return random(3), {text(), pattern()} end,
  gmatch = function() return random(3), {text(), pattern()} end,
  gsub = function() return random(5), {text(), pattern(), random(9) == 1 and any() or pick(replacements), position()} end,
  len = function() return random(3) - 1, {text()} end,
  lower = function() return random(3) - 1, {text()} end,
  match = function() return random(4), {text(), pattern(), position()} end,
  rep = function() return random(3), {text(), random(9) == 1 and pick{0, -1, 2^32 + 3, -2^31, 0/0, "4", "x", {}, 100} or random(20) - 5} end,
  reverse = function() return random(3) - 1, {text()} end,
  sub = function() return random(4), {text(), position(), position()} end,
  upper = function() return random(3) - 1, {text()} end,
}
local names = {"byte", "char", "dump", "find", "gfind", "gmatch", "gsub", "len", "lower", "match", "rep", "reverse", "sub", "upper", "find", "match", "gsub", "gsub", "sub", "byte"}
-- The ways to call: as a field, as a method, as a local, global or upvalue, by pcall.
local ways = {
  function(f, n) return "return string." .. f .. "(" .. ("a, b, c, d"):sub(1, math.max(0, 3 * n - 2)) .. ")" end,
  function(f, n) return "return a:" .. f .. "(" .. ("b, c, d"):sub(1, math.max(0, 3 * n - 5)) .. ")" end,
  function(f, n) return "local f = string." .. f .. " local r, s = f(" .. ("a, b, c, d"):sub(1, math.max(0, 3 * n - 2)) .. ") return r, s" end,
  function(f, n) return "g = string." .. f .. " local r = g(" .. ("a, b, c, d"):sub(1, math.max(0, 3 * n - 2)) .. ") return r" end,
  function(f, n) return "local u = string." .. f .. " local function h() return (u(" .. ("a, b, c, d"):sub(1, math.max(0, 3 * n - 2)) .. ")) end return (h())" end,
}
for i = 1, 1500 do
  local name = pick(names)
  local n, a = generate[name]()
  local f = string[name]
  local way = ways[random(12)]
  if way and n <= 4 and name ~= "char" then
    f = assert(loadstring("local a, b, c, d = ... " .. way(name, n), "=way"))
  end
  if random(2) == 1 and (name == "gmatch" or name == "gfind") then
    f = function(...) local r = {} for x, y in string[name](...) do r[#r + 1] = show(x) .. "/" .. show(y) end return #r, table.concat(r, ";") end
  end
  line(name, n, a, pcall(f, unpack(a, 1, n)))
end
