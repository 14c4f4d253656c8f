-- Results around the 8192 bytes of a library buffer: pieces that have become missing
-- arguments, how they are joined, and the bytes all that is charged for.
local function sum(s) local h = 0 for i = 1, #s, 1 + math.floor(#s / 500) do h = (h * 31 + s:byte(i)) % 1000003 end return #s .. ":" .. h end
local function show(name, ok, s, n) print(name, ok, type(s) == "string" and #s > 80 and sum(s) or s, n) end
local x = string.rep
for _, n in ipairs {8190, 8191, 8192, 8193, 8194, 16383, 16384, 16385, 24577, 40000, 81920, 81921, 99999} do
  local s = x("ab", n / 2)
  show(n, true, s)
  show("upper", pcall(string.upper, s))
  show("reverse", pcall(string.reverse, s .. "z"))
  show("%s", pcall(string.format, s .. "%s"))
  show("%s%s", pcall(string.format, s .. "%s%s"))
  show("%d", pcall(string.format, x("1", n) .. "%d"))
  show("%5.2s %q", pcall(string.format, s .. "%5.2s" .. s .. "%q"))
  show("nil", pcall(string.format, s .. "%s", nil))
  show("gsub", pcall(string.gsub, s .. "c", "c"))
  show("gsub nil", pcall(string.gsub, s .. "c", "c", nil))
  show("gsub b", pcall(string.gsub, s .. "c", "[bc]", nil, 0))
  show("gsub %0", pcall(string.gsub, x("%0", n / 2) .. "c", "c"))
  show("gsub %%1", pcall(string.gsub, x("%1", n / 2) .. "cc", "(c)"))
  show("gsub twice", pcall(string.gsub, s .. "c" .. s .. "c", "c"))
  show("gsub f", pcall(string.gsub, s, "b", function(c) return c .. c end))
  show("gsub t", pcall(string.gsub, s, "b", {b = x("B", 9)}))
  show("concat", pcall(table.concat, {s, "x", s, 12, s .. s, x("y", 100), s}, "--"))
end
-- Bytes, with the collector stopped and the concatenation buffer grown before.
local big = x("w", 300000) .. "v"
local t = {} for i = 1, 300 do t[i] = "item" .. i end
local function bytes(name, f, ...)
  for i = 1, 20 do collectgarbage() end
  collectgarbage("stop")
  big = big .. "."
  local before = collectgarbage("count")
  local r = f(...)
  print(name, (collectgarbage("count") - before) * 1024)
end
bytes("rep 1", x, "p1", 4096)
bytes("rep 2", x, "p2", 4097)
bytes("rep 3", x, "p3", 50000)
bytes("upper", string.upper, x("p4", 10000))
bytes("concat", table.concat, t, x("p5", 50))
bytes("gsub", string.gsub, x("p6 ", 5000), "%d", "%0%0")
bytes("gsub captures", string.gsub, x("p7 ", 3000), "(p)(%d)", "%2%1")
bytes("gsub function", string.gsub, x("p8 ", 100), "%w+", function(w) return w .. "!" end)
bytes("format", string.format, x("p9", 5000) .. "%s %d %q", x("r", 9000), 5, x("\n", 200))
