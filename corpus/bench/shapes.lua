-- Class hierarchy through __index chains: method calls, field reads/writes, polymorphism.
local scale = tonumber((...)) or 1
local function times(n) return math.max(1, math.floor(n * scale)) end
local function class(parent)
  local c = {}
  c.__index = c
  if parent then setmetatable(c, parent) end
  return c
end

local Shape = class()
function Shape.init(self, x, y) self.x, self.y, self.moves = x, y, 0 return self end
function Shape:move(dx, dy)
  self.x = self.x + dx
  self.y = self.y + dy
  self.moves = self.moves + 1
end
function Shape:area() return 0 end
function Shape:weight() return self:area() * self:density() end
function Shape:density() return 2 end

local Rect = class(Shape)
function Rect.new(x, y, w, h)
  local o = Shape.init(setmetatable({}, Rect), x, y)
  o.w, o.h = w, h
  return o
end
function Rect:area() return self.w * self.h end

local Square = class(Rect)
function Square.new(x, y, s)
  local o = Shape.init(setmetatable({}, Square), x, y)
  o.w, o.h = s, s
  return o
end
function Square:density() return 3 end

local Disc = class(Shape)
function Disc.new(x, y, r)
  local o = Shape.init(setmetatable({}, Disc), x, y)
  o.r = r
  return o
end
function Disc:area() return self.r * self.r * 3 end

local list = {}
for i = 1, 300 do
  local k = i % 3
  if k == 0 then list[i] = Rect.new(i, 0, i % 7 + 1, 3)
  elseif k == 1 then list[i] = Square.new(0, i, i % 5 + 1)
  else list[i] = Disc.new(i, i, i % 4 + 1) end
end
local total = 0
for round = 1, times(2700) do
  for i = 1, #list do
    local s = list[i]
    s:move(1, -1)
    total = total + s:weight()
  end
end
local drift = 0
for _, s in ipairs(list) do drift = drift + s.x - s.y + s.moves end
print("shapes", total, drift)
