-- Default files, io.lines, closed files, argument errors and positions, environments,
-- and the bytes charged for results and messages.
local name = os.tmpname()
local function put(text) local f = io.open(name, "w") f:write(text) f:close() end
local function clean(v) return type(v) == "string" and (v:gsub(name:gsub("%p", "%%%0"), "NAME"):gsub("0x%x+", "ADDRESS")) or io.type(v) or type(v) == "function" and "function" or tostring(v) end
local function show(label, ...)
  local r = {} for i = 1, select("#", ...) do r[i] = clean((select(i, ...))) end
  io.stdout:write(label, ": ", table.concat(r, " | "), "\n")
end
local function try(label, f, ...) show(label, pcall(f, ...)) end
local function call(label, code) show(label, pcall(assert(loadstring("local f, name = ... return " .. code, "=c")), io.open(name), name)) end

put("one\ntwo\n3 4\nfive")
try("input nofile", io.input, "/nofile/x")
try("output nofile", io.output, "/nofile/x")
try("lines nofile", io.lines, "/nofile/x")
try("input zero", io.input, "/nofile\0x")
show("input", io.input(name))
show("read", io.read())
show("read", io.read(2, "*l"))
show("lines", io.lines()())
show("read", io.read("*n", "*n", "*l"))
show("close", io.input():close())
try("read closed", io.read)
try("lines closed", io.lines)
show("type", io.type(io.input()))
show("input", io.input(io.stdin))
show("read stdin", io.read(), io.read("*a"), io.read(0))

show("output", io.output(name))
show("write", io.write("a", 1, " ", 0.1, "\n"))
show("flush", io.flush())
show("seek", io.output():seek("cur", -2))
show("close", io.close())
try("write closed", io.write, "x")
try("flush closed", io.flush)
try("close closed", io.close)
io.output(io.stdout)
for l in io.lines(name) do show("line", l) end
local step = io.lines(name)
show("step", step()) show("step", step()) try("step", step) try("step", step)
show("after closing", pcall(function() local f = io.open(name) local s = f:lines() f:close() return s() end))
show("numbers as names", pcall(io.open, 12.5)) show("", pcall(io.lines, 12.5)) show("", pcall(io.input, 7))

for _, code in ipairs {
  "io.read('x')", "io.read('*')", "io.read('*x', 1)", "io.read(1, {})", "f:read('x')", "f:read('*l', '*q')", "f.read('x')", "f.read()", "f.read(nil)",
  "f:read(nil)", "f:read(true)", "f:write({})", "f:write('a', nil)", "io.write(io.stdout)", "f:write(print)", "f:seek('bad')", "f:seek({})", "f:seek('set', 'x')",
  "f:setvbuf()", "f:setvbuf('bad')", "f:setvbuf('no', 'x')", "f:setvbuf('\\255')", "io.open()", "io.open({})", "io.open(name, {})", "io.open(name, 'q')", "io.open(name, '')",
  "io.open('')", "io.open('/')", "io.open('/', 'w')", "io.open('/tmp'):read()", "io.open('/tmp'):read('*a')", "io.open('/tmp'):lines()()", "io.popen()", "io.popen('true', 'x')",
  "io.popen('true', 'r+')", "io.popen('true', '')", "io.close(nil)", "io.close({})", "io.close(io)", "io.type()", "io.type(nil)", "io.type(newproxy())", "io.type('f')",
  "io.input({})", "io.output(true)", "io.lines({})", "io.lines(nil)", "io.lines(true)", "f:lines(1, 2)()", "f.lines()", "f.lines(io)", "f:nothing()", "f.x", "#f", "f + 1", "f .. 'x'", "f < f",
  "f.__index == getmetatable(f)", "tostring(f)", "f:close(), tostring(f), f:close()", "f:close() and f:read()", "f:close() and io.type(f)", "getmetatable(f).__gc(f), tostring(f)",
  "getmetatable(f).__gc()", "getmetatable(f).__gc({})", "getmetatable(f).__tostring()", "getmetatable(f).__tostring('x')", "getmetatable(io.stdin).__gc(io.stdin), tostring(io.stdin)",
  "f:flush(), f:seek(), f:seek('end')", "io.flush(1, 2)", "io.tmpfile(1)", "io.stdout:seek()", "io.stdin:write('x')", "io.stdout:read()", "io.stdout:read('*n')", "io.stdout:read(0)", "io.stdout:lines()()",
  "f:write('x'), f:lines()()", "f:write('x'), f:seek('set', -1), f:lines()()", "f:read(unpack({}, 1, 1013))", "f:read(unpack({}, 1, 1014))",
} do call(code, code) end

local function keys(t) local r = {} for k, v in pairs(t) do r[#r + 1] = tostring(k) .. "=" .. (io.type(v) or type(v)) end return table.concat(r, " ") end
show("environment", keys(debug.getfenv(io.write)))
show("environment of popen", keys(debug.getfenv(io.popen)), debug.getfenv(io.popen) == debug.getfenv(io.popen("true")))
for k, f in pairs(getmetatable(io.stdout)) do if type(f) == "function" then show("environment of " .. k, debug.getfenv(f) == _G) end end
show("environment of a file", debug.getfenv(io.open(name)) == debug.getfenv(io.open), debug.getfenv(io.stderr) == debug.getfenv(io.read), debug.getfenv(io.lines(name)) == debug.getfenv(io.read))
local f = io.popen("exit 3")
show("pipe", f:close())
f = io.open(name) debug.setfenv(f, debug.getfenv(io.popen)) show("file closed as a pipe", f:close())
f = io.open(name) debug.setfenv(f, {__close = select}) try("other closing function", f.close, f, 1) debug.setfenv(f, debug.getfenv(io.open))
f = io.open(name) debug.setfenv(f, {__close = type}) try("other closing function", io.close, f) show("still", io.type(f))

-- What a finalizer writes, in order, and files closed by the collector.
do local f = io.open(name, "w") f:write("kept in the buffer") end
collectgarbage()
show("collected", io.open(name):read("*a"))

-- Bytes charged for a second run of each.
collectgarbage() collectgarbage("stop")
local count = function() return collectgarbage("count") * 1024 end
local function bytes(label, f, ...)
  pcall(f, ...)
  local before = count()
  pcall(f, ...)
  show("bytes " .. label, count() - before)
end
put(string.rep("0123456789\n", 4000) .. "end")
f = io.open(name, "r+")
bytes("open", io.open, name)
bytes("failed open", io.open, "/nofile")
bytes("lines", f.lines, f)
bytes("line", f.read, f)
bytes("bytes", f.read, f, 5, 0, "*l")
f:seek("set") bytes("12000 bytes", f.read, f, 12000)
f:seek("set") bytes("8192 bytes", f.read, f, 8192)
f:seek("set") bytes("16384 bytes", f.read, f, 16384)
f:seek("set") bytes("all", function() f:seek("set") f:read("*a") end)
bytes("end", f.read, f) bytes("end", f.read, f, "*a") bytes("end", f.read, f, "*n")
bytes("write", f.write, f, "x", 1.5, "y")
bytes("seek", f.seek, f, "cur", 0) bytes("failed seek", f.seek, f, "set", -1) bytes("bad seek", f.seek, f, "bad")
bytes("tostring", tostring, f) bytes("type", io.type, f)
bytes("popen", io.popen, "true") bytes("tmpfile", io.tmpfile)
bytes("lines nofile", io.lines, "/nofile") bytes("wrong format", f.read, f, "x")
f:close() bytes("closed", f.read, f) bytes("tostring", tostring, f)
collectgarbage("restart")
print(os.remove(name), os.remove(name) == nil)
