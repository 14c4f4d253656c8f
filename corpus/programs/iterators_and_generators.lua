-- Generators by coroutines: permutations, combinations, tree walks, same-fringe, pipelines, producers and filters, lazy streams, stateless iterators.

local wrap, yield = coroutine.wrap, coroutine.yield

-- combinatorics -----------------------------------------------------------------

local function permutations(list)
  local function generate(a, n)
    if n <= 1 then yield(a)
    else
      for i = 1, n do
        a[n], a[i] = a[i], a[n]
        generate(a, n - 1)
        a[n], a[i] = a[i], a[n]
      end
    end
  end
  return wrap(function() generate({ unpack(list) }, #list) end)
end

local function combinations(list, k)
  return wrap(function()
    local chosen = {}
    local function pick(start)
      if #chosen == k then return yield({ unpack(chosen) }) end
      for i = start, #list do
        chosen[#chosen + 1] = list[i]
        pick(i + 1)
        chosen[#chosen] = nil
      end
    end
    pick(1)
  end)
end

local function subsets(list)
  return wrap(function()
    local function go(i, acc)
      if i > #list then yield(acc) return end
      go(i + 1, acc)
      go(i + 1, acc .. list[i])
    end
    go(1, "")
  end)
end

local function partitions(n)
  return wrap(function()
    local function go(rest, most, parts)
      if rest == 0 then yield(table.concat(parts, "+")) end
      for i = math.min(rest, most), 1, -1 do
        parts[#parts + 1] = i
        go(rest - i, i, parts)
        parts[#parts] = nil
      end
    end
    go(n, n, {})
  end)
end

local function product(...)
  local lists = { ... }
  return wrap(function()
    local t = {}
    local function go(i)
      if i > #lists then return yield(unpack(t, 1, #lists)) end
      for _, v in ipairs(lists[i]) do t[i] = v go(i + 1) end
    end
    go(1)
  end)
end

print "== combinatorics"
local count, seen = 0, {}
for p in permutations { "a", "b", "c" } do io.write(table.concat(p), " ") end
for p in permutations { 1, 2, 3, 4, 5 } do count = count + 1 seen[table.concat(p)] = true end
local distinct = 0
for _ in pairs(seen) do distinct = distinct + 1 end
print(count, distinct)
for c in combinations({ 1, 2, 3, 4, 5 }, 3) do io.write(table.concat(c), " ") end print()
for s in subsets { "x", "y", "z" } do io.write("[", s, "] ") end print()
for s in partitions(6) do io.write(s, " ") end print()
for a, b, c in product({ 1, 2 }, { "x", "y" }, { true }) do io.write(a, b, tostring(c), " ") end print()

-- trees -----------------------------------------------------------------------------

local function read_tree(s)           -- ((a b) (c (d e)))
  local pos = 1
  local function node()
    pos = s:match("^%s*()", pos)
    if s:sub(pos, pos) == "(" then
      pos = pos + 1
      local t = {}
      while true do
        pos = s:match("^%s*()", pos)
        if s:sub(pos, pos) == ")" then pos = pos + 1 return t end
        t[#t + 1] = node()
      end
    end
    local atom
    atom, pos = s:match("^([^%s()]+)()", pos)
    return atom
  end
  return node()
end

local function fringe(t)
  return wrap(function()
    local function walk(n)
      if type(n) == "table" then for i = 1, #n do walk(n[i]) end else yield(n) end
    end
    walk(t)
  end)
end

local function same_fringe(a, b)
  local f, g = fringe(a), fringe(b)
  local n = 0
  while true do
    local x, y = f(), g()
    n = n + 1
    if x ~= y then return false, n end
    if x == nil then return true, n - 1 end
  end
end

print "== trees"
local t1, t2, t3 = read_tree "((a b) (c (d e)))", read_tree "(a (b c) ((d) e))", read_tree "(a b c x e)"
for leaf in fringe(t1) do io.write(leaf, " ") end
print(same_fringe(t1, t2)) print(same_fringe(t1, t3)) print(same_fringe(t1, read_tree "(a b)"))

local function orders(t)               -- pre, in and post order with one body
  return function(order)
    return wrap(function()
      local function go(n)
        if not n then return end
        if order == "pre" then yield(n.k) end
        go(n.l)
        if order == "in" then yield(n.k) end
        go(n.r)
        if order == "post" then yield(n.k) end
      end
      go(t)
    end)
  end
end
local function insert(t, k)
  if not t then return { k = k } end
  local side = k < t.k and "l" or "r"
  t[side] = insert(t[side], k)
  return t
end
local tree
for _, k in ipairs { 50, 30, 70, 20, 40, 60, 80, 35 } do tree = insert(tree, k) end
for _, o in ipairs { "pre", "in", "post" } do
  io.write(o, ":")
  for k in orders(tree)(o) do io.write(" ", k) end
  io.write "; "
end
print()
local queue = { tree }
local levels = wrap(function()
  while #queue > 0 do
    local n = table.remove(queue, 1)
    yield(n.k)
    if n.l then queue[#queue + 1] = n.l end
    if n.r then queue[#queue + 1] = n.r end
  end
end)
for k in levels do io.write(k, " ") end print()

-- pipelines -------------------------------------------------------------------------------

print "== pipelines"
local Pipe = {}
Pipe.__index = Pipe
Pipe.__call = function(self) return self.source() end
local function pipe(source) return setmetatable({ source = source }, Pipe) end
local function stage(body)
  return function(self, ...)
    local args, n = { ... }, select("#", ...)
    local source = self.source
    return pipe(wrap(function() body(source, unpack(args, 1, n)) end))
  end
end
Pipe.map = stage(function(src, f) for v in src do yield(f(v)) end end)
Pipe.filter = stage(function(src, f) for v in src do if f(v) then yield(v) end end end)
Pipe.take = stage(function(src, n) for i = 1, n do local v = src() if v == nil then return end yield(v) end end)
Pipe.drop = stage(function(src, n) for _ = 1, n do src() end for v in src do yield(v) end end)
Pipe.take_while = stage(function(src, f) for v in src do if not f(v) then return end yield(v) end end)
Pipe.pairwise = stage(function(src) local a = src() for b in src do yield { a, b } a = b end end)
Pipe.chunk = stage(function(src, n)
  local c = {}
  for v in src do
    c[#c + 1] = v
    if #c == n then yield(c) c = {} end
  end
  if #c > 0 then yield(c) end
end)
Pipe.zip = stage(function(src, other) for v in src do local w = other() if w == nil then return end yield { v, w } end end)
Pipe.flat_map = stage(function(src, f) for v in src do for w in f(v) do yield(w) end end end)
Pipe.uniq = stage(function(src) local last for v in src do if v ~= last then yield(v) end last = v end end)
function Pipe:fold(f, z) for v in self.source do z = f(z, v) end return z end
function Pipe:list() return self:fold(function(t, v) t[#t + 1] = v return t end, {}) end
function Pipe:join(sep, f) local l = self:list() for i, v in ipairs(l) do l[i] = f and f(v) or tostring(v) end return table.concat(l, sep or " ") end

local function naturals(n) n = (n or 1) - 1 return pipe(function() n = n + 1 return n end) end
local function letters(s) return pipe(s:gmatch ".") end

print(naturals():filter(function(n) return n % 3 == 0 end):map(function(n) return n * n end):take(6):join())
print(naturals(10):drop(5):take_while(function(n) return n < 22 end):join ",")
print(naturals():take(7):chunk(3):join(" ", function(c) return "<" .. table.concat(c, ",") .. ">" end))
print(letters "mississippi":uniq():join "", letters "abc":zip(naturals()):join(" ", table.concat), letters "abcd":pairwise():join(" ", table.concat))
print(naturals():take(4):flat_map(function(n) return naturals():take(n).source end):join())
print(naturals():take(100):fold(function(a, b) return a + b end, 0), naturals():take(0):join "x" == "")

local function primes()
  return pipe(wrap(function()
    local source = naturals(2).source
    while true do
      local p = source()
      yield(p)
      local inner = source
      source = wrap(function()
        for v in inner do if v % p ~= 0 then yield(v) end end
      end)
    end
  end))
end
print(primes():take(25):join())

print "== hamming numbers by merging"
local function merge(...)
  local sources, heads = { ... }, {}
  return function()
    local m
    for i, s in ipairs(sources) do
      heads[i] = heads[i] or s()        -- as late as possible: the sources may read what was merged so far
      if heads[i] and (not m or heads[i] < m) then m = heads[i] end
    end
    for i in ipairs(sources) do if heads[i] == m then heads[i] = nil end end
    return m
  end
end
do
  local list = { 1 }
  local function times(k) local i = 0 return function() i = i + 1 return list[i] * k end end
  local m = merge(times(2), times(3), times(5))
  while #list < 30 do list[#list + 1] = m() end
  print(table.concat(list, " "))
end

-- lazy streams: cons cells whose tails are computed once -----------------------------------

print "== streams"
local forced = 0
local function cons(head, tail)
  return setmetatable({ head = head }, { __index = function(t, k)
    if k == "tail" then
      forced = forced + 1
      local v = tail()
      rawset(t, "tail", v)
      return v
    end
  end })
end
local function take(s, n)
  local t = {}
  while n > 0 and s do t[#t + 1] = s.head n = n - 1 if n > 0 then s = s.tail end end
  return table.concat(t, " ")
end
local function smap(f, s) return s and cons(f(s.head), function() return smap(f, s.tail) end) end
local function zip_with(f, a, b) return cons(f(a.head, b.head), function() return zip_with(f, a.tail, b.tail) end) end
local fib
fib = cons(0, function() return cons(1, function() return zip_with(function(a, b) return a + b end, fib, fib.tail) end) end)
print(take(fib, 20), forced)
print(take(fib, 20), forced)
local ones ones = cons(1, function() return ones end)
local integers integers = cons(1, function() return zip_with(function(a, b) return a + b end, ones, integers) end)
print(take(integers, 10), take(smap(function(x) return x % 4 end, integers), 10))
local function pi_terms(n) return cons(1 / n, function() return smap(function(x) return -x end, pi_terms(n + 2)) end) end
local function sums(s, acc) acc = (acc or 0) + s.head return cons(acc, function() return sums(s.tail, acc) end) end
local function accelerate(s)
  local a, b, c = s.head, s.tail.head, s.tail.tail.head
  return cons(c - (c - b) ^ 2 / (a - 2 * b + c), function() return accelerate(s.tail) end)
end
local pis = smap(function(x) return 4 * x end, sums(pi_terms(1)))
local function fmt(s, n) return (take(smap(function(x) return ("%.8f"):format(x) end, s), n)) end
print(fmt(pis, 4)) print(fmt(accelerate(pis), 4)) print(fmt(accelerate(accelerate(pis)), 4))

-- plain iterators -------------------------------------------------------------------------------

print "== iterators without coroutines"
local function step(state, i) i = i + state.step if i <= state.last then return i, state.f(i) end end
local function squares(a, b, s) s = s or 1 return step, { step = s, last = b, f = function(x) return x * x end }, a - s end
for i, v in squares(1, 9, 3) do io.write(i, ":", v, " ") end
local function reversed(t) return function(l, i) i = i - 1 if i > 0 then return i, l[i] end end, t, #t + 1 end
for i, v in reversed { "a", "b", "c" } do io.write(i, v, " ") end
local function sorted_pairs(t, less)
  local keys = {}
  for k in pairs(t) do keys[#keys + 1] = k end
  table.sort(keys, less)
  local i = 0
  return function() i = i + 1 if keys[i] ~= nil then return keys[i], t[keys[i]] end end
end
for k, v in sorted_pairs({ z = 1, a = 2, m = 3 }, function(a, b) return a > b end) do io.write(k, v, " ") end
for w, n in string.gfind("one=1, two=2", "(%w+)=(%w+)") do io.write(w, "->", n, " ") end
for _, v in next, { 10, 20, nil, 40 } do io.write(v, " ") end
print()
for a, b, c, d in (function() local done return function() if not done then done = true return 1, nil, 3 end end end)() do print(a, b, c, d) end

print "== talking coroutines"
local running_mean = wrap(function()
  local sum, n, mean = 0, 0, nil
  while true do
    local x, reset = yield(mean)
    if reset then sum, n = 0, 0 end
    sum, n = sum + x, n + 1
    mean = sum / n
  end
end)
running_mean()
print(running_mean(10), running_mean(20), running_mean(3), running_mean(5, true), running_mean(6))
local gen = coroutine.create(function(...)
  local args, n = { ... }, select("#", ...)
  for i = 1, n do
    local back = { yield(i, args[i]) }
    if back[1] == "stop" then return "stopped", #back end
    if back[1] == "fail" then error("asked to fail", 0) end
  end
  return "end"
end)
print(coroutine.resume(gen, "x", nil, "z"))
print(coroutine.resume(gen), coroutine.status(gen))
print(coroutine.resume(gen, "stop", 1, 2)) print(coroutine.status(gen)) print(coroutine.resume(gen))
local bad = wrap(function() yield(1) error "inside" end)
print(bad(), pcall(bad)) print(pcall(bad))
local nested = wrap(function()
  local inner = wrap(function() for i = 1, 3 do yield("inner" .. i) end end)
  for v in inner do yield(v .. "!") end
  yield(coroutine.status(coroutine.running()))
end)
print(nested(), nested(), nested(), nested())
