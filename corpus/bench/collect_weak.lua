-- Weak tables: caches by weak values, properties by weak keys, full collections.
local scale = tonumber((...)) or 1
local function times(n) return math.max(1, math.floor(n * scale)) end
local keys = setmetatable({}, { __mode = "k" })
local values = setmetatable({}, { __mode = "v" })
local strong, made, found = {}, 0, 0
local function cached(i)
  local t = values[i]
  if t then found = found + 1 return t end
  made = made + 1
  t = { i }
  values[i] = t
  keys[t] = i
  return t
end
collectgarbage("stop")
for round = 1, times(400) do
  for i = 1, 1500 do
    local t = cached(i)
    if i % 3 == 0 then strong[i] = t elseif i % 5 == 0 then strong[i] = nil end
  end
  for i = 1, 1500 do found = found + cached(i)[1] % 2 end
  collectgarbage()
end
local left = 0
for t, i in pairs(keys) do left = left + i end
print("collect_weak", made, found, left)
