-- An array of a million whole numbers.
-- bound: memory 0.60
local n = math.floor(1e6 * (tonumber((...)) or 1))
local t = {}
for i = 1, n do t[i] = i end
print("integers", #t)
