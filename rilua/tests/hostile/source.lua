--- nested pieces
local pieces = { { "(", "1", ")", "return " }, { "{", "", "}", "return " }, { "{{},", "", "}", "return " }, { "-", "1", "", "return " }, { "not ", "1", "", "return " },
  { "#", "x", "", "return " }, { "f(", "", ")", "" }, { "f{", "", "}", "" }, { "a.", "b", "", "return " }, { "a[", "1", "]", "return " }, { "do ", "", " end", "" },
  { "if x then ", "", " end", "" }, { "while x do ", "", " end", "" }, { "repeat ", "", " until x", "" }, { "for i = 1, 2 do ", "", " end", "" },
  { "for i in x do ", "", " end", "" }, { "function f() ", "", " end", "" }, { "local function f() ", "", " end", "" }, { "return function() ", "", " end", "" },
  { "1 + ", "1", "", "return " }, { "1 ^ ", "1", "", "return " }, { "a .. ", "a", "", "return " }, { "a and ", "a", "", "return " }, { "a == ", "a", "", "return " },
  { "a, ", "a", " = 1", "" }, { "a = ", "1", "", "" }, { "a = a ", "", "", "" }, { "if x then elseif ", "y then end", "", "" }, { "f() ", "", "", "" }, { ";", "", "", "" },
  { "(f)() ", "", "", "" }, { "[", "", "]", "return " }, { "local a ", "", "", "" }, { "local a, ", "b", "", "" }, { "'x' .. ", "'x'", "", "return " } }
local n = 0
for _, p in ipairs(pieces) do
  for _, count in ipairs { 1, 10, 99, 190, 199, 200, 201, 250, 1000, 20000 } do
    local f = loadstring(p[4] .. p[1]:rep(count) .. p[2] .. p[3]:rep(count))
    if f then pcall(f) end
    loadstring(p[4] .. p[1]:rep(count))
    n = n + 2
  end
end
return n
--- a line of eight million bytes
return loadstring(("x = 1 "):rep(1.3e6)) and 1
--- an expression of four million bytes
return loadstring("return " .. ("1 + "):rep(1e6) .. "1") and 1
--- a string of eight million bytes
return loadstring("return '" .. ("x"):rep(8e6) .. "'") and 1
--- a comment of eight million bytes
return loadstring("--" .. ("x"):rep(8e6)) and 1
--- a name of eight million bytes
return loadstring(("x"):rep(8e6) .. " = 1") and 1
--- a number of a million digits
return loadstring("return " .. ("9"):rep(1e6)) and 1
--- zeros and what is no UTF-8
local n = 0
for _, s in ipairs { "\0", "\0\0\0", "return '\0'", "x\0 = 1", "\255\254", "\239\187\191return 1", "return '\192\128'", "-- \255", "\27", "\27Lua", "#!\0", "[[\0]]", "[==[\0]=]" } do
  for _, count in ipairs { 1, 100, 100000 } do loadstring(s:rep(count)) loadstring(s, s) n = n + 2 end
end
return n
--- every byte
local n = 0
for i = 0, 255 do for _, s in ipairs { "%s", "return %s", "x = '\\%s'", "x = '%s", "[%s[", "0x%s", "1e%s", "--[%s[" } do
  loadstring((s:gsub("%%s", (string.char(i):gsub("%%", "%%%%"))))) n = n + 1
end end
return n
--- random bytes
local state, n = 1, 0
local words = { "if", "then", "end", "function", "(", ")", "{", "}", "local", "x", "=", "1", "'s'", "return", "do", "while", "..", "...", "and", "not", ",", ";", "[", "]", ".", ":", "for", "in", "repeat", "until", "else", "nil" }
local function random(k) state = (state * 1103515245 + 12345) % 2147483648 return math.floor(state / 65536) % k + 1 end
for i = 1, 3000 do
  local t = {}
  for j = 1, random(40) do t[j] = i % 2 == 0 and string.char(random(256) - 1) or words[random(#words)] end
  local f = loadstring(table.concat(t, i % 2 == 0 and "" or " "))
  n = n + 1
end
return n
--- limits of functions
local n = 0
local function names(count) local t = {} for i = 1, count do t[i] = "v" .. i end return table.concat(t, ", ") end
for _, count in ipairs { 199, 200, 201, 255, 256, 300, 1000 } do
  loadstring("local " .. names(count)) loadstring("return function(" .. names(count) .. ") end") loadstring("return f(" .. names(count) .. ")")
  loadstring("return {" .. names(count) .. "}") loadstring(names(count) .. " = 1")
  loadstring("local " .. names(60) .. " return function() return " .. names(count) .. " end")
  n = n + 6
end
return n
--- 300,000 constants
local t = {} for i = 1, 3e5 do t[i] = "x = " .. i + 0.5 end return loadstring(table.concat(t, "\n")) or 1
--- 100,000 functions
return loadstring(("f = function() end "):rep(1e5)) and 1
--- jumps that are too long
local n = 0 for _, count in ipairs { 1000, 131000, 140000 } do loadstring("while x do " .. ("x = y "):rep(count) .. "end") n = n + 1 end return n
