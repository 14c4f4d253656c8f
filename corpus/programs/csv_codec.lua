-- CSV reader and writer (quotes, embedded newlines, custom separators), with a small report made from the rows.

module("csv", package.seeall)

--[[ The reader is a state machine driven by one character at a time.
     States are functions that return the next state; that keeps
     every transition in one place. ]]

local function reader(separator, quote)
  local rows, row, field = {}, {}, {}
  local start, plain, quoted, after

  local function push_field()
    table.insert(row, table.concat(field))
    field = {}
  end
  local function push_row()
    push_field()
    table.insert(rows, row)
    row = {}
  end

  function start(c)
    if c == quote then return quoted end
    return plain(c)
  end

  function plain(c)
    if c == separator then push_field() return start
    elseif c == "\n" then push_row() return start
    elseif c == "\r" then return plain
    end
    field[#field + 1] = c
    return plain
  end

  function quoted(c)
    if c == quote then return after end
    field[#field + 1] = c
    return quoted
  end

  function after(c)
    if c == quote then
      field[#field + 1] = quote
      return quoted
    end
    return plain(c)
  end

  local state = start
  return function(c)
    if c then state = state(c) return end
    if state == quoted then error("unfinished quoted field in row " .. #rows + 1, 0) end
    if #row > 0 or #field > 0 then push_row() end
    return rows
  end
end

function parse(text, options)
  options = options or {}
  local feed = reader(options.separator or ",", options.quote or '"')
  for c in string.gfind(text, ".") do feed(c) end
  local rows = feed(nil)
  if not options.header then return rows end
  local names, records = table.remove(rows, 1), {}
  for i, r in ipairs(rows) do
    local record = {}
    table.foreachi(names, function(j, name) record[name] = r[j] end)
    records[i] = record
  end
  return records, names
end

function write(rows, options)
  options = options or {}
  local separator, quote = options.separator or ",", options.quote or '"'
  local out = {}
  for _, r in ipairs(rows) do
    local cells = {}
    for j = 1, table.getn(r) do
      local text = tostring(r[j])
      if text:find("[\r\n" .. separator:gsub("%W", "%%%0") .. quote:gsub("%W", "%%%0") .. "]") or text:find("^%s") then
        text = quote .. text:gsub(quote, quote .. quote) .. quote
      end
      cells[j] = text
    end
    out[#out + 1] = table.concat(cells, separator)
  end
  return table.concat(out, "\n") .. "\n"
end

---------------------------------------------------------------- use

local function show(rows)
  for i, r in ipairs(rows) do
    local cells = {}
    for j, c in ipairs(r) do cells[j] = (string.format("%q", c):gsub("\\\n", "\\n")) end
    print(i, #r, table.concat(cells, " | "))
  end
end

local sample = [[
name,born,motto
"Lovelace, Ada",1815,"The ""Analytical"" engine
weaves patterns"
Hopper,1906,
"",,""
 spaced ,1.5," lead"
last,no newline,x]]

print("== rows")
show(parse(sample))

print("== rewritten")
local text = write(parse(sample))
io.write(text)
print("same rows", write(parse(text)) == text)

print("== other separators")
show(parse("a;b;'it''s; ok'\r\n1;2;3\r\n", { separator = ";", quote = "'" }))
show(parse("x\ty\n\t\n", { separator = "\t" }))
io.write(write({ { "a.b", "c", 1, true }, { "plain", "x", 0.5, false } }, { separator = "." }))

print("== errors")
print(pcall(parse, 'a,b\nc,"open'))
print(pcall(parse, nil))

print("== report")
local sales = [[
region,product,units,price
north,apple,10,0.5
south,apple,3,0.55
north,pear,7,0.8
east,apple,12,0.45
south,pear,1,0.9
east,fig,40,0.12
north,fig,2,0.15
west,"plum, dried",5,2
]]
local records, names = parse(sales, { header = true })
print(table.concat(names, "/"), #records)

local function group(list, key)
  local groups, order = {}, {}
  for _, r in ipairs(list) do
    local k = r[key]
    if not groups[k] then
      groups[k] = {}
      order[#order + 1] = k
    end
    table.insert(groups[k], r)
  end
  return coroutine.wrap(function()
    for _, k in ipairs(order) do coroutine.yield(k, groups[k]) end
  end)
end

for _, key in ipairs { "region", "product" } do
  print("by " .. key)
  local grand = 0
  for name, members in group(records, key) do
    local units, value = 0, 0
    for _, r in ipairs(members) do
      units = units + r.units          -- strings are converted here
      value = value + r.units * r.price
    end
    grand = grand + value
    print(string.format("  %-12s %3d rows %4d units %8.2f", name, #members, units, value))
  end
  print(string.format("  %-12s %26.2f", "total", grand))
end

table.sort(records, function(a, b)
  local va, vb = a.units * a.price, b.units * b.price
  if va ~= vb then return va > vb end
  return a.product < b.product
end)
print("best first")
for i, r in ipairs(records) do
  if i > 4 then break end
  print("", i, r.region, r.product, r.units * r.price)
end

print("== pivot")
local pivot, cols = {}, {}
for _, r in ipairs(records) do
  pivot[r.region] = pivot[r.region] or {}
  pivot[r.region][r.product] = (pivot[r.region][r.product] or 0) + tonumber(r.units)
  cols[r.product] = true
end
local colnames, rownames = {}, {}
for c in pairs(cols) do colnames[#colnames + 1] = c end
for r in pairs(pivot) do rownames[#rownames + 1] = r end
table.sort(colnames) table.sort(rownames)
local grid = { { "", unpack(colnames) } }
for _, r in ipairs(rownames) do
  local line = { r }
  for j, c in ipairs(colnames) do line[j + 1] = pivot[r][c] or 0 end
  grid[#grid + 1] = line
end
io.write(write(grid))

print("== module")
print(_NAME, _M == csv, package.loaded.csv == _M, _PACKAGE == "", type(parse), rawget(_G, "csv") == csv)
