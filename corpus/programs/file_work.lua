-- Files: text and binary reading in all formats, seeking, lines, buffering modes, a small record database, external merge sort; all in temporary files.

local temporary = {}
local function tmpname()
  local name = os.tmpname()
  temporary[#temporary + 1] = name
  return name
end
local function clean(message) return (tostring(message):gsub("/tmp/[%w_]+", "FILE"):gsub("file %(0x%x+%)", "file (ADDR)")) end
local function show(...)
  local t = {}
  for i = 1, select("#", ...) do
    local v = select(i, ...)
    t[i] = type(v) == "string" and ("%q"):format(v):gsub("\\\n", "\\n"):gsub("/tmp/lua_%w+", "TEMPORARY") or clean(v)
  end
  print(table.concat(t, " "))
end
local function write(name, text, mode)
  local f = assert(io.open(name, mode or "wb"))
  assert(f:write(text))
  assert(f:close())
end
local function slurp(name)
  local f = assert(io.open(name, "rb"))
  local s = f:read "*a"
  f:close()
  return s
end

print "== reading"
local name = tmpname()
write(name, "first line\nsecond\n\n12 0x1F -3.5e2 nan5 word\nlast without newline")
local f = assert(io.open(name))
show(f:read()) show(f:read "*l") show(f:read "*l") show(f:read("*n", "*n", "*n"))
show(f:read(1)) show(f:read(3)) show(f:read(0)) show(f:read "*a") show(f:read "*a") show(f:read "*l") show(f:read(0)) show(f:read(5)) show(f:read "*n")
f:close()
f = assert(io.open(name))
show(f:read("*l", 4, "*l", "*l", "*a"))
show(f:read("*l", "*a"))
f:close()
show(pcall(f.read, f)) show(pcall(f.close, f)) show(tostring(f), io.type(f), io.type(io.stdout), io.type "x", io.type(nil))
f = assert(io.open(name))
show(pcall(f.read, f, "*x")) show(pcall(f.read, f, "l")) show(f:read "*line")
f:close()

print "== lines"
for l in io.lines(name) do io.write("[", l, "]") end print()
f = io.open(name)
local count = 0
for l in f:lines() do count = count + 1 if count == 2 then break end end
show(f:read "*l", f:read "*l", io.type(f))
f:close()
show(pcall(io.lines, "no/such/file"))
show(pcall(f.lines, f))
local iterator = io.lines(name)
for _ = 1, 5 do iterator() end
show(iterator()) show(pcall(iterator))

print "== writing and seeking"
name = tmpname()
f = assert(io.open(name, "w+b"))
show(f:write("abc", 123, 4.5, "\0\n") == f or f:write("") == true)
show(f:seek()) show(f:seek "set") show(f:read(3)) show(f:seek("cur", 2)) show(f:read(2)) show(f:seek "end") show(f:seek("end", -1)) show(f:read "*a") show(f:seek("set", 1))
f:write "XY"
f:seek("set", 0)
show(f:read "*a") show(f:seek("set", -1)) show(pcall(f.seek, f, "nowhere"))
f:seek("set", 20)
f:write "far"
f:close()
show(#slurp(name), slurp(name):sub(9):gsub("%z", "0"))
f = assert(io.open(name, "a"))
f:write "appended"
show(f:seek())
f:close()
show(slurp(name):sub(-11))
f = assert(io.open(name, "r+"))
f:write "ABC"
f:seek("cur", 0)
show(f:read(4))
f:close()
show(slurp(name):sub(1, 7))
f = io.open(name, "r")
show(f:write "no") show(f:read(2))
f:close()
f = io.open(name, "w")
show(f:read(1)) show(pcall(f.write, f, {})) show(pcall(f.write, f, nil)) show(f:write() == f or true)
f:close()
show(slurp(name))
show(io.open("no/such/dir/file", "w")) show(io.open(".", "w")) show(pcall(io.open, name, "zz"))

print "== buffering"
f = io.open(name, "w")
show(f:setvbuf("full", 1024)) f:write "buffered" show(#slurp(name)) show(f:flush() ~= nil) show(#slurp(name)) show(f:setvbuf "no") f:write "!" show(#slurp(name)) show(f:setvbuf "line") show(pcall(f.setvbuf, f, "bad"))
f:close()

print "== default files"
local other = tmpname()
local old_out = io.output()
show(io.type(io.output(name)) == "file")
io.write("via io.write ", 1, "\n") io.output():write "method"
io.close()
show(pcall(io.write, "x"))
io.output(old_out)
show(slurp(name))
local old_in = io.input()
io.input(name)
show(io.read()) show(io.read "*a") show(io.read "*a") show(io.read())
io.close(io.input())
show(pcall(io.read))
io.input(old_in)
show(io.read "*a", io.read "*l")
io.input(name)
for l in io.lines() do io.write("<", l, ">") end print()
show(io.type(io.input()))
io.input():close()
io.input(old_in)

print "== renaming and removing"
write(other, "content")
show(os.rename(other, name)) show(slurp(name)) show(os.rename(other, name)) show(io.open(other)) show(os.remove(other)) show(os.remove(name)) show(os.remove(name))
local t = assert(io.tmpfile())
t:write "temporary"
t:seek "set"
show(t:read "*a")
t:close()

-- A database of fixed-size records ------------------------------------------------------------------

print "== records"
local Table = {}
Table.__index = Table
local RECORD = 32
local function pack(key, value, deleted)
  return ("%08d%-22.22s%s\n"):format(key, value, deleted and "-" or "+")
end
function Table.create(path) local h = assert(io.open(path, "w+b")) return setmetatable({ h = h, n = 0 }, Table) end
function Table:append(key, value)
  self.h:seek "end"
  self.h:write(pack(key, value))
  self.n = self.n + 1
end
function Table:get(i)
  self.h:seek("set", (i - 1) * RECORD)
  local r = self.h:read(RECORD)
  if not r then return nil end
  local key, value, flag = r:match "^(%d%d%d%d%d%d%d%d)(.-)%s*([+-])\n$"
  return tonumber(key, 10), value, flag == "-"
end
function Table:put(i, key, value, deleted)
  self.h:seek("set", (i - 1) * RECORD)
  self.h:write(pack(key, value, deleted))
end
function Table:search(key)
  local low, high, probes = 1, self.n, 0
  while low <= high do
    local m = math.floor((low + high) / 2)
    probes = probes + 1
    local k, v, deleted = self:get(m)
    if k == key then return not deleted and v or nil, probes, m end
    if k < key then low = m + 1 else high = m - 1 end
  end
  return nil, probes
end
local path = tmpname()
local db = Table.create(path)
for i = 1, 50 do db:append(i * 3, "value number " .. i) end
show(db:search(75)) show(db:search(76)) show(db:get(50)) show(db:get(51))
local _, _, at = db:search(75)
db:put(at, 75, "a replaced value that is much too long", false)
show(db:search(75))
db:put(at, 75, "", true)
show(db:search(75)) show(db.h:seek "end", db.h:seek "end" / RECORD)
db.h:close()
show(#slurp(path), slurp(path):sub(1, 31))

-- External merge sort: runs in files, merged line by line ----------------------------------------------

print "== external sort"
local source = tmpname()
local seed = 17
local handle = assert(io.open(source, "w"))
for _ = 1, 400 do
  seed = (seed * 1103515245 + 12345) % 2147483648
  handle:write(("%05d\n"):format(math.floor(seed / 65536) % 10000))
end
handle:close()
local runs, chunk = {}, {}
local function flush()
  if #chunk == 0 then return end
  table.sort(chunk)
  local run = tmpname()
  write(run, table.concat(chunk, "\n") .. "\n")
  runs[#runs + 1] = run
  chunk = {}
end
for line in io.lines(source) do
  chunk[#chunk + 1] = line
  if #chunk == 64 then flush() end
end
flush()
local passes = 0
while #runs > 1 do
  passes = passes + 1
  local merged = {}
  for i = 1, #runs, 2 do
    if runs[i + 1] then
      local a, b = assert(io.open(runs[i])), assert(io.open(runs[i + 1]))
      local target = tmpname()
      local out = assert(io.open(target, "w"))
      local x, y = a:read(), b:read()
      while x or y do
        if x and (not y or x <= y) then out:write(x, "\n") x = a:read()
        else out:write(y, "\n") y = b:read() end
      end
      a:close() b:close() out:close()
      merged[#merged + 1] = target
    else merged[#merged + 1] = runs[i] end
  end
  runs = merged
end
local previous, lines, sum = "", 0, 0
for l in io.lines(runs[1]) do
  assert(previous <= l)
  previous, lines, sum = l, lines + 1, sum + l
end
print(passes, lines, sum, previous)

print "== words of a file"
write(source, "the cat sat on the mat\nthe end\n")
local freq, order = {}, {}
for line in io.lines(source) do
  for w in line:gmatch "%a+" do
    if not freq[w] then freq[w] = 0 order[#order + 1] = w end
    freq[w] = freq[w] + 1
  end
end
table.sort(order, function(p, q) if freq[p] ~= freq[q] then return freq[p] > freq[q] end return p < q end)
for _, w in ipairs(order) do io.write(w, "=", freq[w], " ") end print()
local h = io.open(source)
local buffers = {}
repeat
  local block, rest = h:read(7, "*l")
  if block then buffers[#buffers + 1] = block .. (rest and "|" .. rest or "") end
until not block
h:close()
show(unpack(buffers))

print "== chunks from files"
local script = tmpname()
write(script, "#!/usr/bin/lua first line is skipped\nlocal a = ...\nreturn a, debug.getinfo(1, 'l').currentline")
show(loadfile(script)(5)) show(dofile(script))
write(script, "return = 1")
show(clean(select(2, loadfile(script)))) show(pcall(dofile, script) == false) show(clean(select(2, loadfile "no/such/file.lua")))
write(script, "x_from_file = (x_from_file or 0) + 1")
dofile(script) dofile(script)
show(x_from_file)

local removed, failed = 0, 0
for _, n in ipairs(temporary) do if os.remove(n) then removed = removed + 1 else failed = failed + 1 end end
print("temporary files", #temporary, removed, failed)
