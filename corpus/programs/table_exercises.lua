-- The table library and table semantics: insert, remove, concat, sort with comparators, own sorts, length, iteration order, sets, matrices, queues, deep operations.

local function list(t) local r = {} for i = 1, table.maxn(t) do r[i] = tostring(t[i]) end return "{" .. table.concat(r, " ") .. "}" end

print "== insert and remove"
local t = {}
table.insert(t, "a") table.insert(t, "c") table.insert(t, 2, "b") table.insert(t, 1, "z") table.insert(t, 5, "end") table.insert(t, 8, "gap")
print(list(t), #t, table.getn(t), table.maxn(t))
print(table.remove(t, 1), table.remove(t), table.remove(t, 2), list(t))
t = { 1, 2, 3 }
print(table.remove(t, 2), table.remove(t), table.remove(t), table.remove(t), list(t), #t)
print(pcall(table.insert, { 1 }, 1, 2, 3)) print(pcall(table.insert, {})) print(pcall(table.insert, nil, 1)) print(pcall(table.insert, {}, "x", 1)) print(select("#", table.insert({}, 1)), select("#", table.remove {}))
t = { 10, 20, 30, n = 3 }
table.insert(t, 40) print(t.n, #t) print(pcall(table.setn, t, 10)) print(table.getn(t))
t = {} for i = 1, 10 do table.insert(t, 1, i) end print(list(t))
for i = 1, 5 do table.insert(t, table.remove(t, 1)) end print(list(t))

print "== concat"
print(table.concat {}, table.concat({}, "x"), table.concat({ 1, 2, 3 }), table.concat({ 1, "b", 3.5 }, ", "), table.concat({ 1, 2, 3 }, "-", 2), table.concat({ 1, 2, 3 }, "-", 2, 2), table.concat({ 1, 2, 3 }, "-", 3, 2) == "")
print(pcall(table.concat, { 1, {}, 3 })) print(pcall(table.concat, { 1, 2, nil, 4 }, " ", 1, 4)) print(pcall(table.concat, { true })) print(pcall(table.concat, { 1 }, {})) print(table.concat({ [5] = "e", [6] = "f" }, "", 5, 6))
local many = {} for i = 1, 300 do many[i] = i % 10 end
print(#table.concat(many), #table.concat(many, "--"), table.concat(many, ",", 295))

print "== sort"
local words = { "banana", "Apple", "cherry", "apple", "Banana", "date", "10", "9", "" }
table.sort(words) print(list(words))
table.sort(words, function(a, b) return a:lower() < b:lower() or a:lower() == b:lower() and a < b end) print(list(words))
table.sort(words, function(a, b) if #a ~= #b then return #a > #b end return a > b end) print(list(words))
local nums = { 3, -1, 2.5, 1e10, 0, -1e-3, 7, 7, 2 }
table.sort(nums) print(list(nums)) table.sort(nums, function(a, b) return a > b end) print(list(nums))
print(pcall(table.sort, { 1, "x", 2 })) print(pcall(table.sort, { {}, {} })) print(pcall(table.sort, { 3, 1, 2 }, function() return true end)) print(pcall(table.sort, { 1, 2 }, 5))
local one, empty = { 1 }, {} table.sort(one) table.sort(empty) print(#one, #empty)
local mt = { __lt = function(a, b) return a.v < b.v end }
local objs = {} for i = 1, 6 do objs[i] = setmetatable({ v = (i * 5) % 7 }, mt) end
table.sort(objs) for _, o in ipairs(objs) do io.write(o.v, " ") end
local people = { { "Ann", 30 }, { "Bob", 25 }, { "Cid", 30 }, { "Dan", 25 } }
table.sort(people, function(a, b) if a[2] ~= b[2] then return a[2] < b[2] end return a[1] > b[1] end)
for _, p in ipairs(people) do io.write(p[1], " ") end print()

-- several sorts, one test harness; comparisons are counted
local seed = 1
local function random(n) seed = (seed * 16807) % 2147483647 return seed % n + 1 end
local sorts = {}
function sorts.bubble(a, lt)
  local n, swapped = #a, nil
  repeat
    swapped = false
    for i = 2, n do if lt(a[i], a[i - 1]) then a[i], a[i - 1], swapped = a[i - 1], a[i], true end end
    n = n - 1
  until not swapped
end
function sorts.insertion(a, lt)
  for i = 2, #a do
    local v, j = a[i], i - 1
    while j > 0 and lt(v, a[j]) do a[j + 1] = a[j] j = j - 1 end
    a[j + 1] = v
  end
end
function sorts.selection(a, lt)
  for i = 1, #a - 1 do
    local m = i
    for j = i + 1, #a do if lt(a[j], a[m]) then m = j end end
    a[i], a[m] = a[m], a[i]
  end
end
function sorts.shell(a, lt)
  local gap = 1
  while gap < #a / 3 do gap = gap * 3 + 1 end
  while gap >= 1 do
    for i = gap + 1, #a do
      for j = i, gap + 1, -gap do
        if not lt(a[j], a[j - gap]) then break end
        a[j], a[j - gap] = a[j - gap], a[j]
      end
    end
    gap = math.floor(gap / 3)
  end
end
function sorts.merge(a, lt)
  local function go(lo, hi)
    if lo >= hi then return end
    local mid = math.floor((lo + hi) / 2)
    go(lo, mid) go(mid + 1, hi)
    local out, i, j = {}, lo, mid + 1
    while i <= mid or j <= hi do
      if j > hi or i <= mid and not lt(a[j], a[i]) then out[#out + 1] = a[i] i = i + 1 else out[#out + 1] = a[j] j = j + 1 end
    end
    for k = 1, #out do a[lo + k - 1] = out[k] end
  end
  go(1, #a)
end
function sorts.quick(a, lt)
  local function go(lo, hi)
    while lo < hi do
      local pivot, i, j = a[math.floor((lo + hi) / 2)], lo, hi
      while i <= j do
        while lt(a[i], pivot) do i = i + 1 end
        while lt(pivot, a[j]) do j = j - 1 end
        if i <= j then a[i], a[j] = a[j], a[i] i, j = i + 1, j - 1 end
      end
      if j - lo < hi - i then go(lo, j) lo = i else go(i, hi) hi = j end
    end
  end
  go(1, #a)
end
function sorts.heap(a, lt)
  local function sift(root, n)
    while root * 2 <= n do
      local c = root * 2
      if c < n and lt(a[c], a[c + 1]) then c = c + 1 end
      if not lt(a[root], a[c]) then return end
      a[root], a[c] = a[c], a[root]
      root = c
    end
  end
  for i = math.floor(#a / 2), 1, -1 do sift(i, #a) end
  for n = #a, 2, -1 do a[1], a[n] = a[n], a[1] sift(1, n - 1) end
end
sorts.library = table.sort
function sorts.comb(a, lt)
  local gap, done = #a, false
  while not done do
    gap = math.floor(gap / 1.3)
    if gap <= 1 then gap, done = 1, true end
    for i = 1, #a - gap do if lt(a[i + gap], a[i]) then a[i], a[i + gap], done = a[i + gap], a[i], false end end
  end
end
print "== sorting algorithms: comparisons on random, sorted, reversed, equal"
local names = {} for k in pairs(sorts) do names[#names + 1] = k end table.sort(names)
for _, name in ipairs(names) do
  seed = 99
  local inputs = { {}, {}, {}, {} }
  for i = 1, 60 do inputs[1][i], inputs[2][i], inputs[3][i], inputs[4][i] = random(1000), i, 61 - i, 5 end
  local counts = {}
  for k, a in ipairs(inputs) do
    local n = 0
    local reference = { unpack(a) } table.sort(reference)
    sorts[name](a, function(x, y) n = n + 1 return x < y end)
    assert(list(a) == list(reference), name)
    counts[k] = n
  end
  print(("%-10s"):format(name), unpack(counts))
end
local stable, unstable = {}, {}
for i = 1, 12 do stable[i] = { i % 3, i } unstable[i] = stable[i] end
sorts.merge(stable, function(a, b) return a[1] < b[1] end)
for _, p in ipairs(stable) do io.write(p[1], ":", p[2], " ") end
table.sort(unstable, function(a, b) return a[1] < b[1] end)
for _, p in ipairs(unstable) do io.write(p[1], ":", p[2], " ") end print()

print "== length and holes"
print(#{ 1, 2, nil, 4 }, #{ nil }, #{ nil, nil, 3 }, #{ n = 5 }, #{ [1] = 1, [2] = 2 }, #{ 1, 2, 3, nil }, #{ [3] = 1 }, #"", #"abc\0def")
t = {} for i = 1, 16 do t[i] = i end
for _, gone in ipairs { 16, 15, 8, 12 } do t[gone] = nil io.write(#t, " ") end print(table.maxn(t))
t = { 5, 6, 7 } t[#t + 1] = 8 t[#t + 1] = 9 t[#t] = nil print(#t, t[#t], table.maxn { [2.5] = 1, [7] = 1, [-3] = 1, x = 1 }, table.maxn {})
t = {} t[4] = 4 t[3] = 3 t[2] = 2 t[1] = 1 print(#t) t[1.0] = "one" print(t[1], t[3 / 3], rawget(t, 2 ^ 0), #t)
t[1e15] = "big" t[-1] = "neg" t[0] = "zero" t[0.5] = "half" print(#t, t[1e15], t[-1], t[-0], t[1 / 2])

print "== iteration order"
local function order(t) local r = {} for k, v in pairs(t) do r[#r + 1] = tostring(k) .. "=" .. tostring(v) end return table.concat(r, " ") end
print(order { 1, 2, 3, x = 1, y = 2, z = 3 }) print(order { x = 1, [1] = "a", [2] = "b", y = 2, "c" }) print(order { [true] = 1, [false] = 0, [2.5] = "f", [-1] = "n" })
t = {} for _, w in ipairs { "one", "two", "three", "four", "five", "six", "seven" } do t[w] = #w end print(order(t))
t.three = nil t.eight = 5 t.nine = 4 print(order(t)) for k in pairs(t) do if #k == 3 then t[k] = nil end end print(order(t))
t = {} for i = 20, 1, -3 do t[i] = i * i end print(order(t)) for i = 1, 5 do t[i] = -i end print(order(t))
t = { 10, 20, 30, nil, 50 } print(order(t)) table.foreach(t, function(k, v) io.write(k, ":", v, " ") end) print(table.foreachi({ 1, 2, 3 }, function(i, v) if v == 2 then return "stopped at " .. i end end))
print(next {}, next({ 5 }), next({ 5 }, 1), next({ a = 1 }, "a"), pcall(next, {}, 1)) print(pcall(ipairs)) print(pcall(pairs, nil)) print(pcall(next))
local visited = 0 t = { 1, 2, 3, a = 1, b = 2 } for k in pairs(t) do t[k] = nil visited = visited + 1 end print(visited, next(t))
for i, v in ipairs { 1, 2, nil, 4 } do io.write(i, "=", v, " ") end for i, v in ipairs(setmetatable({}, { __index = function(_, i) return i < 4 and i or nil end })) do io.write("never ", i) end print()

print "== sets"
local Set = {}
Set.__index = Set
local function set(l) local s = setmetatable({}, Set) for _, v in ipairs(l) do s[v] = true end return s end
Set.__add = function(a, b) local s = set {} for k in pairs(a) do s[k] = true end for k in pairs(b) do s[k] = true end return s end
Set.__mul = function(a, b) local s = set {} for k in pairs(a) do s[k] = b[k] end return s end
Set.__sub = function(a, b) local s = set {} for k in pairs(a) do if not b[k] then s[k] = true end end return s end
Set.__le = function(a, b) for k in pairs(a) do if not b[k] then return false end end return true end
Set.__lt = function(a, b) return a <= b and not (b <= a) end
Set.__eq = function(a, b) return a <= b and b <= a end
Set.__tostring = function(s) local l = {} for k in pairs(s) do l[#l + 1] = k end table.sort(l) return "{" .. table.concat(l, ",") .. "}" end
local A, B = set { 1, 2, 3, 4 }, set { 3, 4, 5 }
print(tostring(A + B), tostring(A * B), tostring(A - B), A <= B, A * B <= A, A * B < A, A == set { 4, 3, 2, 1 }, A ~= B, A > A * B, A >= A)

print "== deep copy, compare, flatten, group"
local function copy(v, seen)
  if type(v) ~= "table" then return v end
  seen = seen or {}
  if seen[v] then return seen[v] end
  local r = setmetatable({}, getmetatable(v))
  seen[v] = r
  for k, x in pairs(v) do r[copy(k, seen)] = copy(x, seen) end
  return r
end
local function equal(a, b, seen)
  if a == b then return true end
  if type(a) ~= "table" or type(b) ~= "table" then return false end
  seen = seen or {}
  if seen[a] == b then return true end
  seen[a] = b
  for k, v in pairs(a) do if not equal(v, b[k], seen) then return false end end
  for k in pairs(b) do if a[k] == nil then return false end end
  return true
end
local g = { 1, { 2, { x = "y" } }, z = { 3 } } g.self = g g.z.up = g
local h = copy(g)
print(h ~= g, h.self == h, h.z.up == h, h[2][2].x, equal(g, h), equal({ 1, { 2 } }, { 1, { 3 } }), equal({ a = 1 }, { a = 1, b = 2 })) h[2][2].x = "changed" print(equal(g, h), g[2][2].x)
local matrix = {} for i = 1, 4 do matrix[i] = {} for j = 1, 3 do matrix[i][j] = i * 10 + j end end
local turned = {} for j = 1, 3 do turned[j] = {} for i = 1, 4 do turned[j][5 - i] = matrix[i][j] end end
for _, row in ipairs(turned) do io.write(table.concat(row, " "), "; ") end print(#turned, #turned[1])
local default = setmetatable({}, { __index = function(t, k) local v = {} t[k] = v return v end })
for w in ("the cat the dog a cat"):gmatch "%a+" do table.insert(default[#w], w) end print(table.concat(default[3], " "), table.concat(default[1], " "), rawget(default, 9))
local readonly = setmetatable({}, { __index = { a = 1 }, __newindex = function(_, k) error("read-only: " .. tostring(k), 2) end })
print(readonly.a, pcall(function() readonly.b = 2 end), pcall(rawset, readonly, "b", 3) and readonly.b)
local sparse = {} for i = 0, 10 do sparse[2 ^ i] = i end print(#sparse, table.maxn(sparse), order(sparse))
