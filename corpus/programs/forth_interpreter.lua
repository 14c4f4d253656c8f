-- Forth interpreter: threaded code, compile and interpret modes, control structures, variables, CREATE/DOES>, strings, error recovery.

local Forth = {}
Forth.__index = Forth

function Forth.new()
  local self = setmetatable({
    stack = {}, returns = {}, loops = {}, memory = {}, here = 0, dictionary = {}, latest = nil,
    compiling = nil, input = "", at = 1, base = 10, out = {}, steps = 0,
  }, Forth)
  self:core()
  return self
end

function Forth:push(v) self.stack[#self.stack + 1] = v end
function Forth:pop()
  local v = table.remove(self.stack)
  if v == nil then error("stack underflow", 0) end
  return v
end
function Forth:peek(n) return self.stack[#self.stack - (n or 0)] or error("stack underflow", 0) end
function Forth:emit(s) self.out[#self.out + 1] = s end

function Forth:word()
  local w, e = self.input:match("^%s*(%S+)()", self.at)
  if w then self.at = e else self.at = #self.input + 1 end
  return w
end
function Forth:parse(delimiter)
  local from = self.input:match("^%s?()", self.at)
  local to = self.input:find(delimiter, from, true)
  if not to then error("'" .. delimiter .. "' missing", 0) end
  self.at = to + 1
  return self.input:sub(from, to - 1)
end

function Forth:define(name, code, immediate)
  local w = { name = name, code = code, immediate = immediate, previous = self.dictionary[name] }
  self.dictionary[name] = w
  return w
end

local function flag(b) return b and -1 or 0 end
local function trunc(v) return v >= 0 and math.floor(v) or math.ceil(v) end

function Forth:format(n)
  if self.base == 10 then return ("%d"):format(n) end
  local digits, s, v = "0123456789abcdefghijklmnopqrstuvwxyz", "", math.abs(n)
  repeat
    local d = v % self.base
    s, v = digits:sub(d + 1, d + 1) .. s, (v - d) / self.base
  until v == 0
  return (n < 0 and "-" or "") .. s
end

-- A compiled word is a list of closures and jump records; run() is the inner interpreter.
function Forth:run(body)
  local pc = 1
  while true do
    local step = body[pc]
    if not step then return end
    pc = pc + 1
    self.steps = self.steps + 1
    if self.steps > 200000 then error("too many steps", 0) end
    local jump = step(self, pc)
    if jump then pc = jump end
    if pc == 0 then return end
  end
end

function Forth:execute(w)
  if #self.returns > 500 then error("return stack overflow", 0) end
  self.returns[#self.returns + 1] = w.name
  w.code(self, w)
  self.returns[#self.returns] = nil
end

function Forth:compile(f) table.insert(self.compiling.body, f) return #self.compiling.body end

function Forth:core()
  local function binary(name, f)
    self:define(name, function(s) local b, a = s:pop(), s:pop() s:push(f(a, b)) end)
  end
  binary("+", function(a, b) return a + b end) binary("-", function(a, b) return a - b end) binary("*", function(a, b) return a * b end)
  binary("/", function(a, b) if b == 0 then error("division by zero", 0) end return math.floor(a / b) end)
  binary("mod", function(a, b) if b == 0 then error("division by zero", 0) end return a % b end)
  binary("=", function(a, b) return flag(a == b) end) binary("<", function(a, b) return flag(a < b) end) binary(">", function(a, b) return flag(a > b) end)
  binary("<>", function(a, b) return flag(a ~= b) end) binary("max", math.max) binary("min", math.min)
  binary("and", function(a, b) return (a ~= 0 and b ~= 0) and b or 0 end) binary("or", function(a, b) return a ~= 0 and a or b end)
  local function unary(name, f) self:define(name, function(s) s:push(f(s:pop())) end) end
  unary("negate", function(a) return -a end) unary("abs", math.abs) unary("1+", function(a) return a + 1 end) unary("1-", function(a) return a - 1 end)
  unary("2*", function(a) return a * 2 end) unary("0=", function(a) return flag(a == 0) end) unary("0<", function(a) return flag(a < 0) end) unary("not", function(a) return flag(a == 0) end)
  unary("sqrt", function(a) return trunc(math.sqrt(a)) end)

  -- stack words are described by pictures: what they take and what they leave
  for picture in ([[dup:a:aa drop:a: swap:ab:ba over:ab:aba rot:abc:bca -rot:abc:cab nip:ab:b tuck:ab:bab 2dup:ab:abab 2drop:ab: 2swap:abcd:cdab]]):gmatch "%S+" do
    local name, take, leave = picture:match "^(.-):(%a*):(%a*)$"
    self:define(name, function(s)
      local v = {}
      for i = #take, 1, -1 do v[take:sub(i, i)] = s:pop() end
      for c in leave:gmatch "." do s:push(v[c]) end
    end)
  end
  self:define("?dup", function(s) if s:peek() ~= 0 then s:push(s:peek()) end end)
  self:define("pick", function(s) s:push(s:peek(s:pop())) end)
  self:define("depth", function(s) s:push(#s.stack) end)
  self:define(".", function(s) s:emit(s:format(s:pop()) .. " ") end)
  self:define(".r", function(s) local n = s:pop() s:emit(("%" .. n .. "s"):format(s:format(s:pop()))) end)
  self:define(".s", function(s)
    local t = {}
    for i, v in ipairs(s.stack) do t[i] = s:format(v) end
    s:emit("<" .. #t .. "> " .. table.concat(t, " ") .. " ")
  end)
  self:define("cr", function(s) s:emit "\n" end)
  self:define("space", function(s) s:emit " " end)
  self:define("spaces", function(s) s:emit((" "):rep(s:pop())) end)
  self:define("emit", function(s) s:emit(string.char(s:pop())) end)
  self:define("hex", function(s) s.base = 16 end) self:define("decimal", function(s) s.base = 10 end) self:define("binary", function(s) s.base = 2 end)
  self:define("words", function(s)
    local names = {}
    for n, w in pairs(s.dictionary) do if w.user then names[#names + 1] = n end end
    table.sort(names)
    s:emit(table.concat(names, " ") .. " ")
  end)

  -- memory
  self:define("@", function(s) local a = s:pop() s:push(s.memory[a] or error("invalid address " .. a, 0)) end)
  self:define("!", function(s) local a, v = s:pop(), s:pop() if not s.memory[a] then error("invalid address " .. a, 0) end s.memory[a] = v end)
  self:define("+!", function(s) local a, v = s:pop(), s:pop() s.memory[a] = s.memory[a] + v end)
  self:define("here", function(s) s:push(s.here) end)
  self:define("allot", function(s) for _ = 1, s:pop() do s.memory[s.here] = 0 s.here = s.here + 1 end end)
  self:define(",", function(s) s.memory[s.here] = s:pop() s.here = s.here + 1 end)
  self:define("cells", function() end)
  self:define("create", function(s)
    local address = s.here
    s.latest = s:define(s:word(), function(f) f:push(address) end)
    s.latest.user, s.latest.address = true, address
  end)
  self:define("variable", function(s) s:execute(s.dictionary.create) s:push(1) s:execute(s.dictionary.allot) end)
  self:define("constant", function(s) local v = s:pop() s.latest = s:define(s:word(), function(f) f:push(v) end) s.latest.user = true end)

  -- compiler
  self:define(":", function(s)
    local name = s:word() or error("name expected", 0)
    s.compiling = { name = name, body = {}, control = {} }
  end)
  self:define(";", function(s)
    local c = s.compiling or error("not compiling", 0)
    if #c.control > 0 then error("unfinished " .. c.control[#c.control].kind, 0) end
    s.compiling = nil
    local w = s:define(c.name, function(f) f:run(c.body) end)
    w.user, w.body = true, c.body
    s.latest = w
  end, true)
  self:define("immediate", function(s) s.latest.immediate = true end)
  self:define("recurse", function(s) local c = s.compiling s:compile(function(f) f:execute(f.dictionary[c.name]) end) end, true)
  self:define("exit", function(s) s:compile(function() return 0 end) end, true)
  self:define("[", function(s) s.suspended, s.compiling = s.compiling, nil end, true)
  self:define("]", function(s) s.compiling = s.suspended end)
  self:define("literal", function(s) local v = s:pop() s:compile(function(f) f:push(v) end) end, true)
  self:define("'", function(s) s:push(s.dictionary[s:word()] or error("unknown word after '", 0)) end)
  self:define("execute", function(s) s:execute(s:pop()) end)
  self:define("[']", function(s) local w = s.dictionary[s:word()] s:compile(function(f) f:push(w) end) end, true)

  local function control(s, kind, ...)
    local top = table.remove(s.compiling.control)
    for i = 1, select("#", ...) do if top and top.kind == select(i, ...) then return top end end
    error(kind .. " without " .. (...), 0)
  end
  local function open(s, kind, at) table.insert(s.compiling.control, { kind = kind, at = at }) return s.compiling.control[#s.compiling.control] end
  local function branch(s) local target = {} s:compile(function(f) if f:pop() == 0 then return target.pc end end) return target end
  local function jump(s) local target = {} s:compile(function() return target.pc end) return target end
  local function here(s) return #s.compiling.body + 1 end
  self:define("if", function(s) open(s, "if").target = branch(s) end, true)
  self:define("else", function(s)
    local c = control(s, "else", "if")
    local j = jump(s)
    c.target.pc = here(s)
    open(s, "if").target = j
  end, true)
  self:define("then", function(s) control(s, "then", "if").target.pc = here(s) end, true)
  self:define("begin", function(s) open(s, "begin", here(s)) end, true)
  self:define("until", function(s) local c = control(s, "until", "begin") branch(s).pc = c.at end, true)
  self:define("again", function(s) local c = control(s, "again", "begin") jump(s).pc = c.at end, true)
  self:define("while", function(s) local t = branch(s) open(s, "while").target = t end, true)
  self:define("repeat", function(s)
    local w = control(s, "repeat", "while")
    local b = control(s, "repeat", "begin")
    jump(s).pc = b.at
    w.target.pc = here(s)
  end, true)
  self:define("do", function(s)
    s:compile(function(f) local i, limit = f:pop(), f:pop() table.insert(f.loops, { i = i, limit = limit }) end)
    open(s, "do", here(s)).leave = {}
    s.compiling.leave = { outer = s.compiling.leave, target = s.compiling.control[#s.compiling.control].leave }
  end, true)
  local function loop(name, step)
    self:define(name, function(s)
      local c = control(s, name, "do")
      s:compile(function(f)
        local l, by = f.loops[#f.loops], step or f:pop()
        local before = l.i - l.limit
        l.i = l.i + by
        local after = l.i - l.limit
        if before < 0 and after >= 0 or before >= 0 and after < 0 then table.remove(f.loops) return end
        return c.at
      end)
      c.leave.pc = here(s)
      s.compiling.leave = s.compiling.leave.outer
    end, true)
  end
  loop("loop", 1) loop("+loop")
  self:define("leave", function(s) local t = s.compiling.leave.target s:compile(function(f) table.remove(f.loops) return t.pc end) end, true)
  self:define("i", function(s) s:push(s.loops[#s.loops].i) end)
  self:define("j", function(s) s:push(s.loops[#s.loops - 1].i) end)
  self:define('."', function(s)
    local text = s:parse '"'
    if s.compiling then s:compile(function(f) f:emit(text) end) else s:emit(text) end
  end, true)
  self:define("(", function(s) s:parse ")" end, true)
  self:define("\\", function(s) s.at = s.input:find("\n", s.at, true) or #s.input + 1 end, true)
  self:define("does>", function(s)
    local c = s.compiling
    s:compile(function(f, pc)
      local w, address = f.latest, f.latest.address
      local rest = { unpack(c.body, pc) }
      -- jump targets are absolute, so the tail runs in the original numbering
      w.code = function(g)
        g:push(address)
        local k = pc
        while c.body[k] do
          local step = c.body[k]
          k = step(g, k + 1) or k + 1
          if k == 0 then return end
        end
      end
      return 0
    end)
  end, true)
end

function Forth:interpret(text)
  self.input, self.at = text, 1
  while true do
    local w = self:word()
    if not w then return end
    w = w:lower()
    local entry = self.dictionary[w]
    if self.compiling and w == self.compiling.name then entry = nil end
    if entry then
      if self.compiling and not entry.immediate then self:compile(function(f) f:execute(entry) end)
      else self:execute(entry) end
    else
      local n = tonumber(w, self.base)
      if not n then error(w .. " ?", 0) end
      if self.compiling then self:compile(function(f) f:push(n) end) else self:push(n) end
    end
  end
end

function Forth:line(text)
  self.out, self.steps = {}, 0
  local ok, message = pcall(self.interpret, self, text)
  local result = table.concat(self.out)
  if not ok then
    result = result .. " ! " .. tostring(message) .. (#self.returns > 1 and " in " .. table.concat(self.returns, ">"):sub(1, 40) or "")
    self.stack, self.returns, self.loops, self.compiling, self.base = {}, {}, {}, nil, 10
  elseif self.compiling then result = result .. " compiled"
  else result = result .. " ok" end
  return result
end

local f = Forth.new()
local session = [==[
1 2 + 3 * .
5 3 - . 7 2 / . -7 2 / . -7 2 mod .
1 2 3 .s rot .s swap drop .s 2drop
: square dup * ; 9 square .
: cube dup square * ; 3 cube . 5 cube .
: sign dup 0< if drop -1 else 0= if 0 else 1 then then ; -5 sign . 0 sign . 8 sign .
: fact dup 2 < if drop 1 else dup 1- recurse * then ; 10 fact .
: countdown begin dup . 1- dup 0= until drop ; 5 countdown
: collatz begin dup . dup 1 > while dup 2 mod if 3 * 1+ else 2 / then repeat drop ; 6 collatz
: stars 0 do 42 emit loop ; 5 stars
: triangle 1+ 1 do i stars cr loop ; 4 triangle
: table 4 1 do 4 1 do i j * 4 .r loop cr loop ; table
: evens 11 0 do i . 2 +loop ; evens : down 0 10 do i . -3 +loop ; down
: find7 100 1 do i 7 mod 0= if i . i 30 > if leave then then loop ." done" ; find7
variable x 5 x ! x @ . 3 x +! x @ .
42 constant answer answer answer + .
: array create allot does> + ; 5 array data 7 0 data ! 8 4 data ! 0 data @ 4 data @ + .
: const2 create , , does> dup @ swap 1+ @ ; 10 20 const2 pair pair . .
: greet ." Hello, world" ; greet cr ( a comment ) 1 . \ the rest is ignored 2 .
255 hex . ff decimal . 5 binary . decimal
: fib dup 2 < if else dup 1- recurse swap 2 - recurse + then ; 15 fib .
: gcd begin ?dup while tuck mod repeat ; 48 36 gcd . 17 5 gcd .
: prime? dup 2 < if drop 0 exit then dup 4 < if drop -1 exit then dup sqrt 1+ 2 do dup i mod 0= if drop 0 leave then loop 0= not ;
: primes 0 do i prime? if i . then loop ; 60 primes
: apply execute ; 5 ' square apply . : quad ['] square execute ['] square execute ; 2 quad .
: const3 [ 2 3 * ] literal ; const3 .
: say-it ." now!" ; immediate : test say-it 1 . ; test
1 2 3 4 2swap .s 2drop 2drop depth .
: twice dup + ; : thrice dup twice + ; : twice 10 * ; 3 thrice . 3 twice .
1 0 /
drop
foo
: broken if 1 ;
: bad loop ;
: inner 1 0 / ; : outer inner ; outer
: forever begin again ; forever
: rec recurse ; rec
99999 @
." unfinished
1 . .s
words
]==]
for line in session:gmatch "([^\n]+)\n" do
  print(line)
  print("   " .. f:line(line):gsub("\n", "\n   "))
end
