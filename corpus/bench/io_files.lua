-- A temporary file written and read: write, lines, read of lines, numbers, blocks and all, seek.
local scale = tonumber((...)) or 1
local function times(n) return math.max(1, math.floor(n * scale)) end
local name = os.tmpname()
local total = 0
for round = 1, times(5) do
  local out = assert(io.open(name, "w"))
  for i = 1, 20000 do out:write("line ", i, " of the file\n") end
  out:close()
  for line in io.lines(name) do total = total + #line end
  local file = assert(io.open(name))
  while true do
    local line = file:read()
    if not line then break end
    total = total + #line
  end
  file:seek("set")
  while true do
    local block = file:read(1024)
    if not block then break end
    total = total + #block
  end
  file:seek("set", 0)
  total = total + #file:read("*a")
  file:close()
  out = assert(io.open(name, "w"))
  for i = 1, 10000 do out:write(i, " ", i / 4, "\n") end
  out:close()
  file = assert(io.open(name))
  while true do
    local a, b = file:read("*n", "*n")
    if not a then break end
    total = total + a + b
  end
  file:close()
end
os.remove(name)
print("io_files", total)
