-- A million tables with two fields in an array.
-- bound: memory 0.80
local n = math.floor(1e6 * (tonumber((...)) or 1))
local t = {}
for i = 1, n do t[i] = { x = i, y = i } end
print("record_tables", #t)
