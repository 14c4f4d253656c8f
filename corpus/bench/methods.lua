-- Method calls on objects with their methods in a metatable, and on strings.
local scale = tonumber((...)) or 1
local function times(n) return math.max(1, math.floor(n * scale)) end
local Stack = {}
Stack.__index = Stack
function Stack.new() return setmetatable({ size = 0 }, Stack) end
function Stack:push(v)
  self.size = self.size + 1
  self[self.size] = v
  return self
end
function Stack:pop()
  local v = self[self.size]
  self[self.size] = nil
  self.size = self.size - 1
  return v
end
function Stack:top() return self[self.size] end
local s, total = Stack.new(), 0
for i = 1, times(500000) do
  s:push(i):push(i + 1)
  total = total + s:top() - s:pop()
  if s.size > 50 then while s.size > 0 do total = total + s:pop() % 3 end end
end
local word = "method"
for i = 1, times(500000) do total = total + word:len() + word:byte(i % 6 + 1) end
print("methods", total, s.size)
