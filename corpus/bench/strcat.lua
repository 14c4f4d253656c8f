-- The .. operator (short, multi-operand, growing) and table.concat buffers.
local scale = tonumber((...)) or 1
local function times(n) return math.max(1, math.floor(n * scale)) end
local total = 0
for round = 1, times(5) do
  local s = ""
  for i = 1, 3000 do s = s .. "ab" .. i end
  total = total + #s
end
for i = 1, times(150000) do
  local k = "key" .. i % 1000 .. ":" .. i % 7
  total = total + #k
end
for round = 1, times(3) do
  local buf = {}
  for i = 1, 40000 do
    buf[#buf + 1] = "item"
    buf[#buf + 1] = i
  end
  total = total + #table.concat(buf, ",") + #table.concat(buf)
end
local parts = {}
for i = 1, 20 do parts[i] = string.rep("x", i) end
for i = 1, times(10000) do total = total + #table.concat(parts, "-", 3, 15) end
print("strcat", total)
