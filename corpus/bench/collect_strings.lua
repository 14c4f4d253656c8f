-- Strings that die: distinct short ones, long ones, keys of tables that are thrown away.
local scale = tonumber((...)) or 1
local function times(n) return math.max(1, math.floor(n * scale)) end
local total = 0
for i = 1, times(350000) do
  local s = "string " .. i
  total = total + #s
end
for round = 1, times(60) do
  local t = {}
  for i = 1, 1000 do t["k" .. round * 1000 + i] = i end
  total = total + t["k" .. round * 1000 + 7]
end
local block = string.rep("x", 1000)
for i = 1, times(60000) do
  local s = block .. i
  total = total + #s
end
print("collect_strings", total)
