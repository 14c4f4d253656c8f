-- A lexer for Lua 5.1 written in Lua; checks itself on its own source and on awkward inputs, and makes a small census of tokens.

local keywords = {}
for word in ([[and break do else elseif end false for function if in local nil not or repeat return then true until while]]):gmatch "%w+" do
  keywords[word] = true
end

local symbols = {}
string.gsub("... .. == ~= <= >= + - * / % ^ # < > = ( ) { } [ ] ; : , .", "%S+", function(s) symbols[s] = true end)

local function lexer(source, chunk)
  local pos, line = 1, 1
  local sub, find, byte = string.sub, string.find, string.byte

  local function fail(message, near)
    local text = near and (" near '" .. near .. "'") or ""
    error(("%s:%d: %s%s"):format(chunk, line, message, text), 0)
  end

  local function count_lines(text)
    -- \r\n and \n\r count once
    local i = 1
    while true do
      local s = find(text, "[\r\n]", i)
      if not s then return end
      line = line + 1
      local two = sub(text, s, s + 1)
      i = s + ((two == "\r\n" or two == "\n\r") and 2 or 1)
    end
  end

  local function long_bracket(what)
    local level, open_end = source:match("^%[(=*)%[()", pos)
    if not level then return nil end
    local first_line = line
    local s, e = find(source, "]" .. level .. "]", open_end, true)
    if not s then
      count_lines(sub(source, pos))
      fail("unfinished long " .. what, "<eof>")
    end
    local raw = sub(source, open_end, s - 1)
    count_lines(sub(source, pos, e))
    local body = raw:gsub("\r\n", "\n"):gsub("\n\r", "\n"):gsub("\r", "\n")
    if sub(body, 1, 1) == "\n" then body = sub(body, 2) end
    pos = e + 1
    return body
  end

  local simple = { a = "\a", b = "\b", f = "\f", n = "\n", r = "\r", t = "\t", v = "\v" }

  local function quoted()
    local start, delimiter = pos, sub(source, pos, pos)
    local buffer = {}
    pos = pos + 1
    while true do
      local s, e = find(source, "^[^\\\r\n" .. delimiter .. "]+", pos)
      if s then
        buffer[#buffer + 1] = sub(source, s, e)
        pos = e + 1
      end
      local c = sub(source, pos, pos)
      if c == delimiter then
        pos = pos + 1
        return table.concat(buffer)
      elseif c == "" then fail("unfinished string", "<eof>")
      elseif c ~= "\\" then fail("unfinished string", sub(source, start, pos - 1))
      else
        local n = sub(source, pos + 1, pos + 1)
        local digits = source:match("^%d%d?%d?", pos + 1)
        if digits then
          local code = tonumber(digits)
          if code > 255 then fail("escape sequence too large", sub(source, start, pos)) end
          buffer[#buffer + 1] = string.char(code)
          pos = pos + 1 + #digits
        elseif n == "\n" or n == "\r" then
          local two = source:match("^\r\n", pos + 1) or source:match("^\n\r", pos + 1) or n
          line = line + 1
          buffer[#buffer + 1] = "\n"
          pos = pos + 1 + #two
        else
          buffer[#buffer + 1] = simple[n] or n
          pos = pos + 2
        end
      end
    end
  end

  return function()
    while true do
      local s, e = find(source, "^%s+", pos)
      if s then
        count_lines(sub(source, s, e))
        pos = e + 1
      elseif sub(source, pos, pos + 1) == "--" then
        pos = pos + 2
        if not long_bracket("comment") then pos = find(source, "[\r\n]", pos) or #source + 1 end
      else
        break
      end
    end
    if pos > #source then return nil end
    local at, c = line, sub(source, pos, pos)
    if find(c, "[%a_]") then
      local name, e = source:match("^([%w_]+)()", pos)
      pos = e
      return keywords[name] and "keyword" or "name", name, at
    elseif find(c, "%d") or find(source, "^%.%d", pos) then
      local e = pos
      e = source:match("^[%d.]+()", e)
      e = source:match("^[eE][+-]?()", e) or e
      e = source:match("^[%w_]*()", e)
      local text = sub(source, pos, e - 1)
      local value = tonumber(text)
      if not value then fail("malformed number", text) end
      pos = e
      return "number", value, at
    elseif c == '"' or c == "'" then
      local v = quoted()
      return "string", v, at
    elseif c == "[" and find(source, "^%[=*%[", pos) then
      return "string", long_bracket("string"), at
    elseif find(source, "^%[=+", pos) then
      fail("invalid long string delimiter", source:match("^%[=+", pos))
    end
    for length = 3, 1, -1 do
      local op = sub(source, pos, pos + length - 1)
      if symbols[op] then
        pos = pos + length
        return "op", op, at
      end
    end
    fail("unexpected symbol", c)
  end
end

local function list(source)
  local out = {}
  for kind, value, at in lexer(source, "t") do
    if kind == "string" then value = ("%q"):format(value):gsub("\\\n", "\\n") end
    out[#out + 1] = ("%s:%s@%d"):format(kind:sub(1, 1), tostring(value), at)
  end
  return table.concat(out, " ")
end

print "== samples"
local samples = {
  "local x = 10 -- a comment", "a.b:c'd'[[e]]", "x==1 ~=2 <=3 >=4 ...5 ..6 .. .7", "0x1F 3e8 1E-5 .5 5. 3.25e+2",
  "--[[ long\ncomment ]] after", "--[==[ a ]] b ]=] c ]==] d --[ short\ne", "'\\65\\066\\x\\\"\\n\\0x'", "\"a\\\nb\" c",
  "[==[\n]]\n]=]]==] [[\n\nx]]", "-- only\r\na\n\rb\r\rc", "a-b--c\n-d", "#t%2^3", "f{1;2,[3]=4}", "nota andb or_ _not not",
  "goto continue ::x:", "",
}
for i, s in ipairs(samples) do print(i, list(s)) end

print "== errors"
for i, s in ipairs { "'abc", "'abc\nd'", "x = [[abc\n\n", "--[=[ never", "\n\n3x", "1..2", "0xg", "a @ b", "'\\300'", "[=x", "~", "1e+", "!" } do
  print(i, select(2, pcall(list, s)))
end

-- The source of this very program is available through the debug library's idea of where functions come from.
local name = debug.getinfo(1, "S").source:match "^@(.*)"
local file = assert(io.open(name, "rb"))
local text = file:read "*a"
file:close()

print "== own source"
local census, total, words = {}, 0, {}
local rebuilt = {}
local last
for kind, value, at in lexer(text, name) do
  census[kind] = (census[kind] or 0) + 1
  total = total + 1
  if kind == "keyword" or kind == "name" then words[value] = (words[value] or 0) + 1 end
  if last and at ~= last then rebuilt[#rebuilt + 1] = ("\n"):rep(at - last) end
  last = at
  if kind == "string" then rebuilt[#rebuilt + 1] = ("%q"):format(value):gsub("\\\n", "\\n") .. " "
  elseif kind == "number" then rebuilt[#rebuilt + 1] = ("%.17g "):format(value)
  else rebuilt[#rebuilt + 1] = value .. " " end
end
local kinds = {}
for k in pairs(census) do kinds[#kinds + 1] = k end
table.sort(kinds)
for _, k in ipairs(kinds) do print(k, census[k]) end

local ranking = {}
for w, n in pairs(words) do ranking[#ranking + 1] = w end
table.sort(ranking, function(a, b)
  if words[a] ~= words[b] then return words[a] > words[b] end
  return a < b
end)
for i = 1, 12 do io.write(ranking[i], "=", words[ranking[i]], i < 12 and " " or "\n") end

-- What was rebuilt from tokens must compile to the same instructions as the original: strip the line information by
-- compiling both as one line under one name, and compare the binaries.
local function flat(tokens_of)
  local parts = {}
  for kind, value in lexer(tokens_of, "flat") do
    if kind == "string" then value = ("%q"):format(value):gsub("\\\n", "\\n"):gsub("\r", "\\r") end
    if kind == "number" then value = ("%.17g"):format(value) end
    parts[#parts + 1] = value
  end
  return table.concat(parts, " ")
end
local again = table.concat(rebuilt)
local one, two = flat(text), flat(again)
print("tokens survive", one == two, total)
print("compiles", loadstring(one, "=flat") ~= nil, #string.dump(loadstring(one, "=x")) == #string.dump(loadstring(two, "=x")))
