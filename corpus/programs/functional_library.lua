-- Functional toolkit: map/filter/fold, currying, composition, memoize, Y combinator, trampolines, Church numerals, lenses, maybe, transducers.

local F = {}

--; basic list functions ---------------------------------------------------
function F.map(f, ...)
  local lists, out = { ... }, {}
  local n = math.huge
  for _, l in ipairs(lists) do n = math.min(n, #l) end
  for i = 1, n do
    local args = {}
    for k = 1, #lists do args[k] = lists[k][i] end
    out[i] = f(unpack(args))
  end
  return out
end

function F.filter(p, l) local r = {} for _, v in ipairs(l) do if p(v) then r[#r + 1] = v end end return r end
function F.foldl(f, z, l) for _, v in ipairs(l) do z = f(z, v) end return z end
function F.foldr(f, z, l) for i = #l, 1, -1 do z = f(l[i], z) end return z end
function F.range(a, b, s) local r = {} for i = a, b, s or 1 do r[#r + 1] = i end return r end
function F.zip(...) return F.map(function(...) return { ... } end, ...) end
function F.reverse(l) return F.foldl(function(a, v) return { v, unpack(a) } end, {}, l) end
function F.take(n, l) return { unpack(l, 1, n) } end
function F.drop(n, l) return { unpack(l, n + 1) } end
function F.any(p, l) for _, v in ipairs(l) do if p(v) then return true end end return false end
function F.all(p, l) return not F.any(function(v) return not p(v) end, l) end
function F.partition(p, l) return F.filter(p, l), F.filter(function(v) return not p(v) end, l) end
function F.group(f, l)
  return F.foldl(function(g, v)
    local k = f(v)
    g[k] = g[k] or {}
    table.insert(g[k], v)
    return g
  end, {}, l)
end
function F.flatten(l)
  if type(l) ~= "table" then return { l } end
  return F.foldl(function(acc, v)
    for _, x in ipairs(F.flatten(v)) do acc[#acc + 1] = x end
    return acc
  end, {}, l)
end
function F.scan(f, z, l)
  local r = { z }
  for i, v in ipairs(l) do z = f(z, v); r[i + 1] = z end
  return r
end
function F.unfold(f, seed)
  local r = {}
  while true do
    local v, next_seed = f(seed)
    if v == nil then return r end
    r[#r + 1], seed = v, next_seed
  end
end
function F.sort_by(key, l)
  local r = { unpack(l) }
  table.sort(r, function(a, b) return key(a) < key(b) end)
  return r
end

--; functions on functions ---------------------------------------------------
local function id(...) return ... end
local function const(v) return function() return v end end
local function flip(f) return function(a, b, ...) return f(b, a, ...) end end
local function compose(...)
  local fs, n = { ... }, select("#", ...)
  if n == 0 then return id end
  local function run(i, ...)
    if i == 0 then return ... end
    return run(i - 1, fs[i](...))
  end
  return function(...) return run(n, ...) end
end
local function pipe(v, ...) for i = 1, select("#", ...) do v = select(i, ...)(v) end return v end
local function bind(f, ...)
  local bound, n = { ... }, select("#", ...)
  return function(...)
    local args = { unpack(bound, 1, n) }
    for i = 1, select("#", ...) do args[n + i] = (select(i, ...)) end
    return f(unpack(args, 1, n + select("#", ...)))
  end
end
local function curry(f, n)
  n = n or 2
  local function collect(have, count)
    return function(...)
      local args, m = { unpack(have, 1, count) }, count
      for i = 1, select("#", ...) do
        m = m + 1
        args[m] = (select(i, ...))
      end
      if m >= n then return f(unpack(args, 1, m)) end
      return collect(args, m)
    end
  end
  return collect({}, 0)
end
local op = setmetatable({}, { __index = function(t, text)
  local f = assert(loadstring("local a, b = ... return a " .. text .. " b", "=op"))
  rawset(t, text, f)
  return f
end })

local function show(l)
  if type(l) ~= "table" then return tostring(l) end
  local parts, keys = F.map(show, l), {}
  for k in pairs(l) do if type(k) ~= "number" then keys[#keys + 1] = k end end
  table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
  for _, k in ipairs(keys) do parts[#parts + 1] = tostring(k) .. "=" .. show(l[k]) end
  return "{" .. table.concat(parts, " ") .. "}"
end
local function p(...)
  local t = {}
  for i = 1, select("#", ...) do t[i] = show((select(i, ...))) end
  print(table.concat(t, "  "))
end

print "== lists"
local ten = F.range(1, 10)
local even = function(n) return n % 2 == 0 end
p(F.map(function(n) return n * n end, ten), F.filter(even, ten), F.foldl(op["+"], 0, ten), F.foldr(op["-"], 0, ten))
p(F.zip({ 1, 2, 3 }, { "a", "b", "c", "d" }), F.map(op["^"], { 2, 3 }, { 3, 2 }), F.range(5, 1, -2), F.range(0, 1, 0.25))
p(F.reverse(ten), F.take(3, ten), F.drop(7, ten), F.any(even, { 1, 3 }), F.all(even, {}))
p(F.partition(even, ten))
p(F.group(function(w) return #w end, { "a", "bb", "cc", "d", "eee" }), F.group(even, ten))
p(F.flatten { 1, { 2, { 3, { 4 }, 5 } }, {}, 6 }, F.scan(op["+"], 0, { 1, 2, 3, 4 }), F.scan(math.max, 0, { 3, 1, 4, 1, 5 }))
p(F.unfold(function(n) if n > 0 then return n % 10, math.floor(n / 10) end end, 90125))
p(F.sort_by(function(w) return -#w end, { "one", "three", "fi" }), F.sort_by(id, { 3, 1, 2 }))

print "== functions"
p(compose(math.sqrt, math.abs)(-16), compose()(7), compose(tostring, op["+"])(1, 2), flip(op["-"])(1, 10), const(3)(9))
p(pipe(9, math.sqrt, bind(op["*"], 10), tostring, string.reverse))
p(bind(string.format, "%s-%s-%s", "x")(1, 2), bind(select, "#", nil)(nil, nil), type(bind(print)))
local glue = curry(function(a, b, c) return a .. b .. c end, 3)
p(glue(1)(2)(3), glue(1, 2)(3), glue(1)(2, 3), glue()(1, 2, 3))
p(op[".."]("a", "b"), op["<"](1, 2), op["and"](nil, 1), rawget(op, "..") ~= nil, rawget(op, "%"))

print "== memoize"
local function memoize(f)
  local root, NIL, result = {}, {}, {}
  local calls = 0
  return function(...)
    local node = root
    for i = 1, select("#", ...) do
      local key = select(i, ...)
      if key == nil then key = NIL end
      node[key] = node[key] or {}
      node = node[key]
    end
    if not node[result] then
      calls = calls + 1
      node[result] = { n = select("#", f(...)), f(...) }
    end
    return unpack(node[result], 1, node[result].n)
  end, function() return calls end
end
local binomial, count
binomial, count = memoize(function(n, k)
  if k == 0 or k == n then return 1 end
  return binomial(n - 1, k - 1) + binomial(n - 1, k)
end)
p(binomial(30, 15), count())
local minmax, mcalls = memoize(function(...) return math.min(...), nil, math.max(...) end)
p(minmax(3, 1, 2)) p(select("#", minmax(3, 1, 2)), mcalls())
local ackermann
ackermann = memoize(function(m, n)
  if m == 0 then return n + 1 elseif n == 0 then return ackermann(m - 1, 1) end
  return ackermann(m - 1, ackermann(m, n - 1))
end)
p(ackermann(2, 3), ackermann(3, 3))

print "== recursion without names"
local Y = function(f) return (function(x) return x(x) end)(function(x) return f(function(...) return x(x)(...) end) end) end
p(Y(function(fact) return function(n) return n == 0 and 1 or n * fact(n - 1) end end)(20))
p(F.map(Y(function(fib) return function(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end end), F.range(0, 12)))

print "== tail calls and trampolines"
local function count_down(n, acc) if n == 0 then return acc end return count_down(n - 1, acc + 1) end
local is_even, is_odd
function is_even(n) if n == 0 then return true end return is_odd(n - 1) end
function is_odd(n) if n == 0 then return false end return is_even(n - 1) end
p(count_down(100000, 0), is_even(50001), is_odd(50001))
local function trampoline(f, ...)
  local r = f(...)
  while type(r) == "function" do r = r() end
  return r
end
local function sum(n, acc) acc = acc or 0 if n == 0 then return acc end return function() return sum(n - 1, acc + n) end end
p(trampoline(sum, 20000))
local function fact_k(n, k) if n == 0 then return k(1) end return fact_k(n - 1, function(v) return k(n * v) end) end
p(fact_k(15, id))

print "== Church numerals"
local zero = function(f) return function(x) return x end end
local succ = function(n) return function(f) return function(x) return f(n(f)(x)) end end end
local plus = function(m) return function(n) return function(f) return function(x) return m(f)(n(f)(x)) end end end end
local times = function(m) return function(n) return function(f) return m(n(f)) end end end
local power = function(m) return function(n) return n(m) end end
local number = function(n) return n(function(x) return x + 1 end)(0) end
local three = succ(succ(succ(zero)))
local four = plus(three)(succ(zero))
p(number(zero), number(three), number(four), number(plus(three)(four)), number(times(three)(four)), number(power(three)(four)))
local pair = function(a) return function(b) return function(s) return s(a)(b) end end end
local first, second = function(a) return function() return a end end, function() return function(b) return b end end
local pred = function(n)
  return n(function(q) return pair(q(second))(succ(q(second))) end)(pair(zero)(zero))(first)
end
p(number(pred(four)), number(pred(zero)), pair "x" "y" (first), pair "x" "y" (second))

print "== maybe"
local Nothing = setmetatable({}, { __tostring = const "Nothing" })
local Just_meta = { __tostring = function(j) return "Just " .. show(j.value) end }
local function Just(v) return setmetatable({ value = v }, Just_meta) end
function Just_meta.__div(m, f) return f(m.value) end          -- m / f / g chains computations
getmetatable(Nothing).__div = const(Nothing)
local function safe_div(d) return function(n) if d == 0 then return Nothing end return Just(n / d) end end
local function root(n) if n < 0 then return Nothing end return Just(math.sqrt(n)) end
print(tostring(Just(100) / safe_div(4) / root), tostring(Just(1) / safe_div(0) / root), tostring(Just(-1) / root), tostring(Just { 1, 2 }))

print "== lenses"
local function copy(t) local r = {} for k, v in pairs(t) do r[k] = v end return r end
local function lens(key)
  return {
    get = function(t) return t[key] end,
    set = function(t, v) local r = copy(t) r[key] = v return r end,
  }
end
local function path(text)
  local parts = {}
  for k in text:gmatch "[^.]+" do parts[#parts + 1] = lens(tonumber(k) or k) end
  return F.foldr(function(outer, inner)
    if not inner then return outer end
    return {
      get = function(t) return inner.get(outer.get(t)) end,
      set = function(t, v) return outer.set(t, inner.set(outer.get(t), v)) end,
    }
  end, nil, parts)
end
local data = { name = "a", list = { { x = 1 }, { x = 2 } } }
local x2 = path "list.2.x"
local changed = x2.set(data, 99)
p(x2.get(data), x2.get(changed), data.list[1] == changed.list[1], data.list[2] == changed.list[2], changed, data)

print "== transducers"
local mapping = function(f) return function(step) return function(acc, v) return step(acc, f(v)) end end end
local filtering = function(pred_f) return function(step) return function(acc, v) if pred_f(v) then return step(acc, v) end return acc end end end
local taking = function(n) return function(step)
  local left = n
  return function(acc, v)
    if left > 0 then
      left = left - 1
      return step(acc, v)
    end
    return acc
  end
end end
local function transduce(xform, step, init, l) return F.foldl(xform(step), init, l) end
local append = function(acc, v) acc[#acc + 1] = v return acc end
local xform = compose(filtering(even), mapping(function(n) return n * n end), taking(3))
p(transduce(xform, append, {}, ten), transduce(xform, op["+"], 0, ten))

print "== shared upvalues"
local function account()
  local balance, log = 0, {}
  local function note(s) log[#log + 1] = s .. balance end
  return function(n) balance = balance + n note "+" return balance end,
    function(n) balance = balance - n note "-" return balance end,
    function() return table.concat(log, " ") end
end
local put, get, log = account()
local put2 = account()
p(put(10), get(3), put(5), put2(1), log())
local adders = {}
for i = 1, 4 do
  local j = i * 10
  adders[i] = function(d) j = j + (d or 0) i = i + 1 return i, j end
end
adders[2](5)
p({ adders[1]() }, { adders[2]() }, { adders[2](1) }, { adders[4]() })
local fs, k = {}, 0
while k < 3 do
  k = k + 1
  local own = k
  fs[k] = function() own = own * 2 return own, k end
end
p({ fs[1]() }, { fs[1]() }, { fs[3]() })
