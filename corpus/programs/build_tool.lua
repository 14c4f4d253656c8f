-- A make-like build tool on virtual files: rules, patterns, variables, dependency order, incremental rebuilds; ends with an uncaught error and a shortened traceback.

local Build = {}
Build.__index = Build

function Build.new(files)
  return setmetatable({ files = files, clock = 100, rules = {}, patterns = {}, variables = {}, phony = {}, depth = 0 }, Build)
end

function Build:expand(text, local_vars, guard)
  guard = guard or {}
  return (text:gsub("%$([%(%{]?)([%w_@<^*]+)[%)%}]?", function(open, name)
    if open == "" then
      local first, rest = name:sub(1, 1), name:sub(2)
      return (local_vars and local_vars[first] or "") .. rest
    end
    if guard[name] then error("variable " .. name .. " refers to itself", 0) end
    guard[name] = true
    local v = local_vars and local_vars[name] or self.variables[name] or ""
    local r = self:expand(v, local_vars, guard)
    guard[name] = nil
    return r
  end))
end

function Build:read(text)
  local current, line_number = nil, 0
  for line in (text .. "\n"):gsub("\\\n%s*", " "):gmatch "(.-)\n" do
    line_number = line_number + 1
    line = line:gsub("%s*#.*$", "")
    local command = line:match "^\t(.+)$"
    local name, op, value = line:match "^([%w_]+)%s*(%+?%??=)%s*(.-)%s*$"
    local targets, sources = line:match "^([^:=]+):%s*(.-)%s*$"
    if line:find "^%s*$" then -- nothing
    elseif command then
      if not current then error("line " .. line_number .. ": command without rule", 0) end
      for _, r in ipairs(current) do table.insert(r.commands, command) end
    elseif name then
      if op == "=" then self.variables[name] = value
      elseif op == "+=" then self.variables[name] = (self.variables[name] or "") .. " " .. value
      elseif not self.variables[name] then self.variables[name] = value end
      current = nil
    elseif targets then
      current = {}
      sources = self:expand(sources)
      for t in self:expand(targets):gmatch "%S+" do
        local rule = { target = t, sources = {}, commands = {} }
        for s in sources:gmatch "%S+" do table.insert(rule.sources, s) end
        if t == ".PHONY" then for _, s in ipairs(rule.sources) do self.phony[s] = true end
        elseif t:find "%%" then table.insert(self.patterns, rule)
        else
          if self.rules[t] then error("line " .. line_number .. ": second rule for " .. t, 0) end
          self.rules[t] = rule
          self.default = self.default or t
        end
        table.insert(current, rule)
      end
    else error("line " .. line_number .. ": cannot read '" .. line .. "'", 0) end
  end
  return self
end

function Build:rule_for(target)
  local rule = self.rules[target]
  if rule and #rule.commands > 0 then return rule, "" end
  for _, p in ipairs(self.patterns) do
    local before, after = p.target:match "^(.-)%%(.*)$"
    if target:sub(1, #before) == before and target:sub(-#after) == after and #target > #before + #after then
      local stem = target:sub(#before + 1, #target - #after)
      local made = { target = target, sources = {}, commands = p.commands }
      local possible = true
      for i, s in ipairs(p.sources) do
        made.sources[i] = s:gsub("%%", (stem:gsub("%%", "%%%%")))
        local exists = self.files[made.sources[i]] or self.rules[made.sources[i]]
        possible = possible and exists
      end
      if possible then
        if rule then for _, s in ipairs(rule.sources) do table.insert(made.sources, s) end end
        return made, stem
      end
    end
  end
  return rule, ""
end

local actions = {}
function actions.compile(b, out, source) b:write(out, "obj(" .. b.files[source].text .. ")") end
function actions.link(b, out, ...)
  local parts = {}
  for i = 1, select("#", ...) do parts[i] = b.files[select(i, ...)].text end
  b:write(out, "exe[" .. table.concat(parts, "+") .. "]")
end
function actions.copy(b, from, to) b:write(to, b.files[from].text) end
function actions.concat(b, to, ...)
  local t = ""
  for i = 1, select("#", ...) do t = t .. b.files[select(i, ...)].text end
  b:write(to, t)
end
function actions.remove(b, ...) for i = 1, select("#", ...) do b.files[select(i, ...)] = nil end end
function actions.echo(b, ...) print("      " .. table.concat({ ... }, " ")) end
function actions.fail(b, ...) error(table.concat({ ... }, " "), 0) end
actions["true"] = function() end

function Build:write(name, text)
  self.clock = self.clock + 1
  self.files[name] = { time = self.clock, text = text }
end

function Build:shell(command)
  local quiet, ignore = command:find "^[-]?@", command:find "^@?-"
  command = command:gsub("^[@-]+", "")
  if not quiet then print("    $ " .. command) end
  local words = {}
  for w in command:gmatch "%S+" do words[#words + 1] = w end
  local name = table.remove(words, 1)
  local action = actions[name]
  local ok, e
  if action then ok, e = pcall(action, self, unpack(words)) else ok, e = false, "no command '" .. tostring(name) .. "'" end
  if not ok then
    e = tostring(e):gsub("^.-:%d+: ", "")
    if ignore then print("    (ignored: " .. e .. ")") else error({ command = command, reason = e }, 0) end
  end
end

function Build:make(target, state, trail)
  state, trail = state or {}, trail or {}
  if state[target] == "done" then return state.time[target] end
  if state[target] == "open" then
    error({ reason = "cycle " .. table.concat(trail, " > ") .. " > " .. target }, 0)
  end
  state.time = state.time or {}
  state[target] = "open"
  trail[#trail + 1] = target
  local rule, stem = self:rule_for(target)
  local file = self.files[target]
  if not rule and not file then error({ reason = "no rule to make '" .. target .. "'" .. (trail[#trail - 1] and ", needed by '" .. trail[#trail - 1] .. "'" or "") }, 0) end
  local newest = 0
  if rule then
    for _, s in ipairs(rule.sources) do newest = math.max(newest, self:make(s, state, trail)) end
    file = self.files[target]
    if not file or file.time < newest or self.phony[target] then
      local vars = { ["@"] = target, ["<"] = rule.sources[1] or "", ["^"] = table.concat(rule.sources, " "), ["*"] = stem }
      for _, c in ipairs(rule.commands) do
        self:shell(self:expand(c, vars))
        self.built = (self.built or 0) + 1
      end
    end
  end
  trail[#trail] = nil
  state[target] = "done"
  state.time[target] = self.files[target] and self.files[target].time or self.clock
  return state.time[target]
end

function Build:run(target)
  target = target or self.default
  print("make " .. target)
  self.built = 0
  local ok, e = pcall(self.make, self, target)
  if not ok then
    if type(e) ~= "table" then error(e, 0) end
    print("  *** " .. e.reason .. (e.command and " [" .. e.command .. "]" or ""))
  elseif self.built == 0 then print("  nothing to be done")
  else print("  ran " .. self.built) end
  return ok
end

function Build:touch(...)
  for i = 1, select("#", ...) do self:write((select(i, ...)), self.files[(select(i, ...))].text .. "'") end
end

local function file(text) return { time = 1, text = text } end
local b = Build.new { ["main.c"] = file "m", ["util.c"] = file "u", ["net.c"] = file "n", ["util.h"] = file "h", ["a.txt"] = file "A", ["b.txt"] = file "B" }
b:read [[
# the usual program
CC = compile
OBJS = main.o util.o \
       net.o
OUT ?= prog
OUT ?= ignored
FLAGS = $(EXTRA)
FLAGS += more

all: $(OUT) docs
.PHONY: all clean check broken

$(OUT): $(OBJS)
	link $@ $^
%.o: %.c
	$(CC) $@ $<
main.o util.o: util.h
net.o: util.h main.c
docs: a.html b.html
	concat $@ $^
%.html: %.txt
	@copy $< $@
	@echo made $@ from $< stem $*
clean:
	-remove $(OBJS) $(OUT)
	-nonsense
	@echo cleaned $(FLAGS)
check: $(OUT)
	@true
	fail tests do not pass
	echo never reached
broken: missing.o
loop1: loop2
	true
loop2: loop3
loop3: loop1
	true
]]
b:run()
print("  " .. b.files.prog.text, b.files.docs.text)
b:run()
b:touch "util.c"
b:run()
b:touch "util.h"
b:run "prog"
b:touch "a.txt"
b:run "docs"
b:run "check"
b:run "broken"
b:run "loop1"
b:run "nothing"
b:run "main.c"
b:run "clean"
b:run()
print("  " .. b.files.prog.text)
local names = {}
for n in pairs(b.files) do names[#names + 1] = n end
table.sort(names)
print(table.concat(names, " "))

print "wrong makefiles"
for _, text in ipairs { "\tcommand", "x: y\n\ttrue\nx: z", "just words", "A = $(B)\nB = $(A)\nt: $(A)" } do
  print("  ", pcall(function() return Build.new({}):read(text) end))
end

-- A chain of targets deeper than the traceback shows, ending in an error of the host program itself.
local chain = {}
for i = 1, 30 do chain[i] = ("t%d: t%d"):format(i, i + 1) end
local deep = Build.new {}
deep:read(table.concat(chain, "\n"))
function deep:rule_for(target)
  if target == "t30" then
    local missing = self.cache
    return missing[target]
  end
  return Build.rule_for(self, target)
end
print "the last build crashes"
io.stdout:flush()
deep:make "t1"
print "not reached"
