-- A million distinct short strings in an array.
-- bound: memory 0.90
local n = math.floor(1e6 * (tonumber((...)) or 1))
local t = {}
for i = 1, n do t[i] = ("%d"):format(i * 40503 % 1000003) end
print("strings", #t, #t[#t])
