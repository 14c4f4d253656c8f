-- Variable arguments in every form: select, arg, unpack with holes, adjustment of results, named and default arguments, overloads, closures in loops.

-- show every value, also trailing nils
local function show(...)
  local out = {}
  for i = 1, select("#", ...) do
    local v = select(i, ...)
    out[i] = type(v) == "table" and "table" or type(v) == "function" and "function" or tostring(v)
  end
  print("(" .. select("#", ...) .. ")", table.concat(out, " "))
end

print "== adjustment"
local function none() end
local function one() return 1 end
local function three() return 1, 2, 3 end
local function holes() return nil, 2, nil end
show(none()) show((none())) show(one()) show(three()) show((three())) show(three(), three()) show(three(), (three())) show(holes()) show(none(), none()) show(holes(), nil)
show({ three() }, #{ three() }, #{ three(), three() }, #{ (three()) }, #{ three(), nil }, #{ none() }, #{ none(), none() })
local a, b, c, d = three() show(a, b, c, d)
a, b, c, d = 0, three() show(a, b, c, d)
a, b, c, d = three(), 10 show(a, b, c, d)
a, b = three(), three() show(a, b)
a, b, c = (three()) show(a, b, c)
a, b, c, d = none(), one() show(a, b, c, d)
local t = { three(), three(), x = three(), [10] = three() }
show(t[1], t[2], t[3], t[4], t[5], t.x, t[10])
show(#{ n = 1, three() }, ({ three() })[3], (select(2, three())), select(-1, three()), select(-2, three()), select(4, three()))
show(pcall(select, 0)) show(pcall(select, -4, 1, 2, 3)) show(pcall(select)) show(select("#")) show(select("#", nil, nil)) show(select("2", "a", "b", "c")) show(pcall(select, "x"))
if three() == 1 then show("first value compared") end
local s = "x" .. three() .. "y" show(s, three() + three() * 2, not none(), -three(), three() and "and", none() or "or")

print "== evaluation order"
local log = {}
local function note(v) log[#log + 1] = tostring(v) return v end
local x = { note "key1", [note "key2"] = note "value2", note "item" }
local r = note(1) + note(2) * note(3) - note(4)
local cat = note "a" .. note "b" .. note "c"
local obj = { f = function(self, ...) return select("#", ...) end }
note(obj):f(note "arg1", note "arg2")
for i = note(1), note(3), note(2) do note("body" .. i) end
local p, q = note "p", note "q"
local lt = note(1) < note(2) and note(5) > note(6)
log[9] = "object"
for i, v in ipairs(log) do if v:find "^table" then log[i] = "object" end end
print(table.concat(log, " "))
local i, list = 1, {}
i, list[i] = i + 1, "assigned"
show(i, list[1], list[2])
local u, v, w = 1, 2, 3
u, v, w = w, u, v
show(u, v, w)
local tt = { 1, 2 }
local k = 1
k, tt[k], tt[2] = 2, tt[2], tt[1]
show(k, tt[1], tt[2])
do
  local u = u and { u } or nil           -- the right side still sees the outer variable
  show(u[1])
  local f = function() return f end
  show(f())                               -- the global, not the local
  local function g() return g end
  show(g() == g)
end

print "== vararg functions"
local function count(...) return select("#", ...) end
local function pass(...) return ... end
local function wrapped(...) return (...) end
local function tail(...) return select(2, ...) end
local function middle(...) return 0, ..., 9 end
local function last(...) return 0, ... end
show(count(), count(nil), count(nil, nil), count(three()), count(three(), three()), count(pass()))
show(pass(1, nil, 3)) show(wrapped(1, 2)) show(wrapped()) show(tail(1, 2, 3)) show(tail()) show(middle(1, 2, 3)) show(last(1, 2, 3)) show(pass(pass(pass(1, 2))))
local function locals(...) local x, y, z = ... return z, y, x end
show(locals(1, 2)) show(locals(1, 2, 3, 4))
local function nested(...) local function inner(...) return count(...) end return inner(), inner(...), inner(..., ...) end
show(nested(1, 2, 3))
local function in_table(...) return { ... }, { n = select("#", ...), ... }, { ..., "end" }, { "start", ... } end
local t1, t2, t3, t4 = in_table(1, 2, 3)
show(#t1, t2.n, #t3, #t4, t3[2])
local function capture(...)
  local args, n = { ... }, select("#", ...)
  return function() return unpack(args, 1, n) end
end
show(capture()()) show(capture(nil, nil)()) show(capture(1, nil, 3, nil)())
show((function(...) return ... end)(1, 2)) show((function(a, ...) return ..., a end)("a", "b", "c"))
local main = ...
show(main, ...)
show(pcall(loadstring "return ..., select('#', ...)", 1, 2, nil))

print "== old style arg"
local function old(...) return arg.n, arg[1], arg[arg.n], #arg end
show(old()) show(old(1)) show(old(1, nil)) show(old(nil, 2)) show(old(1, 2, 3))
local function new(...) local s = select("#", ...) return arg == _G.arg, s end
show(new(1, 2))
local function changes(...) arg[1] = "changed" arg.n = arg.n + 1 return unpack(arg, 1, arg.n) end
show(changes(1, 2))
local function shadow(arg, ...) return arg, select("#", ...) end
show(shadow("param", 1, 2))
local function sum(...) local s = 0 for i = 1, arg.n do s = s + (tonumber(arg[i]) or 0) end return s end
local function sum2(...) local s = 0 for i = 1, select("#", ...) do s = s + (tonumber((select(i, ...))) or 0) end return s end
local function sum3(first, ...) if first == nil and select("#", ...) == 0 then return 0 end return (tonumber(first) or 0) + sum3(...) end
show(sum(1, nil, "3", {}), sum2(1, nil, "3", {}), sum3(1, nil, "3", {}))
table.foreachi({ 3, 4 }, function(...) show(arg.n, arg[1], arg[2]) end)

print "== unpack"
show(unpack { 1, 2, 3 }) show(unpack({ 1, 2, 3 }, 2)) show(unpack({ 1, 2, 3 }, 2, 5)) show(unpack({ 1, 2, 3 }, 3, 2)) show(unpack({}, 1, 3)) show(unpack({ [-1] = "m", [0] = "z", "o" }, -1, 1)) show(unpack { n = 3 })
show(unpack({ 1, nil, 3 }, 1, 3)) show(pcall(unpack)) show(pcall(unpack, "x")) show(unpack({ 1, 2 }, 1.9, 2.2)) show(unpack({ 1, 2 }, "1", "2"))
local big = {}
for i = 1, 240 do big[i] = i end
show(select("#", unpack(big)), math.max(unpack(big)), #{ unpack(big) }, (string.char(unpack(big, 65, 70))))
show(pcall(math.max)) show(math.max(3), math.min(unpack(big, 7, 9)))

print "== helpers"
local function pack(...) return { n = select("#", ...), ... } end
local function reverse(...)
  local function go(n, first, ...)
    if n == 0 then return end
    local function append(...) return ... end
    local rest = pack(go(n - 1, ...))
    rest.n = rest.n + 1
    rest[rest.n] = first
    return unpack(rest, 1, rest.n)
  end
  return go(select("#", ...), ...)
end
show(reverse()) show(reverse(1, nil, 3)) show(reverse(nil, nil))
local function map(f, ...)
  local r = pack(...)
  for i = 1, r.n do r[i] = f(r[i]) end
  return unpack(r, 1, r.n)
end
show(map(type, 1, "x", nil, {}, print)) show(map(function(v) return v and v * 2 end, 1, nil, 3))
local function filter(p, n, first, ...)
  if n == 0 then return end
  if p(first) then return first, filter(p, n - 1, ...) end
  return filter(p, n - 1, ...)
end
show(filter(function(v) return v ~= nil end, 5, 1, nil, 2, nil, 3))
local function zip(list) return function(...) local r = {} for i = 1, math.max(#list, select("#", ...)) do r[#r + 1] = list[i] r[#r + 1] = (select(i, ...)) end return unpack(r) end end
show(zip { "a", "b" }(1, 2, 3))
local function concat(sep, ...) local n = select("#", ...) if n == 0 then return "" end local s = tostring((...)) for i = 2, n do s = s .. sep .. tostring((select(i, ...))) end return s end
show(concat(","), concat(",", nil), concat("-", 1, nil, "x"))
local function partial(f, ...)
  local bound = pack(...)
  return function(...)
    local extra = pack(...)
    for i = 1, extra.n do bound[bound.n + i] = extra[i] end
    local function clear(...) for i = 1, extra.n do bound[bound.n + i] = nil end return ... end
    return clear(f(unpack(bound, 1, bound.n + extra.n)))
  end
end
local add = partial(function(...) return sum2(...), select("#", ...) end, 1, nil, 2)
show(add(10)) show(add()) show(add(nil, 5, nil))

print "== named, default and checked arguments"
local function window(o)
  return ("%s %dx%d%s"):format(o.title or o[1] or "untitled", o.width or 80, o.height or o.width and o.width / 2 or 24, o.border == false and "" or " framed")
end
print(window {}, window { "pos" }, window { title = "t", width = 10 }, window { border = false, height = 3 })
local function spec(types, f)
  return function(...)
    local n = select("#", ...)
    local i, args = 0, pack(...)
    for ty in types:gmatch "[^,]+" do
      i = i + 1
      local base, optional = ty:match "^(%a+)(%??)$"
      if not (optional == "?" and args[i] == nil) and type(args[i]) ~= base then
        error(("argument %d: %s expected, got %s"):format(i, base, i > n and "nothing" or type(args[i])), 2)
      end
    end
    if n > i then error(("%d arguments at most, got %d"):format(i, n), 2) end
    return f(...)
  end
end
local rep = spec("string,number?", function(s, n) return s:rep(n or 2) end)
show(rep("ab", 3)) show(rep "ab") show(pcall(rep, 5)) show(pcall(rep)) show(pcall(rep, "a", "b")) show(pcall(rep, "a", 1, 2)) show(pcall(rep, "a", nil))
local function overloaded()
  local forms = {}
  return setmetatable({}, {
    __newindex = function(_, signature, f) forms[signature] = f end,
    __call = function(_, ...)
      local sig = concat(",", map(type, ...))
      local f = forms[sig] or forms["*"] or error("no form for (" .. sig .. ")", 2)
      return f(...)
    end,
  })
end
local area = overloaded()
area["number"] = function(r) return "circle " .. r end
area["number,number"] = function(w, h) return "rectangle " .. w * h end
area["table"] = function(t) return "polygon of " .. #t end
show(area(2)) show(area(2, 3)) show(area { 1, 2, 3 }) show(pcall(area, "x")) area["*"] = count show(area("x", nil, 1))

print "== closures in loops"
local fs = {}
for i = 1, 3 do fs[#fs + 1] = function() i = i + 10 return i end end
for _, word in ipairs { "a", "b" } do fs[#fs + 1] = function() word = word .. "!" return word end end
local n = 0
while n < 2 do n = n + 1 local m = n fs[#fs + 1] = function() m = m * 3 return m + n end end
repeat local z = n n = n - 1 fs[#fs + 1] = function() z = z + 1 return z end until z <= 1
for _ = 1, 2 do for j = 1, #fs do io.write(fs[j](), " ") end print() end
local function make()
  local shared, get, set = 0, nil, nil
  for step = 1, 2 do
    local own = step
    if step == 1 then get = function() return shared + own end else set = function(v) shared, own = v, v return own end end
  end
  return get, set
end
local get, set = make()
show(get(), set(5), get())
local stopped
for i = 1, 10 do
  if i == 4 then stopped = function() return i end break end
end
show(stopped())
local deep = (function(a) return function(b) return function(c) a, b, c = b, c, a return function() return a, b, c end end end end)(1)(2)(3)
show(deep())
local counter = setmetatable({}, { __call = function(self, ...) self.n = (self.n or 0) + select("#", ...) return self.n, ... end })
show(counter(1, nil)) show(counter()) show(pcall(counter, "via pcall"))
