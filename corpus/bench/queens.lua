-- Eight queens by backtracking: small arrays of booleans, recursion, upvalues.
local scale = tonumber((...)) or 1
local function times(n) return math.max(1, math.floor(n * scale)) end
local n = 8
local columns, up, down, solutions, tries = {}, {}, {}, 0, 0
local function place(row)
  if row > n then solutions = solutions + 1 return end
  for column = 1, n do
    tries = tries + 1
    if not (columns[column] or up[row + column] or down[row - column + n]) then
      columns[column], up[row + column], down[row - column + n] = true, true, true
      place(row + 1)
      columns[column], up[row + column], down[row - column + n] = false, false, false
    end
  end
end
for _ = 1, times(190) do place(1) end
print("queens", solutions, tries)
