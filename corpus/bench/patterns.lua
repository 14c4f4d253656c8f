-- Pattern matching: find, match, gmatch, gsub with string/table/function, %b, %f, back-references.
local scale = tonumber((...)) or 1
local function times(n) return math.max(1, math.floor(n * scale)) end
local seed = 99
local function rnd(n)
  seed = seed * 16807 % 2147483647
  return seed % n + 1
end
local pieces = { "alpha", "Beta42", "x1=10;", "(nested (deep) text)", "user@host.org", "3.1415",
  "\"quoted\"", "--", "the", "quick", "brown", "fox", "  ", "A_b_C", "2024-01-31" }
local t = {}
for i = 1, 9000 do t[i] = pieces[rnd(#pieces)] end
local text = table.concat(t, " ")

local total = 0
for _ = 1, times(7) do
  local words = 0
  for w in string.gmatch(text, "%a+") do words = words + #w end
  local pairs_ = 0
  for k, v in string.gmatch(text, "(%w+)=(%w+)") do pairs_ = pairs_ + #k + #v end
  local _, n1 = string.gsub(text, "%s+", " ")
  local up, n2 = string.gsub(text, "%f[%w]%l", string.upper)
  local sub, n3 = string.gsub(text, "%w+", { the = "THE", fox = "cat", quick = false })
  local sw, n4 = string.gsub(text, "(%w+)@(%w+)", "%2 at %1")
  local bal = 0
  for b in string.gmatch(text, "%b()") do bal = bal + #b end
  local dates = 0
  for y, m, d in string.gmatch(text, "(%d%d%d%d)%-(%d%d)%-(%d%d)") do dates = dates + y + m + d end
  local _, n5 = string.gsub(text, "(.)%1", "%0")
  local pos, hits = 1, 0
  while true do
    local s, e = string.find(text, "brown fox", pos, true)
    if not s then break end
    hits, pos = hits + 1, e + 1
  end
  local quoted = 0
  for q in string.gmatch(text, '"(.-)"') do quoted = quoted + #q end
  total = total + words + pairs_ + n1 + n2 + n3 + n4 + bal + dates + n5 + hits + quoted
    + #up + #sub + #sw
end
for i = 1, times(150000) do
  local h, m = string.match("time 12:45 zone", "(%d+):(%d+)")
  total = total + h - m
  if string.find("  trim me  ", "^%s*(.-)%s*$") then total = total + 1 end
end
print("patterns", total)
