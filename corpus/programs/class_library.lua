-- Class library: single and multiple inheritance (C3 order), mixins, super calls, properties, operators and abstract methods.

-- C3 linearisation -------------------------------------------------------

local function merge(sequences)
  local result = {}
  while true do
    local left, candidate = false, nil
    for _, seq in ipairs(sequences) do
      if #seq > 0 then
        left = true
        local head, blocked = seq[1], false
        for _, other in ipairs(sequences) do
          for i = 2, #other do
            if other[i] == head then blocked = true; break end
          end
          if blocked then break end
        end
        if not blocked then candidate = head; break end
      end
    end
    if not left then return result end
    if not candidate then return nil end
    result[#result + 1] = candidate
    for _, seq in ipairs(sequences) do
      if seq[1] == candidate then table.remove(seq, 1) end
    end
  end
end

local function copy(list)
  return { unpack(list) }
end

-- classes ------------------------------------------------------------------

local operators = {
  "__add", "__sub", "__mul", "__div", "__mod", "__pow", "__unm", "__concat", "__eq", "__lt", "__le", "__call", "__tostring",
}

local class_meta = {}

function class_meta.__index(class, key)
  for _, c in ipairs(rawget(class, "__order")) do
    local v = rawget(c.__members, key)
    if v ~= nil then return v end
  end
end

function class_meta.__newindex(class, key, value)
  class.__members[key] = value
end

function class_meta.__call(class, ...)
  for name in pairs(class.__missing()) do
    error(("%s is abstract: %s is missing"):format(class.__name, name), 2)
  end
  local object = setmetatable({}, class.__instance)
  if class.init then class.init(object, ...) end
  return object
end

function class_meta.__tostring(class) return "class " .. rawget(class, "__name") end

-- One function per operator for all classes: comparisons demand that both operands share it.
-- Operators are looked up late, so they can be defined after the class is made, and are inherited.
local dispatch = {}
for _, op in ipairs(operators) do
  dispatch[op] = function(...)
    local a, b = ...
    local meta = getmetatable(type(a) == "table" and a or b)
    local class = meta and meta.__class
    local f = class[op] or op == "__tostring" and function() return "a " .. class.__name end
    if not f then
      if op == "__eq" then return rawequal(a, b) end
      error(("%s has no operator %s"):format(class.__name, op), 2)
    end
    return f(...)
  end
end

local abstract = {}   -- marks a member that subclasses must define

local function class(name, ...)
  local bases = { ... }
  local new = { __name = name, __members = {}, __bases = bases }
  local sequences = {}
  for _, b in ipairs(bases) do sequences[#sequences + 1] = copy(b.__order) end
  sequences[#sequences + 1] = copy(bases)
  local tail = merge(sequences)
  if not tail then error("no consistent order for " .. name, 2) end
  new.__order = { new, unpack(tail) }

  local instance = { __class = new }
  function instance.__index(object, key)
    local getter = new["get_" .. tostring(key)]
    if getter then return getter(object) end
    return new[key]
  end
  function instance.__newindex(object, key, value)
    local setter = new["set_" .. tostring(key)]
    if setter then return setter(object, value) end
    if new["get_" .. tostring(key)] then error("property '" .. key .. "' is read-only", 2) end
    rawset(object, key, value)
  end
  for _, op in ipairs(operators) do instance[op] = dispatch[op] end
  new.__instance = instance
  function new.__missing()
    local missing = {}
    for i = #new.__order, 1, -1 do
      for k, v in pairs(new.__order[i].__members) do
        missing[k] = v == abstract or nil
      end
    end
    return missing
  end
  return setmetatable(new, class_meta)
end

local function include(target, mixin)
  for k, v in pairs(mixin) do
    if k == "included" then v(target) elseif target.__members[k] == nil then target[k] = v end
  end
  return target
end

local function class_of(object)
  local meta = getmetatable(object)
  return type(meta) == "table" and meta.__class or nil
end

local function is_a(object, wanted)
  local c = class_of(object)
  if not c then return false end
  for _, k in ipairs(c.__order) do
    if k == wanted then return true end
  end
  return false
end

-- The next definition of a method after `class` in the order of the object's own class.
local function super(class, object, method)
  local after = false
  for _, c in ipairs(class_of(object).__order) do
    if after and c.__members[method] ~= nil then return c.__members[method] end
    after = after or c == class
  end
  error("no " .. method .. " above " .. class.__name, 2)
end

local function order(class)
  local names = {}
  for i, c in ipairs(class.__order) do names[i] = c.__name end
  return table.concat(names, " > ")
end

print "== shapes"
local Shape = class "Shape"
Shape.area = abstract
function Shape:init(label) self.label = label end
function Shape:describe() return ("%s of area %.3f"):format(self.label, self:area()) end
function Shape.__lt(a, b) return a:area() < b:area() end
function Shape.__le(a, b) return a:area() <= b:area() end

local Circle = class("Circle", Shape)
function Circle:init(r) Shape.init(self, "circle") self.r = r end
function Circle:area() return math.pi * self.r ^ 2 end
local Rect = class("Rect", Shape)
function Rect:init(w, h) Shape.init(self, "rect") self.w, self.h = w, h end
function Rect:area() return self.w * self.h end
local Square = class("Square", Rect)
function Square:init(side)
  super(Square, self, "init")(self, side, side)
  self.label = "square"
end
function Square:describe() return super(Square, self, "describe")(self) .. " and side " .. self.w end

local shapes = { Circle(1), Rect(2, 3), Square(1.5), Rect(0.5, 9), Circle(0.5) }
table.sort(shapes, function(a, b) return a < b end)
for i, s in ipairs(shapes) do print(i, s:describe(), is_a(s, Rect), is_a(s, Shape), tostring(class_of(s))) end
print(shapes[1] <= shapes[2], shapes[1] > shapes[2], tostring(shapes[1]), is_a({}, Shape), is_a(3, Shape))
print(pcall(Shape, "nothing"))
print(order(Square))

print "== diamond"
local A = class "A"
function A:who() return "A" end
function A:init() self.log = { "A" } end
local B = class("B", A)
function B:who() return "B" .. super(B, self, "who")(self) end
function B:init() super(B, self, "init")(self) table.insert(self.log, "B") end
local C = class("C", A)
function C:who() return "C" .. super(C, self, "who")(self) end
function C:init() super(C, self, "init")(self) table.insert(self.log, "C") end
local D = class("D", B, C)
function D:who() return "D" .. super(D, self, "who")(self) end
function D:init() super(D, self, "init")(self) table.insert(self.log, "D") end
local d = D()
print(order(D), d:who(), table.concat(d.log, ","))
print(B():who(), C():who(), table.concat(B().log, ","))
print(pcall(super, A, d, "who"))
print(pcall(class, "E", A, C))
local X, Y, Z = class "X", class "Y", class "Z"
local K1, K2, K3 = class("K1", X, Y), class("K2", Y, Z), class("K3", Z, X)
print(order(class("K4", K1, K2)))
print(pcall(class, "K5", K1, K2, K3))

print "== late definitions"
function A:extra() return "extra for " .. self:who() end
print(d:extra(), D.extra == A.extra, rawget(D, "extra"))
A.who = function() return "a!" end
print(d:who())
D.__call = function(self, ...) return select("#", ...), self:who() end
print(d(1, nil, nil))
print(pcall(function() return d + 1 end))

print "== vectors"
local Vector = class "Vector"
function Vector:init(...) for i, v in ipairs { ... } do self[i] = v end end
local function zip(f)
  return function(a, b)
    local r = Vector()
    for i = 1, math.max(type(a) == "table" and #a or 0, type(b) == "table" and #b or 0) do
      r[i] = f(type(a) == "table" and a[i] or a, type(b) == "table" and b[i] or b)
    end
    return r
  end
end
Vector.__add = zip(function(x, y) return x + y end)
Vector.__sub = zip(function(x, y) return x - y end)
Vector.__mul = zip(function(x, y) return x * y end)
Vector.__div = zip(function(x, y) return x / y end)
Vector.__mod = zip(function(x, y) return x % y end)
Vector.__pow = zip(function(x, y) return x ^ y end)
function Vector.__unm(a) return 0 - a end
function Vector.__eq(a, b)
  if #a ~= #b then return false end
  for i = 1, #a do if a[i] ~= b[i] then return false end end
  return true
end
function Vector:__tostring() return "(" .. table.concat(self, ", ") .. ")" end
function Vector.__concat(a, b) return tostring(a) .. tostring(b) end
function Vector:get_length() return math.sqrt((self * self):sum()) end
function Vector:sum() local s = 0 for _, v in ipairs(self) do s = s + v end return s end
function Vector:get_x() return self[1] end
function Vector:set_x(v) rawset(self, 1, v) end

local u, v = Vector(1, 2, 3), Vector(4, 5, 6)
print(tostring(u + v), tostring(u - v), tostring(u * 2), tostring(12 / u), tostring(v % 4), tostring(u ^ 2), tostring(-u))
print("join " .. u .. v .. "!", u == Vector(1, 2, 3), u ~= v, u == Vector(1, 2), rawequal(u, u))
print(Vector(3, 4).length, (u + v):sum(), #u)
u.x = 10
print(u.x, u[1], rawget(u, "x"), pcall(function() u.length = 3 end))

print "== mixins"
local Comparable = {
  included = function(target) print("mixed into " .. tostring(target)) end,
  max = function(a, b) return a:key() < b:key() and b or a end,
  between = function(self, a, b) return a:key() <= self:key() and self:key() <= b:key() end,
}
local Counted = {
  included = function(target)
    local made, init = 0, target.init
    target.init = function(self, ...)
      made = made + 1
      if init then init(self, ...) end
    end
    target.count = function() return made end
  end,
}
local Person = class "Person"
function Person:init(name, age) self.name, self.age = name, age end
function Person:key() return self.age end
function Person:between() return "own method wins" end
include(include(Person, Comparable), Counted)
local ann, bob = Person("Ann", 40), Person("Bob", 30)
print(ann:max(bob).name, bob:max(ann).name, bob:between(), Person.count(), Comparable.between(ann, bob, ann))
local Child = class("Child", Person)
print(Child("Cy", 5):max(ann).name, Person.count(), Child.count())

print "== private state by closures"
local function Account(balance)
  local self, history = {}, {}
  local function record(kind, amount) history[#history + 1] = kind .. amount; return self end
  function self.deposit(n) balance = balance + n return record("+", n) end
  function self.withdraw(n)
    if n > balance then error("insufficient funds", 2) end
    balance = balance - n
    return record("-", n)
  end
  function self.report() return balance, table.concat(history, " ") end
  return self
end
local acc = Account(100)
print(acc.deposit(50).withdraw(30).deposit(5).report())
print(pcall(acc.withdraw, 1e6))
print(Account(1).report())

print "== members in a fixed order"
for _, c in ipairs { Shape, Vector, Person, A } do
  local names = {}
  for k in pairs(c.__members) do names[#names + 1] = k end
  print(tostring(c), table.concat(names, " "))
end
