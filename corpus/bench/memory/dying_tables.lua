-- A million small tables that die at once.
local n = math.floor(1e6 * (tonumber((...)) or 1))
local total = 0
for i = 1, n do
  local t = { i, i }
  total = total + #t
end
print("dying_tables", total)
