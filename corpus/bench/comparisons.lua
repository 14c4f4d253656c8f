-- Comparisons and conditions: < <= == ~= of numbers and strings, not, and, or, nil, booleans.
local scale = tonumber((...)) or 1
local function times(n) return math.max(1, math.floor(n * scale)) end
local words = { "alpha", "beta", "beta", "delta", "alphabet", "", "omega", "a" }
local less, equal, chosen, truths = 0, 0, 0, 0
for i = 1, times(1500000) do
  local x, y = i % 17, i % 11
  if x < y then less = less + 1 elseif x <= 5 then less = less + 2 end
  if x == y or x ~= 3 and y ~= 4 then equal = equal + 1 end
  local pick = x > 8 and x or y > 5 and y
  chosen = chosen + (pick or 1)
  if not pick == (x <= 8 and y <= 5) then truths = truths + 1 end
  local nothing = nil
  if nothing == nil and pick ~= nil and (x >= 2) ~= (y >= 2) then truths = truths + 1 end
end
local order = 0
for i = 1, times(400000) do
  local v, w = words[i % 8 + 1], words[i % 5 + 1]
  if v < w then order = order + 1 elseif v == w then order = order + 3 end
  if v <= "beta" and w ~= "omega" then order = order + 2 end
end
print("comparisons", less, equal, chosen, truths, order)
