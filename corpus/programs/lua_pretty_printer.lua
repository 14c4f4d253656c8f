-- Parser for Lua 5.1 in Lua producing a tree, and a printer that lays the tree out again; checked by running both versions.

local P = {}

-- lexer ------------------------------------------------------------------------

local reserved = {}
for w in ("and break do else elseif end false for function if in local nil not or repeat return then true until while"):gmatch("%a+") do
  reserved[w] = true
end

local symbols = {}
for s in ("... .. == ~= <= >= + - * / % ^ # < > = ( ) { } [ ] ; : , ."):gmatch("%S+") do symbols[s] = true end

local function scan(src)
  local tokens, pos, line = {}, 1, 1
  local function newlines(s) line = line + select(2, s:gsub("\n", "")) end
  while true do
    local blank, p = src:match("^(%s*)()", pos)
    newlines(blank)
    pos = p
    local long_comment = src:match("^%-%-%[(=*)%[", pos)
    if long_comment then
      local _, e = src:find("]" .. long_comment .. "]", pos, true)
      newlines(src:sub(pos, e))
      pos = e + 1
    elseif src:find("^%-%-", pos) then
      pos = src:find("\n", pos, true) or #src + 1
    elseif pos > #src then
      tokens[#tokens + 1] = { type = "<eof>", line = line }
      return tokens
    else
      local t, e = src:match("^([%a_][%w_]*)()", pos)
      if t then
        tokens[#tokens + 1] = { type = reserved[t] and t or "name", text = t, line = line }
      else
        t, e = src:match("^(0[xX]%x+)()", pos)
        if not t then t, e = src:match("^(%d*%.?%d+[eE][+-]?%d+)()", pos) end
        if not t then t, e = src:match("^(%d+%.%d*)()", pos) end
        if not t then t, e = src:match("^(%.?%d+)()", pos) end
        if t then tokens[#tokens + 1] = { type = "number", text = t, line = line }
        else
          local eq = src:match("^%[(=*)%[", pos)
          if eq then
            local body
            body, e = src:match("^%[" .. eq .. "%[(.-)%]" .. eq .. "%]()", pos)
            tokens[#tokens + 1] = { type = "string", value = (body:gsub("^\n", "")), line = line }
            newlines(body)
          elseif src:find("^[\"']", pos) then
            local q = src:sub(pos, pos)
            e = pos + 1
            while src:sub(e, e) ~= q do e = e + (src:sub(e, e) == "\\" and 2 or 1) end
            e = e + 1
            local text = src:sub(pos, e - 1)
            tokens[#tokens + 1] = { type = "string", value = assert(loadstring("return " .. text))(), line = line }
            newlines(text)
          else
            for n = 3, 1, -1 do
              t = src:sub(pos, pos + n - 1)
              if symbols[t] then break end
              if n == 1 then error(("line %d: stray %q"):format(line, t), 0) end
            end
            e = pos + #t
            tokens[#tokens + 1] = { type = t, text = t, line = line }
          end
        end
      end
      pos = e
    end
  end
end

-- parser -------------------------------------------------------------------------

local tokens, at, tok
local function advance() local t = tok at = at + 1 tok = tokens[at] return t end
local function fail(what) error(("line %d: %s expected near %s"):format(tok.line, what, tok.text or tok.type), 0) end
local function accept(type) if tok.type == type then return advance() end end
local function expect(type) return accept(type) or fail("'" .. type .. "'") end

local block, expr, exprlist, body

local function primary()
  if accept "(" then
    local e = expr()
    expect ")"
    if e.k == "call" or e.k == "method" or e.k == "vararg" then return { k = "paren", e } end
    return e
  end
  return { k = "name", name = expect("name").text }
end

local function args()
  if tok.type == "string" then return { { k = "string", value = advance().value } } end
  if tok.type == "{" then return { expr() } end
  expect "("
  if accept ")" then return {} end
  local list = exprlist()
  expect ")"
  return list
end

local function suffixed()
  local e = primary()
  while true do
    local t = tok.type
    if t == "." then advance() e = { k = "index", e, { k = "string", value = expect("name").text } }
    elseif t == "[" then advance() e = { k = "index", e, expr() } expect "]"
    elseif t == ":" then advance() local name = expect("name").text e = { k = "method", e, name = name, args = args() }
    elseif t == "(" or t == "string" or t == "{" then e = { k = "call", e, args = args() }
    else return e end
  end
end

local function constructor()
  expect "{"
  local t = { k = "table" }
  while tok.type ~= "}" do
    if tok.type == "name" and tokens[at + 1].type == "=" then
      local key = { k = "string", value = advance().text }
      advance()
      t[#t + 1] = { key = key, value = expr() }
    elseif accept "[" then
      local key = expr()
      expect "]" expect "="
      t[#t + 1] = { key = key, value = expr() }
    else t[#t + 1] = { value = expr() } end
    if not accept "," and not accept ";" then break end
  end
  expect "}"
  return t
end

local function simple()
  local t = tok.type
  if t == "number" then return { k = "number", text = advance().text }
  elseif t == "string" then return { k = "string", value = advance().value }
  elseif t == "nil" or t == "true" or t == "false" then return { k = "const", text = advance().text }
  elseif t == "..." then advance() return { k = "vararg" }
  elseif t == "{" then return constructor()
  elseif t == "function" then advance() return body { k = "function" } end
  return suffixed()
end

local left = { ["or"] = 1, ["and"] = 2, ["<"] = 3, [">"] = 3, ["<="] = 3, [">="] = 3, ["~="] = 3, ["=="] = 3, [".."] = 5,
  ["+"] = 6, ["-"] = 6, ["*"] = 7, ["/"] = 7, ["%"] = 7, ["^"] = 10 }
local right = { [".."] = 4, ["^"] = 9 }
local unary_level = 8

function expr(limit)
  limit = limit or 0
  local e
  if tok.type == "not" or tok.type == "-" or tok.type == "#" then
    local op = advance().type
    e = { k = "unary", op = op, expr(unary_level) }
  else e = simple() end
  while (left[tok.type] or -1) > limit do
    local op = advance().type
    e = { k = "binary", op = op, e, expr(right[op] or left[op]) }
  end
  return e
end

function exprlist()
  local list = {}
  repeat list[#list + 1] = expr() until not accept ","
  return list
end

function body(f)
  f.params = f.params or {}
  expect "("
  if tok.type ~= ")" then
    repeat
      if accept "..." then f.params[#f.params + 1] = "..." break end
      f.params[#f.params + 1] = expect("name").text
    until not accept ","
  end
  expect ")"
  f.body = block()
  expect "end"
  return f
end

local statements = {
  ["if"] = function()
    local s = { k = "if" }
    repeat
      local c = expr()
      expect "then"
      s[#s + 1] = { c, block() }
    until not accept "elseif"
    if accept "else" then s.otherwise = block() end
    expect "end"
    return s
  end,
  ["while"] = function() local c = expr() expect "do" local b = block() expect "end" return { k = "while", c, b } end,
  ["do"] = function() local b = block() expect "end" return { k = "do", b } end,
  ["repeat"] = function() local b = block() expect "until" return { k = "repeat", b, expr() } end,
  ["break"] = function() return { k = "break" } end,
  ["return"] = function()
    local t = tok.type
    if t == "end" or t == "<eof>" or t == "else" or t == "elseif" or t == "until" or t == ";" then return { k = "return" } end
    return { k = "return", unpack(exprlist()) }
  end,
  ["for"] = function()
    local names = { expect("name").text }
    while accept "," do names[#names + 1] = expect("name").text end
    local s = { k = accept "=" and "numeric" or (expect "in" and "generic"), names = names, list = exprlist() }
    expect "do"
    s.body = block()
    expect "end"
    return s
  end,
  ["function"] = function()
    local target, f = { k = "name", name = expect("name").text }, { k = "function", params = {} }
    while accept "." do target = { k = "index", target, { k = "string", value = expect("name").text } } end
    local method
    if accept ":" then method = expect("name").text f.params[1] = "self" end
    return { k = "funcstat", target, body(f), method = method }
  end,
  ["local"] = function()
    if accept "function" then return { k = "localfunc", name = expect("name").text, body { k = "function" } } end
    local names = {}
    repeat names[#names + 1] = expect("name").text until not accept ","
    return { k = "local", names = names, list = accept "=" and exprlist() or {} }
  end,
}

function block()
  local list = {}
  while true do
    local t = tok.type
    if t == "<eof>" or t == "end" or t == "else" or t == "elseif" or t == "until" then return list end
    local s
    if statements[t] then
      advance()
      s = statements[t]()
    else
      s = suffixed()
      if s.k ~= "call" and s.k ~= "method" then
        local targets = { s }
        while accept "," do targets[#targets + 1] = suffixed() end
        expect "="
        s = { k = "assign", targets, exprlist() }
      end
    end
    list[#list + 1] = s
    accept ";"
    if s.k == "return" or s.k == "break" then return list end
  end
end

local function parse(src)
  tokens, at = scan(src), 1
  tok = tokens[1]
  local b = block()
  if tok.type ~= "<eof>" then fail "<eof>" end
  return b
end

-- printer ------------------------------------------------------------------------

local out, depth
local function emit(s) out[#out + 1] = ("  "):rep(depth) .. s .. "\n" end

local show, stats
local function shows(list)
  local r = {}
  for i, e in ipairs(list) do r[i] = show(e) end
  return table.concat(r, ", ")
end

local function nested(f)
  local saved, saved_depth = out, depth
  out, depth = {}, depth + 1
  f()
  local text = table.concat(out)
  out, depth = saved, saved_depth
  return text
end

local function lambda(f, from)
  local params = { select(from or 1, unpack(f.params)) }
  if #f.body == 0 then return "(" .. table.concat(params, ", ") .. ") end" end
  return "(" .. table.concat(params, ", ") .. ")\n" .. nested(function() stats(f.body) end) .. ("  "):rep(depth) .. "end"
end

local function is_name(s) return s:find("^[%a_][%w_]*$") and not reserved[s] end

local function prefix(e)
  local text = show(e, 20)
  if e.k == "name" or e.k == "index" or e.k == "call" or e.k == "method" or e.k == "paren" then return text end
  return text:find("^%(") and text or "(" .. text .. ")"
end

function show(e, limit)
  limit = limit or 0
  local k = e.k
  if k == "name" then return e.name
  elseif k == "number" or k == "const" then return e.text
  elseif k == "string" then return (("%q"):format(e.value):gsub("\\\n", "\\n"):gsub("\r", "\\r"))
  elseif k == "vararg" then return "..."
  elseif k == "paren" then return "(" .. show(e[1]) .. ")"
  elseif k == "function" then return "function" .. lambda(e)
  elseif k == "index" then
    local i = e[2]
    if i.k == "string" and is_name(i.value) then return prefix(e[1]) .. "." .. i.value end
    return prefix(e[1]) .. "[" .. show(i) .. "]"
  elseif k == "call" then return prefix(e[1]) .. "(" .. shows(e.args) .. ")"
  elseif k == "method" then return prefix(e[1]) .. ":" .. e.name .. "(" .. shows(e.args) .. ")"
  elseif k == "table" then
    local r = {}
    for i, item in ipairs(e) do
      local key = item.key
      if not key then r[i] = show(item.value)
      elseif key.k == "string" and is_name(key.value) then r[i] = key.value .. " = " .. show(item.value)
      else r[i] = "[" .. show(key) .. "] = " .. show(item.value) end
    end
    return #r == 0 and "{}" or "{ " .. table.concat(r, ", ") .. " }"
  elseif k == "unary" then
    local inner = show(e[1], unary_level)
    local s = e.op .. ((e.op == "not" or inner:find("^%-")) and " " or "") .. inner
    return limit > unary_level + 1 and "(" .. s .. ")" or s
  elseif k == "binary" then
    local l, r = left[e.op], right[e.op]
    -- `limit` is the level the context needs; a right-associative operator lets its own level through on the right only
    local s = show(e[1], r and l + 1 or l) .. " " .. e.op .. " " .. show(e[2], r or l + 1)
    return l < limit and "(" .. s .. ")" or s
  end
  error("no printer for " .. tostring(k))
end

local printers = {
  ["if"] = function(s)
    for i, clause in ipairs(s) do
      emit((i == 1 and "if " or "elseif ") .. show(clause[1]) .. " then")
      stats(clause[2], true)
    end
    if s.otherwise then emit "else" stats(s.otherwise, true) end
    emit "end"
  end,
  ["while"] = function(s) emit("while " .. show(s[1]) .. " do") stats(s[2], true) emit "end" end,
  ["do"] = function(s) emit "do" stats(s[1], true) emit "end" end,
  ["repeat"] = function(s) emit "repeat" stats(s[1], true) emit("until " .. show(s[2])) end,
  ["break"] = function() emit "break" end,
  ["return"] = function(s) emit(#s == 0 and "return" or "return " .. shows(s)) end,
  numeric = function(s) emit("for " .. s.names[1] .. " = " .. shows(s.list) .. " do") stats(s.body, true) emit "end" end,
  generic = function(s) emit("for " .. table.concat(s.names, ", ") .. " in " .. shows(s.list) .. " do") stats(s.body, true) emit "end" end,
  funcstat = function(s)
    if s.method then emit("function " .. show(s[1]) .. ":" .. s.method .. lambda(s[2], 2))
    else emit("function " .. show(s[1]) .. lambda(s[2])) end
  end,
  localfunc = function(s) emit("local function " .. s.name .. lambda(s[1])) end,
  ["local"] = function(s) emit("local " .. table.concat(s.names, ", ") .. (#s.list > 0 and " = " .. shows(s.list) or "")) end,
  assign = function(s) emit(shows(s[1]) .. " = " .. shows(s[2])) end,
  call = function(s) local t = show(s) emit(t:find("^%(") and ";" .. t or t) end,
}
printers.method = printers.call

function stats(list, deeper)
  if deeper then depth = depth + 1 end
  for _, s in ipairs(list) do printers[s.k](s) end
  if deeper then depth = depth - 1 end
end

function P.format(src)
  local tree = parse(src)
  out, depth = {}, 0
  stats(tree)
  return table.concat(out)
end

-- trials ---------------------------------------------------------------------------

local ugly = [==[
local a,b=1,2;local t={a;b,["x y"]=3,z=4,[5]=6,f=function(...)return ...end,{},{{}}}
function t.g(x,...)if x==1 then return 1 elseif x==2 then return 2,3 else return(select('#',...))end end
function t:m(y)self.n=(self.n or 0)+y return self end
for i=1,3 do local q=i*2;if q>4 then break end;print(i,q)end for k,v in ipairs{7,8}do print(k,v)end
while a<10 do a=a+3 end repeat local z=a;a=a-1 until z<5
print(a,-2^2,(-2)^2,2^-1,not(a==b),not a==b,-(-a),#"abc"..#t..'x',2^3^2,(2^3)^2,"a".."b".."c",("a".."b").."c")
print(1-2-3,1-(2-3),7%4*2,7%(4*2),1 ..2,a<b==false,a<(b)==not false,(a and b)or 3,a and(b or 3),nil==false)
t:m(3):m(4)print(t.n,t.g(1),t.g(2),(t.g(2)),t.g(3,nil,nil))
print((("x"):rep(3)),({1,2,3})[2],(function(x)return x*2 end)(21),#{n=1,1,2},[[long
string]],'\65\10\0\200"\'')
local function fact(n)if n<=1 then return 1 end return n*fact(n-1)end print(fact(10))
do local a="shadow"print(a)end
t["end"]=1 t.ok=t["end"]print(t.ok,t["end"],t[1],t[ [[x y]] ])
x,y=1,2 x,y=y,x print(x,y)
]==]

local function run(src)
  local lines = {}
  local f, m = loadstring(src, "=chunk")
  if not f then return "cannot compile: " .. m end
  local env = setmetatable({ print = function(...)
    local parts = {}
    for i = 1, select("#", ...) do parts[i] = tostring((select(i, ...))) end
    lines[#lines + 1] = table.concat(parts, "\t")
  end }, { __index = _G })
  setfenv(f, env)
  local ok, e = pcall(f)
  if not ok then lines[#lines + 1] = "error: " .. e end
  return table.concat(lines, "\n")
end

local pretty = P.format(ugly)
io.write(pretty)
print "-- output of the program"
print(run(pretty))
print("same output", run(pretty) == run(ugly), "idempotent", P.format(pretty) == pretty)

-- this file itself: the formatted version must format another text in the same way
local handle = assert(io.open((debug.getinfo(1, "S").source:gsub("^@", ""))))
local own = handle:read("*a")
handle:close()
local own_pretty = P.format(own)
local head = own_pretty:sub(1, assert(own_pretty:find("local ugly = ", 1, true)) - 1)
local other = assert(loadstring(head .. "return P", "=own"))()
print("self", other.format(ugly) == pretty, other.format(own) == own_pretty)
for i, wrong in ipairs { "x = ", "for i do end", "local 3", "f(", "return 1 2", "a.b", "if x the end", "x = }", "x @ y", "else" } do
  print(i, select(2, pcall(P.format, wrong)))
end
