--@ origin: written
--@ found: 2026-11-29 0fa03d6
--@ signature: 83a904da
--@ channels: output
-- `debug.setupvalue` has the barrier of the function: while marking, a value that is given to a
-- black function lives until the next cycle, even if the variable is in the stack, which is
-- never black, and the value is replaced at once.
local weak = setmetatable({}, { __mode = "v" })
local lives = {}
local shared
local function black() return shared end
for n = 0, 40 do
  collectgarbage()
  for _ = 1, n do collectgarbage("step", 0) end
  weak[1] = {}
  debug.setupvalue(black, 1, weak[1])
  debug.setupvalue(black, 1, nil)
  repeat until collectgarbage("step", 0)
  lives[#lives + 1] = weak[1] and 1 or 0
end
print(table.concat(lives))
-- A closed variable that two functions share.
local function pair()
  local value
  return function() return value end, function(v) value = v end
end
local get, set = pair()
lives = {}
for n = 0, 40 do
  collectgarbage()
  for _ = 1, n do collectgarbage("step", 0) end
  weak[1] = "x" .. n
  weak[2] = {}
  debug.setupvalue(get, 1, weak[2])
  debug.setupvalue(set, 1, 1)
  repeat until collectgarbage("step", 0)
  lives[#lives + 1] = weak[2] and 1 or 0
end
print(table.concat(lives), get())
