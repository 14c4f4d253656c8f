-- Reader for an INI/TOML-like configuration language with sections, typed values, includes and interpolation.

local Config = {}
Config.__index = Config

local files = {}   -- a little file system for the include directive

files["base.conf"] = [[
# defaults shared by every host
timeout = 30
verbose = no
greeting = "hello, ${user.name}!"

[user]
name = "nobody"
shell = '/bin/sh'      ; single quotes: nothing is interpreted
limits = [10, 20, 0x1F]

[paths.data]
root = "/srv"
cache = "${paths.data.root}/cache"
log = "${paths.data.cache}/log"
]]

files["host.conf"] = [=[
@include "base.conf"
verbose = yes

[user]
name = "ada"
tags = ["x", 'y z', true, [1, [2, 3]], ]
ratio = 1.25e2
note = """
first line
  second line \
joined
"""
[ paths.data ]
root = "/mnt"
[[servers]]
host = "alpha"
port = 80
[[servers]]
host = "beta"
port = 8080
]=]

local function fail(state, fmt, ...)
  error(string.format("%s:%d: " .. fmt, state.file, state.line, ...), 0)
end

local function descend(root, path, state, create)
  local node = root
  for name in path:gmatch("[^.]+") do
    name = name:match("^%s*(.-)%s*$")
    if not name:find("^[%a_][%w_-]*$") then fail(state, "bad section name '%s'", name) end
    if node[name] == nil then
      if not create then return nil end
      node[name] = {}
    end
    node = node[name]
    if type(node) ~= "table" then fail(state, "'%s' is not a section", name) end
    if #node > 0 then node = node[#node] end
  end
  return node
end

local parse_value

local escapes = { n = "\n", t = "\t", ["\\"] = "\\", ['"'] = '"', ["\n"] = "" }

local function unescape(state, s)
  return (s:gsub("\\(.)([ \t]*)", function(c, blank)
    local e = escapes[c]
    if not e then fail(state, "unknown escape \\%s", c) end
    return e .. (c == "\n" and "" or blank)
  end))
end

local function parse_list(state, text, pos)
  local list = {}
  while true do
    pos = text:match("^%s*()", pos)
    if text:sub(pos, pos) == "]" then return list, pos + 1 end
    local value
    value, pos = parse_value(state, text, pos)
    list[#list + 1] = value
    pos = text:match("^%s*()", pos)
    local c = text:sub(pos, pos)
    if c == "," then pos = pos + 1
    elseif c ~= "]" then fail(state, "',' or ']' expected near '%s'", text:sub(pos, pos + 5)) end
  end
end

local switches = { yes = true, no = false, on = true, off = false, ["true"] = true, ["false"] = false }

function parse_value(state, text, pos)
  local c = text:sub(pos, pos)
  if c == "[" then return parse_list(state, text, pos + 1) end
  if c == "'" then
    local s, e = text:match("^'([^']*)'()", pos)
    if not s then fail(state, "unfinished string") end
    return s, e
  end
  if text:sub(pos, pos + 2) == '"""' then
    local stop = text:find('"""', pos + 3, true)
    if not stop then fail(state, "unfinished block string") end
    return unescape(state, (text:sub(pos + 3, stop - 1):gsub("^\n", ""))), stop + 3
  end
  if c == '"' then
    local p = pos + 1
    while true do
      p = text:find('["\\]', p)
      if not p then fail(state, "unfinished string") end
      if text:sub(p, p) == '"' then break end
      p = p + 2
    end
    return unescape(state, text:sub(pos + 1, p - 1)), p + 1
  end
  local word, e = text:match("^([%w_.+-]+)()", pos)
  if not word then fail(state, "value expected near '%s'", text:sub(pos, pos + 5)) end
  if switches[word] ~= nil then return switches[word], e end
  local n = tonumber(word)
  if n then return n, e end
  fail(state, "unknown word '%s'", word)
end

function Config.parse(file, root, seen)
  root, seen = root or {}, seen or {}
  local state = { file = file, line = 0 }
  local text = files[file]
  if not text then error("no file '" .. file .. "'", 0) end
  if seen[file] then error("'" .. file .. "' includes itself", 0) end
  seen[file] = true
  local section = root
  local pending                     -- start of a value that spans lines
  for line in (text .. "\n"):gmatch("(.-)\n") do
    state.line = state.line + 1
    if pending then
      pending = pending .. "\n" .. line
      if line:find('"""') then line, pending = pending, nil else line = "" end
    elseif select(2, line:gsub('"""', "")) == 1 then
      pending, line = line, ""
    end
    local body = line:match("^%s*(.-)%s*$")
    if body == "" or body:find("^[#;]") then
      -- nothing
    elseif body:find("^@include") then
      local name = body:match('^@include%s+"(.-)"$')
      if not name then fail(state, "malformed include") end
      local ok, message = pcall(Config.parse, name, root, seen)
      if not ok then fail(state, "included from here: %s", message) end
    elseif body:find("^%[%[") then
      local path = body:match("^%[%[%s*([%w_]+)%s*%]%]$") or fail(state, "malformed header")
      root[path] = root[path] or {}
      section = {}
      table.insert(root[path], section)
    elseif body:find("^%[") then
      local path = body:match("^%[(.-)%]$") or fail(state, "malformed header")
      section = descend(root, path, state, true)
    else
      local key, start = body:match("^([%a_][%w_-]*)%s*=%s*()")
      if not key then fail(state, "'key = value' expected") end
      local value, stop = parse_value(state, body, start)
      local rest = body:sub(stop)
      if not rest:find("^%s*$") and not rest:find("^%s*[#;]") then
        fail(state, "unexpected text after the value of %s", key)
      end
      section[key] = value
    end
  end
  if pending then fail(state, "unfinished block string") end
  seen[file] = nil
  return root
end

-- Interpolation happens on reading, so that later sections can override what a value refers to.
function Config.get(root, path, guard)
  guard = guard or {}
  if guard[path] then error("'" .. path .. "' refers to itself", 0) end
  local node = root
  for name in path:gmatch("[^.]+") do
    if type(node) ~= "table" then return nil end
    node = node[tonumber(name) or name]
  end
  if type(node) == "string" then
    guard[path] = true
    node = node:gsub("%${([%w_.]+)}", function(inner)
      local v = Config.get(root, inner, guard)
      if v == nil then error("no value for ${" .. inner .. "}", 0) end
      return tostring(v)
    end)
    guard[path] = nil
  end
  return node
end

local function dump(value, name, depth)
  local pad = ("  "):rep(depth)
  if type(value) ~= "table" then
    local text = type(value) == "string" and string.format("%q", value):gsub("\\\n", "\\n") or tostring(value)
    print(pad .. name .. " = " .. text)
    return
  end
  print(pad .. name .. ":")
  local keys = {}
  for k in pairs(value) do keys[#keys + 1] = k end
  table.sort(keys, function(a, b)
    if type(a) == type(b) then return a < b end
    return type(a) == "number"
  end)
  for _, k in ipairs(keys) do dump(value[k], tostring(k), depth + 1) end
end

local host = Config.parse("host.conf")
dump(host, "host", 0)

print("-- interpolated")
for _, path in ipairs {
  "greeting", "paths.data.log", "user.limits.3", "user.tags.4.2.1", "servers.2.host", "user.shell", "none.at.all", "timeout.x",
} do
  print(path, Config.get(host, path))
end

print("-- the base is untouched by the host")
local base = Config.parse("base.conf")
print(Config.get(base, "greeting"), Config.get(base, "paths.data.log"), base.verbose)

print("-- errors")
local bad = {
  "x", "x = ", "x = maybe", "x = 'open", 'x = "open', 'x = "\\q"', "[", "[a.1b]", "x = 1 2", "x = [1 2]",
  "x = 1\n[x]\ny = 2", '@include', '@include "missing"', 'x = """abc', "a = 1 # fine\nb = 2 ; fine\nc = 3 // not",
  "[[a b]]", "x = 1e", "x = 0x1G",
}
for i, text in ipairs(bad) do
  files["bad"] = text
  local ok, message = pcall(Config.parse, "bad")
  print(i, ok, message)
end
files.a = '@include "b"' files.b = '\n@include "a"'
print(pcall(Config.parse, "a"))
files.c = 'p = "${q}"\nq = "<${r}>"\nr = "${p}"\ns = "${zz}"'
local c = Config.parse("c")
print(pcall(Config.get, c, "p"))
print(pcall(Config.get, c, "s"))
c.r = "end"
print(pcall(Config.get, c, "p"))
