-- Text layout: greedy and optimal line breaking, justification, hyphenation by patterns, columns, boxes and tables.

local text = [[
In olden times when wishing still helped one, there lived a king whose daughters were all beautiful; and the youngest was
so beautiful that the sun itself, which has seen so much, was astonished whenever it shone in her face. Close by the
king's castle lay a great dark forest, and under an old lime-tree in the forest was a well, and when the day was very
warm, the king's child went out to the forest and sat down by the fountain; and when she was bored she took a golden
ball, and threw it up on high and caught it; and this ball was her favorite plaything.
]]

local function words(s)
  local list = {}
  for w in s:gmatch("%S+") do list[#list + 1] = w end
  return list
end

-- Greedy: as many words on a line as fit.
local function greedy(list, width)
  local lines, current, length = {}, {}, -1
  for _, w in ipairs(list) do
    if length + 1 + #w > width and #current > 0 then
      lines[#lines + 1] = current
      current, length = {}, -1
    end
    current[#current + 1] = w
    length = length + 1 + #w
  end
  if #current > 0 then lines[#lines + 1] = current end
  return lines
end

-- Optimal: the sum of squares of the free space at line ends is minimal (the last line is free).
local function optimal(list, width)
  local n = #list
  local cost, from = { [0] = 0 }, {}
  for j = 1, n do
    cost[j] = math.huge
    local length = -1
    for i = j, 1, -1 do
      length = length + 1 + #list[i]
      if length > width and i < j then break end
      local penalty = j == n and 0 or (width - length) ^ 2
      if cost[i - 1] + penalty < cost[j] then
        cost[j], from[j] = cost[i - 1] + penalty, i
      end
    end
  end
  local lines, j = {}, n
  while j > 0 do
    local line = {}
    for i = from[j], j do line[#line + 1] = list[i] end
    table.insert(lines, 1, line)
    j = from[j] - 1
  end
  return lines, cost[n]
end

local function badness(lines, width)
  local sum = 0
  for i = 1, #lines - 1 do sum = sum + (width - #table.concat(lines[i], " ")) ^ 2 end
  return sum
end

local function justify(line, width, from_left)
  local gaps = #line - 1
  if gaps == 0 then return line[1] end
  local letters = 0
  for _, w in ipairs(line) do letters = letters + #w end
  local space = width - letters
  local each, extra = math.floor(space / gaps), math.mod(space, gaps)
  local parts = {}
  for i, w in ipairs(line) do
    parts[#parts + 1] = w
    if i <= gaps then
      local wide = from_left and i <= extra or not from_left and i > gaps - extra
      parts[#parts + 1] = (" "):rep(each + (wide and 1 or 0))
    end
  end
  return table.concat(parts)
end

local align = {
  left = function(l) return table.concat(l, " ") end,
  right = function(l, w) local s = table.concat(l, " ") return (" "):rep(w - #s) .. s end,
  center = function(l, w) local s = table.concat(l, " ") return (" "):rep(math.floor((w - #s) / 2)) .. s end,
  full = function(l, w, i, n)
    if i == n then return table.concat(l, " ") end
    return justify(l, w, i % 2 == 1)
  end,
}

local function set(lines, width, how)
  local result = {}
  for i, l in ipairs(lines) do result[i] = align[how](l, width, i, #lines) end
  return result
end

local all = words(text)
print(("%d words, %d letters"):format(#all, #table.concat(all)))
for _, width in ipairs { 30, 45, 60 } do
  local g, o = greedy(all, width), optimal(all, width)
  print(("width %d: greedy %d lines %d, optimal %d lines %d"):format(width, #g, badness(g, width), #o, badness(o, width)))
  assert(badness(o, width) <= badness(g, width))
end

print("== justified, optimal, 50")
for _, l in ipairs(set(optimal(all, 50), 50, "full")) do
  print("|" .. l .. (" "):rep(50 - #l) .. "|")
end
for _, how in ipairs { "left", "right", "center" } do
  print("== " .. how)
  local lines = set(greedy(words(text:sub(1, 150)), 38), 38, how)
  print(table.concat(lines, "\n"))
end

-- Hyphenation in the manner of Liang: digits in patterns score the places between letters; odd scores allow a break.
local patterns = {}
for p in ([[.ach4 .de4s .ex3a 1b 1c 1d 1g 1m 1n2 1p 1s 1t2 2ch 2th 4ck 2ng 2ld 2nd 2rd 2nt 2st1 2ss 1tion 4tion. 1ly. 2lly. 1ness
  4ght e2a o2u a2i i2o hy3ph he2n hena4 hen5at 1na n2at 1tio 2io o2n co4m3p 1put pu2t 1er. 4er. a2u 2gr 1gra 2phy. ra2m 1ble 3ing. 2l1g
  4rs r1t r1m al3g 1go go3ri 2m3m4ing 2n3n4ing it2h 2hm ]]):gmatch("%S+") do
  local letters = p:gsub("%d", "")
  local scores, i = {}, 1
  for c in p:gmatch(".") do
    if c:find("%d") then scores[i] = tonumber(c) else i = i + 1 end
  end
  patterns[letters] = scores
end

local function hyphenate(word)
  local w = "." .. word:lower() .. "."
  local score = {}
  for i = 1, #w do
    for j = i, #w do
      local p = patterns[w:sub(i, j)]
      if p then
        for at, v in pairs(p) do
          local k = i + at - 1
          if v > (score[k] or 0) then score[k] = v end
        end
      end
    end
  end
  local parts, start = {}, 1
  for k = 4, #w - 3 do                   -- at least two letters before, three after
    if (score[k] or 0) % 2 == 1 then
      parts[#parts + 1] = word:sub(start, k - 2)
      start = k - 1
    end
  end
  parts[#parts + 1] = word:sub(start)
  return parts
end

print("== hyphenation")
for _, w in ipairs { "hyphenation", "computer", "algorithm", "programming", "paragraph", "table", "running", "strength", "astonished", "a", "is" } do
  io.write(table.concat(hyphenate(w), "-"), " ")
end
print()

local function hyphenating(list, width)
  local lines, line, length = {}, {}, -1
  local queue = { unpack(list) }
  while #queue > 0 do
    local w = table.remove(queue, 1)
    if length + 1 + #w <= width then
      line[#line + 1], length = w, length + 1 + #w
    else
      local parts = hyphenate(w)
      local best
      for i = 1, #parts - 1 do
        local first = table.concat(parts, "", 1, i) .. "-"
        if length + 1 + #first <= width then best = i end
      end
      if best then
        line[#line + 1] = table.concat(parts, "", 1, best) .. "-"
        table.insert(queue, 1, table.concat(parts, "", best + 1))
      else
        table.insert(queue, 1, w)
      end
      lines[#lines + 1] = line
      line, length = {}, -1
    end
  end
  if #line > 0 then lines[#lines + 1] = line end
  return lines
end

print("== two columns, 24 each")
local column = set(hyphenating(all, 24), 24, "full")
local half = math.ceil(#column / 2)
for i = 1, half do
  print(("%-24s | %s"):format(column[i], column[i + half] or ""))
end

print("== drop capital")
do
  local cap = { "###", " # ", " # ", "###" }
  local list, lines = words(text:sub(2, 260)), {}
  local i, row = 1, 0
  while i <= #list do
    row = row + 1
    local width = row <= #cap and 36 or 40
    local l = list[i]
    i = i + 1
    while i <= #list and #l + 1 + #list[i] <= width do
      l = l .. " " .. list[i]
      i = i + 1
    end
    print((row <= #cap and cap[row] .. " " or "") .. l)
  end
end

print("== table with wrapped cells")
local function grid(rows, widths)
  local bar = "+"
  for _, w in ipairs(widths) do bar = bar .. ("-"):rep(w + 2) .. "+" end
  print(bar)
  for r, row in ipairs(rows) do
    local cells, height = {}, 0
    for c, w in ipairs(widths) do
      cells[c] = set(greedy(words(row[c] or ""), w), w, tonumber(row[c]) and "right" or "left")
      height = math.max(height, #cells[c])
    end
    for h = 1, height do
      local line = "|"
      for c, w in ipairs(widths) do line = line .. (" %-" .. w .. "s |"):format(cells[c][h] or "") end
      print(line)
    end
    if r == 1 or r == #rows then print((bar:gsub("%-", r == 1 and "=" or "-"))) end
  end
end
grid({
  { "name", "remark", "number" },
  { "frog", "lives in the well and speaks when it is asked to fetch a golden ball", "1" },
  { "king", "insists that promises are kept", "12.5" },
  { "faithful Henry", "", "-300" },
}, { 9, 22, 7 })

print("== tabs expanded")
local function expand(s, size)
  local column = 0
  return (s:gsub("([^\t]*)(\t?)", function(chunk, tab)
    column = column + #chunk
    if tab == "" then return chunk end
    local n = size - column % size
    column = column + n
    return chunk .. (" "):rep(n)
  end))
end
for _, s in ipairs { "a\tb\tc", "12345678\tx", "1234567\tx", "\t\t|", "no tabs" } do print("[" .. expand(s, 8) .. "]", #expand(s, 4)) end
