-- Error handling library: classes of errors, try/catch/finally, context chains, retries, assertions, tracebacks; ends with an uncaught error.

local Error = {}
Error.__index = Error
Error.__tostring = function(e)
  local where = e.where and e.where .. ": " or ""
  return where .. e.class .. ": " .. e.message
end

local classes = { Error = false }

local function define(name, parent)
  classes[name] = parent or "Error"
  return setmetatable({}, {
    __call = function(_, message, ...)
      local fields = select("#", ...) > 0 and type((...)) == "table" and (...) or {}
      local e = { class = name, message = message, fields = fields }
      local info = debug.getinfo(2, "Sl")
      e.where = info.currentline > 0 and info.short_src .. ":" .. info.currentline or nil
      return setmetatable(e, Error)
    end,
    __index = { name = name },
  })
end

local IOError = define "IOError"
local ParseError = define "ParseError"
local NotFound = define("NotFound", "IOError")

local function kind_of(e)
  if getmetatable(e) == Error then return e.class end
  return type(e)
end

local function is_kind(e, name)
  local k = kind_of(e)
  while k do
    if k == name then return true end
    k = classes[k]
  end
  return false
end

-- try { body, catch = {Name = handler, ...}, otherwise = handler, finally = f }
local function try(t)
  local results, n
  local function pack(...) results, n = { ... }, select("#", ...) end
  pack(pcall(t[1]))
  if not results[1] then
    local e = results[2]
    local handler
    local k = kind_of(e)
    while k and not handler do
      handler = t.catch and t.catch[k]
      k = classes[k]
    end
    handler = handler or t.otherwise
    if handler then pack(pcall(handler, e)) end
  end
  if t.finally then t.finally() end
  if not results[1] then error(results[2], 0) end
  return unpack(results, 2, n)
end

local function strip(message) return (tostring(message):gsub("^error_handling%.lua:%d+: ", "<here> ")) end

print "== try, catch, finally"
local function risky(mode)
  return try {
    function()
      if mode == "io" then error(IOError("disk on fire", { device = "sda" })) end
      if mode == "missing" then error(NotFound "no such file") end
      if mode == "parse" then error(ParseError "odd token") end
      if mode == "string" then error "plain text" end
      if mode == "number" then error(42) end
      if mode == "nil" then error() end
      if mode == "runtime" then return #nil end
      if mode == "table" then error({ 1, 2, 3 }) end
      return "fine", nil, 3
    end,
    catch = {
      IOError = function(e) return "caught " .. e.class, e.fields.device end,
      string = function(s) return "caught string: " .. strip(s) end,
      number = function(v) return "caught number", v + 1 end,
      table = function(t) return "caught table of " .. #t end,
      ["nil"] = function(v) return "caught nil", v end,
    },
    finally = function() io.write("[", mode, "] ") end,
  }
end
for _, mode in ipairs { "none", "io", "missing", "string", "number", "nil", "runtime", "table" } do print(risky(mode)) end
print(pcall(risky, "parse"))
print(pcall(try, { function() error "a" end, otherwise = function(e) error(strip(e) .. " rethrown", 0) end, finally = function() io.write "cleanup " end }))

print "== nesting"
local trail = {}
local function nested(depth)
  return try {
    function()
      if depth == 0 then error(ParseError "bottom") end
      return nested(depth - 1)
    end,
    catch = { ParseError = function(e)
      trail[#trail + 1] = depth
      if depth < 2 then
        e.message = e.message .. "<" .. depth
        error(e)
      end
      return "handled at " .. depth .. ": " .. e.message
    end },
    finally = function() trail[#trail + 1] = "f" .. depth end,
  }
end
print(nested(4), table.concat(trail, " "))

print "== error levels"
local function level(n) error("level " .. n, n) end
local function caller(n) level(n) end
for n = 0, 3 do print(n, select(2, pcall(caller, n))) end
print(select(2, pcall(error)), select(2, pcall(error, nil, 2)), select(2, pcall(error, "no position", 0)))
local function check_arg(value, expected, n)
  if type(value) ~= expected then
    error(("bad argument #%d (%s expected, got %s)"):format(n, expected, type(value)), 3)
  end
end
local function area(w, h)
  check_arg(w, "number", 1)
  check_arg(h, "number", 2)
  return w * h
end
print(area(2, 3), pcall(area, 2, "x"))
print(pcall(function() return area(nil, 1) end))

print "== assert"
print(pcall(assert, false)) print(pcall(assert, nil, "message")) print(pcall(assert, false, { "table" }) == false)
print(select("#", assert(1, 2, nil, 4)), pcall(assert)) print(pcall(assert, 0 == 1, 404))
print(select(2, pcall(function() assert(io.open("no/such/directory/file")) end)))

print "== xpcall"
local function handler(e) return "handled<" .. strip(e) .. ">" end
print(xpcall(function() error "x" end, handler))
print(xpcall(function() local a = {} return a.b.c end, handler))
print(xpcall(function() return 1, 2, nil end, handler))
print(xpcall(function() error(setmetatable({}, { __tostring = function() return "object" end })) end, function(e) return tostring(e) end))
print(xpcall(function() error "first" end, function() error "second" end))
print(xpcall(function() error "first" end, nil))
print(pcall(xpcall)) print(pcall(pcall))
print(xpcall(error, function(m) return "handler got " .. tostring(m) end))
print(select(2, xpcall(function() string.rep() end, debug.traceback)))

print "== tracebacks"
local function a() error "deep" end
local function b() a() return 1 end
local object = { method = function(self) b() end }
function global_function() object:method() end
local function tail() return global_function() end
print(select(2, xpcall(tail, function(m) return debug.traceback(m) end)))
print(select(2, xpcall(tail, function(m) return debug.traceback(m, 3) end)))
print(debug.traceback("here", 1))
print(debug.traceback() == debug.traceback(nil), debug.traceback({}) ~= nil, debug.traceback(12))
local co = coroutine.create(function(x) local y = x * 2 coroutine.yield(y) error("in coroutine " .. y) end)
coroutine.resume(co, 4)
print(debug.traceback(co)) print(debug.traceback(co, "message")) print(debug.traceback(co, nil, 1))
print(coroutine.resume(co)) print(debug.traceback(co, "dead", 0))

print "== messages of the interpreter"
local t, s, n, f = {}, "str", 5, print
upvalue = nil
local cases = {
  function() return t.x.y end, function() return undefined_global.y end, function() t.x.y = 1 end, function() return s.x.y end,
  function() undefined_function() end, function() t.method() end, function() t:method() end, function() n() end, function() ("x")() end,
  function() return t + 1 end, function() return 1 + t.field end, function() return s * 2 end, function() return -t end, function() return #n end,
  function() return t .. "x" end, function() return 1 .. nil end, function() return t < t end, function() return 1 < s end, function() return t <= n end,
  function() t[nil] = 1 end, function() t[0 / 0] = 1 end, function() for i = 1, "x" do end end, function() for i = t, 1 do end end,
  function() for i = 1, 2, {} do end end, function() for k in n do end end, function() for k in nil do end end, function() local l = nil l.x = 1 end,
  function() return upvalue.x end, function() setmetatable(1, {}) end, function() ("x"):bad() end, function() string.char(256) end,
  function() string.format("%d", "x") end, function() table.concat { 1, {}, 3 } end, function() ipairs() end, function() tonumber("z", 99) end,
  function() rawset(1, 2, 3) end, function() select(0) end, function() math.floor {} end, function() unpack({}, 1, 1e8) end,
  function() next({}, "nokey") end, function() setfenv(1) end, function() coroutine.resume(1) end, function() string.gsub("x", "(", "") end,
  function() string.find("x", "[a") end, function() string.gsub("x", "x", "%2") end, function() io.open() end, function() os.time { year = 2000 } end,
}
for i, c in ipairs(cases) do
  print(i, strip(select(2, pcall(c))))
end

print "== retry"
local function retry(times, action, on_failure)
  local last
  for attempt = 1, times do
    local ok, result = pcall(action, attempt)
    if ok then return result, attempt end
    last = result
    if on_failure then on_failure(attempt, strip(result)) end
  end
  error(("failed after %d attempts: %s"):format(times, strip(last)), 0)
end
print(retry(5, function(k) if k < 3 then error("attempt " .. k) end return "success" end, print))
print(pcall(retry, 2, function() error("always", 0) end))

print "== context"
local context = {}
local function within(what, f, ...)
  context[#context + 1] = what
  local function leave(ok, ...)
    local path = table.concat(context, " > ")
    context[#context] = nil
    if ok then return ... end
    local e = (...)
    if type(e) == "string" and not e:find "^while " then e = "while " .. path .. ": " .. strip(e) end
    error(e, 0)
  end
  return leave(pcall(f, ...))
end
local function load_level(name)
  return within("loading " .. name, function()
    return within("parsing tiles", function()
      if name == "bad" then error "unknown tile" end
      return name:upper()
    end)
  end)
end
print(within("startup", load_level, "good"), #context)
print(pcall(within, "startup", load_level, "bad")) print(#context)

print "== protected calls in the library"
print(pcall(table.sort, { 3, 1, 2 }, function(x, y) error "in comparison" end))
print(select(2, pcall(string.gsub, "abc", "%w", function(c) if c == "b" then error({ code = c }) end end)).code)
print(pcall(table.foreach, { 1, 2 }, function(k, v) if v == 2 then error("in foreach", 0) end end))
local strict = setmetatable({}, { __index = function(_, k) error("no field " .. k, 2) end })
print(pcall(function() return strict.anything end))
local function overflow(n) return 1 + overflow(n + 1) end
local ok, message = pcall(overflow, 1)
print(ok, strip(message))
print(pcall(string.rep, "x", -1), pcall(loadstring("error('from a chunk')", "=chunk")))

-- the program ends with an error that nobody catches
local function finish(status)
  local closing = { status = status }
  function closing.run() error("fatal: status " .. closing.status) end
  closing.run()
end
io.stdout:flush()
finish(3)
