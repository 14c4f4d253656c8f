-- Tables with computed string keys: memoized functions, sets, histogram, deletion, refilling.
local scale = tonumber((...)) or 1
local function times(n) return math.max(1, math.floor(n * scale)) end
local memo, misses = {}, 0
local function distance(a, b)
  local key = a .. ":" .. b
  local d = memo[key]
  if not d then
    misses = misses + 1
    d = (a - b) * (a - b)
    memo[key] = d
  end
  return d
end
local total = 0
for i = 1, times(250000) do total = total + distance(i % 40, i % 33) end
local set = {}
for round = 1, times(12) do
  for i = 1, 5000 do set["member" .. (i * 17) % 4096] = i end
  for i = 1, 4096, 2 do set["member" .. i] = nil end
  for k, v in pairs(set) do total = total + v end
end
print("string_keys", total, misses)
