-- Pratt parser for a small imperative language, compiled to bytecode and run on a stack machine with a disassembler.

local Lexer = {}
do
  local keywords = {}
  for w in ("let if else while print fn return true false nil and or"):gmatch("%a+") do keywords[w] = true end
  local operators = { "==", "!=", "<=", ">=", "<", ">", "=", "+", "-", "*", "/", "%", "(", ")", "{", "}", ",", ";", "!" }

  function Lexer.run(source)
    local tokens, pos, line = {}, 1, 1
    local function add(kind, text) tokens[#tokens + 1] = { kind = kind, text = text, line = line } end
    while pos <= #source do
      local c = source:sub(pos, pos)
      if c == "\n" then line = line + 1; pos = pos + 1
      elseif c:find("%s") then pos = pos + 1
      elseif source:sub(pos, pos + 1) == "//" then pos = source:find("\n", pos, true) or #source + 1
      elseif c:find("%d") then
        local text, e = source:match("^(%d+%.?%d*)()", pos)
        add("number", text); pos = e
      elseif c:find("[%a_]") then
        local text, e = source:match("^([%a_][%w_]*)()", pos)
        add(keywords[text] and text or "name", text); pos = e
      elseif c == '"' then
        local text, e = source:match('^"([^"\n]*)"()', pos)
        if not text then error("line " .. line .. ": unfinished string", 0) end
        add("string", text); pos = e
      else
        local found
        for _, op in ipairs(operators) do
          if source:sub(pos, pos + #op - 1) == op then found = op; break end
        end
        if not found then error(("line %d: stray '%s'"):format(line, c), 0) end
        add(found, found); pos = pos + #found
      end
    end
    add("eof", "<end>")
    return tokens
  end
end

-- opcodes: name -> number of operands
local arity = {
  CONST = 1, NIL = 0, TRUE = 0, FALSE = 0, POP = 0, GETL = 1, SETL = 1, GETG = 1, SETG = 1,
  ADD = 0, SUB = 0, MUL = 0, DIV = 0, MOD = 0, EQ = 0, LT = 0, LE = 0, NOT = 0, NEG = 0,
  JMP = 1, JMPF = 1, JMPFK = 1, JMPTK = 1, CALL = 1, RET = 0, PRINT = 1,
}

local Compiler = {}
Compiler.__index = Compiler

function Compiler.new(tokens, parent, name)
  return setmetatable({
    tokens = tokens, at = parent and parent.at or 1, parent = parent,
    code = {}, lines = {}, constants = {}, locals = {}, depth = 0, name = name or "main",
  }, Compiler)
end

function Compiler:peek() return self.tokens[self.at] end
function Compiler:next() local t = self.tokens[self.at]; self.at = self.at + 1; return t end
function Compiler:fail(t, message) error(("line %d: %s near '%s'"):format(t.line, message, t.text), 0) end
function Compiler:check(kind) if self:peek().kind == kind then return self:next() end end
function Compiler:want(kind) return self:check(kind) or self:fail(self:peek(), "'" .. kind .. "' expected") end

function Compiler:emit(op, operand)
  local code = self.code
  code[#code + 1] = op
  self.lines[#code] = self.tokens[math.max(self.at - 1, 1)].line
  if arity[op] == 1 then code[#code + 1] = operand or 0 end
  return #code
end
function Compiler:patch(at) self.code[at] = #self.code + 1 end

function Compiler:constant(v)
  for i, k in ipairs(self.constants) do
    if k == v then return i end
  end
  table.insert(self.constants, v)
  return #self.constants
end

function Compiler:resolve(name)
  for i = #self.locals, 1, -1 do
    if self.locals[i].name == name then return i end
  end
end

-- The Pratt tables: what a token does at the start of an expression, and after a left operand.
local prefix, infix = {}, {}

function Compiler:expression(power)
  power = power or 1
  local t = self:next()
  local start = prefix[t.kind] or self:fail(t, "expression expected")
  start(self, t, power)
  while true do
    local follow = infix[self:peek().kind]
    if not follow or follow.left < power then return end
    follow.action(self, self:next(), follow.left)
  end
end

function prefix.number(c, t) c:emit("CONST", c:constant(tonumber(t.text))) end
function prefix.string(c, t) c:emit("CONST", c:constant(t.text)) end
prefix["true"] = function(c) c:emit "TRUE" end
prefix["false"] = function(c) c:emit "FALSE" end
prefix["nil"] = function(c) c:emit "NIL" end
prefix["("] = function(c) c:expression(); c:want ")" end
prefix["-"] = function(c) c:expression(7); c:emit "NEG" end
prefix["!"] = function(c) c:expression(7); c:emit "NOT" end
function prefix.name(c, t, power)
  local slot = c:resolve(t.text)
  if c:peek().kind == "=" and power <= 1 then
    c:next()
    c:expression(1)
    if slot then c:emit("SETL", slot) else c:emit("SETG", c:constant(t.text)) end
  elseif slot then c:emit("GETL", slot)
  else c:emit("GETG", c:constant(t.text)) end
end
function prefix.fn(c, t)
  local inner = Compiler.new(c.tokens, c, "fn@" .. t.line)
  inner.at = c.at
  inner:want "("
  if not inner:check ")" then
    repeat table.insert(inner.locals, { name = inner:want("name").text, depth = 0 }) until not inner:check ","
    inner:want ")"
  end
  inner.params = #inner.locals
  inner:want "{"
  inner:block()
  inner:emit "NIL"; inner:emit "RET"
  c.at = inner.at
  c:emit("CONST", c:constant({ proto = inner }))
end

local function binary(left, ...)
  local ops = { ... }
  return { left = left, action = function(c) c:expression(left + 1); for _, op in ipairs(ops) do c:emit(op) end end }
end
infix["+"], infix["-"] = binary(5, "ADD"), binary(5, "SUB")
infix["*"], infix["/"], infix["%"] = binary(6, "MUL"), binary(6, "DIV"), binary(6, "MOD")
infix["=="], infix["!="] = binary(3, "EQ"), binary(3, "EQ", "NOT")
infix["<"], infix["<="] = binary(4, "LT"), binary(4, "LE")
infix[">"], infix[">="] = binary(4, "LE", "NOT"), binary(4, "LT", "NOT")
local function short(op, left)
  return { left = left, action = function(c)
    local jump = c:emit(op)
    c:emit "POP"
    c:expression(left + 1)
    c:patch(jump)
  end }
end
infix["and"], infix["or"] = short("JMPFK", 2), short("JMPTK", 2)
infix["("] = { left = 8, action = function(c)
  local n = 0
  if not c:check ")" then
    repeat c:expression(); n = n + 1 until not c:check ","
    c:want ")"
  end
  c:emit("CALL", n)
end }

function Compiler:block()
  self.depth = self.depth + 1
  while not self:check "}" do self:statement() end
  while #self.locals > 0 and self.locals[#self.locals].depth == self.depth do
    table.remove(self.locals)
    self:emit "POP"
  end
  self.depth = self.depth - 1
end

function Compiler:statement()
  local t = self:peek()
  if self:check "let" then
    local name = self:want("name").text
    self:want "="
    self:expression()
    self:want ";"
    if self.depth == 0 and not self.parent then self:emit("SETG", self:constant(name)); self:emit "POP"
    else table.insert(self.locals, { name = name, depth = self.depth }) end
  elseif self:check "if" then
    self:expression()
    local skip = self:emit "JMPF"
    self:want "{"; self:block()
    if self:check "else" then
      local over = self:emit "JMP"
      self:patch(skip)
      if self:peek().kind == "if" then self:statement() else self:want "{"; self:block() end
      self:patch(over)
    else self:patch(skip) end
  elseif self:check "while" then
    local top = #self.code + 1
    self:expression()
    local out = self:emit "JMPF"
    self:want "{"; self:block()
    self:emit("JMP", top)
    self:patch(out)
  elseif self:check "print" then
    local n = 0
    repeat self:expression(); n = n + 1 until not self:check ","
    self:emit("PRINT", n); self:want ";"
  elseif self:check "return" then
    if self:peek().kind == ";" then self:emit "NIL" else self:expression() end
    self:emit "RET"; self:want ";"
  elseif self:check "{" then self:block()
  elseif t.kind == "eof" then self:fail(t, "'}' expected")
  else self:expression(); self:emit "POP"; self:want ";" end
end

local function compile(source)
  local c = Compiler.new(Lexer.run(source))
  while c:peek().kind ~= "eof" do c:statement() end
  c:emit "NIL"; c:emit "RET"
  return c
end

local function disassemble(c)
  print(("%s: %d words, %d constants, %d params"):format(c.name, #c.code, #c.constants, c.params or 0))
  local pc, nested = 1, {}
  while pc <= #c.code do
    local op = c.code[pc]
    if arity[op] == 1 then
      local x, note = c.code[pc + 1], ""
      if op == "CONST" or op == "GETG" or op == "SETG" then
        local k = c.constants[x]
        if type(k) == "table" then nested[#nested + 1] = k.proto; note = "; " .. k.proto.name
        else note = "; " .. tostring(k) end
      end
      print(("  %3d [%d] %-6s %3d %s"):format(pc, c.lines[pc], op, x, note):match("^(.-)%s*$"))
      pc = pc + 2
    else
      print(("  %3d [%d] %s"):format(pc, c.lines[pc], op))
      pc = pc + 1
    end
  end
  for _, p in ipairs(nested) do disassemble(p) end
end

local function run(main, globals, out)
  local stack, top, frames = {}, 0, {}
  local frame = { fn = main, pc = 1, base = 0 }
  local steps = 0
  local function push(v) top = top + 1; stack[top] = v end
  local function pop() local v = stack[top]; stack[top] = nil; top = top - 1; return v end
  local function text(v)
    if v == nil then return "nil" elseif type(v) == "table" then return "<" .. v.proto.name .. ">" end
    return tostring(v)
  end
  local function trouble(message) error(("line %d: %s in %s"):format(frame.fn.lines[frame.pc - 1] or frame.fn.lines[frame.pc - 2], message, frame.fn.name), 0) end
  local function arith(f)
    return function()
      local b, a = pop(), pop()
      if type(a) ~= "number" or type(b) ~= "number" then trouble("numbers expected, got " .. type(a) .. " and " .. type(b)) end
      push(f(a, b))
    end
  end
  local act = {
    NIL = function() push(nil) end, TRUE = function() push(true) end, FALSE = function() push(false) end, POP = pop,
    CONST = function(x) push(frame.fn.constants[x]) end,
    GETL = function(x) push(stack[frame.base + x]) end,
    SETL = function(x) stack[frame.base + x] = stack[top] end,
    GETG = function(x)
      local name = frame.fn.constants[x]
      if globals[name] == nil then trouble("undefined variable " .. name) end
      push(globals[name])
    end,
    SETG = function(x) globals[frame.fn.constants[x]] = stack[top] end,
    ADD = function()
      local b, a = pop(), pop()
      if type(a) == "string" or type(b) == "string" then push(text(a) .. text(b))
      elseif type(a) == "number" and type(b) == "number" then push(a + b)
      else trouble("cannot add " .. type(a) .. " and " .. type(b)) end
    end,
    SUB = arith(function(a, b) return a - b end), MUL = arith(function(a, b) return a * b end),
    DIV = arith(function(a, b) return a / b end), MOD = arith(function(a, b) return a % b end),
    LT = arith(function(a, b) return a < b end), LE = arith(function(a, b) return a <= b end),
    EQ = function() local b, a = pop(), pop(); push(a == b) end,
    NOT = function() push(not pop()) end,
    NEG = function() local v = pop(); if type(v) ~= "number" then trouble("cannot negate a " .. type(v)) end push(-v) end,
    JMP = function(x) frame.pc = x end,
    JMPF = function(x) if not pop() then frame.pc = x end end,
    JMPFK = function(x) if not stack[top] then frame.pc = x end end,
    JMPTK = function(x) if stack[top] then frame.pc = x end end,
    PRINT = function(n)
      local parts = {}
      for i = n, 1, -1 do parts[i] = text(pop()) end
      out(table.concat(parts, " "))
    end,
    CALL = function(n)
      local f = stack[top - n]
      if type(f) ~= "table" then trouble("cannot call a " .. type(f)) end
      if f.proto.params ~= n then trouble(("%s wants %d arguments, got %d"):format(f.proto.name, f.proto.params, n)) end
      if #frames > 200 then trouble("stack overflow") end
      frames[#frames + 1] = frame
      frame = { fn = f.proto, pc = 1, base = top - n }
    end,
    RET = function()
      local result = pop()
      if #frames == 0 then frame = nil; return end
      while top >= frame.base do pop() end
      frame = table.remove(frames)
      push(result)
    end,
  }
  while frame do
    local code, pc = frame.fn.code, frame.pc
    local op = code[pc]
    steps = steps + 1
    if arity[op] == 1 then
      frame.pc = pc + 2
      act[op](code[pc + 1])
    else
      frame.pc = pc + 1
      act[op]()
    end
  end
  return steps
end

local programs = {
  { "arithmetic", "print 1 + 2 * 3, (1 + 2) * 3, -2 * -3, 10 % 4, 7 / 2; print 1 < 2, 2 <= 1, 3 > 2, 2 >= 3, 1 != 2, !nil;", list = true },
  { "fibonacci", [[
let fib = fn (n) { if n < 2 { return n; } return fib(n - 1) + fib(n - 2); };
let i = 0;
while i <= 15 { print "fib", i, fib(i); i = i + 5; }]], list = true },
  { "logic", [[print nil or "default", false and 1, 1 and 2, nil and crash, 3 or crash; let a = 1; let b = a = 5; print a, b;]] },
  { "scopes", [[
let x = "global";
fn (p) { print x, p; let y = p * 2; { let y = y + 1; print y; x = "changed"; } print y; }(20);
print x;
let twice = fn (f, v) { return f(f(v)); };
print twice(fn (n) { return n * n; }, 3);
print fn () { }();]] },
  { "primes", [[
let count = 0; let n = 2; let last = 0;
while count < 20 {
  let d = 2; let prime = true;
  while d * d <= n and prime { if n % d == 0 { prime = false; } d = d + 1; }
  if prime { count = count + 1; last = n; }
  n = n + 1;
}
print "20th prime", last;]] },
  { "else if", [[let grade = fn (s) { if s >= 90 { return "A"; } else if s >= 80 { return "B"; } else { return "C"; } };
print grade(95), grade(85), grade(10);]] },
  { "undefined", "print 1;\nprint nope;" }, { "bad call", "let f = 3;\nf(1);" }, { "types", "print 1 + nil;" },
  { "arity", "let f = fn (a, b) { return a; };\n\nprint f(1);" }, { "deep", "let f = fn (n) { return f(n + 1); }; f(0);" },
  { "syntax 1", "let = 3;" }, { "syntax 2", "print (1 + ;" }, { "syntax 3", "while true { print 1;" },
  { "syntax 4", "print \"abc" }, { "syntax 5", "a @ b" }, { "negate", 'print -"x";' }, { "assign", "1 + a = 3;" },
}
for _, p in ipairs(programs) do
  local name, source = p[1], p[2]
  print("== " .. name)
  local ok, result = pcall(function()
    local main = compile(source)
    if p.list then disassemble(main) end
    return run(main, {}, print)
  end)
  print(ok and "steps" or "error", result)
end
