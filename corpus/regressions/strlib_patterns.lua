-- All pairs of many patterns and subjects, by find, match, gmatch and gsub.
local subjects = {"", "a", "aaa", "abcabc", "hello big world", "key = value", "f(a(b)c)d", "THE (quick) fox", "x\0y\0", "[tag]text[/tag]", "2006-06-09", "  trim  ", "%d", "a.b-c*d", "\255\1"}
local patterns = {"", ".", "a", "a*", "a-", "a+", "a?", "a-b", "(a*)(.-)$", "^", "$", "^$", "%w+", "%W", "(%w)(%w*)", "()", "()%w()", "%s+", "^%s*(.-)%s*$", "%b()", "%b[]", "%baa", "%f[%w]%w+", "%f[%W]", "[%w_]+", "[^%w]", "[a-c]+", "[c-a]", "[]a]", "[^]a]", "[a-]", "[%a-z]", "(.)%1", "((.)(.))", "%z", "%Z+", "[%z]", "(%d+)-(%d+)-(%d+)", "%u%l*", "%p", "%c", "%x+", "(h)(e)(l)", ".-l", ".*l", "[[]", "a$b", "^^a", "-", "%%", "%.", "(()", "(a", "a)", "%", "[", "[a", "[^", "%b", "%f", "%1", "(%1)", "(a)%2"}
local function quote(v) if type(v) == "string" then return (v:gsub("[^%w%p ]", function(c) return "\\" .. c:byte() end)) end return tostring(v) end
local function list(ok, ...)
  local r = {}
  for i = 1, select("#", ...) do r[i] = quote((select(i, ...))) end
  return (ok and "" or "!") .. table.concat(r, ",")
end
local function all(s, p) local r = {} for a, b, c in s:gmatch(p) do r[#r + 1] = list(true, a, b, c) end return table.concat(r, ";") end
for _, p in ipairs(patterns) do
  print(p)
  for _, s in ipairs(subjects) do
    print("", quote(s), list(pcall(string.find, s, p)), list(pcall(string.match, s, p, 2)), list(pcall(all, s, p)), list(pcall(string.gsub, s, p, "<%0>")), list(pcall(string.gsub, s, p, "%1", 1)))
  end
end
