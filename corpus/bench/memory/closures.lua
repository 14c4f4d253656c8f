-- A million closures, each with an upvalue of its own, in an array.
-- bound: memory 0.90
local n = math.floor(1e6 * (tonumber((...)) or 1))
local t = {}
for i = 1, n do t[i] = function() return i end end
print("closures", #t, t[#t]())
