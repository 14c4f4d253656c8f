-- Number formatting: own formatter checked against string.format, tables of %-specifications, roman numerals, number words, bases, money, parsing.

-- string.format in a grid ------------------------------------------------------------------

print "== integers"
local specs = { "%d", "%5d", "%-5d|", "%05d", "%+d", "% d", "%.3d", "%+.2d", "%x", "%X", "%#x", "%o", "%#o", "%u", "%c", "%i" }
local values = { 0, 1, -1, 65, 123456, -9999 }
for _, s in ipairs(specs) do
  local out = {}
  for i, v in ipairs(values) do
    if not (s == "%c" and (v < 32 or v > 126)) and not (s:find "[xXou]" and v < 0) then out[#out + 1] = s:format(v) end
  end
  print(s, "[" .. table.concat(out, "] [") .. "]")
end

print "== reals"
for _, s in ipairs { "%f", "%.0f", "%.3f", "%10.2f", "%-10.2f|", "%+.1f", "%e", "%.2E", "%g", "%.3g", "%G", "%#.3g", "%012.4f", "%#.0f", "%.10g" } do
  local out = {}
  for _, v in ipairs { 0, 1.5, -2.25, 1e-7, 123456789.125, 2 ^ 70, -1 / 3 } do out[#out + 1] = s:format(v) end
  print(s, "[" .. table.concat(out, "] [") .. "]")
end

print "== strings"
for _, s in ipairs { "%s", "%10s", "%-10s|", "%.2s", "%5.1s", "%q", "%%", "%.0s" } do
  print(s, "[" .. s:format "text" .. "]", "[" .. s:format(12) .. "]", "[" .. s:format "a\0b" .. "]" == "[a]")
end
print(("%q"):format 'quotes " and \\ and \n newline, \r return, \0 zero, \t tab, \200 high')
print(("%s %s %s %s"):format("str", 1.5, -0, 1e100), ("%5s%%"):format(50), ("%d"):format "10", ("%s"):format "0x10", ("%x"):format "0x1F")
print(pcall(string.format, "%s"), pcall(string.format, "%d", "x"), pcall(string.format, "%s", nil))
print(pcall(string.format, "%y", 1)) print(pcall(string.format, "%123d", 1)) print(pcall(string.format, "%.123d", 1)) print(pcall(string.format, "%0-+ #5d", 1)) print(pcall(string.format, "%0-+ #05d", 1))
print(("%99d"):format(7):len(), ("%.99f"):format(1 / 3):sub(1, 20), ("%-99s|"):format("x"):len())

print "== special values"
local inf, nan = 1 / 0, 0 / 0
for _, v in ipairs { inf, -inf, nan, -nan, -0, 0 } do
  print(tostring(v), ("%f %5.1f %g %e"):format(v, v, v, v), v == v, v .. "" == tostring(v))
end
print(2 ^ 53, 2 ^ 53 + 1, 1e15, 1e14 + 0.5, 123456789012345, 0.1 + 0.2, 1e100, 1 / 3, -1e-5, 100, 1e2, 5e-324, 1.7976931348623157e308)
print(1e15 == 10 ^ 15, 0.1 + 0.2 == 0.3, tostring(0.1 + 0.2) == "0.3", 1e308 * 10, -1e308 * 10, 2 ^ 1023 * 2)
print(0x10, 0xff, 0xFFFFFFFF, 1e1, .5, 5., 3e-2, 0.5e+1)

-- an own %f built from digits ---------------------------------------------------------------

print "== own decimal expansion"
local function digits_of(x)          -- exact decimal digits of a double: list of digits and the place of the point
  local m, e = math.frexp(x)
  m = m * 2 ^ 53
  e = e - 53
  local digits = {}
  while m > 0 do
    table.insert(digits, 1, m % 10)
    m = math.floor(m / 10)
  end
  local point = #digits
  local function scale(factor_two)
    if factor_two then
      local carry = 0
      for i = #digits, 1, -1 do
        local t = digits[i] * 2 + carry
        digits[i], carry = t % 10, t >= 10 and 1 or 0
      end
      if carry > 0 then table.insert(digits, 1, 1) point = point + 1 end
    else
      local rest = 0
      for i = 1, #digits do
        local t = rest * 10 + digits[i]
        digits[i], rest = math.floor(t / 2), t % 2
      end
      if rest > 0 then digits[#digits + 1] = 5 end
    end
  end
  while e > 0 do scale(true) e = e - 1 end
  while e < 0 do scale(false) e = e + 1 end
  while digits[1] == 0 and point > 1 do table.remove(digits, 1) point = point - 1 end
  return digits, point
end
local function fixed(x, places)
  local sign = x < 0 and "-" or ""
  x = math.abs(x)
  if x == 0 then return sign .. "0" .. (places > 0 and "." .. ("0"):rep(places) or "") end
  local d, point = digits_of(x)
  while point + places < 0 do table.insert(d, 1, 0) point = point + 1 end
  local cut = point + places
  -- round half to even on exact digits
  local up = false
  if d[cut + 1] then
    if d[cut + 1] > 5 then up = true
    elseif d[cut + 1] == 5 then
      local exact = true
      for i = cut + 2, #d do if d[i] ~= 0 then exact = false break end end
      up = not exact or (d[cut] or 0) % 2 == 1
    end
  end
  for i = #d, cut + 1, -1 do d[i] = nil end
  for i = #d + 1, cut do d[i] = 0 end
  local i = cut
  while up do
    if i < 1 then table.insert(d, 1, 1) point = point + 1 break end
    if d[i] == 9 then d[i] = 0 i = i - 1 else d[i] = d[i] + 1 up = false end
  end
  local s = table.concat(d, "", 1, point)
  if s == "" then s = "0" end
  if places > 0 then s = s .. "." .. table.concat(d, "", point + 1) end
  return sign .. s
end
local seed, agree, total = 7, 0, 0
for i = 1, 200 do
  seed = (seed * 16807) % 2147483647
  local x = (seed / 2147483647 - 0.5) * 10 ^ (i % 13 - 4)
  local places = i % 9
  total = total + 1
  if fixed(x, places) == ("%." .. places .. "f"):format(x) then agree = agree + 1 else print("differs", x, places, fixed(x, places)) end
end
print(agree .. " of " .. total)
print(fixed(0.5, 0), fixed(1.5, 0), fixed(2.5, 0), fixed(0.125, 2), fixed(0.1, 30), fixed(-9.999, 2), fixed(2 ^ 60, 1), fixed(9.5, 0))

-- other notations ------------------------------------------------------------------------------

print "== roman"
local roman_table = { { 1000, "M" }, { 900, "CM" }, { 500, "D" }, { 400, "CD" }, { 100, "C" }, { 90, "XC" }, { 50, "L" }, { 40, "XL" }, { 10, "X" }, { 9, "IX" },
  { 5, "V" }, { 4, "IV" }, { 1, "I" } }
local function roman(n)
  local s = ""
  for _, r in ipairs(roman_table) do
    while n >= r[1] do s, n = s .. r[2], n - r[1] end
  end
  return s
end
local function arabic(s)
  local value, total, last = { I = 1, V = 5, X = 10, L = 50, C = 100, D = 500, M = 1000 }, 0, 0
  for c in s:reverse():gmatch "." do
    local v = value[c]
    if v < last then total = total - v else total, last = total + v, v end
  end
  return total
end
for n = 1, 3999 do assert(arabic(roman(n)) == n) end
for _, n in ipairs { 1, 4, 9, 14, 40, 90, 400, 1888, 1994, 2024, 3999 } do io.write(n, "=", roman(n), " ") end print()

print "== words"
local ones = { "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen",
  "sixteen", "seventeen", "eighteen", "nineteen" }
local tens = { [2] = "twenty", [3] = "thirty", [4] = "forty", [5] = "fifty", [6] = "sixty", [7] = "seventy", [8] = "eighty", [9] = "ninety" }
local big = { "thousand", "million", "billion", "trillion" }
local function words(n)
  if n < 0 then return "minus " .. words(-n) end
  if n == 0 then return "zero" end
  if n ~= math.floor(n) then
    local s = words(math.floor(n)) .. " point"
    for d in tostring(n):match("%.(%d+)"):gmatch "%d" do s = s .. " " .. (ones[tonumber(d)] or "zero") end
    return s
  end
  local function below_thousand(k)
    local parts = {}
    if k >= 100 then parts[1] = ones[math.floor(k / 100)] .. " hundred" k = k % 100 end
    if k >= 20 then
      parts[#parts + 1] = tens[math.floor(k / 10)] .. (k % 10 > 0 and "-" .. ones[k % 10] or "")
    elseif k > 0 then parts[#parts + 1] = ones[k] end
    return table.concat(parts, " and ")
  end
  local groups, i = {}, 0
  while n > 0 do
    local g = n % 1000
    if g > 0 then table.insert(groups, 1, below_thousand(g) .. (i > 0 and " " .. big[i] or "")) end
    n, i = math.floor(n / 1000), i + 1
  end
  return table.concat(groups, " ")
end
for _, n in ipairs { 0, 7, 13, 40, 99, 100, 342, 1000, 1001, 12345, 1000000, 987654321, 1e12 + 5, -15, 3.1416 } do print(n, words(n)) end
local letters = 0
for n = 1, 1000 do letters = letters + #words(n):gsub("%A", "") end
print("letters up to a thousand", letters)
local function ordinal(n)
  local suffix = n % 100 >= 11 and n % 100 <= 13 and "th" or ({ "st", "nd", "rd" })[n % 10] or "th"
  return n .. suffix
end
for _, n in ipairs { 1, 2, 3, 4, 11, 12, 13, 21, 22, 101, 111, 112 } do io.write(ordinal(n), " ") end print()

print "== bases"
local function to_base(n, b)
  local alphabet, s = "0123456789abcdefghijklmnopqrstuvwxyz", ""
  repeat
    local d = n % b
    s, n = alphabet:sub(d + 1, d + 1) .. s, (n - d) / b
  until n == 0
  return s
end
for _, b in ipairs { 2, 3, 8, 10, 16, 36 } do
  local s = to_base(123456789, b)
  io.write(b, ":", s, "=", tonumber(s, b), " ")
end
print()
assert(to_base(255, 16) == ("%x"):format(255) and to_base(8, 8) == ("%o"):format(8))
print(tonumber("ff", 16), tonumber("FF", 16), tonumber("zz", 36), tonumber("8", 8), tonumber("", 10), tonumber("1 1", 2), tonumber(" 101 ", 2), tonumber("1e1", 16), tonumber("1.5", 16), tonumber("7", 2))
print(tonumber "0x", tonumber "1e", tonumber "1e5x", tonumber "  12  ", tonumber "1 2", tonumber "-0x10", tonumber "+5", tonumber ".", tonumber ".5", tonumber "5.", tonumber "", tonumber(nil), tonumber {}, tonumber(true))
print("10" + 5, "3" * "4", -"2", "0x10" + 0, 10 .. 20, "5" % 3, pcall(function() return "abc" + 1 end))
print(10 == "10", "10" == 10 .. "", 1 < 2, "a" < "b", "10" < "9", "" < "a", "Z" < "a", "a" < "a\0")

print "== money and sizes"
local function commas(s) local left, num, right = s:match "^([^%d]*%d)(%d*)(.-)$" return left .. num:reverse():gsub("(%d%d%d)", "%1,"):reverse() .. right end
for _, v in ipairs { 0, 1, 999, 1000, 1234567.891, -54321, 0.5, 1e9 } do io.write("$", commas(("%.2f"):format(v)), " ") end print()
local function human(n)
  local units, i = { "B", "KB", "MB", "GB" }, 1
  while n >= 1024 and i < #units do n, i = n / 1024, i + 1 end
  return ("%.3g%s"):format(n, units[i])
end
for _, n in ipairs { 0, 1023, 1024, 1536, 1048576, 5e9, 1e13 } do io.write(human(n), " ") end print()
local function duration(s)
  local out = {}
  for _, u in ipairs { { 86400, "d" }, { 3600, "h" }, { 60, "m" }, { 1, "s" } } do
    local n = math.floor(s / u[1])
    s = s % u[1]
    if n > 0 then out[#out + 1] = n .. u[2] end
  end
  return #out > 0 and table.concat(out, " ") or "0s"
end
print(duration(0), duration(59), duration(3600), duration(90061), duration(86399.5))

print "== rounding"
local function round(x, n) local p = 10 ^ (n or 0) return math.floor(x * p + 0.5) / p end
for _, v in ipairs { 2.5, -2.5, 2.345, 1.005, 1234.5678 } do io.write(round(v), " ", round(v, 2), " ", round(v, -2), " ", math.floor(v), " ", math.ceil(v), " ", (math.modf(v)), "; ") end print()
print(math.modf(3.7), math.modf(-3.7), math.fmod(7, 3), math.fmod(-7, 3), math.mod(7.5, 2), -7 % 3, 7 % -3, 7.5 % 2, -0.5 % 1, math.frexp(10), math.ldexp(0.5, 4))
for x = 1, -1, -0.25 do io.write(x, " ") end
for x = 0.1, 0.5, 0.1 do io.write(x, " ") end
for x = 3, 1 do io.write "never" end
for x = 1, 1.9 do io.write(x, " ") end print()
