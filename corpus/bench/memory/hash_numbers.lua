-- A million whole numbers under keys that are no array.
local n = math.floor(1e6 * (tonumber((...)) or 1))
local t = {}
for i = 1, n do t[i * 16 + 0.5] = i end
local count = 0
for _ in pairs(t) do count = count + 1 end
print("hash_numbers", count)
