-- A unit testing framework (suites, fixtures, matchers, spies, parameterised and pending tests) run on a small stack and queue library; exits with the number of failures.

local Runner = { suites = {}, passed = 0, failed = 0, pending = 0, assertions = 0 }

-- matchers --------------------------------------------------------------------------

local function render(v, depth)
  depth = depth or 0
  if type(v) == "string" then return ("%q"):format(v) end
  if type(v) ~= "table" or depth > 2 then return type(v) == "table" and "{...}" or type(v) == "function" and "function" or tostring(v) end
  local meta = getmetatable(v)
  if meta and meta.__tostring then return tostring(v) end
  local parts, keys = {}, {}
  for i, x in ipairs(v) do parts[i] = render(x, depth + 1) end
  for k in pairs(v) do if type(k) ~= "number" or k < 1 or k > #v then keys[#keys + 1] = tostring(k) end end
  table.sort(keys)
  for _, k in ipairs(keys) do parts[#parts + 1] = k .. "=" .. render(v[k] == nil and v[tonumber(k)] or v[k], depth + 1) end
  return "{" .. table.concat(parts, ", ") .. "}"
end

local function deep_equal(a, b)
  if a == b then return true end
  if type(a) ~= "table" or type(b) ~= "table" then return false end
  for k, v in pairs(a) do if not deep_equal(v, b[k]) then return false end end
  for k in pairs(b) do if a[k] == nil then return false end end
  return true
end

local matchers = {
  to_be = { function(a, b) return rawequal(a, b) end, "to be %s" },
  to_equal = { deep_equal, "to equal %s" },
  to_be_close_to = { function(a, b, eps) return math.abs(a - b) < (eps or 1e-9) end, "to be close to %s" },
  to_be_truthy = { function(a) return a and true or false end, "to be true" },
  to_be_nil = { function(a) return a == nil end, "to be nil" },
  to_contain = { function(a, b)
    if type(a) == "string" then return a:find(b, 1, true) ~= nil end
    for _, v in pairs(a) do if deep_equal(v, b) then return true end end
    return false
  end, "to contain %s" },
  to_match = { function(a, p) return a:find(p) ~= nil end, "to match %s" },
  to_be_greater_than = { function(a, b) return a > b end, "to be greater than %s" },
  to_be_a = { function(a, t) return type(a) == t end, "to be a %s" },
  to_fail = { function(f, pattern)
    local ok, e = pcall(f)
    return not ok and (not pattern or tostring(e):find(pattern) ~= nil)
  end, "to fail with %s" },
}

local NOTHING = {}      -- stands for nil, which would send every access to __index
local Expectation = {}
Expectation.__index = function(self, key)
  if key == "never" then
    self.negated = not self.negated
    return self
  end
  local m = matchers[key] or error("no matcher '" .. tostring(key) .. "'", 2)
  return function(...)
    Runner.assertions = Runner.assertions + 1
    local value = self.value
    if value == NOTHING then value = nil end
    local ok = m[1](value, ...)
    if self.negated then ok = not ok end
    if not ok then
      local wanted = m[2]:find "%%s" and m[2]:format(render((...))) or m[2]
      error({ failure = ("expected %s %s%s"):format(render(value), self.negated and "not " or "", wanted) }, 2)
    end
  end
end
local function expect(v)
  if v == nil then v = NOTHING end
  return setmetatable({ value = v, negated = false }, Expectation)
end

-- spies ----------------------------------------------------------------------------------

local function spy(f)
  local s = { calls = {} }
  return setmetatable(s, { __call = function(self, ...)
    table.insert(self.calls, { n = select("#", ...), ... })
    if f then return f(...) end
  end })
end
local function with_stub(object, name, replacement, body)
  local old = object[name]
  object[name] = replacement
  local ok, e = pcall(body)
  object[name] = old
  if not ok then error(e, 0) end
end

-- suites -----------------------------------------------------------------------------------

local stack = {}
local function describe(name, body)
  local suite = { name = name, tests = {}, before = {}, after = {}, children = {}, parent = stack[#stack] }
  if suite.parent then table.insert(suite.parent.children, suite) else table.insert(Runner.suites, suite) end
  stack[#stack + 1] = suite
  body()
  stack[#stack] = nil
end
local function it(name, body) table.insert(stack[#stack].tests, { name = name, body = body }) end
local function each(cases, name, body)
  for _, c in ipairs(cases) do it(name:format(unpack(c)), function(env) return body(unpack(c)) end) end
end
local function before_each(f) table.insert(stack[#stack].before, f) end
local function after_each(f) table.insert(stack[#stack].after, f) end

local function chain(suite, field, reverse)
  local list = {}
  while suite do
    if reverse then for _, f in ipairs(suite[field]) do list[#list + 1] = f end
    else for i = #suite[field], 1, -1 do table.insert(list, 1, suite[field][i]) end end
    suite = suite.parent
  end
  return list
end

local failures = {}
local function run_suite(suite, depth)
  local pad = ("  "):rep(depth)
  print(pad .. suite.name)
  for _, test in ipairs(suite.tests) do
    local env = {}
    if not test.body then
      Runner.pending = Runner.pending + 1
      print(pad .. "  ? " .. test.name)
    else
      local ok, e = xpcall(function()
        for _, f in ipairs(chain(suite, "before")) do f(env) end
        test.body(env)
      end, function(e)
        if type(e) == "table" and e.failure then return e end
        local depth = select(2, debug.traceback("", 2):gsub("\n\t", ""))
        return { crash = tostring(e), frames = depth }
      end)
      for _, f in ipairs(chain(suite, "after", true)) do
        local good, problem = pcall(f, env)
        if not good then print(pad .. "    teardown: " .. tostring(problem)) end
      end
      if ok then
        Runner.passed = Runner.passed + 1
        print(pad .. "  + " .. test.name)
      else
        Runner.failed = Runner.failed + 1
        print(pad .. "  - " .. test.name)
        local text = e.failure or ("error: %s (%d frames)"):format(e.crash, e.frames)
        failures[#failures + 1] = suite.name .. " " .. test.name .. "\n     " .. text
      end
    end
  end
  for _, child in ipairs(suite.children) do run_suite(child, depth + 1) end
end

-- what is tested: two containers, one of them with deliberate bugs -----------------------------

local Stack = {}
Stack.__index = Stack
function Stack.new() return setmetatable({ n = 0 }, Stack) end
function Stack:push(...)
  for i = 1, select("#", ...) do
    self.n = self.n + 1
    self[self.n] = (select(i, ...))
  end
  return self
end
function Stack:pop()
  if self.n == 0 then error("stack is empty", 2) end
  local v = self[self.n]
  self[self.n] = nil
  self.n = self.n - 1
  return v
end
function Stack:size() return self.n end

local Queue = {}
Queue.__index = Queue
function Queue.new() return setmetatable({ head = 1, tail = 0, items = {} }, Queue) end
function Queue:put(v) self.tail = self.tail + 1 self.items[self.tail] = v end
function Queue:take()
  local v = self.items[self.head]
  self.head = self.head + 1          -- bug: moves past the end when empty
  return v
end
function Queue:size() return self.tail - self.head + 1 end
function Queue:each(f) for i = self.head, self.tail do f(self.items[i]) end end
function Queue:drain_to(target) while self:size() > 0 do target.add(self:take()) end end

local order = {}
describe("Stack", function()
  before_each(function(env) env.s = Stack.new() order[#order + 1] = "before" end)
  after_each(function(env) env.s = nil order[#order + 1] = "after" end)
  it("is empty at first", function(env) expect(env.s:size()).to_be(0) end)
  it("returns what was pushed last", function(env)
    env.s:push(1):push(2, 3)
    expect(env.s:pop()).to_be(3)
    expect(env.s:pop()).to_be(2)
    expect(env.s:size()).to_be(1)
  end)
  it("keeps nil", function(env)
    env.s:push(nil, 1, nil)
    expect(env.s:size()).to_be(3)
    expect(env.s:pop()).to_be_nil()
  end)
  it("refuses to pop nothing", function(env)
    expect(function() env.s:pop() end).to_fail "stack is empty"
    expect(function() env.s:pop() end).to_fail "unit_test_runner%.lua:%d+: "
    expect(function() env.s:push(1) end).never.to_fail()
  end)
  describe("nested", function()
    before_each(function(env) env.s:push "from the inner fixture" order[#order + 1] = "inner" end)
    it("has an item", function(env) expect(env.s:pop()).to_contain "inner" end)
    it("is written later")
  end)
end)

describe("Queue", function()
  local q
  before_each(function() q = Queue.new() end)
  it("is first in, first out", function()
    for i = 1, 3 do q:put(i) end
    expect(q:take()).to_equal(1)
    expect(q:size()).to_equal(2)
  end)
  it("survives taking from empty", function()
    q:take()
    expect(q:size()).to_be(0)
  end)
  it("walks its items", function()
    local s = spy()
    q:put "a" q:put "b"
    q:each(s)
    expect(#s.calls).to_be(2)
    expect(s.calls).to_equal { { n = 1, "a" }, { n = 1, "b" } }
    expect(s.calls[1]).to_equal { n = 1, "z" }
  end)
  it("drains", function()
    q:put(1)
    q:drain_to {}
  end)
  it("uses the clock", function()
    with_stub(os, "time", function() return 12345 end, function()
      q:put(os.time())
      expect(q:take()).to_be(12345)
    end)
    expect(os.time()).to_be_greater_than(1e9)
  end)
end)

describe("matchers", function()
  each({ { 1, 1, 2 }, { 2, 3, 5 }, { -1, 1, 0 }, { 2, 2, 5 } }, "adds %d and %d to %d", function(a, b, c) expect(a + b).to_be(c) end)
  it("compares deeply", function()
    expect({ 1, { x = { 2 } } }).to_equal { 1, { x = { 2 } } }
    expect({ 1 }).never.to_equal { 1, 2 }
    expect({ a = 1 }).never.to_be { a = 1 }
  end)
  it("knows types and patterns", function()
    expect(print).to_be_a "function"
    expect("hello 42").to_match "%a+ %d+$"
    expect(0.1 + 0.2).to_be_close_to(0.3)
    expect(0.1 + 0.2).never.to_be(0.3)
    expect(nil).never.to_be_truthy()
    expect({ "a", "b" }).to_contain "b"
  end)
  it("explains differences", function() expect({ 1, "two", { x = true, y = { deep = { deeper = 1 } } } }).to_equal { 1 } end)
  it("explains negation", function() expect("abc").never.to_contain "b" end)
  it("does not know everything", function() expect(1).to_be_funny() end)
end)

for _, s in ipairs(Runner.suites) do run_suite(s, 0) end
print()
for i, f in ipairs(failures) do print(("%3d) %s"):format(i, f)) end
print(("\n%d passed, %d failed, %d pending, %d assertions"):format(Runner.passed, Runner.failed, Runner.pending, Runner.assertions))
print(table.concat(order, " "))
local guard = newproxy(true)
getmetatable(guard).__gc = function() print "finalizers do not run after os.exit" end
os.exit(Runner.failed)
