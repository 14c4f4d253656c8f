-- The order in which output arrives that the program, its buffers and its child
-- processes write; pipes both ways; standard streams that get closed.
local name = os.tmpname()
io.write("in the buffer\n")
os.execute("echo from a child")
io.flush()
os.execute("echo after flushing")
print("printed") io.write("written\n") io.stdout:write("by method ", 1, " ", 0.5, "\n")
local p = io.popen("cat; echo done", "w")
p:write("to the pipe\n", 12, "\n")
print("before closing", p:close())
io.stdout:setvbuf("no")
io.write("unbuffered ") os.execute("echo child") io.write(1, " ") os.execute("echo child") print("a", "b") os.execute("echo child")
io.stdout:setvbuf("line")
io.write("partial line ") os.execute("echo child") io.write("ends\n") os.execute("echo child") io.write("x\ny") os.execute("echo child") print()
io.stdout:setvbuf("full")
io.write("held ") os.execute("echo child") io.write("back\n")
io.stdout:flush()
local p = io.popen("cat", "w") p:setvbuf("line") p:write("one\ntwo") os.execute("sleep 0.1; echo child") p:write("\n") p:close()
for line in io.popen("printf 'a\\nb\\n\\nc'"):lines() do print("line", line) end
local p = io.popen("echo 12 0x10 rest; echo next", "r")
print(p:read("*n", "*n", "*l")) print(p:read("*a")) print(p:read("*a")) print(p:read()) print(p:seek()) print(p:write("x")) print(p:close())
local p = io.popen("head -c 20000 /dev/zero | tr '\\0' x") print(#p:read(5000), #p:read(8192), #p:read("*a"), p:close())
local p = io.popen("cat > " .. name, "w") print(p:read()) print(p:write(("y"):rep(10000))) print(p:read("*a")) print(p:close()) print(#io.open(name):read("*a"))
print(io.popen("exit 3"):close(), io.popen("kill -9 $$"):close(), io.popen("nosuchcommand 2>/dev/null"):close())
print(os.execute("exit 3"), os.execute("kill -9 $$"), os.execute("true"), os.execute("nosuchcommand 2>/dev/null"), os.execute() ~= 0)
-- Input that a child takes after what the program has read: all of it is in the buffer.
print(io.read()) os.execute("cat") print(io.read("*a"))
print(os.remove(name))
-- A finalizer and the buffers of files at the end.
local u = newproxy(true) getmetatable(u).__gc = function() io.write("finalizer\n") os.execute("echo child of a finalizer") end
local f = io.popen("cat", "w") f:write("never closed\n")
io.stderr:write("error stream\n")
io.write("end\n")
