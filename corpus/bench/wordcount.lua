-- Hash tables with string keys: count words, merge, iterate with pairs, delete.
local scale = tonumber((...)) or 1
local function times(n) return math.max(1, math.floor(n * scale)) end
local seed = 5
local function rnd(n)
  seed = seed * 16807 % 2147483647
  return seed % n + 1
end
local syl = { "ka", "to", "mi", "re", "so", "lu", "ne", "vi", "pa", "do", "qu", "ze" }
local buf = {}
for i = 1, times(60000) do
  local w = syl[rnd(12)] .. syl[rnd(12)]
  if i % 3 > 0 then w = w .. syl[rnd(12)] end
  buf[i] = w
end
local text = table.concat(buf, " ")
local total = 0
for round = 1, times(15) do
  local counts, distinct = {}, 0
  for w in string.gmatch(text, "%S+") do
    local c = counts[w]
    if c then counts[w] = c + 1 else counts[w], distinct = 1, distinct + 1 end
  end
  local best = 0
  for w, c in pairs(counts) do
    total = total + #w * c
    if c > best then best = c end
  end
  for i = 1, #buf, 2 do counts[buf[i]] = nil end
  local left = 0
  for _ in pairs(counts) do left = left + 1 end
  for i = 1, #buf do
    local w = buf[i]
    counts[w] = (counts[w] or 0) + 1
  end
  total = total + distinct + best + left
end
print("wordcount", total)
