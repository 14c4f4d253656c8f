-- Metamethods: __index and __newindex functions, __call, arithmetic, comparison, __concat.
local scale = tonumber((...)) or 1
local function times(n) return math.max(1, math.floor(n * scale)) end
local V = {}
local function vector(x, y) return setmetatable({ x = x, y = y }, V) end
V.__add = function(a, b) return vector(a.x + b.x, a.y + b.y) end
V.__mul = function(a, k) return vector(a.x * k, a.y * k) end
V.__unm = function(a) return vector(-a.x, -a.y) end
V.__eq = function(a, b) return a.x == b.x and a.y == b.y end
V.__lt = function(a, b) return a.x < b.x end
V.__le = function(a, b) return a.x <= b.x end
V.__concat = function(a, b) return (type(a) == "table" and a.x or a) .. (type(b) == "table" and b.y or b) end
V.__call = function(a, d) return a.x + d end
local total, length = 0, 0
for i = 1, times(90000) do
  local a, b = vector(i % 10, 1), vector(3, i % 4)
  local c = -(a + b) * 2
  if a == b then total = total + 1 end
  if a < b then total = total + 2 end
  if b <= a then total = total + 3 end
  total = total + c.x + c(5)
  if i % 4 == 0 then length = length + #(a .. b) + #(a .. "!") end
end
local reads, writes = 0, 0
local lazy = setmetatable({}, { __index = function(t, k) reads = reads + 1 return k end })
local guard = setmetatable({}, { __newindex = function(t, k, v) writes = writes + v end })
local chained = setmetatable({}, { __index = setmetatable({}, { __index = { deep = 1 } }) })
for i = 1, times(400000) do
  total = total + lazy[i % 100] + chained.deep
  guard.field = 1
end
print("metamethods", total, length, reads, writes)
