-- Two simulations with an own random generator: a roguelike dungeon (generation, field of view, path finding, monsters) and a bank with queues and an audit.

local Random = {}
Random.__index = Random
function Random.new(seed) return setmetatable({ s = { 123456789, 362436069, 521288629, seed } }, Random) end
function Random:next()            -- lagged sums modulo 2^32: no bit operations are needed
  local s = self.s
  local t = (s[1] * 69069 + s[4] + 12345) % 4294967296
  s[1], s[2], s[3], s[4] = s[2], s[3], s[4], (t + math.floor(s[2] / 8192)) % 4294967296
  return s[4]
end
function Random:range(a, b) return a + math.floor(self:next() / 4294967296 * (b - a + 1)) end
function Random:chance(percent) return self:range(1, 100) <= percent end
function Random:pick(list) return list[self:range(1, #list)] end
function Random:shuffle(list)
  for i = #list, 2, -1 do
    local j = self:range(1, i)
    list[i], list[j] = list[j], list[i]
  end
  return list
end
function Random:exponential(mean) return -mean * math.log(1 - self:next() / 4294967296) end

------------------------------------------------------------------------------------
-- Dungeon
------------------------------------------------------------------------------------

local W, H = 60, 18

local function generate(random)
  local map, rooms = {}, {}
  for y = 1, H do
    map[y] = {}
    for x = 1, W do map[y][x] = "#" end
  end
  for _ = 1, 60 do
    local w, h = random:range(4, 10), random:range(3, 5)
    local x, y = random:range(2, W - w - 1), random:range(2, H - h - 1)
    local ok = true
    for _, r in ipairs(rooms) do
      if x <= r.x + r.w and r.x <= x + w and y <= r.y + r.h and r.y <= y + h then ok = false break end
    end
    if ok then
      rooms[#rooms + 1] = { x = x, y = y, w = w, h = h, cx = x + math.floor(w / 2), cy = y + math.floor(h / 2) }
      for j = y, y + h - 1 do for i = x, x + w - 1 do map[j][i] = "." end end
    end
    if #rooms == 8 then break end
  end
  local function carve(x, y) if map[y][x] == "#" then map[y][x] = "," end end
  for k = 2, #rooms do
    local a, b = rooms[k - 1], rooms[k]
    local x, y = a.cx, a.cy
    local horizontal = random:chance(50)
    for _ = 1, 2 do
      if horizontal then
        while x ~= b.cx do x = x + (b.cx > x and 1 or -1) carve(x, y) end
      else
        while y ~= b.cy do y = y + (b.cy > y and 1 or -1) carve(x, y) end
      end
      horizontal = not horizontal
    end
  end
  return map, rooms
end

local function show(map, things)
  for y = 1, H do
    local row = {}
    for x = 1, W do row[x] = things and things[y * 100 + x] or map[y][x] end
    print(table.concat(row))
  end
end

local function distances(map, x, y)
  local d, queue, head = { [y * 100 + x] = 0 }, { { x, y } }, 1
  while queue[head] do
    local cx, cy = unpack(queue[head])
    head = head + 1
    for _, s in ipairs { { 0, -1 }, { 1, 0 }, { 0, 1 }, { -1, 0 } } do
      local nx, ny = cx + s[1], cy + s[2]
      local k = ny * 100 + nx
      if map[ny] and map[ny][nx] ~= "#" and not d[k] then
        d[k] = d[cy * 100 + cx] + 1
        queue[#queue + 1] = { nx, ny }
      end
    end
  end
  return d, #queue
end

local function sees(map, x0, y0, x1, y1)
  local dx, dy = math.abs(x1 - x0), math.abs(y1 - y0)
  local sx, sy, err = x0 < x1 and 1 or -1, y0 < y1 and 1 or -1, dx - dy
  while not (x0 == x1 and y0 == y1) do
    if map[y0][x0] == "#" then return false end
    local e2 = err * 2
    if e2 > -dy then err, x0 = err - dy, x0 + sx end
    if e2 < dx then err, y0 = err + dx, y0 + sy end
  end
  return true
end

local random = Random.new(42)
local map, rooms = generate(random)
print("== dungeon with " .. #rooms .. " rooms")
local first, last = rooms[1], rooms[#rooms]
local d, reachable = distances(map, first.cx, first.cy)
local floor_count = 0
for y = 1, H do for x = 1, W do if map[y][x] ~= "#" then floor_count = floor_count + 1 end end end
show(map, { [first.cy * 100 + first.cx] = "<", [last.cy * 100 + last.cx] = ">" })
print("floor", floor_count, "reachable", reachable, "stairs apart", d[last.cy * 100 + last.cx])
assert(floor_count == reachable)

print "== what is seen from the stairs"
local seen = 0
for y = 1, H do
  local row = {}
  for x = 1, W do
    local visible = math.abs(x - first.cx) + math.abs(y - first.cy) * 2 < 24 and sees(map, first.cx, first.cy, x, y)
    if visible then seen = seen + 1 end
    row[x] = (x == first.cx and y == first.cy) and "@" or visible and map[y][x] or " "
  end
  local text = table.concat(row):gsub("%s+$", "")
  if text ~= "" then print(text) end
end
print("seen", seen)

print "== an expedition"
local Monster = { kinds = {
  { name = "rat", glyph = "r", hp = 4, damage = 1, armour = 0, xp = 2 },
  { name = "orc", glyph = "o", hp = 10, damage = 3, armour = 1, xp = 6 },
  { name = "troll", glyph = "T", hp = 20, damage = 5, armour = 2, xp = 15 },
} }
Monster.__index = Monster
function Monster.spawn(room, depth)
  local kind = Monster.kinds[math.min(3, random:range(1, depth))]
  local m = setmetatable({ kind = kind, hp = kind.hp, x = random:range(room.x, room.x + room.w - 1), y = random:range(room.y, room.y + room.h - 1) }, Monster)
  return m
end
local monsters, items = {}, {}
for i = 2, #rooms do
  for _ = 1, random:range(0, 2) do monsters[#monsters + 1] = Monster.spawn(rooms[i], i > 4 and 3 or 2) end
  if random:chance(60) then items[#items + 1] = { kind = random:pick { "potion", "sword", "shield", "gold" }, x = rooms[i].cx, y = rooms[i].y } end
end
local things = { [first.cy * 100 + first.cx] = "@" }
for _, i in ipairs(items) do things[i.y * 100 + i.x] = ({ potion = "!", sword = "/", shield = ")", gold = "$" })[i.kind] end
for _, m in ipairs(monsters) do things[m.y * 100 + m.x] = m.kind.glyph end
show(map, things)
local hero = { x = first.cx, y = first.cy, hp = 30, attack = 4, armour = 1, gold = 0, xp = 0, kills = {} }
local turns, log = 0, {}
local function note(fmt, ...) log[#log + 1] = ("%4d "):format(turns) .. fmt:format(...) end
local function roll(n, sides) local s = 0 for _ = 1, n do s = s + random:range(1, sides) end return s end
local goals = {}
for _, i in ipairs(items) do goals[#goals + 1] = i end
goals[#goals + 1] = { kind = "stairs", x = last.cx, y = last.cy }
local function step(from, field)
  local best, bx, by = math.huge, from.x, from.y
  for _, s in ipairs { { 0, -1 }, { 1, 0 }, { 0, 1 }, { -1, 0 } } do
    local v = field[(from.y + s[2]) * 100 + from.x + s[1]]
    if v and v < best then best, bx, by = v, from.x + s[1], from.y + s[2] end
  end
  return bx, by
end
local won
while #goals > 0 and hero.hp > 0 and turns < 1500 do
  table.sort(goals, function(a, b)
    local da = (a.kind == "stairs" and 1000 or 0) + math.abs(a.x - hero.x) + math.abs(a.y - hero.y)
    local db = (b.kind == "stairs" and 1000 or 0) + math.abs(b.x - hero.x) + math.abs(b.y - hero.y)
    if da ~= db then return da < db end
    return a.x * 100 + a.y < b.x * 100 + b.y
  end)
  local goal = goals[1]
  turns = turns + 1
  local nx, ny = step(hero, (distances(map, goal.x, goal.y)))
  if hero.x == goal.x and hero.y == goal.y then nx, ny = hero.x, hero.y end
  local enemy, index
  for i, m in ipairs(monsters) do if m.x == nx and m.y == ny then enemy, index = m, i end end
  if enemy then
    local damage = math.max(1, roll(1, hero.attack + 3) - enemy.kind.armour)
    enemy.hp = enemy.hp - damage
    if enemy.hp <= 0 then
      table.remove(monsters, index)
      hero.xp = hero.xp + enemy.kind.xp
      hero.kills[#hero.kills + 1] = enemy.kind.name
      note("slays the %s (hp %d)", enemy.kind.name, hero.hp)
    end
  else hero.x, hero.y = nx, ny end
  if hero.x == goal.x and hero.y == goal.y then
    table.remove(goals, 1)
    if goal.kind == "potion" then hero.hp = math.min(40, hero.hp + 12)
    elseif goal.kind == "sword" then hero.attack = hero.attack + 2
    elseif goal.kind == "shield" then hero.armour = hero.armour + 1
    elseif goal.kind == "gold" then hero.gold = hero.gold + roll(3, 20)
    else won = true end
    note("reaches %s (hp %d, attack %d, armour %d, gold %d)", goal.kind, hero.hp, hero.attack, hero.armour, hero.gold)
  end
  local field = distances(map, hero.x, hero.y)
  for _, m in ipairs(monsters) do
    local range = field[m.y * 100 + m.x] or math.huge
    if range <= 1 then
      local damage = math.max(0, random:range(1, m.kind.damage + 1) - hero.armour)
      hero.hp = hero.hp - damage
      if hero.hp <= 0 and damage > 0 then note("is killed by a %s", m.kind.name) break end
    elseif range < 12 and sees(map, m.x, m.y, hero.x, hero.y) then
      local mx, my = step(m, field)
      local free = not (mx == hero.x and my == hero.y)
      for _, o in ipairs(monsters) do if o.x == mx and o.y == my then free = false end end
      if free then m.x, m.y = mx, my end
    end
  end
end
print(table.concat(log, "\n"))
print(won and "won" or "lost", "turns", turns, "hp", hero.hp, "xp", hero.xp, "gold", hero.gold, "left", #monsters)

------------------------------------------------------------------------------------
-- Bank
------------------------------------------------------------------------------------

print "== bank accounts"
local Bank = {}
Bank.__index = Bank
local Insufficient = setmetatable({}, { __tostring = function() return "insufficient funds" end })
function Bank.new() return setmetatable({ accounts = {}, journal = {}, next_id = 1 }, Bank) end
function Bank:open(owner, cents, kind)
  local id = self.next_id
  self.next_id = id + 1
  self.accounts[id] = { id = id, owner = owner, balance = cents, kind = kind or "giro", limit = kind == "giro" and -50000 or 0 }
  table.insert(self.journal, { "open", id, cents })
  return id
end
function Bank:post(from, to, cents, text)
  if cents <= 0 or cents ~= math.floor(cents) then error("invalid amount " .. cents, 2) end
  local a, b = self.accounts[from], self.accounts[to]
  if not a or not b then error(("no account %s"):format(tostring(not a and from or to)), 2) end
  if a.balance - cents < a.limit then error(Insufficient, 0) end
  a.balance, b.balance = a.balance - cents, b.balance + cents
  table.insert(self.journal, { "post", from, to, cents, text })
end
function Bank:transaction(f)
  local snapshot, mark = {}, #self.journal
  for id, a in pairs(self.accounts) do snapshot[id] = a.balance end
  local ok, e = pcall(f, self)
  if ok then return true end
  for id, v in pairs(snapshot) do self.accounts[id].balance = v end
  while #self.journal > mark do table.remove(self.journal) end
  return false, type(e) == "string" and e:gsub("^.-:%d+: ", "") or tostring(e)
end
function Bank:total() local s = 0 for _, a in pairs(self.accounts) do s = s + a.balance end return s end
function Bank:statement(id)
  local lines, balance = {}, 0
  for _, j in ipairs(self.journal) do
    local change
    if j[1] == "open" and j[2] == id then change = j[3]
    elseif j[1] == "post" and j[2] == id then change = -j[4]
    elseif j[1] == "post" and j[3] == id then change = j[4] end
    if change and change ~= 0 then
      balance = balance + change
      lines[#lines + 1] = ("  %-14s %10.2f %10.2f"):format(j[5] or "opening", change / 100, balance / 100)
    end
  end
  assert(balance == self.accounts[id].balance)
  return table.concat(lines, "\n")
end
local bank = Bank.new()
local house = bank:open("bank", 1e9)
local ann, bob, cid = bank:open("Ann", 120000, "giro"), bank:open("Bob", 5000, "giro"), bank:open("Cid", 250000, "savings")
local before = bank:total()
print(bank:transaction(function(b) b:post(ann, bob, 20000, "rent") b:post(bob, cid, 1500, "book") end))
print(bank:transaction(function(b) b:post(bob, ann, 10000, "will vanish") b:post(bob, cid, 1e7, "too much") end))
print(bank:transaction(function(b) b:post(cid, ann, 250000, "all but the rest") b:post(cid, ann, 2000, "rest") end))
print(bank:transaction(function(b) b:post(ann, 99, 5, "nobody") end)) print(bank:transaction(function(b) b:post(ann, bob, 0.5, "half") end)) print(bank:transaction(function() local t = nil t.x = 1 end))
print(bank:transaction(function(b)
  for id, rate in pairs { [ann] = 1, [bob] = 1, [cid] = 3 } do
    local interest = math.floor(b.accounts[id].balance * rate / 100 + 0.5)
    if interest > 0 then b:post(house, id, interest, "interest") end
  end
end))
print("total unchanged", bank:total() == before)
for _, id in ipairs { ann, bob, cid } do print(bank.accounts[id].owner) print(bank:statement(id)) end

print "== queue at the counters"
local function simulate(counters, arrivals, mean_gap, mean_service, seed)
  local r = Random.new(seed)
  local free, waits, longest, busy, finish = {}, {}, 0, 0, 0
  for i = 1, counters do free[i] = 0 end
  local t = 0
  for _ = 1, arrivals do
    t = t + r:exponential(mean_gap)
    local c = 1
    for i = 2, counters do if free[i] < free[c] then c = i end end
    local start, service = math.max(t, free[c]), r:exponential(mean_service)
    waits[#waits + 1] = start - t
    free[c] = start + service
    busy, finish = busy + service, math.max(finish, free[c])
  end
  table.sort(waits)
  local sum = 0
  for _, w in ipairs(waits) do sum = sum + w end
  return sum / #waits, waits[math.ceil(#waits / 2)], waits[#waits], busy / (finish * counters) * 100
end
for counters = 1, 4 do print(counters, ("mean %.2f median %.2f longest %.2f busy %.1f%%"):format(simulate(counters, 500, 2, 3, 7))) end

print "== loan"
local principal, rate, months = 1000000, 0.06 / 12, 12
local payment = math.floor(principal * rate / (1 - (1 + rate) ^ -months) + 0.5)
local owed, paid = principal, 0
for m = 1, months do
  local interest = math.floor(owed * rate + 0.5)
  local pay = math.min(payment, owed + interest)
  if m == months then pay = owed + interest end
  owed, paid = owed + interest - pay, paid + pay
  if m % 4 == 0 then print(m, ("%.2f %.2f %.2f"):format(interest / 100, pay / 100, owed / 100)) end
end
print(owed, ("%.2f"):format(paid / 100))
