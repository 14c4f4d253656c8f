-- Lua patterns at work: tokenizers, a pattern matcher written in Lua compared with the real one, gsub in all forms, %b and %f, captures, trims, splits.

print "== find and match"
local cases = {
  { "hello world", "o w" }, { "hello world", "(%w+) (%w+)" }, { "key = value", "^(%w+)%s*=%s*(%w+)$" }, { "  trim me  ", "^%s*(.-)%s*$" },
  { "2024-01-31", "(%d+)-(%d+)-(%d+)" }, { "a.b.c", "^(.-)%.(.*)$" }, { "a.b.c", "^(.*)%.(.-)$" }, { "f(a(b)c)d", "%b()" }, { "THE (quick) fox", "%f[%a]%a+" },
  { "THE (quick) fox", "%((%a+)%)" }, { "[[nested]]", "%[%[(.-)%]%]" }, { "x^2", "x^2" }, { "^x", "^^x" }, { "a$", "a$$" }, { "abc", "()b()" }, { "", "^$" },
  { "aaa", "a-" }, { "aaa", "a-$" }, { "aaab", "a*b" }, { "aaab", "a+b?" }, { "0x1F", "^0[xX](%x+)$" }, { "one;two;;four", "([^;]*);?" }, { "a\0b", "%z" }, { "a\0b", "[^%z]+$" },
  { "tab\there", "%c" }, { "x-y", "x%-y" }, { "[]]", "[]]+" }, { "a-z", "[a%-z]+" }, { "^caret", "[%^c]+" }, { "abcabc", "(abc)%1" }, { "'quoted'", "(['\"])(.-)%1" },
  { "\"it's\"", "(['\"])(.-)%1" }, { "aXbX", "(.)X(.)X" }, { "==[[x]]==", "(=*)%[%[(.-)%]%]%1" }, { "alo", "^(((.).).)$" }, { "0123456789", "%d%d?%d?$" }, { "aba", "^(a)(b)%1$" },
}
for i, c in ipairs(cases) do
  local r = { string.find(c[1], c[2]) }
  for k = 1, #r do r[k] = type(r[k]) == "string" and ("%q"):format(r[k]) or r[k] end
  print(i, c[2]:gsub("%z", "%%z"), table.concat(r, " "))
end
print(("x"):find("", 1), ("x"):find("", 2), ("x"):find("", 3), ("x"):find("", 10), ("abc"):find("b", -1), ("abc"):find("b", -2), ("abc"):find("b", -10))
print(("a.b"):find(".", 1, true), ("a.b"):find(".", 3, true), ("a%b"):find("%", 1, true), (""):find("", 1, true), ("aaa"):find("aa", 2, true))
print(("hello"):match("l+", 4), ("hello"):match("^l+", 3), ("hello"):match("(h)(e)(l)"), ("hello"):match "x", ("  x"):match "^%s*$")

print "== gsub"
print(("hello world"):gsub("o", "0")) print(("hello world"):gsub("o", "0", 1)) print(("hello world"):gsub("", "-")) print(("abc"):gsub("%w", "%0%0")) print(("abc"):gsub("(a)(b)(c)", "%3%2%1"))
print(("hello world"):gsub("%w+", string.upper)) print(("hello world"):gsub("(o)", { o = "[O]" })) print(("$name is $age, $missing"):gsub("%$(%w+)", { name = "Bob", age = 42 }))
print(("abc"):gsub("%w", function(c) if c == "b" then return false end return c:byte() end)) print(("abc"):gsub(".", { a = 1, b = true and "B", c = false })) print(("x y z"):gsub("%s*", ""))
print(("abc def"):gsub("(%w)(%w)", "%2%1")) print(("abc"):gsub("b", "%%")) print(("a,b,,c"):gsub(",", ";", 2)) print((" x "):gsub("^%s+", "")) print(("aaa"):gsub("^a", "b")) print(("abc"):gsub("$", "!"))
print(("path/to/file.txt"):gsub("^.*/", ""), (("path/to/file.txt"):gsub("%.%w+$", ""))) print(("abc"):gsub("()", "%1")) print(("hello"):gsub("l", "L", 0)) print(("hello"):gsub("l", "L", -1)) print(("one two"):gsub("(%w+) (%w+)", "%2 %1 %0"))
print(pcall(string.gsub, "x", "x", "%9")) print(pcall(string.gsub, "x", "(x", "")) print(pcall(string.gsub, "x", "x)", "")) print(pcall(string.gsub, "x", "[x", "")) print(pcall(string.gsub, "x", "%", "")) print(pcall(string.gsub, "x", "%f", ""))
print(pcall(string.find, "x", "%b")) print(pcall(string.find, "x", "%bx")) print(pcall(string.find, "x", "(x)%2")) print(pcall(string.gsub, "x", "x", print == nil)) print(pcall(string.gsub, "x", "x", function() return {} end))
print(pcall(string.rep)) print(pcall(string.find, "a", ("(a)"):rep(33))) print(pcall(string.match, ("a"):rep(40), ("(a)"):rep(32)) )

print "== iteration"
for w in ("the quick brown"):gmatch "%a+" do io.write("<", w, ">") end
for k, v in ("a=1, b=2, c=3"):gmatch "(%w+)=(%w+)" do io.write(" ", k, v) end
for p in ("abc"):gmatch "()" do io.write(" ", p) end
for a in ("aXbXc"):gmatch "[^X]*" do io.write(" [", a, "]") end
for a, b in string.gfind("x1y2", "(%a)(%d)") do io.write(" ", b, a) end
for w in ("^anchor ^x"):gmatch "^%a" do io.write(" ", w) end
print()

-- A matcher for Lua patterns in Lua -----------------------------------------------------------

local function class_end(p, i)
  local c = p:sub(i, i)
  if c == "%" then return i + 2 end
  if c == "[" then
    local j = i + 1
    if p:sub(j, j) == "^" then j = j + 1 end
    repeat
      if p:sub(j, j) == "%" then j = j + 2 else j = j + 1 end
    until p:sub(j, j) == "]" or j > #p
    return j + 1
  end
  return i + 1
end

local function in_class(c, class)
  local b, r = c:byte(), nil
  local lower = class:lower()
  if lower == "a" then r = b >= 65 and b <= 90 or b >= 97 and b <= 122
  elseif lower == "d" then r = b >= 48 and b <= 57
  elseif lower == "l" then r = b >= 97 and b <= 122
  elseif lower == "u" then r = b >= 65 and b <= 90
  elseif lower == "s" then r = b == 32 or b >= 9 and b <= 13
  elseif lower == "w" then r = in_class(c, "a") or in_class(c, "d")
  elseif lower == "x" then r = in_class(c, "d") or b >= 65 and b <= 70 or b >= 97 and b <= 102
  elseif lower == "p" then r = b > 32 and b < 127 and not in_class(c, "w")
  elseif lower == "c" then r = b < 32 or b == 127
  elseif lower == "z" then r = b == 0
  else return c == class end
  return r == (class == lower)
end

local function single(s, i, p, j, e)
  if i > #s then return false end
  local c, k = s:sub(i, i), p:sub(j, j)
  if k == "." then return true end
  if k == "%" then return in_class(c, p:sub(j + 1, j + 1)) end
  if k ~= "[" then return k == c end
  local stop, want, q = e - 2, true, j + 1
  if p:sub(q, q) == "^" then want, q = false, q + 1 end
  while q <= stop do
    local x = p:sub(q, q)
    if x == "%" then
      if in_class(c, p:sub(q + 1, q + 1)) then return want end
      q = q + 2
    elseif p:sub(q + 1, q + 1) == "-" and q + 2 <= stop then
      if x <= c and c <= p:sub(q + 2, q + 2) then return want end
      q = q + 3
    else
      if x == c then return want end
      q = q + 1
    end
  end
  return not want
end

local do_match
local function expand(s, i, p, j, e, caps, max)
  local n = 0
  while n < max and single(s, i + n, p, j, e) do n = n + 1 end
  while n >= 0 do
    local r = do_match(s, i + n, p, e + 1, caps)
    if r then return r end
    n = n - 1
  end
end

function do_match(s, i, p, j, caps)
  if j > #p then return i end
  local c = p:sub(j, j)
  if c == "(" then
    if p:sub(j + 1, j + 1) == ")" then
      caps[#caps + 1] = { i, "position" }
      local r = do_match(s, i, p, j + 2, caps)
      if not r then caps[#caps] = nil end
      return r
    end
    caps[#caps + 1] = { i }
    local r = do_match(s, i, p, j + 1, caps)
    if not r then caps[#caps] = nil end
    return r
  elseif c == ")" then
    for k = #caps, 1, -1 do
      if not caps[k][2] then
        caps[k][2] = i - 1
        local r = do_match(s, i, p, j + 1, caps)
        if not r then caps[k][2] = nil end
        return r
      end
    end
  elseif c == "$" and j == #p then return i == #s + 1 and i or nil
  elseif c == "%" and p:sub(j + 1, j + 1) == "b" then
    local open, close = p:sub(j + 2, j + 2), p:sub(j + 3, j + 3)
    if s:sub(i, i) ~= open then return nil end
    local depth, k = 1, i + 1
    while k <= #s do
      local x = s:sub(k, k)
      if x == close then
        depth = depth - 1
        if depth == 0 then return do_match(s, k + 1, p, j + 4, caps) end
      elseif x == open then depth = depth + 1 end
      k = k + 1
    end
    return nil
  elseif c == "%" and p:find("^%d", j + 1) then
    local cap = caps[tonumber(p:sub(j + 1, j + 1))]
    local text = s:sub(cap[1], cap[2])
    if s:sub(i, i + #text - 1) == text then return do_match(s, i + #text, p, j + 2, caps) end
    return nil
  end
  local e = class_end(p, j)
  local q = p:sub(e, e)
  if q == "?" then
    if single(s, i, p, j, e) then
      local r = do_match(s, i + 1, p, e + 1, caps)
      if r then return r end
    end
    return do_match(s, i, p, e + 1, caps)
  elseif q == "*" then return expand(s, i, p, j, e, caps, math.huge)
  elseif q == "+" then return single(s, i, p, j, e) and expand(s, i + 1, p, j, e, caps, math.huge) or nil
  elseif q == "-" then
    while true do
      local r = do_match(s, i, p, e + 1, caps)
      if r then return r end
      if not single(s, i, p, j, e) then return nil end
      i = i + 1
    end
  elseif single(s, i, p, j, e) then return do_match(s, i + 1, p, e, caps) end
end

local function my_find(s, p, init)
  local anchor = p:sub(1, 1) == "^"
  for i = init or 1, anchor and (init or 1) or #s + 1 do
    local caps = {}
    local e = do_match(s, i, p, anchor and 2 or 1, caps)
    if e then
      local r = { i, e - 1 }
      for _, c in ipairs(caps) do r[#r + 1] = c[2] == "position" and c[1] or s:sub(c[1], c[2]) end
      return unpack(r)
    end
  end
  return nil
end

print "== two matchers"
local function key(...) local t = { ... } for i = 1, select("#", ...) do t[i] = tostring(t[i]) end return table.concat(t, "\1") end
local same, different = 0, 0
for _, c in ipairs(cases) do
  if not c[2]:find "%%f" then
    if key(my_find(c[1], c[2])) == key(c[1]:find(c[2])) then same = same + 1 else different = different + 1 print("differs", c[1], c[2], my_find(c[1], c[2])) end
  end
end
local seed = 77
local function random(n) seed = (seed * 16807) % 2147483647 return seed % n + 1 end
local atoms = { "a", "b", ".", "%a", "%d", "[ab]", "[^a]", "[%d_]", "(a)", "(b-)", "()", "x", "%s", "%w", "[a-c1-3]", "%u" }
local suffixes = { "", "", "", "*", "+", "-", "?" }
for i = 1, 1500 do
  local p, s = {}, {}
  for k = 1, random(4) do
    local a = atoms[random(#atoms)]
    p[k] = a .. (a:find "%(" and "" or suffixes[random(#suffixes)])
  end
  p = (random(5) == 1 and "^" or "") .. table.concat(p) .. (random(5) == 1 and "$" or "")
  for k = 1, random(8) do s[k] = ("aabbcx1 A_"):sub(random(10)):sub(1, 1) end
  s = table.concat(s)
  if key(my_find(s, p)) == key(s:find(p)) then same = same + 1 else different = different + 1 print("differs", s, p) end
end
print(same, different)

print "== everyday functions"
local function split(s, sep)
  local out, start = {}, 1
  repeat
    local a, b = s:find(sep, start)
    out[#out + 1] = s:sub(start, a and a - 1)
    start = b and b + 1
  until not a
  return out
end
print(table.concat(split("a, b,c ,,d", "%s*,%s*"), "|"), #split("", ","), #split(",", ","), table.concat(split("2001-02-03", "-"), "/"))
local function trim1(s) return (s:gsub("^%s*(.-)%s*$", "%1")) end
local function trim2(s) local i = s:find "%S" return i and s:match(".*%S", i) or "" end
for _, s in ipairs { "", " ", "  a b ", "x", "\t\ny\r" } do assert(trim1(s) == trim2(s)) io.write("[", trim1(s), "]") end print()
local function camel(s) return (s:gsub("_(%l)", function(c) return c:upper() end)) end
local function snake(s) return (s:gsub("%f[%u]%u", function(c) return "_" .. c:lower() end)) end
print(camel "my_long_name", snake "myLongName", snake(camel "a_b_c"), ("hello world"):gsub("(%a)(%w*)", function(a, b) return a:upper() .. b end))
local function url_decode(s) return (s:gsub("+", " "):gsub("%%(%x%x)", function(h) return string.char(tonumber(h, 16)) end)) end
local function url_encode(s) return (s:gsub("[^%w%-%._~ ]", function(c) return ("%%%02X"):format(c:byte()) end):gsub(" ", "+")) end
print(url_encode "a b&c=d/é", url_decode(url_encode "a b&c=d/é") == "a b&c=d/é", url_decode "x%20y%2Bz+w")
for part in ("scheme://user@host:80/path?query#frag"):gmatch "[^:/@?#]+" do io.write(part, " ") end print()
print(("scheme://user@host:80/path?query#frag"):match "^(%w+)://([^@/]*)@?([^:/]+):?(%d*)(/[^?#]*)%??([^#]*)#?(.*)$")
local function expand_tabs(s) return (s:gsub("([^\t\n]*)\t", function(x) return x .. (" "):rep(4 - #x % 4) end)) end
print(expand_tabs "a\tbb\tccc\tdddd\te")
local html = "<p class='x'>Hello <b>bold</b> &amp; <i>it</i></p>"
print((html:gsub("<[^>]*>", "")), select(2, html:gsub("<%w", "")), html:match "class=(['\"])(.-)%1")
print(("%d+"):gsub("[%^%$%(%)%%%.%[%]%*%+%-%?]", "%%%0"), ("1,234,567"):gsub(",", ""), ("x = 1 -- note"):gsub("%s*%-%-.*$", ""))
print(("CSV,\"quoted, field\",end"):gsub('"(.-)"', function(s) return (s:gsub(",", "\1")) end):gsub(",", "|"):gsub("\1", ","))
print(("%f[%w]%w+ at word starts"):gsub("%f[%w]%w", string.upper), ("foo.bar"):gsub("%f[%w]", "<"), (("THE END"):gsub("%f[%W]", ">")))
local counts = {}
for c in ("abracadabra"):gmatch "." do counts[c] = (counts[c] or 0) + 1 end
for c in ("abcdr"):gmatch "." do io.write(c, counts[c], " ") end
print(select(2, ("abracadabra"):gsub("a", "a")), ("abracadabra"):gsub("(.)(.)", "%2%1"))
