-- Macro processor built on gsub: definitions with parameters, conditionals, loops, includes, counters, string functions; m4 in spirit.

local Processor = {}
Processor.__index = Processor

local function new(files)
  local p = setmetatable({ macros = {}, files = files or {}, output = {}, depth = 0, expansions = 0, line = 0, file = "-" }, Processor)
  p.builtin = {
    upper = function(s) return s:upper() end,
    lower = function(s) return s:lower() end,
    rep = function(s, n) return s:rep(tonumber(n)) end,
    pad = function(s, n) return (" "):rep(n - #s) .. s end,
    len = function(s) return tostring(#s) end,
    substr = function(s, i, j) return s:sub(tonumber(i), tonumber(j or -1)) end,
    index = function(s, t) return tostring((s:find(t, 1, true) or 0)) end,
    eval = function(e) return p:eval(e) end,
    incr = function(n) return tostring(n + 1) end,
    quote = function(...) return ("%q"):format(table.concat({ ... }, ",")) end,
    ["if"] = function(c, a, b) if p:eval(c) ~= "0" then return a or "" end return b or "" end,
    ifeq = function(a, b, x, y) return a == b and x or y or "" end,
    each = function(var, list, body)
      local out = {}
      for item in list:gmatch "%S+" do out[#out + 1] = (body:gsub("%f[%w_]" .. var .. "%f[^%w_]", (item:gsub("%%", "%%%%")))) end
      return table.concat(out)
    end,
    range = function(a, b, s)
      local t = {}
      for i = tonumber(a), tonumber(b), tonumber(s or 1) do t[#t + 1] = i end
      return table.concat(t, " ")
    end,
    line = function() return tostring(p.line) end,
    file = function() return p.file end,
    warn = function(m) p:warning(m) return "" end,
  }
  return p
end

function Processor:warning(m) self.output[#self.output + 1] = ("!! %s:%d: %s\n"):format(self.file, self.line, m) end
function Processor:fail(fmt, ...) error(("%s:%d: " .. fmt):format(self.file, self.line, ...), 0) end

-- Arithmetic is given to Lua itself, after checking that nothing but arithmetic is in it.
function Processor:eval(text)
  local expression = self:expand(text)
  expression = expression:gsub("&&", " and "):gsub("||", " or "):gsub("!=", "~="):gsub("%f[!]!", " not ")
  local words = expression:gsub("%f[%w]and%f[%W]", ""):gsub("%f[%w]or%f[%W]", ""):gsub("%f[%w]not%f[%W]", "")
  if words:find "[^%d%s%+%-%*/%%%^%(%)<>=~%.]" then self:fail("cannot evaluate '%s'", text) end
  local f = loadstring("return " .. expression)
  if not f then self:fail("malformed expression '%s'", text) end
  local ok, v = pcall(f)
  if not ok then self:fail("'%s' has no value", text) end
  if v == true then return "1" elseif not v then return "0" end
  return tostring(v)
end

local function split_arguments(text)
  local args, depth, current = {}, 0, {}
  for c in text:gmatch "." do
    if c == "(" then depth = depth + 1 elseif c == ")" then depth = depth - 1 end
    if c == "," and depth == 0 then
      args[#args + 1] = table.concat(current)
      current = {}
    else current[#current + 1] = c end
  end
  args[#args + 1] = table.concat(current)
  if #args == 1 and args[1]:find "^%s*$" then return {} end
  for i, a in ipairs(args) do args[i] = a:match "^%s*(.-)%s*$" end
  return args
end

-- Strings in double quotes are protected while expanding.
function Processor:expand(text)
  self.depth = self.depth + 1
  if self.depth > 40 then
    self.depth = 0
    self:fail "macros nest too deeply"
  end
  local saved = {}
  text = text:gsub('"[^"\n]*"', function(s)
    saved[#saved + 1] = s
    return "\1" .. #saved .. "\2"
  end)
  local again
  local rounds = 0
  repeat
    again, rounds = false, rounds + 1
    if rounds > 40 then self:fail "macros expand without end" end
    text = text:gsub("$(%w+)(%b())", function(name, args)
      local f = self.builtin[name]
      if not f then self:fail("no builtin '%s'", name) end
      local list = split_arguments(args:sub(2, -2))
      -- the branches of a conditional and the body of a loop are expanded afterwards
      local lazy = name == "if" or name == "each"
      for i, a in ipairs(list) do
        if not lazy or name == "each" and i == 2 then list[i] = self:expand(a) end
      end
      self.expansions = self.expansions + 1
      local result = f(unpack(list))
      return lazy and self:expand(result) or result
    end)
    text = text:gsub("([%a_][%w_]*)(%s*)(%b())", function(name, space, args)
      local m = self.macros[name]
      if not m or not m.params or space ~= "" then return nil end
      local list = split_arguments(args:sub(2, -2))
      local variadic = m.params[#m.params] == "..."
      if not variadic and #list ~= #m.params or variadic and #list < #m.params - 1 then
        self:fail("macro %s wants %d argument%s, got %d", name, #m.params, #m.params == 1 and "" or "s", #list)
      end
      self.expansions = self.expansions + 1
      local values = {}
      for i, p in ipairs(m.params) do values[p] = p == "..." and table.concat(list, ", ", i) or self:expand(list[i]) end
      local body = m.body:gsub("#([%a_][%w_]*)", function(p) return values[p] and ("%q"):format(values[p]) end)
      body = body:gsub("([%a_][%w_]*)", values):gsub("%.%.%.", values["..."] or "...")
      again = true
      return (body:gsub("%s*##%s*", ""))
    end)
    text = text:gsub("[%a_][%w_]*", function(name)
      local m = self.macros[name]
      if m and not m.params and not m.busy then
        self.expansions = self.expansions + 1
        m.busy = true                      -- a macro does not expand inside itself
        local r = self:expand(m.body)
        m.busy = false
        return r
      end
    end)
  until not again
  self.depth = self.depth - 1
  return (text:gsub("\1(%d+)\2", function(i) return saved[tonumber(i)] end))
end

local directives = {}
function directives.define(p, rest)
  local name, params, body = rest:match "^([%a_][%w_]*)(%b())%s*(.*)$"
  if name then
    local list = {}
    for v in params:gmatch "[%w_.]+" do list[#list + 1] = v end
    p.macros[name] = { params = list, body = body }
  else
    name, body = rest:match "^([%a_][%w_]*)%s*(.*)$"
    if not name then p:fail "define needs a name" end
    p.macros[name] = { body = body }
  end
end
function directives.undef(p, rest) p.macros[rest:match "^[%w_]+"] = nil end
function directives.set(p, rest)
  local name, e = rest:match "^([%w_]+)%s+(.*)$"
  p.macros[name] = { body = p:eval(e) }
end
function directives.include(p, rest) p:run(rest:match '"(.-)"' or p:fail "include needs a name in quotes") end
function directives.error(p, rest) p:fail("%s", p:expand(rest)) end

function Processor:run(file)
  local text = self.files[file] or self:fail("no file '%s'", file)
  local outer_file, outer_line = self.file, self.line
  if (self.includes or 0) > 8 then self:fail "includes nest too deeply" end
  self.includes = (self.includes or 0) + 1
  self.file, self.line = file, 0
  local conditions = {}         -- each entry: taking now, any branch taken, parent taking
  local function taking() return #conditions == 0 or conditions[#conditions].now end
  text = text:gsub("\\\n", " ")
  for line in text:gmatch "([^\n]*)\n" do
    self.line = self.line + 1
    local name, rest = line:match "^%s*#(%a+)%s*(.-)%s*$"
    if name == "if" or name == "ifdef" or name == "ifndef" then
      local parent, value = taking(), false
      if parent then
        if name == "if" then value = self:eval((rest:gsub("defined%s*(%b())", function(n) return self.macros[n:match "[%w_]+"] and "1==1" or "1==0" end))) ~= "0"
        else value = (self.macros[rest] ~= nil) == (name == "ifdef") end
      end
      conditions[#conditions + 1] = { now = parent and value, any = value, parent = parent }
    elseif name == "elif" or name == "else" then
      local c = conditions[#conditions] or self:fail("%s without if", name)
      local value = c.parent and not c.any and (name == "else" or self:eval(rest) ~= "0")
      c.now, c.any = value, c.any or value
    elseif name == "endif" then
      if #conditions == 0 then self:fail "endif without if" end
      table.remove(conditions)
    elseif taking() then
      if name and directives[name] then directives[name](self, rest)
      elseif name then self:fail("unknown directive '%s'", name)
      else
        -- not in one statement: expanding may write warnings
        local expanded = self:expand(line)
        self.output[#self.output + 1] = expanded .. "\n"
      end
    end
  end
  if #conditions > 0 then self:fail "if without endif" end
  self.file, self.line, self.includes = outer_file, outer_line, self.includes - 1
end

local files = {}
files.main = [==[
#define VERSION 3
#define NAME "demo VERSION"
#define square(x) ((x) * (x))
#define max(a, b) ((a) > (b) ? (a) : (b))
#define log(fmt, ...) printf(fmt, ...)
#define glue(a, b) a ## b
#define show(x) print(#x, x)
#include "util"
version VERSION of NAME
square(3 + 1) and square(square(2))
max(1, square(2)) max (not, expanded)
log("value %d, %s", 1, "VERSION") log("none")
glue(var, VERSION) glue(func, (1)) show(VERSION + 1)
double(VERSION) from util; recursive self
#if VERSION > 2 && defined(NAME)
new
#elif VERSION == 2
old
#else
ancient
#endif
#ifdef MISSING
never
#if 1 == 1
nested never
#endif
#else
missing is not defined
#endif
#ifndef MISSING
confirmed
#endif
#set count 10
#set count count * 2 + 1
count is count, $eval(count * count % 7)
$upper(loud) $lower(QUIET) $len(12345) $rep(ab, 3) $substr(abcdef, 2, 4) $index(hello, l) $incr(41)
$if(count > 20, big, small) $ifeq(a, a, same, other) $ifeq(a, b, same) $quote(x, y)
$each(i, $range(1, 5), [i:$eval(i * i)])
$each(w, red green, <w>$upper(w)</w>)
#undef VERSION
VERSION at $file():$line()
long \
line joined
$warn(careful)end
]==]
files.util = [[
#define double(x) ((x) + (x))
#define self self + 1
#define recursive self
util loaded by $file()
]]

local p = new(files)
p:run "main"
io.write(table.concat(p.output))
print("expansions", p.expansions)

print "-- generated table"
local g = new { t = [==[
#define row(n) $each(k, $range(1, 6), $pad($eval(n * k), 4))
row(1)
row(3)
row(5)
row(12)
]==] }
g:run "t"
io.write(table.concat(g.output))

print "-- errors"
for i, text in ipairs {
  "#define", "#nope", "#if 1", "#endif", "#else", "#define f(x) x\nf(1, 2)", "#include \"gone\"", "#include nothing", "#if 1 +", "$nothing(1)",
  "#define a(x) b(x)\n#define b(x) a(x)\na(1)", "#error stop here: $eval(1 + 1)", "#include \"self\"", "#if os", "#set x 1 / 0\nx", "#define q(a, ...) a\nq()",
} do
  local e = new { bad = text .. "\n", self = "#include \"self\"\n" }
  local ok, message = pcall(e.run, e, "bad")
  print(i, ok, ok and table.concat(e.output):gsub("\n", "|") or message)
end
