-- Classic puzzles by search: sudoku, n queens, knight's tour, peg solitaire, water jugs, fifteen puzzle, cryptarithm, hanoi, exact cover, magic square.

-- Sudoku: constraint propagation plus search ------------------------------------------------

local function sudoku(text)
  local cells, peers = {}, {}
  for i = 0, 80 do
    peers[i] = {}
    local r, c = math.floor(i / 9), i % 9
    for j = 0, 80 do
      local r2, c2 = math.floor(j / 9), j % 9
      if i ~= j and (r == r2 or c == c2 or (math.floor(r / 3) == math.floor(r2 / 3) and math.floor(c / 3) == math.floor(c2 / 3))) then
        table.insert(peers[i], j)
      end
    end
  end
  local guesses = 0

  local function eliminate(grid, cell, digit)
    local s = grid[cell]
    if not s:find(digit, 1, true) then return true end
    s = s:gsub(digit, "")
    grid[cell] = s
    if #s == 0 then return false end
    if #s == 1 then
      for _, p in ipairs(peers[cell]) do
        if not eliminate(grid, p, s) then return false end
      end
    end
    return true
  end

  local function assign(grid, cell, digit)
    for d in grid[cell]:gmatch "%d" do
      if d ~= digit and not eliminate(grid, cell, d) then return false end
    end
    return true
  end

  local function search(grid)
    local best
    for i = 0, 80 do
      local n = #grid[i]
      if n > 1 and (not best or n < #grid[best]) then best = i end
    end
    if not best then return grid end
    for d in grid[best]:gmatch "%d" do
      guesses = guesses + 1
      local copy = {}
      for i = 0, 80 do copy[i] = grid[i] end
      if assign(copy, best, d) then
        local solved = search(copy)
        if solved then return solved end
      end
    end
  end

  for i = 0, 80 do cells[i] = "123456789" end
  local i = 0
  for c in text:gmatch "[%d.]" do
    if c ~= "." and c ~= "0" and not assign(cells, i, c) then return nil, "contradiction" end
    i = i + 1
  end
  local solution = search(cells)
  if not solution then return nil, "no solution" end
  for unit = 0, 8 do
    local row, column, box = 0, 0, 0
    for k = 0, 8 do
      row = row + solution[unit * 9 + k]
      column = column + solution[k * 9 + unit]
      box = box + solution[math.floor(unit / 3) * 27 + unit % 3 * 3 + math.floor(k / 3) * 9 + k % 3]
    end
    assert(row == 45 and column == 45 and box == 45)
  end
  local lines = {}
  for r = 0, 8 do
    local t = {}
    for c = 0, 8 do t[#t + 1] = solution[r * 9 + c] .. (c % 3 == 2 and c < 8 and " " or "") end
    lines[#lines + 1] = table.concat(t)
  end
  return table.concat(lines, "\n"), guesses
end

print "== sudoku"
print(sudoku "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79")
print(sudoku "4.....8.5.3..........7......2.....6.....8.4......1.......6.3.7.5..2.....1.4......")
print(sudoku "55..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79")

-- Queens ----------------------------------------------------------------------------------------

print "== queens"
local function queens(n, each)
  local columns, up, down, place, count = {}, {}, {}, {}, 0
  local function row(r)
    if r > n then
      count = count + 1
      if each then each(place) end
      return
    end
    for c = 1, n do
      if not (columns[c] or up[r + c] or down[r - c]) then
        columns[c], up[r + c], down[r - c], place[r] = true, true, true, c
        row(r + 1)
        columns[c], up[r + c], down[r - c] = nil
      end
    end
  end
  row(1)
  return count
end
for n = 1, 7 do io.write(queens(n), n < 7 and " " or "\n") end
local first
print(queens(8, function(p) first = first or table.concat(p, " ") end), first)
for c in first:gmatch "%d" do print((" ."):rep(c - 1) .. " Q" .. (" ."):rep(8 - c)) end

-- Knight's tour by Warnsdorff's rule ---------------------------------------------------------------

print "== knight"
local function tour(n, x, y)
  local board = {}
  for i = 1, n do board[i] = {} end
  local moves = { { 1, 2 }, { 2, 1 }, { 2, -1 }, { 1, -2 }, { -1, -2 }, { -2, -1 }, { -2, 1 }, { -1, 2 } }
  local function free(a, b) return board[a] and b >= 1 and b <= n and not board[a][b] end
  local function degree(a, b)
    local d = 0
    for _, m in ipairs(moves) do if free(a + m[1], b + m[2]) then d = d + 1 end end
    return d
  end
  local function step(a, b, k)
    board[a][b] = k
    if k == n * n then return true end
    local options = {}
    for i, m in ipairs(moves) do
      local p, q = a + m[1], b + m[2]
      if free(p, q) then options[#options + 1] = { p, q, degree(p, q), i } end
    end
    table.sort(options, function(u, v)
      if u[3] ~= v[3] then return u[3] < v[3] end
      return u[4] < v[4]
    end)
    for _, o in ipairs(options) do
      if step(o[1], o[2], k + 1) then return true end
    end
    board[a][b] = nil
    return false
  end
  if not step(x, y, 1) then return nil end
  return board
end
for _, case in ipairs { { 5, 1, 1 }, { 6, 2, 3 }, { 8, 1, 1 } } do
  local board = tour(unpack(case))
  for _, row in ipairs(board) do
    for _, k in ipairs(row) do io.write(("%3d"):format(k)) end
    io.write "\n"
  end
end
print(tour(3, 1, 1), tour(4, 1, 1))

-- Generic breadth-first search over states written as strings -----------------------------------------

local function solve(start, goal, moves)
  local seen, queue, head = { [start] = "" }, { start }, 1
  local is_goal = type(goal) == "function" and goal or function(s) return s == goal end
  while head <= #queue do
    local s = queue[head]
    head = head + 1
    if is_goal(s) then
      local trace = { s }
      while seen[s] ~= "" do
        s = seen[s]
        table.insert(trace, 1, s)
      end
      return trace, #queue
    end
    for nexts in moves(s) do
      if not seen[nexts] then
        seen[nexts] = s
        queue[#queue + 1] = nexts
      end
    end
  end
  return nil, #queue
end

print "== jugs"
local function jugs(sizes)
  return function(s)
    return coroutine.wrap(function()
      local v = {}
      for n in s:gmatch "%d+" do v[#v + 1] = tonumber(n) end
      for i = 1, #v do
        for j = 0, #v do
          local w = { unpack(v) }
          if j == 0 then w[i] = 0
          elseif j == i then w[i] = sizes[i]
          else
            local amount = math.min(v[i], sizes[j] - v[j])
            w[i], w[j] = v[i] - amount, v[j] + amount
          end
          coroutine.yield(table.concat(w, ","))
        end
      end
    end)
  end
end
local trace, states = solve("0,0", function(s) return s:find "^4," or s:find ",4$" end, jugs { 3, 5 })
print(#trace - 1, table.concat(trace, " "), states)
print(solve("0,0", function(s) return s:find "3" end, jugs { 2, 4 }))
trace = solve("8,0,0", "4,4,0", jugs { 8, 5, 3 })
print(#trace - 1, table.concat(trace, " "))

print "== farmer, wolf, goat, cabbage"
local function crossings(s)
  local k, out = 0, {}
  local function safe(t)
    local f, w, g, c = t:match "(.)(.)(.)(.)"
    return not ((w == g or g == c) and g ~= f)
  end
  local function flip(c) return c == "L" and "R" or "L" end
  for i = 1, 4 do
    if s:sub(i, i) == s:sub(1, 1) then
      local t = flip(s:sub(1, 1)) .. s:sub(2)
      if i > 1 then t = t:sub(1, i - 1) .. flip(s:sub(i, i)) .. t:sub(i + 1) end
      if safe(t) then out[#out + 1] = t end
    end
  end
  return function() k = k + 1 return out[k] end
end
print(table.concat(solve("LLLL", "RRRR", crossings), " "))

print "== sliding tiles"
local function slides(s)
  local at = s:find("_", 1, true)
  local r, c = math.floor((at - 1) / 3), (at - 1) % 3
  local targets = {}
  if r > 0 then targets[#targets + 1] = at - 3 end
  if r < 2 then targets[#targets + 1] = at + 3 end
  if c > 0 then targets[#targets + 1] = at - 1 end
  if c < 2 then targets[#targets + 1] = at + 1 end
  local i = 0
  return function()
    i = i + 1
    local t = targets[i]
    if t then
      local a, b = math.min(at, t), math.max(at, t)
      return s:sub(1, a - 1) .. s:sub(b, b) .. s:sub(a + 1, b - 1) .. s:sub(a, a) .. s:sub(b + 1)
    end
  end
end
trace, states = solve("1234_8765", "12345678_", slides)
print(trace and #trace - 1 or "none", states < 200000)
trace, states = solve("12_453786", "12345678_", slides)
print(#trace - 1, states, table.concat(trace, " "))

-- Cryptarithm --------------------------------------------------------------------------------------------

print "== SEND + MORE = MONEY"
do
  local letters, weight, leading = {}, {}, { S = true, M = true }
  for word, sign in ("SEND+ MORE+ MONEY-"):gmatch "(%a+)(.)" do
    for i = 1, #word do
      local c = word:sub(i, i)
      if not weight[c] then weight[c] = 0 letters[#letters + 1] = c end
      weight[c] = weight[c] + (sign == "+" and 1 or -1) * 10 ^ (#word - i)
    end
  end
  table.sort(letters, function(a, b) return math.abs(weight[a]) > math.abs(weight[b]) end)
  -- what the remaining letters can still contribute, at most
  local reach = {}
  reach[#letters + 1] = 0
  for i = #letters, 1, -1 do reach[i] = reach[i + 1] + 9 * math.abs(weight[letters[i]]) end
  local used, value, tried = {}, {}, 0
  local function go(i, sum)
    if math.abs(sum) > reach[i] then return end
    if i > #letters then
      local t = {}
      for _, c in ipairs(letters) do t[#t + 1] = c .. value[c] end
      table.sort(t)
      print(table.concat(t, " "))
      return
    end
    local c = letters[i]
    for d = leading[c] and 1 or 0, 9 do
      if not used[d] then
        tried = tried + 1
        used[d], value[c] = true, d
        go(i + 1, sum + d * weight[c])
        used[d] = nil
      end
    end
  end
  go(1, 0)
  print("tried", tried)
end

-- Hanoi -----------------------------------------------------------------------------------------------------

print "== hanoi"
local function hanoi(n, a, b, c, visit)
  if n == 0 then return 0 end
  local left = hanoi(n - 1, a, c, b, visit)
  visit(n, a, c)
  return left + 1 + hanoi(n - 1, b, a, c, visit)
end
local moves = {}
print(hanoi(3, "A", "B", "C", function(n, from, to) moves[#moves + 1] = n .. from .. to end), table.concat(moves, " "))
print(hanoi(10, 1, 2, 3, function() end))

-- Exact cover: pentomino-like filling of a 4x5 board with dominoes counted, and magic squares ------------------

print "== domino tilings"
local function tilings(rows, columns)
  local memo = {}
  local function go(position, mask)
    if position == rows * columns then return mask == 0 and 1 or 0 end
    local key = position * 4096 + mask
    if memo[key] then return memo[key] end
    local total
    if mask % 2 == 1 then total = go(position + 1, (mask - 1) / 2)
    else
      total = position + columns < rows * columns and go(position + 1, mask / 2 + 2 ^ (columns - 1)) or 0
      if (position + 1) % columns ~= 0 and math.floor(mask / 2) % 2 == 0 then
        total = total + go(position + 1, mask / 2 + 1)
      end
    end
    memo[key] = total
    return total
  end
  return go(0, 0)
end
print(tilings(2, 2), tilings(2, 10), tilings(4, 5), tilings(3, 3), tilings(8, 8))

print "== magic squares"
local function magic(n)
  local square = {}
  for i = 1, n do square[i] = {} end
  local r, c = 1, (n + 1) / 2
  for k = 1, n * n do
    square[r][c] = k
    local nr, nc = (r - 2) % n + 1, c % n + 1
    if square[nr][nc] then nr, nc = r % n + 1, c end
    r, c = nr, nc
  end
  return square
end
for n = 3, 5, 2 do
  local sums = {}
  for _, row in ipairs(magic(n)) do
    local s = 0
    for _, v in ipairs(row) do s = s + v io.write(("%3d"):format(v)) end
    sums[#sums + 1] = s
    io.write "\n"
  end
  print(table.concat(sums, " "))
end
