-- The mathematical functions with generated arguments, to 17 digits.
local seed = 31
local function random(n) seed = (seed * 1103515245 + 12345) % 2147483648 return math.floor(seed / 65536) % n + 1 end
local function pick(t) return t[random(t.n or #t)] end
local function digits(v) return type(v) == "number" and string.format("%.17g", v) or type(v) == "table" and "table" or type(v) == "function" and "function" or tostring(v) end
local numbers = {0, 1, 2, 3, -1, -2, 10, 1.5, -1.5, 0.5, -0.5, 2.5, 2^31, 2^31 - 1, -2^31, 2^32, 2^32 + 2, 1e15, 1e300, -1e300, 2^53, 2^52 + 0.5, 0/0, -(0/0), 1/0, -1/0, 5e-324, 1e-310, 0.1, 300, 1e22, 710, -745, 1023, 1024, -1074, -0, 3.14159, 1e-8, "12", "0x10", "nan", "x", ""}
local names = {"abs", "acos", "asin", "atan", "atan2", "ceil", "cos", "cosh", "deg", "exp", "floor", "fmod", "frexp", "ldexp", "log", "log10", "max", "min", "mod", "modf", "pow", "rad", "random", "randomseed", "sin", "sinh", "sqrt", "tan", "tanh"}
local function value() local k = random(12) if k <= 6 then return pick(numbers) elseif k <= 8 then return random(2000) - 1000 elseif k <= 10 then return (random(30000) - 15000) * 2 ^ (random(200) - 100) elseif k == 11 then return random(100) / 7 end return pick{nil, true, {}, "a", print, n = 5} end
for i = 1, 2500 do
  local name = names[(i - 1) % #names + 1]
  local n = name == "randomseed" and 1 or name == "random" and random(4) - 1 or random(3)
  local a = {}
  for j = 1, n do a[j] = value() end
  if name == "random" and random(2) == 1 then a[1] = random(20) - 5 a[2] = a[1] + random(30) - 3 end
  local f = math[name]
  if random(6) == 1 then f = loadstring("local a, b, c = ... return math." .. name .. "(" .. ("a, b, c"):sub(1, math.max(0, 3 * n - 2)) .. ")", "=way") end
  local r = {pcall(f, unpack(a, 1, n))}
  local shown = {}
  for j = 1, n do shown[j] = digits(a[j]) end
  print(name .. "(" .. table.concat(shown, ", ") .. ")", digits(r[2]), digits(r[3]))
end
