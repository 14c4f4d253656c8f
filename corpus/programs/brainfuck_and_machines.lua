-- Small machines: Brainfuck interpreter and compiler to Lua, Turing machine, register machine, cellular automata, game of life, Langton's ant, L-systems.

-- Brainfuck ------------------------------------------------------------------------------------

local function bf_check(source)
  local stack, jumps = {}, {}
  for i = 1, #source do
    local c = source:sub(i, i)
    if c == "[" then stack[#stack + 1] = i
    elseif c == "]" then
      local j = table.remove(stack) or error("unmatched ] at " .. i, 0)
      jumps[i], jumps[j] = j, i
    end
  end
  if #stack > 0 then error("unmatched [ at " .. stack[#stack], 0) end
  return jumps
end

local function bf_run(source, input)
  local jumps, tape, p, pc, at, out, steps = bf_check(source), {}, 0, 1, 1, {}, 0
  while pc <= #source do
    local c = source:sub(pc, pc)
    if c == ">" then p = p + 1
    elseif c == "<" then p = p - 1 if p < 0 then error("tape underflow at " .. pc, 0) end
    elseif c == "+" then tape[p] = ((tape[p] or 0) + 1) % 256
    elseif c == "-" then tape[p] = ((tape[p] or 0) - 1) % 256
    elseif c == "." then out[#out + 1] = string.char(tape[p] or 0)
    elseif c == "," then tape[p] = input and input:byte(at) or 0 at = at + 1
    elseif c == "[" then if (tape[p] or 0) == 0 then pc = jumps[pc] end
    elseif c == "]" then if (tape[p] or 0) ~= 0 then pc = jumps[pc] end
    end
    pc = pc + 1
    steps = steps + 1
  end
  return table.concat(out), steps
end

-- The compiler joins runs of the same instruction and turns [-] into an assignment.
local function bf_compile(source)
  bf_check(source)
  source = source:gsub("[^%+%-<>%.,%[%]]", ""):gsub("%[%-%]", "0")
  local code = { "local tape, read, write = ... local p = 0" }
  local depth = 0
  local pos = 1
  while pos <= #source do
    local c = source:sub(pos, pos)
    local run = source:match("^" .. (c:find "[%+%-<>]" and "%" .. c .. "+" or "."), pos)
    local n = #run
    if c == "+" or c == "-" then code[#code + 1] = ("tape[p] = (tape[p] %s %d) %% 256"):format(c, n)
    elseif c == ">" then code[#code + 1] = "p = p + " .. n
    elseif c == "<" then code[#code + 1] = "p = p - " .. n
    elseif c == "0" then code[#code + 1] = "tape[p] = 0"
    elseif c == "." then code[#code + 1] = "write(tape[p])"
    elseif c == "," then code[#code + 1] = "tape[p] = read()"
    elseif c == "[" then code[#code + 1] = "while tape[p] ~= 0 do"
    elseif c == "]" then code[#code + 1] = "end" end
    pos = pos + n
  end
  local text = table.concat(code, "\n")
  local chunk = assert(loadstring(text, "=bf"))
  return function(input)
    local out, at = {}, 0
    local tape = setmetatable({}, { __index = function() return 0 end })
    chunk(tape, function() at = at + 1 return input and input:byte(at) or 0 end, function(v) out[#out + 1] = string.char(v) end)
    return table.concat(out)
  end, #code
end

print "== brainfuck"
local programs = {
  { "hello", "++++++++[>++++[>++>+++>+++>+<<<<-]>+>+>->>+[<]<-]>>.>---.+++++++..+++.>>.<-.<.+++.------.--------.>>+.>++." },
  { "reverse", ">,[>,]<[.<]", "desserts" },
  { "upper", ",[--------------------------------.,]", "abc" },
  { "squares", "++++[>+++++<-]>[<+++++>-]+<+[>[>+>+<<-]++>>[<<+>>-]>>>[-]++>[-]+>>>+[[-]++++++>>>]<<<[[<++++++++<++>>-]+<.<[>----<-]<]<<[>>>>>[>>>[-]+++++++++<[>-<-]+++++++++>[-[<->-]+[<<<]]<[>+<-]>]<<-]<<-]" },
  { "fibonacci", "+++++++++++>+>>>>++++++++++++++++++++++++++++++++++++++++++++>++++++++++++++++++++++++++++++++<<<<<<[>[>>>>>>+>+<<<<<<<-]>>>>>>>[<<<<<<<+>>>>>>>-]<[>++++++++++[-<-[>>+>+<<<-]>>>[<<<+>>>-]+<[>[-]<[-]]>[<<[>>>+<<<-]>>[-]]<<]>>>[>>+>+<<<-]>>>[<<<+>>>-]+<[>[-]<[-]]>[<<+>>[-]]<<<<<<<]>>>>>[++++++++++++++++++++++++++++++++++++++++++++++++.[-]]++++++++++<[->-<]>++++++++++++++++++++++++++++++++++++++++++++++++.[-]<<<<<<<<<<<<[>>>+>+<<<<-]>>>>[<<<<+>>>>-]<-[>>.>.<<<[-]]<<[>>+>+<<<-]>>>[<<<+>>>-]<<[<+>-]>[<+>-]<<<-]" },
}
for _, p in ipairs(programs) do
  local name, source, input = unpack(p)
  local compiled, lines = bf_compile(source)
  local result = compiled(input)
  print(name, lines, (result:gsub("\n", " "):sub(1, 90)))
  if name ~= "squares" and name ~= "fibonacci" then
    local again, steps = bf_run(source, input)
    print("", "interpreted the same", again == result, steps)
  end
end
for _, bad in ipairs { "[[]", "]", "+[>+]]", "<" } do print(pcall(bf_run, bad)) end

-- Turing machine ----------------------------------------------------------------------------------

print "== turing"
local function turing(rules, tape, limit)
  local delta = {}
  for state, read, write, move, nexts in rules:gmatch "(%w+) (%S) (%S) ([LRN]) (%w+)" do
    delta[state] = delta[state] or {}
    delta[state][read] = { write, move, nexts }
  end
  local cells, low, high = {}, 1, math.max(#tape, 1)
  for i = 1, #tape do cells[i] = tape:sub(i, i) end
  local state, head, steps = "A", 1, 0
  while state ~= "H" and steps < limit do
    local c = cells[head] or "_"
    local rule = delta[state] and delta[state][c]
    if not rule then return "stuck in " .. state .. " at " .. c, steps end
    cells[head] = rule[1]
    head = head + (rule[2] == "R" and 1 or rule[2] == "L" and -1 or 0)
    low, high = math.min(low, head), math.max(high, head)
    state = rule[3]
    steps = steps + 1
  end
  local out = {}
  for i = low, high do out[#out + 1] = cells[i] or "_" end
  return (table.concat(out):gsub("^_+", ""):gsub("_+$", "")), steps, state
end
local increment = "A 0 0 R A  A 1 1 R A  A _ _ L B  B 1 0 L B  B 0 1 N H  B _ 1 N H"
for _, t in ipairs { "0", "1", "1011", "1111", "" } do print("increment", t, turing(increment, t, 100)) end
local palindrome = "A 0 _ R B A 1 _ R C A _ Y N H B 0 0 R B B 1 1 R B B _ _ L D C 0 0 R C C 1 1 R C C _ _ L E D 0 _ L F D 1 N N H D _ Y N H E 1 _ L F E 0 N N H E _ Y N H F 0 0 L F F 1 1 L F F _ _ R A"
for _, t in ipairs { "0110", "010", "011", "1" } do print("palindrome", t, turing(palindrome, t, 1000)) end
local beaver = "A _ 1 R B A 1 1 N H B _ _ R C B 1 1 R B C _ 1 L C C 1 1 L A"
print("busy beaver 3", turing(beaver, "", 1000))
print("busy beaver 4", turing("A _ 1 R B A 1 1 L B B _ 1 L A B 1 _ L C C _ 1 R H C 1 1 L D D _ 1 R D D 1 _ R A", "", 1000))
print(turing("A 0 0 R A", "00x", 10)) print(turing("A _ _ R A", "", 50))

-- Register machine with an assembler -----------------------------------------------------------------

print "== register machine"
local function assemble(text)
  local code, labels = {}, {}
  for line in text:gmatch "[^\n;]+" do
    local label, rest = line:match "^%s*(%w+):%s*(.*)$"
    if label then labels[label] = #code + 1 line = rest end
    local op = line:match "%a+"
    if op then
      local ins = { op }
      for a in line:match("%a+%s*(.*)"):gmatch "[%w%-]+" do ins[#ins + 1] = tonumber(a) or a end
      code[#code + 1] = ins
    end
  end
  return code, labels
end
local function machine(text, registers)
  local code, labels = assemble(text)
  local r, out, stack, pc, steps = setmetatable(registers or {}, { __index = function() return 0 end }), {}, {}, 1, 0
  local function value(x) if type(x) == "number" then return x end return r[x] end
  local ops = {
    set = function(a, b) r[a] = value(b) end, add = function(a, b) r[a] = r[a] + value(b) end, sub = function(a, b) r[a] = r[a] - value(b) end,
    mul = function(a, b) r[a] = r[a] * value(b) end, mod = function(a, b) r[a] = r[a] % value(b) end, div = function(a, b) r[a] = math.floor(r[a] / value(b)) end,
    jmp = function(l) return labels[l] end, jz = function(a, l) if value(a) == 0 then return labels[l] end end, jn = function(a, l) if value(a) < 0 then return labels[l] end end,
    push = function(a) stack[#stack + 1] = value(a) end, pop = function(a) r[a] = table.remove(stack) or error("empty stack", 0) end,
    call = function(l) stack[#stack + 1] = pc + 1 return labels[l] end, ret = function() return table.remove(stack) end,
    out = function(a) out[#out + 1] = value(a) end, halt = function() return math.huge end,
  }
  while code[pc] do
    local op, a, b = unpack(code[pc])
    local f = ops[op] or error("no operation '" .. op .. "'", 0)
    pc = f(a, b) or pc + 1
    steps = steps + 1
    if steps > 10000 then error("runs too long", 0) end
  end
  return table.concat(out, " "), steps
end
print(machine("set n 10\nset a 0\nset b 1\nloop: jz n end\nout a\nset t a\nadd t b\nset a b\nset b t\nsub n 1\njmp loop\nend: halt"))
print(machine("loop: jz b done\nset t a\nmod t b\nset a b\nset b t\njmp loop\ndone: out a", { a = 1071, b = 462 }))
print(machine("call fact; out r; halt\nfact: jz n base; push n; sub n 1; call fact; pop n; mul r n; ret\nbase: set r 1; ret", { n = 8 }))
print(pcall(machine, "x: jmp x")) print(pcall(machine, "pop a")) print(pcall(machine, "bad 1"))

-- Cellular automata ---------------------------------------------------------------------------------------

print "== elementary automata"
local function automaton(rule, width, rows)
  local cells = {}
  for i = 1, width do cells[i] = i == math.ceil(width / 2) and 1 or 0 end
  for _ = 1, rows do
    print((table.concat(cells):gsub("0", " "):gsub("1", "#"):gsub(" +$", "")))
    local nexts = {}
    for i = 1, width do
      local k = (cells[i - 1] or 0) * 4 + cells[i] * 2 + (cells[i + 1] or 0)
      nexts[i] = math.floor(rule / 2 ^ k) % 2
    end
    cells = nexts
  end
end
for _, rule in ipairs { 30, 90, 110 } do print("rule " .. rule) automaton(rule, 33, 9) end

print "== life"
local function life(pattern, generations, height, width)
  local grid = {}
  for y = 1, height do grid[y] = {} end
  local y = 0
  for line in pattern:gmatch "[^/]+" do
    y = y + 1
    for x = 1, #line do if line:sub(x, x) == "#" then grid[y + 1][x + 1] = true end end
  end
  local function count()
    local n = 0
    for yy = 1, height do for x in pairs(grid[yy]) do n = n + 1 end end
    return n
  end
  local history = { count() }
  for _ = 1, generations do
    local nexts = {}
    for yy = 1, height do
      nexts[yy] = {}
      for x = 1, width do
        local n = 0
        for dy = -1, 1 do
          for dx = -1, 1 do
            if (dy ~= 0 or dx ~= 0) and grid[(yy + dy - 1) % height + 1][(x + dx - 1) % width + 1] then n = n + 1 end
          end
        end
        if n == 3 or n == 2 and grid[yy][x] then nexts[yy][x] = true end
      end
    end
    grid = nexts
    history[#history + 1] = count()
  end
  return history, grid
end
local history, grid = life(".#/..#/###", 12, 8, 8)
print(table.concat(history, " "))
for y = 1, 8 do local t = {} for x = 1, 8 do t[x] = grid[y][x] and "#" or "." end print(table.concat(t)) end
print(table.concat((life(".##/##/.#", 40, 20, 20)), " "))
print(table.concat((life("###", 5, 6, 6)), " "), table.concat((life("##/##", 3, 6, 6)), " "))

print "== ant"
local black, x, y, dx, dy, painted = {}, 0, 0, 0, -1, 0
for step = 1, 11000 do
  local key = x .. "," .. y
  if black[key] then dx, dy = dy, -dx black[key] = nil painted = painted - 1
  else dx, dy = -dy, dx black[key] = true painted = painted + 1 end
  x, y = x + dx, y + dy
  if step % 2000 == 0 or step == 11000 then io.write(step, ":", painted, "@", x, ",", y, " ") end
end
print()

print "== L-systems"
local function grow(axiom, rules, n) for _ = 1, n do axiom = axiom:gsub(".", rules) end return axiom end
for n = 0, 6 do io.write(grow("A", { A = "AB", B = "A" }, n), " ") end print()
for n = 1, 10 do io.write(#grow("A", { A = "AB", B = "A" }, n), " ") end print(#grow("F", { F = "F+F-F-F+F" }, 4))
local function draw(commands, angle)
  local px, py, d, points, min_x, min_y, max_x, max_y = 0, 0, 0, {}, 0, 0, 0, 0
  for c in commands:gmatch "." do
    if c == "F" then
      px, py = px + math.floor(math.cos(math.rad(d)) + 0.5), py + math.floor(math.sin(math.rad(d)) + 0.5)
      points[py * 1000 + px] = true
      min_x, max_x, min_y, max_y = math.min(min_x, px), math.max(max_x, px), math.min(min_y, py), math.max(max_y, py)
    elseif c == "+" then d = (d + angle) % 360 elseif c == "-" then d = (d - angle) % 360 end
  end
  for yy = max_y, min_y, -1 do
    local t = {}
    for xx = min_x, max_x do t[#t + 1] = points[yy * 1000 + xx] and "o" or " " end
    print((table.concat(t):gsub(" +$", "")))
  end
end
draw(grow("F", { F = "F+F-F-F+F" }, 2), 90)
draw(grow("FX", { X = "X+YF+", Y = "-FX-Y" }, 5):gsub("[XY]", ""), 90)
