-- What a text that does not compile leaves behind counts until it is collected: the functions that were
-- begun, their code and lines so far, and the strings of the message.
local cases = { "'", "'a", "'abc", '"', "1", "x 1", "x y", "[[", "[=[a", "x = 'a\n'", "x = \"\\300\"", "x = 3x", "goto = 1 break", "'uin", "b:c", "a.", "a", "", "@", "x = 12x", "[==" , "--[[", "'\\", "for", "x = }", "f(", "'", "function f() '", "local function f() [[", "x = 1 '", "x = f '", "do '", "while x do '", "if x then '", "repeat '", "x = {'", "f('", "local a, b = '", "x = function() '", "return '", "x = 1 + '", "x = a.b '", "x = a .. '", "for i = 1, 2 do '", "a = 1 b = 2 c = 3 d = 4 '", "a = 1 b = 2 '", "x = 1 )", "function f() )", "do )", "x = 1 end", "return 1 2", "break '", "x = 1 @" }
local kb = collectgarbage
kb("stop")
local r = {}
for i = 1, 100 do r[i] = 0 end
for i = 1, #cases do
  local s = cases[i]
  local before = kb("count")
  local ok = loadstring(s)
  r[i] = (kb("count") - before) * 1024
end
for i = 1, #cases do print(string.format("%q", cases[i]), r[i]) end
