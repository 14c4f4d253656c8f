-- string.gsub and gmatch: replacement by text, function and table; words, pairs, frontier.
local scale = tonumber((...)) or 1
local function times(n) return math.max(1, math.floor(n * scale)) end
local gsub, gmatch = string.gsub, string.gmatch
local text = string.rep("name = value; other=12, third = [x] ", 40)
local names = { name = "NAME", other = "OTHER" }
local total = 0
for i = 1, times(350) do
  local a, n = gsub(text, "%w+", "<%0>")
  local b, m = gsub(text, "%a+", names)
  local c = gsub(text, "(%a+)%s*=%s*(%w+)", function(k, v) return v .. ":" .. k end)
  local d = gsub(text, "%s+", "")
  local e = gsub(text, "^%s*(.-)%s*$", "%1")
  total = total + #a + n + #b + m + #c + #d + #e
  for word in gmatch(text, "%a+") do total = total + #word end
  for k, v in gmatch(text, "(%w+)=(%w+)") do total = total + #k + #v end
  local _, hits = gsub(text, "%f[%w]%w", string.upper)
  total = total + hits
end
for i = 1, times(200000) do total = total + #gsub("a-b-c", "-", "+") end
print("string_gsub", total)
