-- String building: buffers, ropes with balanced concatenation, a gap buffer editor with undo, piece tables; compared on the same edits.

-- A rope is either a string or a node {left, right, length, depth}. -----------------------------------

local Rope = {}
Rope.__index = Rope

local function length(r) return type(r) == "string" and #r or r.n end
local function depth(r) return type(r) == "string" and 0 or r.d end

local LEAF = 8

local function join(a, b)
  if length(a) == 0 then return b end
  if length(b) == 0 then return a end
  if type(a) == "string" and type(b) == "string" and #a + #b <= LEAF then return a .. b end
  return setmetatable({ l = a, r = b, n = length(a) + length(b), d = 1 + math.max(depth(a), depth(b)) }, Rope)
end

local function leaves(r)
  return coroutine.wrap(function()
    local function go(x)
      if type(x) == "string" then coroutine.yield(x) else go(x.l) go(x.r) end
    end
    go(r)
  end)
end

local function to_string(r)
  local t = {}
  for s in leaves(r) do t[#t + 1] = s end
  return table.concat(t)
end

local function build(list, i, j)
  if i > j then return "" end
  if i == j then return list[i] end
  local m = math.floor((i + j) / 2)
  return join(build(list, i, m), build(list, m + 1, j))
end

local function balance(r)
  local t = {}
  for s in leaves(r) do t[#t + 1] = s end
  return build(t, 1, #t)
end

local function split(r, i)          -- the first i characters, the rest
  if type(r) == "string" then return r:sub(1, i), r:sub(i + 1) end
  local left = length(r.l)
  if i <= left then
    local a, b = split(r.l, i)
    return a, join(b, r.r)
  end
  local a, b = split(r.r, i - left)
  return join(r.l, a), b
end

function Rope.new(s)
  local t = {}
  for i = 1, #s, LEAF do t[#t + 1] = s:sub(i, i + LEAF - 1) end
  local r = build(t, 1, #t)
  return type(r) == "string" and setmetatable({ l = r, r = "", n = #r, d = 1 }, Rope) or r
end

local function checked(r)
  if depth(r) > 2 * math.log(length(r) + 2) / math.log(2) + 4 then r = balance(r) end
  return type(r) == "string" and setmetatable({ l = r, r = "", n = #r, d = 1 }, Rope) or r
end

Rope.__tostring = to_string
Rope.__concat = function(a, b)
  if type(a) == "number" then a = tostring(a) end
  if type(b) == "number" then b = tostring(b) end
  return checked(join(a, b))
end
Rope.__eq = function(a, b) return length(a) == length(b) and to_string(a) == to_string(b) end
Rope.__lt = function(a, b) return to_string(a) < to_string(b) end
function Rope:insert(at, s)
  local a, b = split(self, at - 1)
  return checked(join(join(a, s), b))
end
function Rope:delete(from, to)
  local a, rest = split(self, from - 1)
  local _, b = split(rest, to - from + 1)
  return checked(join(a, b))
end
function Rope:sub(i, j)
  local _, rest = split(self, i - 1)
  return to_string((split(rest, j - i + 1)))
end
function Rope:byte(i)
  local r = self
  while type(r) ~= "string" do
    local n = length(r.l)
    if i <= n then r = r.l else r, i = r.r, i - n end
  end
  return r:byte(i)
end

print "== ropes"
local r = Rope.new "The quick brown fox"
print(tostring(r), length(r), depth(r))
print(tostring(r:insert(5, "very ")), tostring(r:delete(5, 10)), r:sub(5, 9), string.char(r:byte(5), r:byte(19)))
local s = r .. " jumps " .. 3 .. " times" .. "!"
print(tostring(s), getmetatable(s) == Rope, s == Rope.new "The quick brown fox jumps 3 times!", r < s, s < r, r == s)
print(tostring("<" .. r .. ">"), tostring(1 .. r .. 2))
print("unchanged", tostring(r))
local long = Rope.new ""
local deepest = 0
for i = 1, 400 do
  long = long .. (i .. ",")
  deepest = math.max(deepest, depth(long))
end
print(length(long), deepest, depth(long), long:sub(1, 20), long:sub(length(long) - 11, length(long)))

-- Buffer with the tower-of-Hanoi strategy ------------------------------------------------------------

print "== buffer"
local function add_string(stack, s)
  stack[#stack + 1] = s
  for i = #stack - 1, 1, -1 do
    if #stack[i] > #stack[i + 1] then break end
    stack[i] = stack[i] .. table.remove(stack)
  end
end
local stack, heights = {}, {}
for i = 1, 100 do
  add_string(stack, ("%d "):format(i))
  if i % 20 == 0 then heights[#heights + 1] = #stack end
end
local sizes = {}
for i, piece in ipairs(stack) do sizes[i] = #piece end
print(table.concat(heights, " "), "pieces", table.concat(sizes, " "))
print(#table.concat(stack), table.concat(stack):sub(-12))

local StringBuffer = setmetatable({}, { __call = function(class, ...)
  local b = setmetatable({ n = 0 }, class)
  return b:add(...)
end })
StringBuffer.__index = StringBuffer
function StringBuffer:add(...)
  for i = 1, select("#", ...) do
    self.n = self.n + 1
    self[self.n] = tostring((select(i, ...)))
  end
  return self
end
function StringBuffer:addf(fmt, ...) return self:add(fmt:format(...)) end
function StringBuffer:separated(list, sep, f)
  for i, v in ipairs(list) do
    if i > 1 then self:add(sep) end
    self:add(f and f(v) or v)
  end
  return self
end
StringBuffer.__tostring = function(b) return table.concat(b, "", 1, b.n) end
StringBuffer.__concat = function(a, b) return tostring(a) .. tostring(b) end
print(tostring(StringBuffer("a", 1, nil, true):addf("[%5.2f]", math.pi):separated({ 1, 2, 3 }, "; ", function(x) return x * x end)))
print("pre " .. StringBuffer("x", "y") .. " post", #tostring(StringBuffer()))

-- Three editors, one interface: insert(at, s), delete(at, n), text() -----------------------------------

local function gap_editor()
  local before, after = {}, {}      -- characters left of the gap; right of it, reversed
  local function move(at)
    while #before >= at do after[#after + 1] = table.remove(before) end
    while #before < at - 1 do before[#before + 1] = table.remove(after) end
  end
  local e = {}
  function e.insert(at, s)
    move(at)
    for c in s:gmatch "." do before[#before + 1] = c end
  end
  function e.delete(at, n)
    move(at)
    local removed = {}
    for i = 1, n do removed[i] = table.remove(after) end
    return table.concat(removed)
  end
  function e.text()
    local t = { unpack(before) }
    for i = #after, 1, -1 do t[#t + 1] = after[i] end
    return table.concat(t)
  end
  return e
end

local function piece_editor()
  local added, pieces, e = "", {}, {}      -- pieces: { from, to } into `added`
  local function cut(at)                   -- makes a border before position `at`, returns the index of the piece there
    local position = 1
    for i, p in ipairs(pieces) do
      local n = p[2] - p[1] + 1
      if at == position then return i end
      if at < position + n then
        local k = at - position
        table.insert(pieces, i + 1, { p[1] + k, p[2] })
        p[2] = p[1] + k - 1
        return i + 1
      end
      position = position + n
    end
    return #pieces + 1
  end
  function e.insert(at, s)
    if s == "" then return end
    local i = cut(at)
    table.insert(pieces, i, { #added + 1, #added + #s })
    added = added .. s
  end
  function e.delete(at, n)
    local i, removed = cut(at), {}
    local j = cut(at + n)
    for k = i, j - 1 do
      local p = table.remove(pieces, i)
      removed[#removed + 1] = added:sub(p[1], p[2])
    end
    return table.concat(removed)
  end
  function e.text()
    local t = {}
    for i, p in ipairs(pieces) do t[i] = added:sub(p[1], p[2]) end
    return table.concat(t)
  end
  function e.pieces() return #pieces end
  return e
end

local function rope_editor()
  local rope = Rope.new ""
  return {
    insert = function(at, s) rope = rope:insert(at, s) end,
    delete = function(at, n)
      local removed = rope:sub(at, at + n - 1)
      rope = rope:delete(at, at + n - 1)
      return removed
    end,
    text = function() return to_string(rope) end,
  }
end

-- undo and redo around any of them
local function with_undo(editor)
  local done, undone = {}, {}
  local e = {}
  local function apply(op)
    if op.kind == "insert" then editor.insert(op.at, op.text) else op.text = editor.delete(op.at, op.n) end
  end
  local function revert(op)
    if op.kind == "insert" then editor.delete(op.at, #op.text) else editor.insert(op.at, op.text) end
  end
  function e.insert(at, text) local op = { kind = "insert", at = at, text = text } apply(op) done[#done + 1], undone = op, {} end
  function e.delete(at, n) local op = { kind = "delete", at = at, n = n } apply(op) done[#done + 1], undone = op, {} end
  function e.undo() local op = table.remove(done) if not op then return false end revert(op) undone[#undone + 1] = op return true end
  function e.redo() local op = table.remove(undone) if not op then return false end apply(op) done[#done + 1] = op return true end
  e.text = editor.text
  return e
end

print "== editors"
local makers = { { "gap", gap_editor }, { "piece", piece_editor }, { "rope", rope_editor } }
for _, m in ipairs(makers) do
  local base = m[2]()
  local e = with_undo(base)
  local function show(label) print(("%-6s %-14s %q"):format(m[1], label, e.text())) end
  e.insert(1, "hello world")
  e.insert(6, ", big")
  show "inserted"
  e.delete(1, 7)
  show "deleted"
  e.undo() show "undo"
  e.undo() show "undo"
  e.redo() show "redo"
  e.insert(1, ">>")
  print(e.redo(), e.undo(), e.undo(), e.undo(), e.undo(), ("%q"):format(e.text()))
end

print "== the same random edits"
local function fingerprint(s)
  local h = 5381
  for i = 1, #s do h = (h * 33 + s:byte(i)) % 4294967296 end
  return ("%08x"):format(h)
end
local results = {}
for _, m in ipairs(makers) do
  local seed = 99
  local function random(n) seed = (seed * 3877 + 29573) % 139968 return seed % n end
  local e, model = m[2](), ""
  for step = 1, 150 do
    if #model < 20 or random(3) > 0 then
      local at, word = random(#model + 1) + 1, ("abcdefghij"):sub(random(5) + 1, random(5) + 5)
      e.insert(at, word)
      model = model:sub(1, at - 1) .. word .. model:sub(at)
    else
      local at = random(#model - 8) + 1
      local n = random(8) + 1
      assert(e.delete(at, n) == model:sub(at, at + n - 1))
      model = model:sub(1, at - 1) .. model:sub(at + n)
    end
    if step % 30 == 0 then assert(e.text() == model) end
  end
  results[#results + 1] = model
  print(m[1], #model, fingerprint(model), e.pieces and e.pieces() or "-", e.text() == model)
end
print(results[1] == results[2] and results[2] == results[3], results[1]:sub(1, 60))

print "== line editor"
local lines = { "alpha", "beta", "gamma", "delta" }
local function ed(command)
  local a, b, op, rest = command:match "^(%d*),?(%d*)(%a)%s*(.*)$"
  a = tonumber(a) or 1
  b = tonumber(b) or (command:match "^%d" and a or #lines)
  if op == "p" then for i = a, b do print(i, lines[i]) end
  elseif op == "d" then for _ = a, b do table.remove(lines, a) end
  elseif op == "i" then table.insert(lines, a, rest)
  elseif op == "a" then table.insert(lines, a + 1, rest)
  elseif op == "j" then
    lines[a] = table.concat(lines, rest, a, b)
    for _ = a + 1, b do table.remove(lines, a + 1) end
  elseif op == "s" then
    local from, to, flags = rest:match "^/(.-)/(.-)/(%a*)$"
    local n = 0
    for i = a, b do
      local k
      lines[i], k = lines[i]:gsub(from, to, not flags:find "g" and 1 or nil)
      n = n + k
    end
    print(n .. " replaced")
  elseif op == "m" then
    local line = table.remove(lines, a)
    table.insert(lines, tonumber(rest), line)
  else print "?" end
end
for c in ("2i new line;p;1,3s /a/A/;s /a/o/g;5a last;2,3j -;p;2m 4;1d;p;q"):gmatch "[^;]+" do
  print("* " .. c)
  ed(c)
end
