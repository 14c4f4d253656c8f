-- Spreadsheet: formulas translated to Lua functions, dependency graph, recalculation in topological order, cycles, copying with relative references.

local Sheet = {}
Sheet.__index = Sheet

local function column_number(letters)
  local n = 0
  for c in letters:gmatch "." do n = n * 26 + c:byte() - 64 end
  return n
end

local function column_letters(n)
  local s = ""
  while n > 0 do
    local r = (n - 1) % 26
    s = string.char(65 + r) .. s
    n = (n - 1 - r) / 26
  end
  return s
end

local Fault = {}
Fault.__index = Fault
Fault.__tostring = function(f) return f.code end
local function fault(code) return setmetatable({ code = code }, Fault) end
local function is_fault(v) return getmetatable(v) == Fault end

function Sheet.new() return setmetatable({ cells = {}, dependents = {}, log = {} }, Sheet) end

-- formula parsing: generates the text of a Lua function ---------------------------------

local functions = {}

local function each_number(f)
  return function(...)
    local list = {}
    for i = 1, select("#", ...) do
      local v = select(i, ...)
      if type(v) == "table" and v.range then
        for _, x in ipairs(v.range) do
          if is_fault(x) then error(x, 0) end
          if type(x) == "number" then list[#list + 1] = x end
        end
      elseif type(v) == "number" then list[#list + 1] = v end
    end
    return f(list)
  end
end

functions.SUM = each_number(function(l) local s = 0 for _, v in ipairs(l) do s = s + v end return s end)
functions.COUNT = each_number(function(l) return #l end)
functions.MAX = each_number(function(l) return #l > 0 and math.max(unpack(l)) or 0 end)
functions.MIN = each_number(function(l) return #l > 0 and math.min(unpack(l)) or 0 end)
functions.AVERAGE = each_number(function(l)
  if #l == 0 then error(fault "#DIV/0", 0) end
  local s = 0
  for _, v in ipairs(l) do s = s + v end
  return s / #l
end)
functions.MEDIAN = each_number(function(l)
  table.sort(l)
  local h = #l / 2
  if h == math.floor(h) then return (l[h] + l[h + 1]) / 2 end
  return l[math.ceil(h)]
end)
functions.ROUND = function(x, d) local p = 10 ^ (d or 0) return math.floor(x * p + 0.5) / p end
functions.SQRT = function(x) if x < 0 then error(fault "#NUM", 0) end return math.sqrt(x) end
functions.LEN = function(s) return #tostring(s) end
functions.UPPER = function(s) return tostring(s):upper() end
functions.REPT = function(s, n) return tostring(s):rep(n) end
functions.MOD = function(a, b) return a % b end
functions.LOOKUP = function(key, keys, values)
  for i, k in ipairs(keys.range) do
    if k == key then return values.range[i] end
  end
  error(fault "#N/A", 0)
end

local function translate(formula)
  local pos, references = 1, {}
  local function skip() pos = formula:match("^%s*()", pos) end
  local function accept(p)
    skip()
    local s, e = formula:find("^" .. p, pos)
    if s then
      pos = e + 1
      return formula:sub(s, e)
    end
  end
  local function bad() error(fault "#SYNTAX", 0) end
  local comparison

  local function primary()
    skip()
    local c, r, e = formula:match("^%$?(%u+)%$?(%d+)()", pos)
    if c and not formula:find("^%(", e) then
      pos = e
      local c2, r2, e2 = formula:match("^:%$?(%u+)%$?(%d+)()", pos)
      if c2 then
        pos = e2
        for row = tonumber(r), tonumber(r2) do
          for col = column_number(c), column_number(c2) do references[column_letters(col) .. row] = true end
        end
        return ("range(%d,%d,%d,%d)"):format(column_number(c), r, column_number(c2), r2)
      end
      references[c .. r] = true
      return ("value(%q)"):format(c .. r)
    end
    local name = accept "%u+%s*%("
    if name then
      name = name:match "%u+"
      local args = {}
      if not accept "%)" then
        repeat args[#args + 1] = comparison() until not accept "[;,]"
        if not accept "%)" then bad() end
      end
      if name == "IF" then
        if #args < 2 then bad() end
        return ("choose(%s, function() return %s end, function() return %s end)"):format(args[1], args[2], args[3] or "false")
      end
      if not functions[name] then error(fault "#NAME", 0) end
      return ("functions.%s(%s)"):format(name, table.concat(args, ", "))
    end
    local number = accept "%d+%.?%d*"
    if number then return number end
    local text = formula:match('^"([^"]*)"', pos)
    if text then
      pos = pos + #text + 2
      return ("%q"):format(text)
    end
    if accept "%(" then
      local inner = comparison()
      if not accept "%)" then bad() end
      return "(" .. inner .. ")"
    end
    if accept "%-" then return "-" .. primary() end
    bad()
  end

  local function level(next_level, pattern, rename)
    return function()
      local left = next_level()
      while true do
        local op = accept(pattern)
        if not op then return left end
        left = ("%s %s %s"):format(left, rename and rename[op] or op, next_level())
      end
    end
  end
  local power = level(primary, "%^")
  local product = function()
    local left = power()
    while true do
      local op = accept "[*/]"
      if not op then return left end
      left = op == "*" and left .. " * " .. power() or ("divide(%s, %s)"):format(left, power())
    end
  end
  local sum = level(product, "[+-]")
  local join = level(sum, "&", { ["&"] = ".." })
  comparison = level(join, "[<>=][>=]?", { ["="] = "==", ["<>"] = "~=" })
  local code = comparison()
  skip()
  if pos <= #formula then bad() end
  return code, references
end

-- cells ------------------------------------------------------------------------------

function Sheet:value(name)
  local cell = self.cells[name]
  return cell and cell.value or (cell == nil and 0 or cell.value)
end

function Sheet:range(c1, r1, c2, r2)
  local list = {}
  for row = r1, r2 do
    for col = c1, c2 do
      local cell = self.cells[column_letters(col) .. row]
      list[#list + 1] = cell and cell.value or ""
    end
  end
  return { range = list }
end

function Sheet:set(name, content)
  local old = self.cells[name]
  if old then
    for r in pairs(old.references) do self.dependents[r][name] = nil end
  end
  local cell = { content = content, references = {} }
  self.cells[name] = cell
  if type(content) == "string" and content:sub(1, 1) == "=" then
    local ok, code, references = pcall(translate, content:sub(2))
    if ok then
      cell.code, cell.references = code, references
      local chunk = assert(loadstring("return " .. code, "=" .. name))
      cell.f = setfenv(chunk, {
        functions = functions,
        value = function(n)
          local v = self:value(n)
          if is_fault(v) then error(v, 0) end
          return v
        end,
        range = function(...) return self:range(...) end,
        divide = function(a, b) if b == 0 then error(fault "#DIV/0", 0) end return a / b end,
        choose = function(c, yes, no) if c and c ~= 0 then return yes() end return no() end,
      })
    else
      cell.value = code
    end
  else
    cell.value = tonumber(content) or content
  end
  for r in pairs(cell.references) do
    self.dependents[r] = self.dependents[r] or {}
    self.dependents[r][name] = true
  end
  return self:recalculate(name)
end

local function by_position(a, b)
  local ca, ra = a:match "(%u+)(%d+)"
  local cb, rb = b:match "(%u+)(%d+)"
  if ra ~= rb then return tonumber(ra) < tonumber(rb) end
  return column_number(ca) < column_number(cb)
end

local function sorted(set)
  local list = {}
  for k in pairs(set) do list[#list + 1] = k end
  table.sort(list, by_position)
  return list
end

-- Depth-first search over dependents gives reverse topological order; what reaches itself is a cycle.
function Sheet:recalculate(start)
  local order, state, cyclic = {}, {}, {}
  local path = {}
  local function visit(name)
    if state[name] == "done" then return end
    if state[name] == "open" then
      local i = #path
      while path[i] ~= name do
        cyclic[path[i]] = true
        i = i - 1
      end
      cyclic[name] = true
      return
    end
    state[name] = "open"
    path[#path + 1] = name
    for _, d in ipairs(sorted(self.dependents[name] or {})) do visit(d) end
    path[#path] = nil
    state[name] = "done"
    table.insert(order, 1, name)
  end
  visit(start)
  local changed = {}
  for _, name in ipairs(order) do
    local cell = self.cells[name]
    local before = cell and cell.value
    if cell and cyclic[name] then cell.value = fault "#CYCLE"
    elseif cell and cell.f then
      local ok, v = pcall(cell.f)
      if not ok and not is_fault(v) then v = fault "#VALUE" end
      if type(v) == "table" and v.range then v = fault "#VALUE" end
      cell.value = v
    end
    if cell and cell.value ~= before then changed[#changed + 1] = name .. "=" .. tostring(cell.value) end
  end
  return table.concat(changed, " ")
end

function Sheet:copy(from, to)
  local cell = self.cells[from]
  local fc, fr = from:match "(%u+)(%d+)"
  local tc, tr = to:match "(%u+)(%d+)"
  local dc, dr = column_number(tc) - column_number(fc), tr - fr
  local content = cell.content
  if cell.f then
    content = content:gsub("(%$?)(%u+)(%$?)(%d+)", function(ac, c, ar, r)
      if ac == "" then c = column_letters(column_number(c) + dc) end
      if ar == "" then r = r + dr end
      return ac .. c .. ar .. r
    end)
  end
  return self:set(to, content)
end

function Sheet:print(columns, rows)
  local function row(f)
    local parts = {}
    for c = 1, columns do parts[c] = f(column_letters(c)) end
    return table.concat(parts, "|")
  end
  print("   |" .. row(function(c) return ("%-9s"):format(c) end))
  for r = 1, rows do
    print(("%2d |"):format(r) .. row(function(c)
      local cell = self.cells[c .. r]
      local v = cell and cell.value
      if type(v) == "number" then return ("%9s"):format(("%.6g"):format(v)) end
      return ("%-9s"):format(tostring(v == nil and "" or v):sub(1, 9))
    end))
  end
end

-- a session -----------------------------------------------------------------------------

print(column_letters(1), column_letters(26), column_letters(27), column_letters(702), column_letters(703), column_number "ABC")
local s = Sheet.new()
local function set(name, content) print(name, content, "->", s:set(name, content)) end

for i, row in ipairs {
  { "item", "price", "count", "total" }, { "apples", 1.2, 10, "=B2*C2" }, { "pears", 2.5, 4 }, { "figs", 0.3, 100 }, { "plums", 3, 0 },
} do
  for j, v in ipairs(row) do s:set(column_letters(j) .. i, v) end
end
for r = 3, 5 do s:copy("D2", "D" .. r) end
set("A6", "sum")
set("D6", "=SUM(D2:D5)")
set("C6", "=AVERAGE(C2:C5)")
set("B6", "=ROUND(D6 / SUM(C2:C5), 3)")
set("E2", "=IF(D2 > $D$6 / 4, \"big\", \"small\")")
for r = 3, 5 do print("E" .. r, s:copy("E2", "E" .. r), s.cells["E" .. r].content) end
s:print(5, 6)

print "== propagation"
set("B2", 2)
set("C5", 50)
set("C5", 0)
s:print(5, 6)

print "== text and functions"
set("A8", "=UPPER(A2) & \"-\" & LEN(A2) & REPT(\"*\", 3)")
set("B8", "=LOOKUP(\"figs\", A2:A5, D2:D5)")
set("C8", "=LOOKUP(\"nuts\", A2:A5, D2:D5)")
set("D8", "=MAX(B2:B5) - MIN(B2:B5) + COUNT(A1:E6) + MEDIAN(C2:C5)")
set("E8", "=2^3^2 + -3 + MOD(-7, 3)")
set("A9", "=1 <> 2") set("B9", "=IF(0, 1)") set("C9", "=(1 + 2) * 3 >= 9") set("D9", "=Z99 + 1")

print "== faults"
set("A10", "=1/0") set("B10", "=A10 + 1") set("C10", "=IF(1, 5, A10)") set("D10", "=SUM(A10:C10)") set("E10", "=SQRT(0-4)")
set("A11", "=1 +") set("B11", "=FOO(1)") set("C11", "=A2 + 1") set("D11", "=B2:B5") set("E11", "=\"open")
set("A10", "=8/2")
s:print(5, 11)

print "== cycles"
set("A12", "=B12 + 1") set("B12", "=C12 + 1") set("C12", "=A12") set("D12", "=C12 * 2")
set("C12", 5)
set("E12", "=E12")
print("code", s.cells.E2.code)
print("code", s.cells.D6.code, "refs", table.concat(sorted(s.cells.D6.references), " "))
print("dependents of B2", table.concat(sorted(s.dependents.B2), " "))

print "== a long chain"
local chain = Sheet.new()
chain:set("A1", 1)
for i = 2, 100 do chain:set("A" .. i, "=A" .. i - 1 .. " + " .. i) end
print(chain:value "A100")
chain:set("A1", 1001)
print(chain:value "A100", chain:value "A50")
