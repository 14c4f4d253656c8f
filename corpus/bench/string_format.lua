-- string.format: whole numbers, fractions, strings, widths, hexadecimal, quoted.
local scale = tonumber((...)) or 1
local function times(n) return math.max(1, math.floor(n * scale)) end
local format = string.format
local length = 0
for i = 1, times(110000) do
  length = length + #format("%d items at %s", i, "place")
  length = length + #format("%5.2f|%-8s|%03d", i / 7, "ab", i % 1000)
  if i % 4 == 0 then length = length + #format("%x %X %o %c", i, i, i, 65 + i % 26) end
  if i % 4 == 1 then length = length + #format("%g %e", i / 3, i * 1.5) end
  if i % 4 == 2 then length = length + #format("%q", "line\n\"quoted\"") end
  if i % 4 == 3 then length = length + #format("%s%%%s", i, "x") end
end
print("string_format", length, format("%14.6g", length / 3))
