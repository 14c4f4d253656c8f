-- Red-black tree, AVL tree, treap, skip list, trie, interval tree and binary indexed tree; all ordered maps are tested by one driver.

local seed = 12345
local function random(n)
  seed = (seed * 1103515245 + 12345) % 2147483648
  return math.floor(seed / 65536) % n
end

-- ---------------------------------------------------------------- red-black (insert by balancing patterns, delete by rebuilding path)
local function RedBlack()
  local root, size, rotations = nil, 0, 0

  local function red(n) return n and n.red end

  local function rotate(n, dir)          -- dir: the side that comes up
    rotations = rotations + 1
    local other = dir == "left" and "right" or "left"
    local up = n[dir]
    n[dir], up[other] = up[other], n
    up.red, n.red = n.red, true
    return up
  end

  local function flip(n)
    n.red = not n.red
    n.left.red, n.right.red = not n.left.red, not n.right.red
  end

  -- left-leaning variant
  local function fix(n)
    if red(n.right) and not red(n.left) then n = rotate(n, "right") end
    if red(n.left) and red(n.left.left) then n = rotate(n, "left") end
    if red(n.left) and red(n.right) then flip(n) end
    return n
  end

  local function insert(n, key, value)
    if not n then
      size = size + 1
      return { key = key, value = value, red = true }
    end
    if key == n.key then n.value = value
    elseif key < n.key then n.left = insert(n.left, key, value)
    else n.right = insert(n.right, key, value) end
    return fix(n)
  end

  local function red_left(n)
    flip(n)
    if red(n.right.left) then
      n.right = rotate(n.right, "left")
      n = rotate(n, "right")
      flip(n)
    end
    return n
  end

  local function red_right(n)
    flip(n)
    if red(n.left.left) then
      n = rotate(n, "left")
      flip(n)
    end
    return n
  end

  local function delete_min(n)
    if not n.left then return nil, n end
    if not red(n.left) and not red(n.left.left) then n = red_left(n) end
    local min
    n.left, min = delete_min(n.left)
    return fix(n), min
  end

  local function delete(n, key)
    if key < n.key then
      if not red(n.left) and not red(n.left.left) then n = red_left(n) end
      n.left = delete(n.left, key)
    else
      if red(n.left) then n = rotate(n, "left") end
      if key == n.key and not n.right then return nil end
      if not red(n.right) and not red(n.right.left) then n = red_right(n) end
      if key == n.key then
        local min
        n.right, min = delete_min(n.right)
        n.key, n.value = min.key, min.value
      else
        n.right = delete(n.right, key)
      end
    end
    return fix(n)
  end

  local function black_height(n)
    if not n then return 1 end
    local l, r = black_height(n.left), black_height(n.right)
    assert(l == r, "unequal black heights")
    assert(not (red(n) and red(n.left)), "two reds")
    assert(not red(n.right), "red leans right")
    return l + (red(n) and 0 or 1)
  end

  local self = {}
  function self.get(key)
    local n = root
    while n do
      if key == n.key then return n.value end
      n = key < n.key and n.left or n.right
    end
  end
  function self.put(key, value) root = insert(root, key, value) root.red = false end
  function self.remove(key)
    if self.get(key) == nil then return false end
    if not red(root.left) and not red(root.right) then root.red = true end
    root = delete(root, key)
    if root then root.red = false end
    size = size - 1
    return true
  end
  function self.walk(f)
    local function go(n) if n then go(n.left) f(n.key, n.value) return go(n.right) end end
    go(root)
  end
  function self.check() return "black height " .. black_height(root) end
  function self.size() return size end
  function self.note() return rotations .. " rotations" end
  return self
end

-- ---------------------------------------------------------------- AVL as a class with metamethods
local AVL = {}
AVL.__index = function(t, k) return AVL[k] end
local function height(n) return n and n.h or 0 end
local function node(k, v, l, r)
  return { k = k, v = v, l = l, r = r, h = 1 + math.max(height(l), height(r)) }
end
local function balance(k, v, l, r)       -- persistent: returns new nodes
  if height(l) > height(r) + 1 then
    if height(l.l) >= height(l.r) then return node(l.k, l.v, l.l, node(k, v, l.r, r)) end
    local m = l.r
    return node(m.k, m.v, node(l.k, l.v, l.l, m.l), node(k, v, m.r, r))
  elseif height(r) > height(l) + 1 then
    if height(r.r) >= height(r.l) then return node(r.k, r.v, node(k, v, l, r.l), r.r) end
    local m = r.l
    return node(m.k, m.v, node(k, v, l, m.l), node(r.k, r.v, m.r, r.r))
  end
  return node(k, v, l, r)
end
local function avl_put(n, k, v)
  if not n then return node(k, v) end
  if k == n.k then return node(k, v, n.l, n.r) end
  if k < n.k then return balance(n.k, n.v, avl_put(n.l, k, v), n.r) end
  return balance(n.k, n.v, n.l, avl_put(n.r, k, v))
end
local function avl_min(n) while n.l do n = n.l end return n end
local function avl_remove(n, k)
  if not n then return nil end
  if k < n.k then return balance(n.k, n.v, avl_remove(n.l, k), n.r) end
  if k > n.k then return balance(n.k, n.v, n.l, avl_remove(n.r, k)) end
  if not n.l then return n.r end
  if not n.r then return n.l end
  local m = avl_min(n.r)
  return balance(m.k, m.v, n.l, avl_remove(n.r, m.k))
end
local function Avl()
  local root, size = nil, 0
  local self = {}
  function self.get(k)
    local n = root
    while n and n.k ~= k do n = k < n.k and n.l or n.r end
    return n and n.v
  end
  function self.put(k, v)
    if self.get(k) == nil then size = size + 1 end
    root = avl_put(root, k, v)
  end
  function self.remove(k)
    if self.get(k) == nil then return false end
    root, size = avl_remove(root, k), size - 1
    return true
  end
  function self.walk(f)
    -- an explicit stack in place of recursion
    local stack, n = {}, root
    while n or #stack > 0 do
      while n do stack[#stack + 1] = n n = n.l end
      n = table.remove(stack)
      f(n.k, n.v)
      n = n.r
    end
  end
  function self.check()
    local function go(n)
      if not n then return 0 end
      local a, b = go(n.l), go(n.r)
      assert(math.abs(a - b) <= 1 and n.h == 1 + math.max(a, b))
      return n.h
    end
    return "height " .. go(root)
  end
  function self.size() return size end
  function self.note() return "persistent" end
  return self
end

-- ---------------------------------------------------------------- treap with split and join
local function Treap()
  local root, size = nil, 0
  local function split(n, key)
    if not n then return nil, nil end
    if n.key < key then
      local a, b = split(n.right, key)
      n.right = a
      return n, b
    end
    local a, b = split(n.left, key)
    n.left = b
    return a, n
  end
  local function join(a, b)
    if not a then return b elseif not b then return a end
    if a.priority > b.priority then a.right = join(a.right, b) return a end
    b.left = join(a, b.left)
    return b
  end
  local self = {}
  local function find(key)
    local n = root
    while n do
      if key == n.key then return n elseif key < n.key then n = n.left else n = n.right end
    end
  end
  function self.get(key) local n = find(key) if n then return n.value end end
  function self.put(key, value)
    local n = find(key)
    if n then n.value = value return end
    local a, b = split(root, key)
    root = join(join(a, { key = key, value = value, priority = random(1e6) }), b)
    size = size + 1
  end
  function self.remove(key)
    local function cut(n)
      if not n then return nil, false end
      if n.key == key then return join(n.left, n.right), true end
      local side = key < n.key and "left" or "right"
      local found
      n[side], found = cut(n[side])
      return n, found
    end
    local found
    root, found = cut(root)
    if found then size = size - 1 end
    return found
  end
  function self.walk(f)
    for k, v in coroutine.wrap(function()
      local function go(n)
        if not n then return end
        go(n.left)
        coroutine.yield(n.key, n.value)
        go(n.right)
      end
      go(root)
    end) do f(k, v) end
  end
  function self.check()
    local function go(n, limit)
      if n then
        assert(n.priority <= limit)
        return 1 + math.max(go(n.left, n.priority), go(n.right, n.priority))
      end
      return 0
    end
    return "height " .. go(root, math.huge)
  end
  function self.size() return size end
  function self.note() return "heap order holds" end
  return self
end

-- ---------------------------------------------------------------- skip list
local function SkipList()
  local LEVELS = 10
  local head, size, level = { next = {} }, 0, 1
  local function trail(key)
    local update, n = {}, head
    for i = LEVELS, 1, -1 do
      while n.next[i] and n.next[i].key < key do n = n.next[i] end
      update[i] = n
    end
    return update, update[1].next[1]
  end
  local self = {}
  function self.get(key)
    local _, n = trail(key)
    if n and n.key == key then return n.value end
  end
  function self.put(key, value)
    local update, n = trail(key)
    if n and n.key == key then n.value = value return end
    local h = 1
    while h < LEVELS and random(2) == 0 do h = h + 1 end
    level = math.max(level, h)
    local new = { key = key, value = value, next = {} }
    for i = 1, h do new.next[i], update[i].next[i] = update[i].next[i], new end
    size = size + 1
  end
  function self.remove(key)
    local update, n = trail(key)
    if not n or n.key ~= key then return false end
    for i = 1, LEVELS do
      if update[i].next[i] == n then update[i].next[i] = n.next[i] end
    end
    size = size - 1
    return true
  end
  function self.walk(f)
    local n = head.next[1]
    while n do f(n.key, n.value) n = n.next[1] end
  end
  function self.check()
    local counts = {}
    for i = 1, LEVELS do
      local n, c = head.next[i], 0
      while n do
        assert(not n.next[i] or n.key < n.next[i].key)
        c, n = c + 1, n.next[i]
      end
      counts[i] = c
    end
    return "levels " .. table.concat(counts, ",")
  end
  function self.size() return size end
  function self.note() return "highest " .. level end
  return self
end

-- ---------------------------------------------------------------- the common driver
print "== ordered maps"
local reference_line
for _, kind in ipairs { { "red-black", RedBlack }, { "avl", Avl }, { "treap", Treap }, { "skip list", SkipList } } do
  seed = 4711
  local map, model, count = kind[2](), {}, 0
  -- keys come from a fixed sequence so that all structures see the same operations, whatever randomness they use themselves
  local x = 1
  for step = 1, 1200 do
    x = (x * 75 + 74) % 65537
    local key, what = x % 300, math.floor(x / 300) % 3
    if what < 2 then
      if model[key] == nil then count = count + 1 end
      model[key] = step
      map.put(key, step)
    else
      local had = model[key] ~= nil
      if had then count = count - 1 end
      model[key] = nil
      assert(map.remove(key) == had)
    end
    if step % 200 == 0 then
      map.check()
      assert(map.size() == count)
    end
  end
  local keys, sum, previous = 0, 0, -1
  map.walk(function(k, v)
    assert(k > previous and model[k] == v)
    previous, keys, sum = k, keys + 1, sum + k * v
  end)
  assert(keys == count)
  local line = keys .. " " .. sum
  reference_line = reference_line or line
  print(kind[1], line, line == reference_line, map.check(), map.note())
  for k = 0, 299 do assert(map.get(k) == model[k]) map.remove(k) end
  print("", "emptied", map.size(), map.get(5))
end

-- ---------------------------------------------------------------- trie
print "== trie"
local Trie = {}
Trie.__index = Trie
function Trie.new() return setmetatable({ root = {} }, Trie) end
function Trie:add(word, value)
  local n = self.root
  for c in word:gmatch "." do
    n[c] = n[c] or {}
    n = n[c]
  end
  n.value = value or true
  return self
end
function Trie:complete(prefix)
  local n = self.root
  for c in prefix:gmatch "." do
    n = n[c]
    if not n then return {} end
  end
  local out = {}
  local function go(node, word)
    if node.value then out[#out + 1] = word end
    local letters = {}
    for c in pairs(node) do if #c == 1 then letters[#letters + 1] = c end end
    table.sort(letters)
    for _, c in ipairs(letters) do go(node[c], word .. c) end
  end
  go(n, prefix)
  return out
end
function Trie:longest(text)
  local n, best = self.root, 0
  for i = 1, #text do
    n = n[text:sub(i, i)]
    if not n then break end
    if n.value then best = i end
  end
  return text:sub(1, best)
end
local t = Trie.new()
for w in ("car card care cart cat dog do done dot a an and"):gmatch "%a+" do t:add(w) end
for _, p in ipairs { "car", "do", "", "x", "cat", "an" } do print(("%q"):format(p), table.concat(t:complete(p), " ")) end
print(t:longest "carting", t:longest "donkey", t:longest "xyz" == "", t:longest "andante")
local function segment(text)
  if text == "" then return {} end
  for i = #text, 1, -1 do
    local head = text:sub(1, i)
    if t:longest(head) == head then
      local rest = segment(text:sub(i + 1))
      if rest then table.insert(rest, 1, head) return rest end
    end
  end
end
print(table.concat(segment "andcardoneacat", " "), segment "dogx")

-- ---------------------------------------------------------------- interval tree
print "== intervals"
local function interval_tree(list)
  if #list == 0 then return nil end
  local points = {}
  for _, iv in ipairs(list) do points[#points + 1] = iv[1] points[#points + 1] = iv[2] end
  table.sort(points)
  local center = points[math.ceil(#points / 2)]
  local left, right, here = {}, {}, {}
  for _, iv in ipairs(list) do
    local target = iv[2] < center and left or iv[1] > center and right or here
    target[#target + 1] = iv
  end
  local by_high = { unpack(here) }
  table.sort(here, function(a, b) return a[1] < b[1] end)
  table.sort(by_high, function(a, b) return a[2] > b[2] end)
  return { center = center, low = here, high = by_high, left = interval_tree(left), right = interval_tree(right) }
end
local function stab(tree, x, out)
  if not tree then return out end
  if x <= tree.center then
    for _, iv in ipairs(tree.low) do
      if iv[1] > x then break end
      out[#out + 1] = iv
    end
    return x == tree.center and out or stab(tree.left, x, out)
  end
  for _, iv in ipairs(tree.high) do
    if iv[2] < x then break end
    out[#out + 1] = iv
  end
  return stab(tree.right, x, out)
end
local intervals = {}
for i = 1, 40 do
  local a = (i * 37) % 101
  intervals[i] = { a, a + (i * 13) % 23, name = i }
end
local tree = interval_tree(intervals)
for x = -5, 120, 25 do
  local names, brute = {}, 0
  for _, iv in ipairs(stab(tree, x, {})) do names[#names + 1] = iv.name end
  table.sort(names)
  for _, iv in ipairs(intervals) do if iv[1] <= x and x <= iv[2] then brute = brute + 1 end end
  print(x, #names == brute, table.concat(names, " "))
end

-- ---------------------------------------------------------------- Fenwick tree
print "== prefix sums"
local function Fenwick(n)
  local a = {}
  for i = 1, n do a[i] = 0 end
  local function low(i) local p = 1 while i % (p * 2) == 0 do p = p * 2 end return p end
  return function(i, d) while i <= n do a[i] = a[i] + d i = i + low(i) end end,
         function(i) local s = 0 while i > 0 do s, i = s + a[i], i - low(i) end return s end
end
local add, sum = Fenwick(50)
local inversions, perm = 0, {}
for i = 1, 50 do perm[i] = (i * 29) % 53 end
local rank = { unpack(perm) }
table.sort(rank)
local place = {}
for i, v in ipairs(rank) do place[v] = i end
for i, v in ipairs(perm) do
  inversions = inversions + (i - 1 - sum(place[v]))
  add(place[v], 1)
end
local brute = 0
for i = 1, 50 do for j = i + 1, 50 do if perm[i] > perm[j] then brute = brute + 1 end end end
print(inversions, brute, sum(50), sum(10))
