-- A source of 6 MB compiled from a file.
-- bound: memory 1.00
-- bound: time 1.20
local n = math.floor(1e6 * (tonumber((...)) or 1))
local piece = {}
for i = 1, 40 do
  piece[i] = "function f" .. i .. "(a, b, ...)\n  local t = { a, b, name = 'item " .. i .. "', ... }\n"
    .. "  for i = 1, #t do if t[i] == b then a = a + t[i] * 2.5 else t.name = t.name .. i end end\n"
    .. "  return a, t.name, function(x) return x + b end\nend\n"
end
piece = table.concat(piece)
local name = os.tmpname()
local file = assert(io.open(name, "w"))
local size = 0
while size < 6 * n do
  file:write(piece)
  size = size + #piece
end
file:close()
local f = assert(loadfile(name))
os.remove(name)
print("large_source", size, type(f))
