--- optional items
local n = 0 for i = 1, 30 do string.find(("a"):rep(i), ("a?"):rep(i) .. ("a"):rep(i)) n = n + 1 end return n
--- lazy repetitions
string.find(("a"):rep(100), ("a-"):rep(30) .. "b")
--- lazy repetitions over anything
string.find(("a"):rep(2000), (".-"):rep(20) .. "b")
--- greedy repetitions
string.find(("a"):rep(2000), ("a*"):rep(20) .. "b")
--- captures and back references
string.find(("a"):rep(100000), "(.-)%1b")
--- captures and back references, greedy
string.find(("a"):rep(100000), "(.*)%1b")
--- quadratic search
string.find(("a"):rep(3e5), "a*b")
--- quadratic search of sets
string.find((" "):rep(3e5), "%s+$")
--- balance from everywhere
string.find(("("):rep(3e5), "%b()")
--- frontiers
string.find(("a"):rep(1e6), ("%f[%a]"):rep(1000) .. "b")
--- captures inside each other
return select("#", string.find("x", ("("):rep(32) .. "x" .. (")"):rep(32)))
--- too many captures
local n = 0 for i = 30, 40 do pcall(string.find, "x", ("("):rep(i) .. (")"):rep(i)) n = n + 1 end return n
--- thousands of open brackets
local n = 0
for _, piece in ipairs { "(", ")", "[", "[^", "%", "%b", "%f", "%1", "(()", "[%", "[a-", "a-", "()" } do
  for _, count in ipairs { 1, 10, 33, 1000, 100000 } do
    pcall(string.find, "aaa", piece:rep(count)) pcall(string.gsub, "aaa", piece:rep(count), "%1")
    n = n + 2
  end
end
return n
--- an optional item for each byte
string.find(("a"):rep(2e5), ("a?"):rep(2e5))
--- every pattern of three characters
local pieces = { "a", ".", "%", "(", ")", "[", "]", "^", "$", "*", "+", "-", "?", "1", "b", "f", "\0" }
local n = 0
for _, x in ipairs(pieces) do for _, y in ipairs(pieces) do for _, z in ipairs(pieces) do
  local p = x .. y .. z
  pcall(string.find, "aab(a)1]", p) pcall(string.gsub, "aab(a)1]", p, "<%0%1>")
  pcall(function() for a in string.gmatch("aab(a)1]", p) do end end)
  n = n + 3
end end end
return n
--- replacements that grow
local s = "x" for i = 1, 40 do s = s:gsub(".", "%0%0%0") end
--- an empty match everywhere
return #(("a"):rep(1e6):gsub("", "xy"))
--- gmatch without end
for w in string.gmatch(("a "):rep(1e6), "()") do end
--- plain text
string.find(("a"):rep(1e7), ("a"):rep(1e6) .. "b", 1, true)
--- positions far out
local n = 0
for _, i in ipairs { -2^53, -2^31, -1, 0, 1, 2^31, 2^53, 1e308, 1/0, -1/0, 0/0 } do
  string.find("abc", "b", i) string.match("abc", "()", i) string.gsub("abc", "b", "c", i)
  n = n + 3
end
return n
