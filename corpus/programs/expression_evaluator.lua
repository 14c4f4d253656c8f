-- Recursive-descent parser for arithmetic with variables and functions; evaluates, simplifies and differentiates.

-- tokens -----------------------------------------------------------------

local function tokenize(text)
  local tokens, pos = {}, 1
  while true do
    pos = string.find(text, "%S", pos)
    if not pos then break end
    local s, e, capture = string.find(text, "^(%d+%.?%d*[eE]?%d*)", pos)
    local kind = "number"
    if not s then s, e, capture = string.find(text, "^([%a_][%w_]*)", pos) kind = "name" end
    if not s then s, e, capture = string.find(text, "^([-+*/^(),=%%])", pos) kind = "op" end
    if not s then error(("bad character '%s' at %d"):format(text:sub(pos, pos), pos), 0) end
    tokens[#tokens + 1] = { kind = kind, text = capture, at = pos }
    pos = e + 1
  end
  tokens[#tokens + 1] = { kind = "end", text = "end of input", at = #text + 1 }
  return tokens
end

-- tree -------------------------------------------------------------------

local function num(v) return { op = "num", value = v } end
local function var(name) return { op = "var", name = name } end
local function bin(op, a, b) return { op = op, a, b } end
local function neg(a) return { op = "neg", a } end
local function call(name, args) return { op = "call", name = name, args = args } end

--[[
   statement := name '=' sum | sum
   sum       := product { ('+'|'-') product }
   product   := unary { ('*'|'/'|'%') unary }
   unary     := '-' unary | power
   power     := atom [ '^' unary ]
   atom      := number | name | name '(' [ sum { ',' sum } ] ')' | '(' sum ')'
]]
local function parse(text)
  local tokens, index = tokenize(text), 1
  local token = tokens[1]

  local function advance()
    local old = token
    index = index + 1
    token = tokens[index]
    return old
  end
  local function accept(op)
    if token.kind == "op" and token.text == op then return advance() end
  end
  local function expect(op)
    return accept(op) or error(("'%s' expected near '%s' at %d"):format(op, token.text, token.at), 0)
  end

  local sum

  local function atom()
    if token.kind == "number" then return num(tonumber(advance().text)) end
    if token.kind == "name" then
      local name = advance().text
      if not accept "(" then return var(name) end
      local args = {}
      if not accept ")" then
        repeat args[#args + 1] = sum() until not accept ","
        expect ")"
      end
      return call(name, args)
    end
    if accept "(" then
      local e = sum()
      expect ")"
      return e
    end
    error(("unexpected '%s' at %d"):format(token.text, token.at), 0)
  end

  local unary
  local function power()
    local base = atom()
    if accept "^" then return bin("^", base, unary()) end
    return base
  end
  function unary()
    if accept "-" then return neg(unary()) end
    return power()
  end
  local function chain(next_level, ...)
    local ops = { ... }
    local left = next_level()
    while true do
      local found
      for _, op in ipairs(ops) do
        if accept(op) then found = op break end
      end
      if not found then return left end
      left = bin(found, left, next_level())
    end
  end
  local function product() return chain(unary, "*", "/", "%") end
  function sum() return chain(product, "+", "-") end

  local target
  if token.kind == "name" and tokens[2].text == "=" then
    target = advance().text
    advance()
  end
  local tree = sum()
  if token.kind ~= "end" then error(("unexpected '%s' at %d"):format(token.text, token.at), 0) end
  return tree, target
end

-- printing with as few parentheses as possible -----------------------------

local level = { ["+"] = 1, ["-"] = 1, ["*"] = 2, ["/"] = 2, ["%"] = 2, neg = 3, ["^"] = 4, num = 5, var = 5, call = 5 }

local function show(e, outer)
  outer = outer or 0
  local mine, text = level[e.op], nil
  if e.op == "num" then text = tostring(e.value) if e.value < 0 then mine = 3 end
  elseif e.op == "var" then text = e.name
  elseif e.op == "neg" then text = "-" .. show(e[1], 3)
  elseif e.op == "call" then
    local args = {}
    for i, a in ipairs(e.args) do args[i] = show(a) end
    text = e.name .. "(" .. table.concat(args, ", ") .. ")"
  elseif e.op == "^" then text = show(e[1], 5) .. "^" .. show(e[2], 3)
  else text = show(e[1], mine) .. " " .. e.op .. " " .. show(e[2], mine + 1) end
  return mine < outer and "(" .. text .. ")" or text
end

-- evaluation ----------------------------------------------------------------

local functions = {
  sqrt = { 1, math.sqrt }, sin = { 1, math.sin }, cos = { 1, math.cos }, exp = { 1, math.exp }, ln = { 1, math.log },
  max = { false, math.max }, min = { false, math.min }, abs = { 1, math.abs },
  atan2 = { 2, math.atan2 }, mod = { 2, math.mod },
}

local eval
local rules = {
  num = function(e) return e.value end,
  var = function(e, env)
    local v = env[e.name]
    if v == nil then error("variable '" .. e.name .. "' is not defined", 0) end
    return v
  end,
  neg = function(e, env) return -eval(e[1], env) end,
  ["+"] = function(e, env) return eval(e[1], env) + eval(e[2], env) end,
  ["-"] = function(e, env) return eval(e[1], env) - eval(e[2], env) end,
  ["*"] = function(e, env) return eval(e[1], env) * eval(e[2], env) end,
  ["/"] = function(e, env) return eval(e[1], env) / eval(e[2], env) end,
  ["%"] = function(e, env) return eval(e[1], env) % eval(e[2], env) end,
  ["^"] = function(e, env) return eval(e[1], env) ^ eval(e[2], env) end,
  call = function(e, env)
    local f = functions[e.name] or error("no function '" .. e.name .. "'", 0)
    local arity, body = unpack(f, 1, 2)
    if arity and arity ~= #e.args or #e.args == 0 then
      error(("%s takes %s, got %d"):format(e.name, arity and arity .. " argument" .. (arity == 1 and "" or "s") or "arguments", #e.args), 0)
    end
    local values = {}
    for i = 1, #e.args do values[i] = eval(e.args[i], env) end
    return body(unpack(values))
  end,
}
function eval(e, env) return rules[e.op](e, env) end

-- simplification and derivatives ----------------------------------------------

local function is(e, v) return e.op == "num" and e.value == v end

local function simplify(e)
  if e.op == "num" or e.op == "var" then return e end
  if e.op == "call" then
    local args = {}
    for i, a in ipairs(e.args) do args[i] = simplify(a) end
    return call(e.name, args)
  end
  local a, b = simplify(e[1]), e[2] and simplify(e[2])
  if a.op == "num" and (not b or b.op == "num") then
    return num(eval(e.op == "neg" and neg(a) or bin(e.op, a, b), {}))
  end
  if e.op == "neg" then return a.op == "neg" and a[1] or neg(a) end
  if e.op == "+" then
    if is(a, 0) then return b elseif is(b, 0) then return a end
  elseif e.op == "-" then
    if is(b, 0) then return a elseif is(a, 0) then return simplify(neg(b)) end
  elseif e.op == "*" then
    if is(a, 0) or is(b, 0) then return num(0) end
    if is(a, 1) then return b elseif is(b, 1) then return a end
    if b.op == "num" then a, b = b, a end
    if a.op == "num" and b.op == "*" and b[1].op == "num" then return bin("*", num(a.value * b[1].value), b[2]) end
  elseif e.op == "/" then
    if is(a, 0) then return num(0) elseif is(b, 1) then return a end
  elseif e.op == "^" then
    if is(b, 0) then return num(1) elseif is(b, 1) then return a end
  end
  return bin(e.op, a, b)
end

local derivative
local function d_call(e, x)
  local u = e.args[1]
  local inner = derivative(u, x)
  local outer = ({
    sin = function() return call("cos", { u }) end,
    cos = function() return neg(call("sin", { u })) end,
    exp = function() return e end,
    ln = function() return bin("/", num(1), u) end,
    sqrt = function() return bin("/", num(1), bin("*", num(2), e)) end,
  })[e.name]
  if not outer then error("no derivative for " .. e.name, 0) end
  return bin("*", outer(), inner)
end
function derivative(e, x)
  if e.op == "num" then return num(0)
  elseif e.op == "var" then return num(e.name == x and 1 or 0)
  elseif e.op == "neg" then return neg(derivative(e[1], x))
  elseif e.op == "call" then return d_call(e, x) end
  local a, b = e[1], e[2]
  local da, db = derivative(a, x), derivative(b, x)
  if e.op == "+" or e.op == "-" then return bin(e.op, da, db)
  elseif e.op == "*" then return bin("+", bin("*", da, b), bin("*", a, db))
  elseif e.op == "/" then return bin("/", bin("-", bin("*", da, b), bin("*", a, db)), bin("^", b, num(2)))
  elseif e.op == "^" and b.op == "num" then
    return bin("*", bin("*", b, bin("^", a, num(b.value - 1))), da)
  end
  error("no derivative for " .. e.op, 0)
end

-- session -----------------------------------------------------------------------

local env = { pi = math.pi, e = math.exp(1) }
local lines = {
  "1 + 2 * 3", "(1 + 2) * 3", "2 ^ 3 ^ 2", "-2 ^ 2", "(-2) ^ 2", "2 ^ -1", "10 - 4 - 3", "100 / 10 / 2",
  "x = 7 % 4", "y = x * x - -1", "x + y", "sqrt(x * 27)", "max(1, x, y, 4)", "mod(-7, 3)", "-7 % 3",
  "sin(pi / 6)", "ln(e ^ 3)", "atan2(1, 1) * 4", "1 / 0", "-1 / 0", "1e3 + 2.50", "zz = y = 3",
  "nope", "foo(1)", "sqrt(1, 2)", "sqrt()", "max()", "1 +", "(1", "1 2", ")", "3 $ 4", "", "f(1,)", "2 * (3 + )",
}
for i = 1, #lines do
  local ok, result = pcall(function()
    local tree, target = parse(lines[i])
    local value = eval(tree, env)
    if target then env[target] = value end
    return (target and target .. " = " or "") .. value
  end)
  print(("%2d  %-22s %s%s"):format(i, lines[i], ok and "" or "error: ", result))
end

print "-- minimal parentheses"
for _, s in ipairs { "((1))+((2*3))", "(a-b)-(c-d)", "(a-b)-c", "a/(b*c)/d", "(a^b)^c", "a^(b^c)", "-(a+b)*c", "(-a)^2", "f((a),(b+c))" } do
  local text = show((parse(s)))
  assert(show((parse(text))) == text)
  print(s, text)
end

print "-- derivatives"
for _, s in ipairs {
  "3*x^2 + 2*x + 1", "sin(x)*x", "exp(2*x)", "1/x", "ln(x^2+1)", "-x^3", "a*x + b", "sqrt(x)", "cos(sin(x))", "x*x*x", "2^x", "abs(x)",
} do
  local tree = (parse(s))
  local ok, d = pcall(derivative, tree, "x")
  if ok then
    d = simplify(d)
    local scope = setmetatable({ x = 0.7, a = 3, b = 5 }, { __index = env })
    local h, exact = 1e-6, eval(d, scope)
    scope.x = 0.7 + h
    local high = eval(tree, scope)
    scope.x = 0.7 - h
    local low = eval(tree, scope)
    local close = math.abs((high - low) / (2 * h) - exact) < 1e-6
    print(("%-16s -> %-40s %.6f %s"):format(s, show(d), exact, tostring(close)))
  else
    print(("%-16s -> %s"):format(s, d))
  end
end
