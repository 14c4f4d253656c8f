-- What every generated program begins with, the same for all engines. It makes a global
-- function `run`, which takes the program's body as a function, runs it and then writes all it
-- observed to standard output, or returns it as one string where there is no library `io`.
--
-- Observations: `show(...)` prints values canonically, in one line. Scalars as Lua writes them,
-- numbers with 17 digits; objects by kind and number, numbered by their first visit within the line, so that
-- cycles and sharing show; tables with their entries, their metatables, and what of a function or coroutine
-- its text fixes. Entries come in the order of `next`, as 5.1.1 fixes it for numbers, strings and booleans. Where a
-- table has other keys, or weak ones, the order depends on addresses: there the entries are sorted,
-- scalars first, then objects by number, kind, field `id` or line. At most 300 objects of a line are shown in full.
-- `print`, `io.write` and `io.stdout:write` go to the same place; what comes after
-- 3,000 pieces is dropped.
--
-- Neutralised, because no two runs (or engines in one process) would agree:
--   addresses     `tostring` of an object without `__tostring` gives its kind and "(address)"
--   time          `os.time` and `os.clock` give a constant, `os.date` shows it unless given another
--                 time, always in UTC
--   random        `math.random` is an own generator; C's is one for the whole process
--   environment   `os.getenv`, `os.tmpname`, `os.setlocale`, `os.exit`, `os.execute`, paths of
--                 `package`: gone or empty
--   files         all that opens, reads, lists, names or removes files: gone
--   debug.debug   reads standard input: gone
--
-- Lines that begin with `--` and line breaks are taken out before use: the body begins on line 2.
run = (function()
local _G, rawequal, type, next, real, format, find, gsub, sort, concat, getmetatable, getinfo, sethook, rawget, select, xpcall, traceback, status, floor, date =
_G, rawequal, type, next, tostring, string.format, string.find, string.gsub, table.sort, table.concat, debug.getmetatable, debug.getinfo, debug.sethook, rawget, select, xpcall, debug.traceback, coroutine.status, math.floor, os.date
local out, n, most, seen, count = {}, 0, 3000
local function put(s) if n < most then n = n + 1 out[n] = s end end
local rank = {boolean = 1, number = 2, string = 3}
local function text(v)
if type(v) == "table" or type(v) == "function" or type(v) == "thread" or type(v) == "userdata" then
local m = getmetatable(v)
if m == nil or rawget(m, "__tostring") == nil then return type(v) .. ": (address)" end
v = real(v)
if type(v) == "string" and find(v, "0x", 1, true) then v = gsub(v, "0x%x+", "(address)") end
return v
end
return real(v)
end
local function mark(k)
if seen[k] then return "0" .. format("%09d", seen[k]) end
local t = type(k)
if t == "table" then return t .. real(rank[type(rawget(k, "id"))] and rawget(k, "id")) end
if t == "function" then return t .. getinfo(k, "S").linedefined end
return t
end
local function before(a, b)
local x, y = rank[type(a)] or 4, rank[type(b)] or 4
if x ~= y then return x < y end
if x == 1 then return not a and b end
if x < 4 then return a < b end
return mark(a) < mark(b)
end
local function describe(v)
local t = type(v)
if t == "number" then return put(format("%.17g", v)) end
if t == "string" then return put(format("%q", v)) end
if t == "nil" or t == "boolean" then return put(real(v)) end
if rawequal(v, _G) then return put("_G") end
seen = seen or {}
if seen[v] then return put(t .. "#" .. seen[v]) end
count = count + 1
seen[v] = count
put(t .. "#" .. count)
if count > 300 then return end
if t == "table" then
put("{")
local m, keys, i, other = getmetatable(v), {}, 0
for k in next, v do
i = i + 1
keys[i] = k
if not rank[type(k)] then other = true end
end
if other or type(m) == "table" and rawget(m, "__mode") then sort(keys, before) end
for j = 1, i do
local k = keys[j]
if k ~= j then put("[") describe(k) put("]=") end
describe(rawget(v, k))
put(",")
end
put("}")
elseif t == "function" then
local i = getinfo(v, "Su")
put("(" .. i.what .. ":" .. i.linedefined .. ":" .. i.nups .. ")")
elseif t == "thread" then
put("(" .. status(v) .. ")")
end
local m = getmetatable(v)
if m ~= nil and t ~= "function" then put("meta ") describe(m) end
end
function show(...)
seen, count = nil, 0
for i = 1, select("#", ...) do
if i > 1 then put("\t") end
describe((select(i, ...)))
end
put("\n")
end
local function write(...)
for i = 1, select("#", ...) do
local v = select(i, ...)
if type(v) ~= "string" and type(v) ~= "number" then error("bad argument #" .. i .. " to 'write' (string expected, got " .. type(v) .. ")", 2) end
put(real(v))
end
return true
end
tostring = function(...) if select("#", ...) == 0 then return real() end return (text((...))) end
print = function(...)
for i = 1, select("#", ...) do
local s = tostring((select(i, ...)))
if type(s) ~= "string" and type(s) ~= "number" then error("'tostring' must return a string to 'print'", 2) end
put(i > 1 and "\t" .. s or s)
end
put("\n")
end
local io = io or {}
local stdout, state = io.stdout, 42
local names = {"read", "open", "popen", "tmpfile", "lines", "input", "output", "close", "flush", "stdin", "stderr"}
for i = 1, #names do io[names[i]] = nil end
names = {"execute", "remove", "rename", "tmpname", "getenv", "exit", "setlocale"}
for i = 1, #names do os[names[i]] = nil end
arg, dofile, loadfile, debug.debug, package.path, package.cpath, package.loadlib = nil, nil, nil, nil, "", "", nil
io.write, io.stdout = write, {write = function(_, ...) return write(...) end}
os.time = function() return 1150000000 end
os.clock = function() return 0.25 end
os.date = function(f, t) f = f or "%c" if type(f) == "string" and not find(f, "^!") then f = "!" .. f end return date(f, t or 1150000000) end
math.randomseed = function(s) state = floor(s or 0) % 65536 end
math.random = function(m, k)
state = (state * 4093 + 12289) % 65536
local r = state / 65536
if not m then return r end
if not k then m, k = 1, m end
return floor(r * (k - m + 1)) + m
end
local function handler(e) return {e, traceback("", 2)} end
return function(body)
local ok, e = xpcall(body, handler)
sethook()
seen, count, most = nil, 0, 5000
if n == 3000 then put("(more)\n") end
if ok then put("end\n") elseif type(e) == "table" then put("error ") describe(e[1]) put(e[2]) put("\n") else put("error ") describe(e) put("\n") end
local result = concat(out)
if not stdout then return result end
stdout.write(stdout, result)
end
end)()
