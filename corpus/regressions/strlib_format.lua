-- Every conversion of string.format with many values, and generated formats.
local function show(ok, s) return (ok and #s .. ":" or "") .. s:gsub("[^%w%p ]", function(c) return "\\" .. c:byte() end) end
local values = {0, -0, 1, -1, 42, 1.5, -2.5, 1e15, 123456789.125, 1e100, -1e300, 5e-324, 2^31, 2^53, 2^63, -2^63, 2^64, 1/0, -1/0, 0/0, -(0/0), "7", "0x1F", "abc", "a\0b", "", ("s"):rep(99), ("s"):rep(100), "q\"\\\n\r\0"}
local conversions = {"%d", "%5i|", "%-7d|", "%+07.2d", "% .3d", "%u", "%x", "%#X", "%o", "%#.4o", "%c", "%4c|", "%-4c|", "%s", "%9s|", "%-9.2s|", "%.0s|", "%q", "%e", "%+.0E", "%f", "%09.3f", "%#.0f", "%-12.4g|", "%#g", "%G", "%.14g", "%.99f"}
for _, conversion in ipairs(conversions) do
  for _, value in ipairs(values) do
    print(conversion, tostring(value):sub(1, 20):gsub("[%z\n\r]", "."), show(pcall(string.format, conversion, value)))
  end
end
local seed = 511
local function random(n) seed = (seed * 1103515245 + 12345) % 2147483648 return math.floor(seed / 65536) % n + 1 end
local function pick(t) return t[random(#t)] end
local pieces = {"%", "-", "+", " ", "#", "0", "1", "9", ".", "d", "s", "f", "q", "c", "x", "%d", "%s", "%5.1f", "%%", "a", "\0", "\200", "y", "l", "%-", "%.", "%12"}
for i = 1, 900 do
  local format = {}
  for j = 1, random(6) do format[j] = pick(pieces) end
  format = table.concat(format)
  if random(3) == 1 then print(show(true, format), show(pcall(string.format, format, pick(values), 2, "three")))
  else print(show(true, format), show(pcall(string.format, format, 1, pick(values)))) end
end
