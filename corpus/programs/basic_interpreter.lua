-- Tiny BASIC: numbered lines, LET, PRINT, IF, FOR, WHILE, GOSUB, DIM, DATA, DEF FN, strings; programs are listed, renumbered and run with a step limit.

local Basic = {}
Basic.__index = Basic

local function new() return setmetatable({ lines = {}, order = {} }, Basic) end

local function oops(line, message) error({ line = line, message = message }, 0) end

-- tokens: { kind, value }
local keywords = {}
for k in ([[LET PRINT IF THEN ELSE GOTO GOSUB RETURN FOR TO STEP NEXT WHILE WEND DIM DATA READ RESTORE DEF END STOP REM INPUT AND OR NOT MOD ON]]):gmatch "%u+" do keywords[k] = true end

local function tokenize(text, line)
  local out, pos = {}, 1
  while true do
    pos = text:match("^%s*()", pos)
    if pos > #text then return out end
    local s, e = text:match('^"([^"]*)"()', pos)
    if s then out[#out + 1] = { "string", s }
    else
      s, e = text:match("^(%d+%.?%d*)()", pos)
      if not s then s, e = text:match("^(%.%d+)()", pos) end
      if s then out[#out + 1] = { "number", tonumber(s) }
      else
        s, e = text:match("^(%a[%w_]*%$?)()", pos)
        if s then
          s = s:upper()
          if s == "REM" then
            out[#out + 1] = { "REM", text:sub(e) }
            return out
          end
          out[#out + 1] = keywords[s] and { s, s } or { "name", s }
        else
          s, e = text:match("^([<>][=>]?)()", pos)
          if not s then s, e = text:match("^([-+*/^=(),;:?])()", pos) end
          if not s then oops(line, "bad character " .. text:sub(pos, pos)) end
          out[#out + 1] = { s, s }
        end
      end
    end
    pos = e
  end
end

function Basic:enter(text)
  for l in text:gmatch "[^\n]+" do
    local n, rest = l:match "^%s*(%d+)%s*(.-)%s*$"
    if not n then oops(0, "no line number: " .. l) end
    n = tonumber(n)
    if rest == "" then self.lines[n] = nil else self.lines[n] = { text = rest, tokens = tokenize(rest, n) } end
  end
  self.order = {}
  for n in pairs(self.lines) do self.order[#self.order + 1] = n end
  table.sort(self.order)
  return self
end

function Basic:list(from, to)
  for _, n in ipairs(self.order) do
    if n >= (from or 0) and n <= (to or math.huge) then print(("%4d %s"):format(n, self.lines[n].text)) end
  end
end

function Basic:renumber(start, step)
  local map, n = {}, start
  for _, old in ipairs(self.order) do map[old], n = n, n + step end
  local text = {}
  for i, old in ipairs(self.order) do
    local body = self.lines[old].text
    for _, word in ipairs { "GOTO", "GOSUB", "THEN", "ELSE" } do
      body = body:gsub("(" .. word .. "%s+)([%d, ]+)", function(w, list)
        return w .. list:gsub("%d+", function(d) return tostring(map[tonumber(d)] or "?" .. d) end)
      end)
    end
    text[i] = map[old] .. " " .. body
  end
  return new():enter(table.concat(text, "\n"))
end

-- execution -----------------------------------------------------------------------

local functions = {
  ABS = math.abs, SQR = math.sqrt, SIN = math.sin, COS = math.cos, INT = math.floor, EXP = math.exp, LOG = math.log,
  SGN = function(x) return x > 0 and 1 or x < 0 and -1 or 0 end,
  LEN = string.len, ["CHR$"] = string.char, ASC = string.byte, VAL = function(s) return tonumber(s) or 0 end,
  ["STR$"] = tostring, ["LEFT$"] = function(s, n) return s:sub(1, n) end, ["RIGHT$"] = function(s, n) return n > 0 and s:sub(-n) or "" end,
  ["MID$"] = function(s, i, n) return s:sub(i, n and i + n - 1 or -1) end, ["STRING$"] = function(n, s) return s:rep(n) end,
  TAB = function(n) return (" "):rep(n) end, MAX = math.max, MIN = math.min,
}

function Basic:run(input, limit)
  local vars, arrays, defs, returns, loops, whiles = {}, {}, {}, {}, {}, {}
  local data, data_at, out, inputs = {}, 1, "", { unpack(input or {}) }
  local seed = 1
  for _, n in ipairs(self.order) do
    local t = self.lines[n].tokens
    if t[1][1] == "DATA" then
      local sign = 1
      for i = 2, #t do
        if t[i][1] == "-" then sign = -1
        elseif t[i][1] ~= "," then
          data[#data + 1] = type(t[i][2]) == "number" and sign * t[i][2] or t[i][2]
          sign = 1
        end
      end
    end
  end
  local index = {}
  for i, n in ipairs(self.order) do index[n] = i end

  local row, tokens, at, number = 1, nil, 1, 0
  local function kind() return tokens[at] and tokens[at][1] end
  local function accept(k) if kind() == k then at = at + 1 return true end end
  local function expect(k) if not accept(k) then oops(number, k .. " expected near " .. tostring(tokens[at] and tokens[at][2] or "end of line")) end end
  local expression

  local function default(name) return name:sub(-1) == "$" and "" or 0 end
  local function element(name, subs)
    local a = arrays[name]
    if not a then
      a = { dims = {} }
      for i = 1, #subs do a.dims[i] = 10 end
      arrays[name] = a
    end
    if #subs ~= #a.dims then oops(number, "wrong number of subscripts for " .. name) end
    for i, s in ipairs(subs) do
      if s < 0 or s > a.dims[i] or s ~= math.floor(s) then oops(number, "subscript out of range: " .. name .. "(" .. s .. ")") end
    end
    return a, table.concat(subs, ",")
  end
  local function arguments()
    local list = {}
    expect "("
    repeat list[#list + 1] = expression() until not accept ","
    expect ")"
    return list
  end
  local function typed(v, name)
    if (type(v) == "string") ~= (name:sub(-1) == "$") then oops(number, "type mismatch for " .. name) end
    return v
  end

  local function atom()
    local t = tokens[at]
    if not t then oops(number, "expression expected") end
    at = at + 1
    if t[1] == "number" or t[1] == "string" then return t[2]
    elseif t[1] == "(" then
      local v = expression()
      expect ")"
      return v
    elseif t[1] == "-" then return -atom()
    elseif t[1] == "NOT" then return atom() == 0 and -1 or 0
    elseif t[1] == "name" then
      local name = t[2]
      if name == "RND" then
        arguments()
        seed = (seed * 16807) % 2147483647
        return seed / 2147483647
      end
      if kind() == "(" then
        local args = arguments()
        if functions[name] then
          local ok, v = pcall(functions[name], unpack(args))
          if not ok then oops(number, "bad argument for " .. name) end
          return v
        elseif defs[name] then
          local d = defs[name]
          local saved, st, sa = vars[d.param], tokens, at
          vars[d.param], tokens, at = args[1], d.tokens, d.at
          local v = expression()
          vars[d.param], tokens, at = saved, st, sa
          return v
        end
        local a, key = element(name, args)
        local v = a[key]
        if v == nil then return default(name) end
        return v
      end
      local v = vars[name]
      if v == nil then return default(name) end
      return v
    end
    oops(number, "unexpected " .. tostring(t[2]))
  end
  local levels = { { "OR" }, { "AND" }, { "=", "<", ">", "<=", ">=", "<>" }, { "+", "-" }, { "*", "/", "MOD" }, { "^" } }
  local truth = function(b) return b and -1 or 0 end
  local operate = {
    OR = function(a, b) return truth(a ~= 0 or b ~= 0) end, AND = function(a, b) return truth(a ~= 0 and b ~= 0) end,
    ["="] = function(a, b) return truth(a == b) end, ["<>"] = function(a, b) return truth(a ~= b) end,
    ["<"] = function(a, b) return truth(a < b) end, [">"] = function(a, b) return truth(a > b) end,
    ["<="] = function(a, b) return truth(a <= b) end, [">="] = function(a, b) return truth(a >= b) end,
    ["+"] = function(a, b) if type(a) == "string" then return a .. b end return a + b end,
    ["-"] = function(a, b) return a - b end, ["*"] = function(a, b) return a * b end, ["^"] = function(a, b) return a ^ b end,
    ["/"] = function(a, b) if b == 0 then oops(number, "division by zero") end return a / b end,
    MOD = function(a, b) return a % b end,
  }
  local function level(i)
    if not levels[i] then return atom() end
    local a = level(i + 1)
    while true do
      local op
      for _, o in ipairs(levels[i]) do if kind() == o then op = o end end
      if not op then return a end
      at = at + 1
      local b = level(i + 1)
      if type(a) ~= type(b) then oops(number, "type mismatch") end
      a = operate[op](a, b)
    end
  end
  function expression() return level(1) end

  local function jump(n)
    if not index[n] then oops(number, "no line " .. n) end
    row, at, tokens = index[n], 1, nil
  end
  local function assign_target()
    local name = tokens[at] and tokens[at][1] == "name" and tokens[at][2] or oops(number, "variable expected")
    at = at + 1
    if kind() == "(" then
      local a, key = element(name, arguments())
      return function(v) a[key] = typed(v, name) end
    end
    return function(v) vars[name] = typed(v, name) end
  end
  local function skip_to(open, close)       -- from the current line on, to the matching word
    local depth, r = 1, row
    while r < #self.order do
      r = r + 1
      local first = self.lines[self.order[r]].tokens[1][1]
      if first == open then depth = depth + 1 elseif first == close then depth = depth - 1 end
      if depth == 0 then return r end
    end
    oops(number, open .. " without " .. close)
  end

  local statements
  local function statement()
    local t = tokens[at]
    local f = statements[t[1]]
    if f then
      at = at + 1
      return f(t)
    elseif t[1] == "name" then return statements.LET() end
    oops(number, "unexpected " .. tostring(t[2]))
  end
  statements = {
    REM = function(t) at = #tokens + 1 end,
    DATA = function() at = #tokens + 1 end,
    LET = function() local set = assign_target() expect "=" set(expression()) end,
    PRINT = function()
      local newline = true
      while at <= #tokens and kind() ~= ":" and kind() ~= "ELSE" do
        if accept ";" then newline = false
        elseif accept "," then out = out .. (" "):rep(10 - #out % 10) newline = false
        else
          local v = expression()
          out = out .. (type(v) == "number" and tostring(v) or v)
          newline = true
        end
      end
      if newline then print(out) out = "" end
    end,
    IF = function()
      local c = expression()
      expect "THEN"
      if c == 0 then
        while at <= #tokens and kind() ~= "ELSE" do at = at + 1 end
        if not accept "ELSE" then at = #tokens + 1 return end
      end
      if kind() == "number" then jump(tokens[at][2]) else statement() end
    end,
    ELSE = function() at = #tokens + 1 end,
    GOTO = function() jump(expression()) end,
    ON = function()
      local n, gosub = expression(), false
      if accept "GOSUB" then gosub = true else expect "GOTO" end
      local targets = {}
      repeat targets[#targets + 1] = expression() until not accept ","
      if targets[n] then
        if gosub then returns[#returns + 1] = { row, at } end
        jump(targets[n])
      end
    end,
    GOSUB = function()
      local n = expression()
      returns[#returns + 1] = { row, at }
      if #returns > 100 then oops(number, "too many GOSUBs") end
      jump(n)
    end,
    RETURN = function()
      local r = table.remove(returns) or oops(number, "RETURN without GOSUB")
      row, at = r[1], r[2]
      tokens = self.lines[self.order[row]].tokens
    end,
    FOR = function()
      local name = tokens[at] and tokens[at][2]
      local set = assign_target()
      expect "=" set(expression()) expect "TO"
      local limit, step = expression(), 1
      if accept "STEP" then step = expression() end
      for i = #loops, 1, -1 do if loops[i].name == name then while #loops >= i do table.remove(loops) end end end
      loops[#loops + 1] = { name = name, limit = limit, step = step, row = row, at = at }
    end,
    NEXT = function()
      local name = kind() == "name" and tokens[at][2]
      if name then at = at + 1 end
      local l = loops[#loops]
      while l and name and l.name ~= name do table.remove(loops) l = loops[#loops] end
      if not l then oops(number, "NEXT without FOR") end
      vars[l.name] = vars[l.name] + l.step
      if l.step >= 0 and vars[l.name] <= l.limit or l.step < 0 and vars[l.name] >= l.limit then
        row, at = l.row, l.at
        tokens = self.lines[self.order[row]].tokens
      else table.remove(loops) end
    end,
    WHILE = function()
      local here = row
      if expression() ~= 0 then
        if whiles[#whiles] ~= here then whiles[#whiles + 1] = here end
      else
        if whiles[#whiles] == here then table.remove(whiles) end
        row = skip_to("WHILE", "WEND") + 1
        tokens, at = nil, 1
      end
    end,
    WEND = function()
      row = whiles[#whiles] or oops(number, "WEND without WHILE")
      tokens, at = nil, 1
    end,
    DIM = function()
      repeat
        local name = tokens[at][2]
        at = at + 1
        arrays[name] = { dims = arguments() }
      until not accept ","
    end,
    READ = function()
      repeat
        local set = assign_target()
        if data[data_at] == nil then oops(number, "out of data") end
        set(data[data_at])
        data_at = data_at + 1
      until not accept ","
    end,
    RESTORE = function() data_at = 1 end,
    INPUT = function()
      if kind() == "string" then out = out .. tokens[at][2] at = at + 1 expect ";" end
      repeat
        local set = assign_target()
        local v = table.remove(inputs, 1)
        if v == nil then oops(number, "end of input") end
        out = out .. "? " .. v
        set(v)
      until not accept ","
      print(out) out = ""
    end,
    DEF = function()
      local name = tokens[at][2]
      defs[name] = { param = tokens[at + 2][2], tokens = tokens, at = at + 5 }
      at = #tokens + 1
    end,
    END = function() row = math.huge at = 1 tokens = nil end,
    STOP = function() oops(number, "STOP") end,
  }
  statements["?"] = statements.PRINT

  local steps = 0
  while self.order[row] do
    number = self.order[row]
    tokens = tokens or self.lines[number].tokens
    if at > #tokens then row, at, tokens = row + 1, 1, nil
    elseif kind() == ":" then at = at + 1
    else
      steps = steps + 1
      if steps > (limit or 20000) then oops(number, "too many steps") end
      statement()
    end
  end
  if out ~= "" then print(out) end
  return steps
end

local function go(name, text, input)
  print("== " .. name)
  local p = new()
  local ok, e = pcall(function() return p:enter(text):run(input, 5000) end)
  if not ok then e = type(e) == "table" and ("? line %d: %s"):format(e.line, e.message) or e end
  print("--", e)
  return p
end

local first = go("squares", [[
10 REM table of squares
20 FOR I = 1 TO 5
30 PRINT I, I * I, SQR(I * I * I * I)
40 NEXT I
50 PRINT "DONE"; : PRINT "!"
]])
first:list()
first:enter("35 PRINT \"  half\"; I / 2\n30\n50"):list(20, 40)
first:renumber(100, 5):list()
first:run()
go("guess", [[
10 LET N = 37
20 INPUT "GUESS"; G
30 T = T + 1
40 IF G < N THEN PRINT "TOO LOW" : GOTO 20
50 IF G > N THEN PRINT "TOO HIGH" : GOTO 20
60 PRINT "CORRECT IN "; T; " TRIES"
]], { 50, 25, 37 })
go("sieve", [[
10 DIM S(60)
20 FOR I = 2 TO 60
30 IF S(I) = 1 THEN 70
40 PRINT I; " ";
50 FOR J = I * I TO 60 STEP I : IF J <= 60 THEN S(J) = 1
60 NEXT J
70 NEXT I
]])
go("subroutines", [[
10 FOR X = 1 TO 3 : ON X GOSUB 100, 200, 300 : NEXT
20 GOSUB 400 : END
100 PRINT "ONE" : RETURN
200 PRINT "TWO" : GOSUB 300 : RETURN
300 PRINT "THREE" : RETURN
400 D = D + 1 : IF D < 5 THEN GOSUB 400
410 PRINT "DEPTH"; D : RETURN
]])
go("data", [[
10 READ N$, A
20 IF N$ = "END" THEN 60
30 S = S + A : C = C + 1 : PRINT N$; TAB(8 - LEN(N$)); A
40 GOTO 10
60 PRINT "MEAN "; S / C
70 RESTORE : READ N$ : PRINT N$
80 DATA "ANN", 30, "BOB", -5, "CECILE", 12.5
90 DATA "END", 0
]])
go("strings", [[
10 DEF FNSQ(X) = X * X + 1
20 A$ = "HELLO" + " " + "WORLD"
30 PRINT LEFT$(A$, 5); "/"; RIGHT$(A$, 3); "/"; MID$(A$, 4, 4); "/"; LEN(A$); "/"; ASC(A$); CHR$(33)
40 FOR I = LEN(A$) TO 1 STEP -1 : PRINT MID$(A$, I, 1); : NEXT : PRINT
50 PRINT FNSQ(4); " "; FNSQ(FNSQ(1)); " "; VAL("12.5") * 2; " "; STRING$(3, "AB")
60 PRINT "A" < "B"; NOT 0; 5 > 3 AND 2 > 1; 1 = 2 OR 3 = 3; -2 ^ 2; 7 MOD 4; 2 + 3 * 4 ^ 2 / 8
]])
go("collatz", [[
10 N = 27 : C = 0 : M = N
20 WHILE N <> 1
30 IF N MOD 2 = 0 THEN N = N / 2 ELSE N = 3 * N + 1
40 C = C + 1 : M = MAX(M, N)
50 WEND
60 PRINT "STEPS "; C; " HIGHEST "; M
]])
go("matrix", [[
10 DIM A(2, 2), B(2, 2)
20 FOR I = 0 TO 2 : FOR J = 0 TO 2 : A(I, J) = I + J : B(I, J) = I * J + 1 : NEXT J : NEXT I
30 FOR I = 0 TO 2 : FOR J = 0 TO 2
40 S = 0 : FOR K = 0 TO 2 : S = S + A(I, K) * B(K, J) : NEXT K
50 PRINT S, : NEXT J : PRINT : NEXT I
60 FOR I = 1 TO 6 : PRINT INT(RND(1) * 6) + 1; " "; : NEXT
]])
for i, text in ipairs {
  "10 PRINT 1 / 0", "10 GOTO 99", "10 NEXT I", "10 RETURN", "10 READ X", "10 A$ = 5", "10 A = \"X\"", "10 DIM A(3) : A(4) = 1", "10 PRINT A(1, 2)\n20 PRINT A(1)",
  "10 PRINT (1", "10 FOR", "10 GOSUB 10", "10 GOTO 10", "10 PRINT 1 + \"A\"", "PRINT 5", "10 PRINT 1 @ 2", "10 WEND", "10 IF 1 PRINT 2", "10 WHILE 0", "10 INPUT X", "10 STOP", "10 PRINT CHR$(999)", "10 = 5",
} do go("error " .. i, text) end
