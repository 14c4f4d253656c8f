-- Arbitrary precision integers: arithmetic, division with remainder, powers, square roots, factorials, Fibonacci, digits of pi and e, primality.

local Big = {}
Big.__index = Big

local BASE, WIDTH = 1e7, 7
local floor = math.floor

-- A number is { sign = 1 or -1, [1] = least significant limb, ... }; zero has no limbs.

local function trim(x)
  local n = table.getn(x)
  while n > 0 and x[n] == 0 do
    x[n] = nil
    n = n - 1
  end
  if n == 0 then x.sign = 1 end
  return x
end

local function raw(sign) return setmetatable({ sign = sign or 1 }, Big) end

local function big(v)
  if getmetatable(v) == Big then return v end
  local r = raw()
  if type(v) == "number" then
    if v ~= floor(v) then error("integer expected, got " .. v, 2) end
    if v < 0 then r.sign, v = -1, -v end
    local i = 0
    while v > 0 do
      i = i + 1
      r[i] = v % BASE
      v = floor(v / BASE)
    end
    return r
  end
  local sign, digits = tostring(v):match("^%s*([+-]?)(%d+)%s*$")
  if not digits then error("malformed number '" .. tostring(v) .. "'", 2) end
  for last = #digits, 1, -WIDTH do
    r[#r + 1] = tonumber(digits:sub(math.max(1, last - WIDTH + 1), last), 10)
  end
  if sign == "-" then r.sign = -1 end
  return trim(r)
end

function Big.__tostring(x)
  local n = #x
  if n == 0 then return "0" end
  local parts = { x.sign < 0 and "-" or "", ("%d"):format(x[n]) }
  for i = n - 1, 1, -1 do parts[#parts + 1] = ("%07d"):format(x[i]) end
  return table.concat(parts)
end

local function compare_magnitude(a, b)
  if #a ~= #b then return #a < #b and -1 or 1 end
  for i = #a, 1, -1 do
    if a[i] ~= b[i] then return a[i] < b[i] and -1 or 1 end
  end
  return 0
end

local function compare(a, b)
  if a.sign ~= b.sign then return a.sign end
  return a.sign * compare_magnitude(a, b)
end

local function add_magnitude(a, b, sign)
  local r, carry = raw(sign), 0
  for i = 1, math.max(#a, #b) do
    local s = (a[i] or 0) + (b[i] or 0) + carry
    if s >= BASE then r[i], carry = s - BASE, 1 else r[i], carry = s, 0 end
  end
  if carry > 0 then r[#r + 1] = carry end
  return r
end

local function sub_magnitude(a, b, sign)
  local r, borrow = raw(sign), 0
  for i = 1, #a do
    local s = a[i] - (b[i] or 0) - borrow
    if s < 0 then r[i], borrow = s + BASE, 1 else r[i], borrow = s, 0 end
  end
  return trim(r)
end

function Big.__unm(a)
  local r = raw(#a > 0 and -a.sign or 1)
  for i = 1, #a do r[i] = a[i] end
  return r
end

function Big.__add(a, b)
  a, b = big(a), big(b)
  if a.sign == b.sign then return add_magnitude(a, b, a.sign) end
  if compare_magnitude(a, b) >= 0 then return sub_magnitude(a, b, a.sign) end
  return sub_magnitude(b, a, b.sign)
end

function Big.__sub(a, b) return big(a) + -big(b) end

function Big.__mul(a, b)
  a, b = big(a), big(b)
  local r = raw(a.sign * b.sign)
  local n, m = #a, #b
  for i = 1, n + m do r[i] = 0 end
  for i = 1, n do
    local carry, ai = 0, a[i]
    if ai ~= 0 then
      for j = 1, m do
        local t = r[i + j - 1] + ai * b[j] + carry
        carry = floor(t / BASE)
        r[i + j - 1] = t - carry * BASE
      end
      local k = i + m
      while carry > 0 do
        local t = r[k] + carry
        carry = floor(t / BASE)
        r[k] = t - carry * BASE
        k = k + 1
      end
    end
  end
  return trim(r)
end

local function small_divmod(a, d)
  local r, rest = raw(), 0
  for i = #a, 1, -1 do
    local t = rest * BASE + a[i]
    r[i] = floor(t / d)
    rest = t - r[i] * d
  end
  return trim(r), rest
end

-- Long division (Knuth's algorithm D) of magnitudes.
local function long_divmod(a, b)
  if compare_magnitude(a, b) < 0 then return raw(), a end
  if #b == 1 then
    local q, r = small_divmod(a, b[1])
    return q, big(r)
  end
  local f = floor(BASE / (b[#b] + 1))
  local u, v = raw(), raw()
  local carry = 0
  for i = 1, #a do
    local t = a[i] * f + carry
    carry = floor(t / BASE)
    u[i] = t - carry * BASE
  end
  u[#a + 1] = carry
  carry = 0
  for i = 1, #b do
    local t = b[i] * f + carry
    carry = floor(t / BASE)
    v[i] = t - carry * BASE
  end
  local n, m = #b, #a - #b
  local q = raw()
  for j = m, 0, -1 do
    local head = u[j + n + 1] * BASE + u[j + n]
    local guess = math.min(floor(head / v[n]), BASE - 1)
    while guess * v[n - 1] > (head - guess * v[n]) * BASE + u[j + n - 1] do guess = guess - 1 end
    local borrow = 0
    for i = 1, n do
      local t = u[j + i] - guess * v[i] - borrow
      borrow = -floor(t / BASE)
      u[j + i] = t + borrow * BASE
    end
    u[j + n + 1] = u[j + n + 1] - borrow
    if u[j + n + 1] < 0 then
      guess = guess - 1
      carry = 0
      for i = 1, n do
        local t = u[j + i] + v[i] + carry
        if t >= BASE then u[j + i], carry = t - BASE, 1 else u[j + i], carry = t, 0 end
      end
      u[j + n + 1] = u[j + n + 1] + carry
    end
    q[j + 1] = guess
  end
  local rest = small_divmod(trim(u), f)
  return trim(q), rest
end

-- Quotient rounded to minus infinity and remainder with the sign of the divisor, like Lua's own %.
function Big.divmod(a, b)
  a, b = big(a), big(b)
  if #b == 0 then error("division by zero", 2) end
  local q, r = long_divmod(a, b)
  q, r = big(tostring(q)), big(tostring(r))
  q.sign = a.sign * b.sign
  r.sign = a.sign
  trim(q) trim(r)
  if #r > 0 and r.sign ~= b.sign then
    q, r = q - 1, r + b
  end
  return q, r
end

function Big.__div(a, b) return (Big.divmod(a, b)) end
function Big.__mod(a, b) return (select(2, Big.divmod(a, b))) end

function Big.__pow(a, n)
  local r = big(1)
  a = big(a)
  while n > 0 do
    if n % 2 == 1 then r = r * a end
    n = floor(n / 2)
    if n > 0 then a = a * a end
  end
  return r
end

function Big.__eq(a, b) return compare(a, b) == 0 end
function Big.__lt(a, b) return compare(big(a), big(b)) < 0 end
function Big.__le(a, b) return compare(big(a), big(b)) <= 0 end
function Big.__concat(a, b) return tostring(a) .. tostring(b) end

function Big.sqrt(x)
  if #x == 0 then return x end
  local r = big("1" .. ("0"):rep(floor(#tostring(x) / 2) + 1))
  while true do
    local next_r = (r + x / r) / 2
    if next_r >= r then return r end
    r = next_r
  end
end

function Big.powmod(b, e, m)
  local r = big(1)
  b, e = b % m, big(e)
  while #e > 0 do
    local q, odd = small_divmod(e, 2)
    if odd == 1 then r = r * b % m end
    b, e = b * b % m, q
  end
  return r
end

local function gcd(a, b)
  if #b == 0 then return a end
  return gcd(b, a % b)
end

-----------------------------------------------------------------------------------

print "== basics"
local a, b = big "123456789012345678901234567890", big "-987654321098765432109876543210"
print(a + b .. "", a - b .. "")
print(a * b .. "")
print(b / a .. "", b % a .. "")
print(-a .. "", big(0) .. "", big(-0) .. "", big "-000" .. "", big " +0042 " .. "", 1e15 + big(1) .. "")
print(a < b, a > b, a <= a, a == big "123456789012345678901234567890", big(5) ~= big(-5))
for _, p in ipairs { { 7, 3 }, { -7, 3 }, { 7, -3 }, { -7, -3 }, { 6, 3 }, { -6, 3 }, { 0, 5 } } do
  local q, r = Big.divmod(p[1], p[2])
  assert(tonumber(tostring(r)) == p[1] % p[2] and tonumber(tostring(q)) == floor(p[1] / p[2]))
  io.write(q .. "r" .. r, " ")
end
print()
print(pcall(Big.divmod, 1, 0))
print(pcall(big, "12x")) print(pcall(big, 1.5)) print(pcall(big, {}) == false)

print "== factorials"
local f = big(1)
for i = 1, 60 do
  f = f * i
  if i % 10 == 0 then print(i, f .. "") end
end
assert(tostring(f):sub(1, 10) == "8320987112")

print "== fibonacci"
local function fib(n)
  local x, y = big(0), big(1)
  for _ = 1, n do x, y = y, x + y end
  return x
end
print(100, fib(100) .. "") print(300, fib(300) .. "")
assert(tostring(fib(100)) == "354224848179261915075")

print "== powers"
print("2^128", big(2) ^ 128 .. "") print("3^100", big(3) ^ 100 .. "") print("7^0", big(7) ^ 0 .. "")
print("2^127-1", big(2) ^ 127 - 1 .. "")

print "== division identities"
local seed = 99
local function random_big(n)
  local t = {}
  for i = 1, n do
    seed = (seed * 16807) % 2147483647
    t[i] = seed % 10
  end
  return big(table.concat(t))
end
local checks = 0
for i = 1, 60 do
  local x, y = random_big(5 + i), random_big(1 + math.mod(i * 7, 40)) + 1
  if i % 3 == 0 then x = -x end
  if i % 5 == 0 then y = -y end
  local q, r = Big.divmod(x, y)
  assert(q * y + r == x)
  assert(#r == 0 or r.sign == y.sign)
  checks = checks + 1
end
local tough = big "100000000000000000000000000000" / big "10000000000000099999999"
print(checks, tough .. "", (big "99999999999999999999999999999999" / big "99999999999999999999") .. "")

print "== square root and gcd"
print(Big.sqrt(big(2) * big(10) ^ 80) .. "")
print(Big.sqrt(big(99)) .. "", Big.sqrt(big(100)) .. "", Big.sqrt(big(0)) .. "")
print(gcd(big(2) ^ 60 * 81, big(6) ^ 20 * 5) .. "", gcd(fib(60), fib(90)) == fib(30))

print "== pi, by the spigot of Gibbons"
do
  local digits, q, r, t, k, n, l = {}, big(1), big(0), big(1), 1, 3, 3
  while #digits < 60 do
    if q * 4 + r - t < t * n then
      digits[#digits + 1] = n
      local nr = (r - t * n) * 10
      n = tonumber(tostring((q * 3 + r) * 10 / t)) - 10 * n
      q, r = q * 10, nr
    else
      local nr = (q * 2 + r) * l
      local nn = (q * (7 * k) + 2 + r * l) / (t * l)
      q, t, l, k = q * k, t * l, l + 2, k + 1
      n, r = tonumber(tostring(nn)), nr
    end
  end
  print("3." .. table.concat(digits, "", 2))
  assert(table.concat(digits):sub(1, 31) == "3141592653589793238462643383279")
end

print "== e, by its series"
do
  local scale = big(10) ^ 60
  local sum, term, i = big(0), scale, 0
  while #term > 0 do
    sum = sum + term
    i = i + 1
    term = term / i
  end
  local s = tostring(sum)
  print(s:sub(1, 1) .. "." .. s:sub(2, 55), i)
  assert(s:sub(1, 20) == "27182818284590452353")
end

print "== primes (Miller-Rabin)"
local function probable_prime(n)
  if n < big(2) then return false end
  for _, p in ipairs { 2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37 } do
    if n == big(p) then return true end
    if #(n % p) == 0 then return false end
  end
  local d, s = n - 1, 0
  while d[1] % 2 == 0 do d, s = d / 2, s + 1 end
  for _, p in ipairs { 2, 3, 5, 7 } do
    local x = Big.powmod(big(p), d, n)
    if x ~= big(1) and x ~= n - 1 then
      local composite = true
      for _ = 1, s - 1 do
        x = x * x % n
        if x == n - 1 then composite = false break end
      end
      if composite then return false end
    end
  end
  return true
end
for _, e in ipairs { 13, 17, 19, 31, 61, 67, 89 } do io.write("2^", e, "-1:", tostring(probable_prime(big(2) ^ e - 1)), " ") end
print()
local n = big(10) ^ 20
repeat n = n + 1 until probable_prime(n)
print("next after 10^20", n .. "")
