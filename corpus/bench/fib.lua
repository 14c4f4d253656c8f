-- Recursive calls: argument passing, upvalue access to self, integer compare/add.
local scale = tonumber((...)) or 1
local function times(n) return math.max(1, math.floor(n * scale)) end
local function fib(n)
  if n < 2 then return n end
  return fib(n - 1) + fib(n - 2)
end
print("fib", fib(math.floor(31.5 + math.log(scale) / math.log(1.618))))
