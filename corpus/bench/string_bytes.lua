-- Strings as bytes: byte, char, sub, upper, lower, reverse, rep, len.
local scale = tonumber((...)) or 1
local function times(n) return math.max(1, math.floor(n * scale)) end
local byte, char, sub, upper, lower = string.byte, string.char, string.sub, string.upper, string.lower
local text = string.rep("The quick brown fox jumps over the lazy dog. ", 20)
local checksum, length = 0, 0
for round = 1, times(1000) do
  for i = 1, #text do checksum = (checksum * 31 + byte(text, i)) % 16777213 end
  for i = 1, #text, 3 do
    if sub(text, i, i) == "o" then length = length + 1 end
    length = length + #sub(text, i, i + 5)
  end
  length = length + #upper(text) + #lower(text) + #text:reverse()
end
for i = 1, times(500000) do
  local s = char(65 + i % 26, 97 + i % 26, 48 + i % 10)
  checksum = (checksum + byte(upper(s), 2) + byte(s:reverse())) % 16777213
  if i % 8 == 0 then length = length + #s:rep(i % 16) end
end
for i = 1, times(100000) do
  local a, b, c, d, e, f, g, h = byte(text, i % 800 + 1, i % 800 + 8)
  checksum = checksum + #char(a, b, c, d, e, f, g, h)
end
print("string_bytes", checksum, length)
