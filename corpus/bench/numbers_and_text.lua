-- Numbers to text and back: tostring, tonumber, .. of numbers, arithmetic on numerals.
local scale = tonumber((...)) or 1
local function times(n) return math.max(1, math.floor(n * scale)) end
local total, length = 0, 0
for i = 1, times(150000) do
  length = length + #tostring(i) + #(i .. "")
  total = total + tonumber("12" .. i % 10) + "3" * 2
  if i % 8 == 0 then
    length = length + #tostring(i / 7)
    total = total + tonumber("0x1F") + tonumber("ff", 16) + tonumber("1e3") + tonumber("3.25")
  end
end
print("numbers_and_text", total, length, tostring(1e15), tostring(2 ^ 53), tostring(-0.1))
