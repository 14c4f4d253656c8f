-- What a call leaves behind in registers above those in use is alive for a
-- collection that an instruction of the same function sets off, until something
-- overwrites it.

local weak = setmetatable({}, {__mode = "v"})

-- A result that nobody wants does not take the place of the function.
local function make()
  local t = {}
  weak.made = t
  return t
end
local function unwanted()
  do
    local a, b, c, d, e, f, g, h, i
    make()
  end
  for i = 1, 20000 do local x = {} end
  print("unwanted result", weak.made)
end
unwanted()

-- `next` leaves the last value of a loop above its results.
local function traverse()
  local t = {{}, {}, {}}
  for i = 1, 3 do weak[i] = t[i] end
  do
    local a, b, c, d, e
    for k, v in pairs(t) do local x, y, z end
  end
  t = nil
  for i = 1, 20000 do local x = {} end
  print("after a loop", weak[1] and 1, weak[2] and 2, weak[3] and 3)
end
traverse()

-- `pcall` leaves its status where the called function had a variable.
local function protected(f, note)
  do
    local a, b, c, d, e, g, h, i
    pcall(f, 1, 2, 3, 4, 5, 6)
  end
  for i = 1, 20000 do local x = {} end
  print(note, weak.object and "alive")
  weak.object = nil
end
protected(function() local t = {} weak.object = t end, "first variable")
protected(function() local a local t = {} weak.object = t end, "second variable")
protected(function() local a, b, c local t = {} weak.object = t end, "fourth variable")
protected(function() local t = {} weak.object = t error("x", 0) end, "first variable, error")
protected(function() local a local t = {} weak.object = t error("x", 0) end, "second variable, error")
protected(function() local t = {} weak.object = t return 1, 2 end, "results")

-- `wrap` leaves the function that it was given.
local function wrapped()
  do
    local a, b, c, d, e, g, h, i
    local w = coroutine.wrap(function(f) weak.co = coroutine.running() weak.fn = f return 1 end)
    w(w)
    w = nil
    coroutine.wrap(unwanted)
  end
  for i = 1, 20000 do local x = {} end
  print("wrapped", weak.co and "alive", weak.fn and "alive")
end
wrapped()
