--@ origin: written
--@ found: 2026-11-28 7455f20
--@ channels: output
-- Handlers of events from inside: what they see, yield, raise, recurse, hook and leave to the instruction that called them.

local M = {}
local function new(n) return setmetatable({ n = n }, M) end
local log = {}
local function note(...) log[#log + 1] = table.concat({ ... }, " ") end

-- Results: none, one, several, by tail calls and natives; into locals, fields and conditions.
M.__add = function(a, b) return a.n + b.n, "lost" end
M.__sub = function() end
M.__mul = function(a, b) return select(2, a.n, b.n, 3) end
M.__div = function(a, b) return math.max(a.n, b.n) end
M.__mod = math.min
M.__unm = function(a, b) return rawequal(a, b) and -a.n end
M.__pow = function(a, b, c) return c == nil and a.n ^ b end
M.__len = function() return "length" end
M.__index = function(t, k) return k .. "?", "lost" end
M.__eq = function(a, b) return a.n == b.n end
M.__lt = function(a, b) return a.n < b.n end
local a, b = new(2), new(5)
print(a + b, a - b, a * b, a / b, -a, a ^ 3, #a, a.missing, a[1])
print(pcall(function() return a % b end))
print(a == b, a ~= b, a < b, a > b, a <= b, a >= b, new(2) == a, new(2) <= a)
local t = { a + b, a - b, a + b, x = a * b, [a.key] = a < b }
print(#t, t[1], t[2], t[3], t.x, t["key?"])
if a < b then note("less") end
if not (a < b) then note("wrong") end
if a == b or b <= a then note("wrong") elseif b == new(5) and a <= b then note("equal") end
local i = new(0)
while i < b do i = new(i.n + 1) end
repeat i = new(i.n - 1) until i == a
note("loops", i.n)
for _ = 1, 3 do if a < i then note("wrong") else note("same") end end
print(table.concat(log, ", "))

-- Assignments: the handler's results are dropped, its arguments are the three.
local seen = {}
local guarded = setmetatable({}, { __newindex = function(t, k, v, more)
  seen[#seen + 1] = tostring(k) .. "=" .. tostring(v) .. tostring(more)
  rawset(t, k, v)
  return "lost"
end })
guarded.x, guarded[1], guarded[true] = 1, 2, a + b
guarded.x = 10
print(guarded.x, guarded[1], guarded[true], table.concat(seen, " "))

-- Globals through the environment's handlers.
local f = loadstring("counter = (counter or 0) + 1; return undefined, counter")
local reads = 0
setfenv(f, setmetatable({}, { __index = function(_, k) reads = reads + 1 if k == "undefined" then return k end end }))
print(f())
print(f())
print(reads)

-- Errors: through the handler, with levels and names; caught outside and inside.
local E = setmetatable({}, {
  __index = function(t, k) error("no field " .. k, 2) end,
  __newindex = function(t, k, v) t.inner.field = v end,
  __lt = function() error({ code = 7 }) end,
  __add = function(x, y) local ok, m = pcall(error, "inside") return m end,
  __call = function(self, x) return x.y.z end,
})
print(pcall(function() return E.first end))
print(pcall(function() E.second = 1 end))
local ok, e = pcall(function() return E < E end)
print(ok, type(e), e.code)
print(E + 1, 1 + E)
print(pcall(E, {}))
print(type(select(2, pcall(function() return E <= E end))))
print(select(2, xpcall(function() return E.deep end, function(m) return "handled: " .. m end)))

-- Levels: what a traceback and getinfo say inside a handler.
local L = setmetatable({}, { __index = function(t, k)
  local i = debug.getinfo(1, "nSl")
  local o = debug.getinfo(2, "nSl")
  return tostring(i.name) .. i.namewhat .. "|" .. tostring(o.name) .. o.currentline - i.currentline
end, __concat = function() return (debug.traceback("t"):gsub("\n%s*", "/")) end })
local function outer() return (L.x) end
print(outer())
print((L .. "x"):match("^t/[^/]*/[^/]*"))

-- Recursion by handlers ends at 200 native levels.
local depth = 0
local R = setmetatable({}, { __index = function(t, k) depth = depth + 1 return t[k + 1] end })
print(pcall(function() return R[1] end))
print(depth)
local levels = 0
local C = setmetatable({}, { __lt = function(x, y) levels = levels + 1 return x < y end })
print(pcall(function() return C < C end))
print(levels)

-- Coroutines: no yield inside, but a resume; a coroutine that dies in a handler.
local Y = setmetatable({}, {
  __index = function(t, k) return coroutine.yield(k) end,
  __add = function(x, y)
    local co = coroutine.wrap(function(p) local q = coroutine.yield(p + 1) return q * 2 end)
    return co(y) + co(10)
  end,
  __eq = function() error("died") end,
})
local co = coroutine.create(function() return Y.k end)
print(coroutine.resume(co))
print(coroutine.status(co), Y + 4)
co = coroutine.create(function() coroutine.yield(Y + 1) return Y == setmetatable({}, getmetatable(Y)) end)
print(coroutine.resume(co))
print(coroutine.resume(co))
print(coroutine.status(co))
for v in coroutine.wrap(function() for i = 1, 3 do coroutine.yield(new(i) + new(i)) end end) do io.write(v, " ") end
print()

-- Iterators and handlers within each other.
local I = setmetatable({}, { __call = function(self, _, i) i = (i or 0) + 1 if i <= 3 then return i, new(i) * new(i) end end })
for i, sum in I do io.write(i, ":", sum, " ") end
local P = setmetatable({}, { __index = function(t, k) if k <= 2 then return { k } end end })
for i, v in ipairs({ P[1], P[2], P[3] }) do io.write(i, "=", v[1], " ") end
local function each(t) local i = 0 return function() i = i + 1 return t[i] end end
for v in each(P) do io.write(v[1], ";") end
print()

-- Tail calls, varargs and closures as handlers.
local T = setmetatable({}, {
  __index = function(t, k) return rawget(t, "other") or tostring(k) end,
  __add = function(...) local n = select("#", ...) return n end,
  __sub = function(...) return (function(...) return select("#", ...) end)(...) end,
  __mul = function(x, y) local v = y; local get = function() return v end v = v + 1 return get end,
})
print(T.name, T + 1, T - 1, (T * 4)())

-- Hooks that a handler sets and takes away.
local lines = 0
local H = setmetatable({}, { __index = function(t, k)
  if k == "on" then debug.sethook(function() lines = lines + 1 end, "l") else debug.sethook() end
  return k
end })
local s = H.on
s = s .. "1"
s = s .. H.off
s = s .. "2"
print(s, lines)

-- Collection inside: what only the instruction's operands and results hold.
local weak = setmetatable({}, { __mode = "v" })
local G = setmetatable({}, { __add = function(x, y)
  weak[1] = {}
  collectgarbage()
  return { weak[1] == nil, type(y) }
end, __index = function(t, k) weak[2] = k collectgarbage() return weak[2] end })
local r = G + {}
print(r[1], r[2], G[{}] ~= nil)
