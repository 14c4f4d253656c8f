-- string.dump and load: round trips, header and constant decoding, bytecode statistics, listing of small functions, corrupted chunks.

local function roundtrip(f, name)
  return assert(loadstring(string.dump(f), name))
end

print "== the same results"
local functions = {
  { "constant", function() return 1, "two", nil, true, 3.25, -7 end },
  { "arguments", function(a, b) return b, a end, 1, 2 },
  { "varargs", function(...) return select("#", ...), ... end, nil, 2, nil },
  { "old varargs", function(...) return arg.n, arg[1] end, "x", "y" },
  { "loop", function(n) local s = 0 for i = 1, n do s = s + i end return s end, 100 },
  { "closure", function(n) local function inner(x) return x + n end return inner(1), inner(2) end, 10 },
  { "recursion", function(n) local function f(k) if k < 2 then return 1 end return k * f(k - 1) end return f(n) end, 10 },
  { "strings", function() return "embedded\0zero", "quote\"", [[long
string]], ("x"):rep(3) end },
  { "tables", function() local t = { 1, 2, x = 3, [10] = 4, { 5 } } return #t, t.x, t[10], t[3][1] end },
  { "globals", function() return type(print), tostring(nil), math.floor(2.5) end },
  { "logic", function(a, b) return a and b, a or b, not a, a == b, (a and 1 or 2) end, false, 5 },
  { "methods", function(s) return s:upper():lower():len() end, "MiXed" },
  { "while", function(n) local c = 0 while n ~= 1 do if n % 2 == 0 then n = n / 2 else n = 3 * n + 1 end c = c + 1 end return c end, 27 },
  { "big numbers", function() return 1e300, 2 ^ 53, 0.1, 1 / 3 end },
  { "deep", function() return (function() return (function() return (function() return "deep" end)() end)() end)() end },
}
local function join(...)
  local t = {}
  for i = 1, select("#", ...) do t[i] = ("%q"):format(tostring((select(i, ...)))):gsub("\\\n", "\\n") end
  return table.concat(t, " ")
end
for _, entry in ipairs(functions) do
  local name, f = entry[1], entry[2]
  local direct = join(f(unpack(entry, 3, table.maxn(entry))))
  local g = roundtrip(f)
  local again = join(g(unpack(entry, 3, table.maxn(entry))))
  local twice = string.dump(g) == string.dump(f)
  print(("%-12s %-5s %-5s %s"):format(name, tostring(direct == again), tostring(twice), direct))
end

print "== upvalues are lost"
local counter = 0
local function count() counter = (counter or 100) + 1 return counter end
count()
local copy = roundtrip(count)
print(count(), pcall(copy), counter)
print(debug.getinfo(copy, "u").nups, debug.getupvalue(copy, 1))
debug.setupvalue(copy, 1, 7)
print(copy(), copy(), count())
print(pcall(string.dump, print), pcall(string.dump), pcall(string.dump, coroutine.wrap(function() end)))

print "== environments and names"
local reader = roundtrip(function() return value end, "ignored name")
print(reader(), setfenv(reader, { value = 5 })(), getfenv(count) == _G, debug.getinfo(reader, "S").short_src)
local with_error = roundtrip(loadstring("local x\nlocal y = 1\nreturn x.field", "=named"))
print(pcall(with_error))
print(debug.getinfo(with_error, "S").what, debug.getinfo(roundtrip(count), "S").what, debug.getinfo(roundtrip(count), "S").linedefined == debug.getinfo(count, "S").linedefined)

-- A reader of the binary format ------------------------------------------------------------------

local function reader_of(s)
  local r = { pos = 1 }
  function r.byte() local b = s:byte(r.pos) r.pos = r.pos + 1 return b end
  function r.bytes(n) local t = s:sub(r.pos, r.pos + n - 1) r.pos = r.pos + n return t end
  function r.int(n)
    local v = 0
    for i = 0, (n or 4) - 1 do v = v + r.byte() * 256 ^ i end
    return v
  end
  function r.string()
    local n = r.int(8)
    if n == 0 then return nil end
    return r.bytes(n):sub(1, -2)
  end
  function r.number()
    local b = { s:byte(r.pos, r.pos + 7) }
    r.pos = r.pos + 8
    local sign = b[8] >= 128 and -1 or 1
    local exponent = b[8] % 128 * 16 + math.floor(b[7] / 16)
    local mantissa = b[7] % 16
    for i = 6, 1, -1 do mantissa = mantissa * 256 + b[i] end
    if exponent == 0 then return sign * math.ldexp(mantissa, -1074) end
    if exponent == 2047 then return mantissa == 0 and sign * math.huge or 0 / 0 end
    return sign * math.ldexp(1 + mantissa / 2 ^ 52, exponent - 1023)
  end
  return r
end

local names = {}
for n in ([[MOVE LOADK LOADBOOL LOADNIL GETUPVAL GETGLOBAL GETTABLE SETGLOBAL SETUPVAL SETTABLE NEWTABLE SELF ADD SUB MUL DIV MOD POW
  UNM NOT LEN CONCAT JMP EQ LT LE TEST TESTSET CALL TAILCALL RETURN FORLOOP FORPREP TFORLOOP SETLIST CLOSE CLOSURE VARARG]]):gmatch "%u+" do
  names[#names + 1] = n
end
local form = {}
for n in ("LOADK GETGLOBAL SETGLOBAL CLOSURE"):gmatch "%u+" do form[n] = "bx" end
for n in ("JMP FORLOOP FORPREP"):gmatch "%u+" do form[n] = "sbx" end

local function read_function(r)
  local p = { source = r.string(), first = r.int(), last = r.int(), upvalues = r.byte(), params = r.byte(), vararg = r.byte(), slots = r.byte() }
  p.code, p.constants, p.protos = {}, {}, {}
  for i = 1, r.int() do
    local w = r.int()
    local op = names[w % 64 + 1]
    local a, c, b = math.floor(w / 64) % 256, math.floor(w / 2 ^ 14) % 512, math.floor(w / 2 ^ 23)
    local bx = math.floor(w / 2 ^ 14)
    p.code[i] = form[op] == "bx" and { op, a, bx } or form[op] == "sbx" and { op, a, bx - 131071 } or { op, a, b, c }
  end
  for i = 1, r.int() do
    local t = r.byte()
    if t == 0 then p.constants[i] = "nil"
    elseif t == 1 then p.constants[i] = tostring(r.byte() == 1)
    elseif t == 3 then p.constants[i] = tostring(r.number())
    else p.constants[i] = ("%q"):format(r.string()) end
  end
  for i = 1, r.int() do p.protos[i] = read_function(r) end
  p.lines = {}
  for i = 1, r.int() do p.lines[i] = r.int() end
  p.locals = {}
  for i = 1, r.int() do p.locals[i] = r.string() .. ":" .. r.int() .. "-" .. r.int() end
  p.upvalue_names = {}
  for i = 1, r.int() do p.upvalue_names[i] = r.string() end
  return p
end

local function decode(s)
  local r = reader_of(s)
  local header = { r.bytes(4) == "\27Lua", s:byte(5, 12) }
  r.pos = 13
  local p = read_function(r)
  assert(r.pos == #s + 1, "trailing bytes")
  return p, header
end

local function list(p, depth)
  local pad = ("  "):rep(depth)
  print(("%s%d instructions, %d params, vararg %d, %d slots, %d upvalues, lines %d-%d, source %s"):format(
    pad, #p.code, p.params, p.vararg, p.slots, p.upvalues, p.last > 0 and 0 or p.first, p.last > 0 and p.last - p.first or p.last, tostring(p.source)))
  for i, ins in ipairs(p.code) do print(("%s  %2d [%d] %-9s %s"):format(pad, i, p.lines[i] - p.lines[1], ins[1], table.concat(ins, " ", 2))) end
  if #p.constants > 0 then print(pad .. "  constants " .. table.concat(p.constants, " ")) end
  if #p.locals > 0 then print(pad .. "  locals " .. table.concat(p.locals, " ")) end
  if #p.upvalue_names > 0 then print(pad .. "  upvalues " .. table.concat(p.upvalue_names, " ")) end
  for _, q in ipairs(p.protos) do list(q, depth + 1) end
end

print "== decoded"
local _, header = decode(string.dump(loadstring("", "=empty")))
print(unpack(header))
for _, source in ipairs {
  "return 1, 'a', nil, true", "local a, b = ... a.x = b; return a:m(1, b)[2]", "for i = 1, 10, 2 do print(i) end",
  "for k, v in pairs(t) do if k == 'x' then break end end", "local t = {1, 2, x = 3; f()}\nreturn #t .. 'end', -t[1], not t.x",
  "local x = 0\nlocal function inc(n) x = x + n; return x end\nreturn inc(2)", "while a < b and not c do a = a + 1 end", "local function f(...) return ... end return f(...)",
} do
  print("-- " .. source:gsub("\n", " / "))
  list(decode(string.dump(assert(loadstring(source, "=s")))), 0)
end

print "== constants survive exactly"
local p = decode(string.dump(loadstring("return 0.1, 1e300, 5e-324, -0.5, 123456789012, 1e15, 'a\\0b', '' , 1/0", "=c")))
print(table.concat(p.constants, " "))

print "== statistics over this file's functions"
local totals, functions_seen = {}, 0
local function tally(q)
  functions_seen = functions_seen + 1
  for _, ins in ipairs(q.code) do totals[ins[1]] = (totals[ins[1]] or 0) + 1 end
  for _, r in ipairs(q.protos) do tally(r) end
end
tally(decode(string.dump(read_function))) tally(decode(string.dump(list))) tally(decode(string.dump(roundtrip))) tally(decode(string.dump(reader_of)))
local ops = {}
for op in pairs(totals) do ops[#ops + 1] = op end
table.sort(ops, function(x, y) if totals[x] ~= totals[y] then return totals[x] > totals[y] end return x < y end)
io.write(functions_seen, " functions:")
for _, op in ipairs(ops) do io.write(" ", op, "=", totals[op]) end
print()

print "== damaged chunks"
local good = string.dump(loadstring("return 'payload'", "=g"))
local function try(s) local f, m = loadstring(s, "=damaged") return f and "accepted" or m end
print(try(good), try(good:sub(1, 11)), try(good:sub(1, 30)), try(good:sub(1, -2)), try(good .. "extra"))
print(try("\27"), try("\27Lua"), try("\27Lub" .. good:sub(5)))
for i = 5, 12 do print(i, try(good:sub(1, i - 1) .. string.char((good:byte(i) + 1) % 256) .. good:sub(i + 1))) end

print "== loading in pieces"
local pos = 0
local f = load(function()
  pos = pos + 1
  if pos <= #good then return good:sub(pos, pos) end
end, "=pieces")
print(f(), pos)
pos = 0
f = load(function() pos = pos + 1 return ({ "local a, ", "b = 1, ", "2 return a ", "+ b" })[pos] end)
print(f())
print(load(function() error("reader failed", 0) end))
print(load(function() return {} end))
print(pcall(load, "not a function"))
local name = os.tmpname()
local h = assert(io.open(name, "wb"))
h:write(string.dump(loadstring("return 'from file', ...", "=tmp")))
h:close()
print(loadfile(name)(1, 2)) print(dofile(name))
os.remove(name)
print((select(2, loadfile(name)):gsub("/%S+", "FILE")))
