-- The functions of os that are not about time: results, messages, argument errors; the
-- locale; the status of os.exit and what is written before.
local function show(label, ...)
  local r = {} for i = 1, select("#", ...) do r[i] = tostring((select(i, ...))) end
  print(label .. ": " .. table.concat(r, " | "))
end
for _, code in ipairs {
  "os.getenv('HOME')", "os.getenv('HOME\\0x')", "os.getenv('NOHOME')", "os.getenv('')", "os.getenv('HOME=')", "os.getenv()", "os.getenv({})", "os.getenv(1)",
  "os.remove('/nofile')", "os.remove('/nofile\\0x')", "os.remove('/nofolder/x')", "os.remove('')", "os.remove('/')", "os.remove('/etc/passwd/x')", "os.remove()", "os.remove({})", "os.remove(12345.5)", "os.remove(('x'):rep(300))",
  "os.rename('/nofile', 'x')", "os.rename('', 'x')", "os.rename('/tmp', '/tmp/x')", "os.rename('x')", "os.rename()", "os.rename({}, 'x')", "os.rename('x', {})", "os.rename(12345.5, 5)",
  "os.setlocale()", "os.setlocale(nil)", "os.setlocale('')", "os.setlocale('C')", "os.setlocale('POSIX')", "os.setlocale('xx_YY')", "os.setlocale('C', 'all')", "os.setlocale('C', 'collate')", "os.setlocale(nil, 'ctype')", "os.setlocale('', 'monetary')",
  "os.setlocale('POSIX', 'numeric')", "os.setlocale(nil, 'time')", "os.setlocale(nil, 'messages')", "os.setlocale(nil, 5)", "os.setlocale({})", "os.setlocale('C\\0xx')", "os.setlocale('c')",
  "os.execute('exit 300')", "os.execute({})", "os.execute(true)", "os.execute('')", "os.execute(12 .. '>/dev/null 2>&1')", "os.exit({})", "os.exit('x')",
} do show(code, pcall(assert(loadstring("return " .. code, "=c")))) end
local a, b = os.tmpname(), os.tmpname()
show("names", a == b, #a, a:sub(1, 9), io.open(a):read("*a") == "")
local f = io.open(a, "w") f:write("moved") f:close()
show("rename", os.rename(a, b)) show("gone", (io.open(a))) show("contents", io.open(b):read("*a"))
show("remove", os.remove(b), (os.remove(b)))
-- A folder can be removed when it is empty.
os.execute("mkdir " .. b .. " && touch " .. b .. "/x")
show("full folder", select(3, os.remove(b))) os.execute("rm " .. b .. "/x") show("empty folder", os.remove(b))
-- Bytes charged for messages.
collectgarbage() collectgarbage("stop")
local function bytes(label, f, ...)
  pcall(f, ...)
  local before = collectgarbage("count") * 1024
  pcall(f, ...)
  show("bytes " .. label, collectgarbage("count") * 1024 - before)
end
bytes("remove", os.remove, "/nofile") bytes("rename", os.rename, "/nofile", "x") bytes("getenv", os.getenv, "HOME") bytes("date", os.date, "!%c", 0) bytes("table", os.date, "!*t", 0)
bytes("long date", os.date, "") bytes("time", os.time, {year = 2006, month = 6, day = 9}) bytes("no day", os.time, {year = 2006}) bytes("locale", os.setlocale, "C", "bad") bytes("execute", os.execute, "true")
io.stderr:write("to the error stream\n")
local u = newproxy(true) getmetatable(u).__gc = function() print("a finalizer runs") end
local p = io.popen("cat", "w") p:write("left in the buffer of a pipe\n")
io.write("left in the buffer\n")
coroutine.wrap(function() pcall(os.exit, 2^32 + 263) end)()
