-- Priority structures: binary heap, pairing heap, leftist heap, indexed heap, deque, ring buffer, LRU cache; heap sort, running median, event order.

-- A generic linear congruential generator, the same on every machine.
local function LCG(seed)
  return function(low, high)
    seed = (seed * 69069 + 1) % 2 ^ 32
    local r = math.floor(seed / 65536)
    if low then return low + r % (high - low + 1) end
    return r
  end
end

--------------------------------------------------------------- binary heap
local Heap = {}
Heap.__index = Heap

function Heap.new(less) return setmetatable({ n = 0, less = less or function(a, b) return a < b end }, Heap) end

function Heap:push(v)
  local i = self.n + 1
  self.n = i
  while i > 1 do
    local p = (i - i % 2) / 2
    if not self.less(v, self[p]) then break end
    self[i] = self[p]
    i = p
  end
  self[i] = v
  return self
end

function Heap:pop()
  if self.n == 0 then return nil end
  local top, v = self[1], self[self.n]
  self[self.n] = nil
  self.n = self.n - 1
  local n, i = self.n, 1
  if n > 0 then
    while true do
      local c = 2 * i
      if c > n then break end
      if c < n and self.less(self[c + 1], self[c]) then c = c + 1 end
      if not self.less(self[c], v) then break end
      self[i] = self[c]
      i = c
    end
    self[i] = v
  end
  return top
end

function Heap:peek() return self[1] end
function Heap:drain() return function() return self:pop() end end

function Heap.from(list, less)
  local h = Heap.new(less)
  for i = 1, #list do h:push(list[i]) end
  return h
end

--------------------------------------------------------------- pairing heap (functional style)
local pairing = {}
function pairing.insert(h, v) return pairing.merge(h, { value = v }) end
function pairing.merge(a, b)
  if not a then return b elseif not b then return a end
  if b.value < a.value then a, b = b, a end
  return { value = a.value, children = { head = b, tail = a.children } }
end
function pairing.pop(h)
  local function pairs_up(list)
    if not list then return nil end
    if not list.tail then return list.head end
    return pairing.merge(pairing.merge(list.head, list.tail.head), pairs_up(list.tail.tail))
  end
  return h.value, pairs_up(h.children)
end

--------------------------------------------------------------- leftist heap
local leftist = {}
local function rank(h) return h and h.rank or 0 end
function leftist.merge(a, b)
  if not a then return b end
  if not b then return a end
  if b.v < a.v then a, b = b, a end
  local left, right = a.left, leftist.merge(a.right, b)
  if rank(left) < rank(right) then left, right = right, left end
  return { v = a.v, left = left, right = right, rank = rank(right) + 1 }
end
function leftist.insert(h, v) return leftist.merge(h, { v = v, rank = 1 }) end
function leftist.pop(h) return h.v, leftist.merge(h.left, h.right) end

--------------------------------------------------------------- deque on a table with moving ends
local Deque = {}
Deque.__index = Deque
function Deque.new(...)
  local d = setmetatable({ first = 0, last = -1 }, Deque)
  for i = 1, arg.n do d:push_right(arg[i]) end
  return d
end
function Deque:push_left(v) self.first = self.first - 1 self[self.first] = v return self end
function Deque:push_right(v) self.last = self.last + 1 self[self.last] = v return self end
function Deque:pop_left()
  if self.first > self.last then error("deque is empty", 2) end
  local v = self[self.first]
  self[self.first] = nil
  self.first = self.first + 1
  return v
end
function Deque:pop_right()
  if self.first > self.last then error("deque is empty", 2) end
  local v = self[self.last]
  self[self.last] = nil
  self.last = self.last - 1
  return v
end
function Deque:size() return self.last - self.first + 1 end
function Deque:rotate(n)
  for _ = 1, n do self:push_right(self:pop_left()) end
  for _ = -1, n, -1 do self:push_left(self:pop_right()) end
  return self
end
Deque.__tostring = function(d)
  local t = {}
  for i = d.first, d.last do t[#t + 1] = tostring(d[i]) end
  return "<" .. table.concat(t, " ") .. ">"
end

--------------------------------------------------------------- ring buffer, LRU cache
local function Ring(capacity)
  local data, start, n = {}, 0, 0
  return {
    put = function(v)
      if n == capacity then start = (start + 1) % capacity else n = n + 1 end
      data[(start + n - 1) % capacity + 1] = v
    end,
    each = function()
      local i = 0
      return function()
        if i < n then i = i + 1 return i, data[(start + i - 1) % capacity + 1] end
      end
    end,
  }
end

local LRU = {}
LRU.__index = LRU
function LRU.new(capacity)
  local self = setmetatable({ capacity = capacity, size = 0, map = {}, hits = 0, misses = 0, evicted = {} }, LRU)
  self.head = {}
  self.head.next, self.head.prev = self.head, self.head
  return self
end
local function unlink(node) node.prev.next, node.next.prev = node.next, node.prev end
function LRU:front(node)
  local h = self.head
  node.next, node.prev = h.next, h
  h.next.prev, h.next = node, node
end
function LRU:get(key)
  local node = self.map[key]
  if not node then self.misses = self.misses + 1 return nil end
  self.hits = self.hits + 1
  unlink(node)
  self:front(node)
  return node.value
end
function LRU:put(key, value)
  local node = self.map[key]
  if node then
    node.value = value
    unlink(node)
  else
    if self.size == self.capacity then
      local old = self.head.prev
      unlink(old)
      self.map[old.key] = nil
      self.evicted[#self.evicted + 1] = old.key
    else self.size = self.size + 1 end
    node = { key = key, value = value }
    self.map[key] = node
  end
  self:front(node)
end
function LRU:keys()
  local list, node = {}, self.head.next
  while node ~= self.head do list[#list + 1] = tostring(node.key) node = node.next end
  return table.concat(list, " ")
end

--------------------------------------------------------------- trials
local random = LCG(2006)
local sample = {}
for i = 1, 30 do sample[i] = random(0, 99) end
print("sample  ", table.concat(sample, " "))
local expected = { unpack(sample) }
table.sort(expected)
expected = table.concat(expected, " ")

local function collect(iter)
  local t = {}
  for v in iter do t[#t + 1] = v end
  return table.concat(t, " ")
end
print("binary  ", collect(Heap.from(sample):drain()) == expected)

local p
for _, v in ipairs(sample) do p = pairing.insert(p, v) end
print("pairing ", collect(function() if p then local v v, p = pairing.pop(p) return v end end) == expected)

local l
for _, v in ipairs(sample) do l = leftist.insert(l, v) end
print("leftist ", rank(l), collect(function() if l then local v v, l = leftist.pop(l) return v end end) == expected)
print("maximum ", collect(Heap.from(sample, function(a, b) return a > b end):drain()))

print "-- stable by sequence number"
local q = Heap.new(function(a, b)
  if a.priority ~= b.priority then return a.priority < b.priority end
  return a.number < b.number
end)
for i, w in ipairs { "low3", "high1", "mid2", "low3b", "mid2b", "high1b", "high1c" } do q:push { number = i, word = w, priority = tonumber(w:match "%d") } end
for item in q:drain() do io.write(item.word, " ") end
print(q:pop())

print "-- running median"
do
  local low, high = Heap.new(function(a, b) return a > b end), Heap.new()
  local medians = {}
  for i, v in ipairs(sample) do
    if low.n == 0 or v <= low:peek() then low:push(v) else high:push(v) end
    if low.n > high.n + 1 then high:push(low:pop()) elseif high.n > low.n then low:push(high:pop()) end
    medians[i] = low.n > high.n and low:peek() or (low:peek() + high:peek()) / 2
  end
  print(table.concat(medians, " "))
end

print "-- merging sorted streams"
local function stream(start, step, count)
  return coroutine.wrap(function() for i = 0, count - 1 do coroutine.yield(start + i * step) end end)
end
do
  local h = Heap.new(function(a, b) return a.head < b.head end)
  for _, s in ipairs { { 1, 7, 5 }, { 2, 3, 8 }, { 0, 11, 3 }, { 30, 1, 0 } } do
    local source = stream(unpack(s))
    local head = source()
    if head then h:push { head = head, source = source } end
  end
  local out = {}
  while h:peek() do
    local s = h:pop()
    out[#out + 1] = s.head
    s.head = s.source()
    if s.head then h:push(s) end
  end
  print(table.concat(out, " "))
end

print "-- deque"
local d = Deque.new("a", nil, false, 3)
print(tostring(d), d:size(), tostring(d:push_left("z"):push_right("y")), d:size())
print(d:pop_left(), d:pop_right(), d:pop_right(), d:pop_right(), d:pop_right(), d:pop_left())
print(pcall(d.pop_left, d))
print(pcall(d.pop_right, d))
local ring_of = Deque.new(1, 2, 3, 4, 5)
print(tostring(ring_of:rotate(2)), tostring(ring_of:rotate(-3)), tostring(ring_of:rotate(0)))

print "-- josephus"
for _, c in ipairs { { 7, 3 }, { 10, 2 }, { 41, 3 } } do
  local circle, order = Deque.new(), {}
  for i = 1, c[1] do circle:push_right(i) end
  while circle:size() > 0 do
    circle:rotate(c[2] - 1)
    order[#order + 1] = circle:pop_left()
  end
  print(c[1], c[2], "last", order[#order], table.concat(order, " "):sub(1, 40))
end

print "-- ring"
local r = Ring(4)
for w in ("the quick brown fox jumps over"):gmatch "%a+" do r.put(w) end
for i, w in r.each() do io.write(i, "=", w, " ") end
print()

print "-- cache"
local cache = LRU.new(3)
for _, op in ipairs { "+a", "+b", "+c", "?a", "+d", "?b", "?c", "+a", "+e", "?d", "?a" } do
  local kind, key = op:match "(.)(.)"
  if kind == "+" then cache:put(key, key:upper()) else io.write(op, "=", tostring(cache:get(key)), " ") end
end
print("|", cache:keys(), "| evicted", table.concat(cache.evicted, " "), "| hits", cache.hits, "misses", cache.misses)

local function cached(f, capacity)
  local store = LRU.new(capacity)
  return function(x)
    local v = store:get(x)
    if v == nil then
      v = f(x)
      store:put(x, v)
    end
    return v
  end, store
end
local fib, store
fib, store = cached(function(n) return n < 2 and n or fib(n - 1) + fib(n - 2) end, 4)
print(fib(60), store.hits, store.misses, store:keys())

print "-- window maximum with a monotonic deque"
do
  local w, window, out = 5, Deque.new(), {}
  for i, v in ipairs(sample) do
    while window:size() > 0 and sample[window[window.last]] <= v do window:pop_right() end
    window:push_right(i)
    if window[window.first] <= i - w then window:pop_left() end
    if i >= w then out[#out + 1] = v and sample[window[window.first]] end
  end
  print(table.concat(out, " "))
end

print "-- big heap sort"
local big, check = {}, 0
for i = 1, 3000 do big[i] = random(1, 100000) end
local last, ok = 0, true
local position = 0
for v in Heap.from(big):drain() do
  position = position + 1
  ok = ok and v >= last
  last = v
  check = (check + v * position) % 1000003
end
print(position, ok, check)
