-- Classes that change while their methods are called: `__index` set by name, by a computed key, by rawset, to functions, to nil and back; parents exchanged; weak metatables; the class of strings.

local function class(name, parent)
  local c = { name = name }
  c.__index = c
  return setmetatable(c, parent)
end

local function tell(what, ...)
  local t = { what }
  for i = 1, select("#", ...) do t[#t + 1] = tostring((select(i, ...))) end
  print(table.concat(t, "\t"))
end

-- Every method is called often enough for anything that is remembered to be remembered.
local function ask(o, method)
  local last
  for _ = 1, 3 do
    local ok, v = pcall(function() return o[method](o) end)
    local ok2, v2 = pcall(function()
      if method == "who" then return o:who() elseif method == "kind" then return o:kind() else return o:hello() end
    end)
    assert(ok == ok2 and (not ok or v == v2), "two ways to a method differ")
    last = ok and v or "no " .. method
  end
  return last
end

local Animal = class("Animal")
function Animal:who() return self.name end
function Animal:kind() return "animal" end
local Dog = class("Dog", Animal)
local Robot = class("Robot")
function Robot:who() return "robot " .. tostring(self.name) end

local rex = setmetatable({}, Dog)
tell("inherited", ask(rex, "who"), ask(rex, "kind"), ask(rex, "hello"))
function Animal:hello() return "hello, " .. self:who() end
tell("added above", ask(rex, "hello"))
function Dog:hello() return "woof" end
tell("added between", ask(rex, "hello"))
rex.hello = function() return "mine" end
tell("added in the object", ask(rex, "hello"))
rex.hello, Dog.hello = nil, nil
tell("removed again", ask(rex, "hello"))

Dog.__index = Robot
tell("__index by name", ask(rex, "who"), ask(rex, "kind"))
Dog["__" .. "index"] = Animal
tell("__index by a computed key", ask(rex, "who"), ask(rex, "kind"))
rawset(Dog, "__index", Robot)
tell("__index by rawset", ask(rex, "who"), ask(rex, "kind"))
Dog.__index = nil
tell("no __index", ask(rex, "who"), ask(rex, "kind"))
Dog.__index = function(t, k) return function() return "computed " .. k end end
tell("a function", ask(rex, "who"), ask(rex, "kind"))
Dog.__index = Dog
tell("itself again", ask(rex, "who"), ask(rex, "kind"))
Dog.__index = "a string"
tell("the class of strings", ask(rex, "who"), pcall(function() return rex:upper() end))
Dog.__index = 7
tell("a number", ask(rex, "who"))
Dog.__index = Dog

setmetatable(Dog, Robot)
tell("another parent", ask(rex, "who"), ask(rex, "kind"))
setmetatable(Dog, nil)
tell("no parent", ask(rex, "who"), ask(rex, "kind"))
setmetatable(Dog, Animal)
setmetatable(rex, Animal)
tell("another class", ask(rex, "who"), ask(rex, "kind"))
setmetatable(rex, Dog)

-- A field of the class that every call changes, and globals named like events.
Dog.calls = 0
function Dog:count() Dog.calls = Dog.calls + 1 return Dog.calls end
local sum = 0
for i = 1, 100 do
  sum = sum + rex:count()
  if i % 40 == 0 then Dog.__index = i % 80 == 0 and Dog or setmetatable({}, { __index = Dog }) end
end
tell("static field", sum, Dog.calls)
Dog.__index = Dog
__index = Robot
tell("a global __index", ask(setmetatable({}, getfenv()), "who"))
__index = Animal
tell("and another", ask(setmetatable({}, getfenv()), "who"))
__index = nil
tell("and none", ask(setmetatable({}, getfenv()), "who"))

-- next-and-assign, table.foreach and the rest that writes fields.
for k in pairs(Dog) do if k == "__index" then Dog[k] = Robot end end
tell("while traversing", ask(rex, "who"))
table.foreach(Dog, function(k) if k == "__index" then Dog[k] = Animal end end)
tell("by foreach", ask(rex, "who"))
local environment = setfenv(function() __index = Robot end, Dog)
environment()
tell("by a function whose environment is the class", ask(rex, "who"))
local lines = setmetatable({}, { __newindex = Dog })
lines.__index = Dog
tell("through __newindex", ask(rex, "who"), rawget(lines, "__index"))

-- A metatable whose values are weak loses its class.
local weak = setmetatable({}, { __mode = "v" })
weak.__index = { who = function() return "soon gone" end }
local o = setmetatable({}, weak)
tell("weak", ask(o, "who"))
collectgarbage()
local others = {}
for i = 1, 50 do others[i] = { who = function() return "wrong" end } end
tell("after a collection", ask(o, "who"), rawget(weak, "__index"))
weak.__index = Robot
tell("set again", ask(o, "who"))

-- Many classes, made and dropped, so that tables come back as others.
local function generation(n)
  local made = {}
  for i = 1, 40 do
    local C = class("C" .. n .. "." .. i, i > 1 and made[i - 1] or nil)
    if i == 1 then function C:who() return self.name end end
    made[i] = C
  end
  local out = {}
  for i = 1, 40, 13 do out[#out + 1] = ask(setmetatable({}, made[i]), "who") end
  return table.concat(out, " ")
end
for n = 1, 5 do
  tell("generation " .. n, generation(n))
  collectgarbage()
end

-- Chains that are too long, and loops.
local bottom = {}
local chain = bottom
for _ = 1, 99 do chain = setmetatable({}, { __index = chain }) end
bottom.who = function() return "at the bottom" end
tell("a chain of 100", ask(chain, "who"), ask(chain, "kind"))
chain = setmetatable({}, { __index = chain })
tell("one more", ask(chain, "who"))
local A, B = {}, {}
setmetatable(A, { __index = B })
setmetatable(B, { __index = A })
tell("a loop", pcall(function() return A:who() end))

-- The class of strings.
local strings = getmetatable("").__index
tell("strings", ("x"):rep(3), pcall(function() return ("x"):shout() end))
function strings.shout(s) return s:upper() .. "!" end
tell("strings with more", ("x"):shout(), ("y"):rep(2))
getmetatable("").__index = { rep = function(s) return "my rep of " .. s end }
tell("another class for strings", ("z"):rep(), pcall(function() return ("z"):upper() end))
getmetatable("").__index = function(s, k) return function() return k .. " of " .. s end end
tell("a function for strings", ("z"):rep(), ("z"):anything())
getmetatable("").__index = strings
strings.shout = nil
tell("as it was", ("x"):rep(3), pcall(function() return ("x"):shout() end))
