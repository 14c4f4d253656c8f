-- Userdata with finalizers: newproxy, __gc, shared metatables, full and stepwise collections.
local scale = tonumber((...)) or 1
local function times(n) return math.max(1, math.floor(n * scale)) end
local finalized, live = 0, {}
local model = newproxy(true)
getmetatable(model).__gc = function() finalized = finalized + 1 end
getmetatable(model).__len = function() return 3 end
local total = 0
for round = 1, times(300) do
  for i = 1, 3000 do
    local u = newproxy(model)
    total = total + #u
    if i % 10 == 0 then live[i] = u end
  end
  for i = 1, 20 do collectgarbage("step", 10) end
  collectgarbage()
end
model, live = nil, nil
collectgarbage()
print("collect_userdata", total, finalized)
