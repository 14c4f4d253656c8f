-- Rational and complex numbers and intervals with full operator overloading, mixed arithmetic, continued fractions, roots of unity.

local floor, abs = math.floor, math.abs

local function gcd(a, b)
  a, b = abs(a), abs(b)
  while b ~= 0 do a, b = b, a % b end
  return a
end

--------------------------------------------------------------------------
-- Rational
--------------------------------------------------------------------------
local Q = {}
local Qmeta = { __index = Q }
local rational

local function isq(v) return getmetatable(v) == Qmeta end

function rational(n, d)
  if isq(n) and not d then return n end
  d = d or 1
  if isq(n) or isq(d) then return rational(n) / rational(d) end
  if d == 0 then error("zero denominator", 2) end
  if d < 0 then n, d = -n, -d end
  local g = gcd(n, d)
  if g == 0 then g = 1 end
  return setmetatable({ n = n / g, d = d / g }, Qmeta)
end

local function lift(f)
  return function(a, b) return f(rational(a), rational(b)) end
end

Qmeta.__add = lift(function(a, b) return rational(a.n * b.d + b.n * a.d, a.d * b.d) end)
Qmeta.__sub = lift(function(a, b) return rational(a.n * b.d - b.n * a.d, a.d * b.d) end)
Qmeta.__mul = lift(function(a, b) return rational(a.n * b.n, a.d * b.d) end)
Qmeta.__div = lift(function(a, b) return rational(a.n * b.d, a.d * b.n) end)
Qmeta.__mod = lift(function(a, b) return a - b * (a / b):floor() end)
Qmeta.__unm = function(a) return rational(-a.n, a.d) end
Qmeta.__eq = function(a, b) return a.n == b.n and a.d == b.d end
Qmeta.__lt = function(a, b) return a.n * b.d < b.n * a.d end
Qmeta.__pow = function(a, k)
  if k < 0 then return rational(a.d, a.n) ^ -k end
  return rational(a.n ^ k, a.d ^ k)
end
Qmeta.__tostring = function(a) return a.d == 1 and tostring(a.n) or a.n .. "/" .. a.d end
Qmeta.__concat = function(a, b) return tostring(a) .. tostring(b) end
function Q:floor() return floor(self.n / self.d) end
function Q:value() return self.n / self.d end

function Q:mixed()
  local whole = self.n < 0 and -floor(-self.n / self.d) or self:floor()
  local rest = self - whole
  if rest.n == 0 then return tostring(whole) end
  return (whole == 0 and "" or whole .. " ") .. tostring(whole == 0 and rest or rational(abs(rest.n), rest.d))
end

-- decimal expansion with the period in parentheses
function Q:decimal()
  local n, sign = abs(self.n), self.n < 0 and "-" or ""
  local digits, seen = {}, {}
  local whole = floor(n / self.d)
  local r = n % self.d
  while r ~= 0 and not seen[r] do
    seen[r] = #digits + 1
    digits[#digits + 1] = floor(r * 10 / self.d)
    r = r * 10 % self.d
  end
  if #digits == 0 then return sign .. whole end
  if r == 0 then return sign .. whole .. "." .. table.concat(digits) end
  local start = seen[r]
  return sign .. whole .. "." .. table.concat(digits, "", 1, start - 1) .. "(" .. table.concat(digits, "", start) .. ")"
end

local function continued(x, terms)
  local list = {}
  for i = 1, terms do
    local a = floor(x)
    list[i] = a
    if abs(x - a) < 1e-9 then break end
    x = 1 / (x - a)
  end
  return list
end

local function convergents(list)
  return coroutine.wrap(function()
    local h1, h0, k1, k0 = 1, 0, 0, 1
    for _, a in ipairs(list) do
      h1, h0 = a * h1 + h0, h1
      k1, k0 = a * k1 + k0, k1
      coroutine.yield(rational(h1, k1))
    end
  end)
end

print "== rationals"
local half, third = rational(1, 2), rational(1, 3)
print(half + third .. "", half - third .. "", half * third .. "", half / third .. "", -half .. "", half ^ 3 .. "", third ^ -2 .. "", (half + 3) % third .. "")
print(half < third, half <= half, third > half, half == rational(2, 4), half ~= third, rational(6, -4) .. " " .. rational(0, 5))
print(1 - half .. "", 2 / third .. "", half + 0.25 .. "", rational(7, 2):mixed(), rational(-7, 2):mixed(), rational(-1, 2):mixed(), rational(8, 4):mixed())
for _, q in ipairs { { 1, 2 }, { 1, 3 }, { 1, 7 }, { 22, 7 }, { -5, 12 }, { 1, 97 }, { 10, 5 }, { 123, 9900 } } do
  print(q[1] .. "/" .. q[2], rational(unpack(q)):decimal())
end
print(pcall(rational, 1, 0))
print(pcall(function() return half / 0 end))
print(pcall(function() return half < 1 end))

local h = rational(0)
for i = 1, 15 do h = h + rational(1, i) end
print("harmonic 15", h .. "", h:decimal():sub(1, 22))

print "== bernoulli"
do
  local row, out = {}, {}
  for m = 0, 16 do
    row[m] = rational(1, m + 1)
    for j = m, 1, -1 do row[j - 1] = (row[j - 1] - row[j]) * j end
    if m < 2 or m % 2 == 0 then out[#out + 1] = "B" .. m .. "=" .. row[0] end
  end
  print(table.concat(out, " "))
end

print "== egyptian fractions"
for _, q in ipairs { rational(4, 13), rational(5, 121), rational(2, 3), rational(7, 15) } do
  local parts, rest = {}, q
  while rest.n > 0 and #parts < 6 do
    local d = math.ceil(rest.d / rest.n)
    parts[#parts + 1] = "1/" .. d
    rest = rest - rational(1, d)
  end
  print(q .. "", table.concat(parts, " + "))
end

print "== continued fractions"
for name, x in pairs { pi = math.pi } do
  local best = {}
  for c in convergents(continued(x, 6)) do best[#best + 1] = c .. "" end
  print(name, table.concat(best, " "))
end
print("e", table.concat(continued(math.exp(1), 10), ","))
print("sqrt 2", table.concat(continued(math.sqrt(2), 8), ","))
print("golden", (function()
  local last
  for c in convergents { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 } do last = c end
  return last .. ""
end)())

--------------------------------------------------------------------------
-- Complex
--------------------------------------------------------------------------
local C = {}
C.__index = C
local complex = setmetatable({}, {
  __call = function(_, re, im)
    if getmetatable(re) == C then return re end
    return setmetatable({ re = re, im = im or 0 }, C)
  end,
})
function C.__add(a, b) a, b = complex(a), complex(b) return complex(a.re + b.re, a.im + b.im) end
function C.__sub(a, b) a, b = complex(a), complex(b) return complex(a.re - b.re, a.im - b.im) end
function C.__mul(a, b) a, b = complex(a), complex(b) return complex(a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re) end
function C.__div(a, b)
  a, b = complex(a), complex(b)
  local d = b.re ^ 2 + b.im ^ 2
  return complex((a.re * b.re + a.im * b.im) / d, (a.im * b.re - a.re * b.im) / d)
end
function C.__unm(a) return complex(-a.re, -a.im) end
function C.__eq(a, b) return a.re == b.re and a.im == b.im end
function C.__pow(a, n)
  if type(n) == "number" and n == floor(n) and n >= 0 then
    local r = complex(1)
    for _ = 1, n do r = r * a end
    return r
  end
  a, n = complex(a), complex(n)
  return ((a:log()) * n):exp()
end
function C:abs() return math.sqrt(self.re ^ 2 + self.im ^ 2) end
function C:arg() return math.atan2(self.im, self.re) end
function C:conj() return complex(self.re, -self.im) end
function C:exp() local m = math.exp(self.re) return complex(m * math.cos(self.im), m * math.sin(self.im)) end
function C:log() return complex(math.log(self:abs()), self:arg()) end
function C:sqrt()
  local m, a = math.sqrt(self:abs()), self:arg() / 2
  return complex(m * math.cos(a), m * math.sin(a))
end
function C.__tostring(a)
  local function tidy(x) x = floor(x * 1e6 + 0.5) / 1e6 return x == 0 and 0 or x end
  local re, im = tidy(a.re), tidy(a.im)
  if im == 0 then return tostring(re) end
  local i = (im == 1 and "" or im == -1 and "-" or im) .. "i"
  if re == 0 then return i end
  return re .. (im > 0 and "+" or "") .. i
end

print "== complex"
local i = complex(0, 1)
local z, w = complex(3, 4), complex(1, -2)
for _, v in ipairs { z + w, z - w, z * w, z / w, -z, z:conj(), i * i, i ^ 3, z ^ 2, 1 / i, 2 - i, (i * math.pi):exp(), complex(-1):sqrt(), z:sqrt(), i ^ i } do
  io.write(tostring(v), "  ")
end
print()
print(z:abs(), ("%.6f"):format(z:arg()), z == complex(3, 4), z ~= w, i * i == complex(-1))

print "== roots of unity"
for n = 3, 6 do
  local sum, product, list = complex(0), complex(1), {}
  for k = 0, n - 1 do
    local root = (i * (2 * math.pi * k / n)):exp()
    list[#list + 1] = tostring(root)
    sum, product = sum + root, product * root
  end
  print(n, table.concat(list, " "), "sum", tostring(sum), "product", tostring(product))
end

print "== polynomial roots (Durand-Kerner)"
local function roots(coefficients)
  local n = #coefficients - 1
  local function value(x)
    local r = complex(0)
    for _, c in ipairs(coefficients) do r = r * x + c end
    return r
  end
  local r = {}
  for k = 1, n do r[k] = complex(0.4, 0.9) ^ k end
  for step = 1, 100 do
    for k = 1, n do
      local d = complex(coefficients[1])
      for j = 1, n do if j ~= k then d = d * (r[k] - r[j]) end end
      r[k] = r[k] - value(r[k]) / d
    end
  end
  local out = {}
  for k = 1, n do out[k] = tostring(r[k]) end
  table.sort(out)
  return table.concat(out, "  ")
end
print(roots { 1, -6, 11, -6 })
print(roots { 1, 0, 0, -1 })
print(roots { 2, 0, 8 })
print(roots { 1, -3, 3, -5, 2, 2 })

print "== mandelbrot"
for y = 1.2, -1.2, -0.2 do
  local line = {}
  for x = -2, 0.6, 0.08 do
    local c, v, n = complex(x, y), complex(0), 0
    while n < 30 and v.re * v.re + v.im * v.im <= 4 do v, n = v * v + c, n + 1 end
    line[#line + 1] = n == 30 and "#" or n > 8 and "+" or n > 4 and "." or " "
  end
  print((table.concat(line):gsub(" +$", "")))
end
