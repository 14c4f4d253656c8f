-- Generic for: pairs over arrays and hashes, ipairs, next, a closure and a stateless function.
local scale = tonumber((...)) or 1
local function times(n) return math.max(1, math.floor(n * scale)) end
local array, hash = {}, {}
for i = 1, 200 do
  array[i] = i
  hash["key" .. i] = i
end
local function upto(n)
  local i = 0
  return function() i = i + 1 if i <= n then return i end end
end
local function backwards(t, i) if i > 1 then return i - 1, t[i - 1] end end
local total = 0
for round = 1, times(3000) do
  for i, v in ipairs(array) do total = total + i * v % 7 end
  for _, v in pairs(array) do total = total + v end
  for k, v in pairs(hash) do total = total + v + #k end
  for k in next, hash do if hash[k] == round then total = total + 1 end end
  for i in upto(200) do total = total + i end
  for i, v in backwards, array, 201 do total = total + i - v end
end
print("iterators", total)
