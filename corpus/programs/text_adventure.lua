-- Text adventure: world model as data, parser with synonyms, state machine for dialogue and combat, scripted walkthrough, save and restore.

local World = {}

-- deterministic dice ---------------------------------------------------------------------------
local dice = { state = 31337 }
function dice.roll(sides)
  dice.state = math.mod(dice.state * 16807, 2147483647)
  return math.mod(dice.state, sides) + 1
end

-- output with word wrapping -----------------------------------------------------------------------
local WIDTH = 72
local function say(fmt, ...)
  local text = select("#", ...) > 0 and string.format(fmt, ...) or fmt
  for paragraph in (text .. "\n"):gmatch "(.-)\n" do
    local line = ""
    for word in paragraph:gmatch "%S+" do
      if #line + #word + 1 > WIDTH then
        print("  " .. line)
        line = word
      else
        line = line == "" and word or line .. " " .. word
      end
    end
    print("  " .. line)
  end
end

-- the world ----------------------------------------------------------------------------------------
local function new_world()
  local w
  w = {
    at = "cottage", turns = 0, score = 0, health = 10, carrying = {}, flags = {}, mode = "explore",
    rooms = {
      cottage = {
        title = "Cottage", text = "A single room with a cold hearth. A door leads north.",
        exits = { north = "lane" }, items = { "lamp", "bread" },
      },
      lane = {
        title = "Lane", text = "A muddy lane runs between hedges, from the cottage in the south to a bridge in the east.",
        exits = { south = "cottage", east = "bridge" }, items = {},
      },
      bridge = {
        title = "Bridge", text = "An old bridge crosses a river. The lane is west; a cave mouth gapes in the east.",
        exits = { west = "lane", east = function()
          if w.flags.toll_paid then return "cave" end
          return nil, "The troll steps in front of you. 'Talk first,' he says."
        end },
        items = {}, person = "troll",
      },
      cave = {
        title = "Cave", dark = true, text = "Water drips from the roof. A passage goes down; daylight is west.",
        exits = { west = "bridge", down = "vault" }, items = { "sword" },
      },
      vault = {
        title = "Vault", dark = true, text = "Carvings cover the walls. The only way is up.",
        exits = { up = "cave" }, items = { "chest" }, monster = { name = "skeleton", health = 11 },
      },
    },
    items = {
      lamp = { text = "a brass lamp", points = 0, light = function() return w.flags.lamp_on end },
      bread = { text = "a loaf of bread", edible = 4 },
      sword = { text = "a rusty sword", points = 5, damage = 3 },
      chest = { text = "an iron chest", fixed = true },
      crown = { text = "a golden crown", points = 20 },
    },
  }
  return w
end

local w = new_world()

local function here() return w.rooms[w.at] end

local function index_of(list, v)
  for i, x in ipairs(list) do if x == v then return i end end
end

local function lit()
  if not here().dark then return true end
  local lamp = index_of(w.carrying, "lamp") or index_of(here().items, "lamp")
  return lamp and w.items.lamp.light() or false
end

local function names(list)
  local t = {}
  for i, id in ipairs(list) do t[i] = w.items[id].text end
  if #t > 1 then t[#t - 1] = t[#t - 1] .. " and " .. table.remove(t) end
  return table.concat(t, ", ")
end

local verbs = {}

function verbs.look()
  local r = here()
  if not lit() then return say "It is pitch dark." end
  say("%s. %s", r.title:upper(), r.text)
  if #r.items > 0 then say("You see %s.", names(r.items)) end
  if r.person then say("A %s is here.", r.person) end
  if r.monster then say("A %s blocks your way, swinging a bone!", r.monster.name) end
end

function verbs.go(direction)
  if not direction then return say "Where to?" end
  local exit = here().exits[direction]
  local message
  if type(exit) == "function" then exit, message = exit() end
  if not exit then return say(message or "You cannot go that way.") end
  w.at = exit
  if not w.flags["seen " .. exit] then
    w.flags["seen " .. exit] = true
    w.score = w.score + 1
  end
  return verbs.look()
end

function verbs.take(what)
  if what == "all" then
    local copy = { unpack(here().items) }
    if #copy == 0 then say "There is nothing here." end
    for _, id in ipairs(copy) do verbs.take(id) end
    return
  end
  local i = what and index_of(here().items, what)
  if not lit() or not i then return say("I see no %s here.", what or "such thing") end
  if w.items[what].fixed then return say("The %s is far too heavy.", what) end
  if #w.carrying >= 3 then return say "Your hands are full." end
  table.remove(here().items, i)
  table.insert(w.carrying, what)
  w.score = w.score + (w.items[what].points or 0)
  say("Taken: %s.", what)
end

function verbs.drop(what)
  local i = index_of(w.carrying, what)
  if not i then return say "You do not have that." end
  table.insert(here().items, table.remove(w.carrying, i))
  w.score = w.score - (w.items[what].points or 0)
  say "Dropped."
end

function verbs.inventory()
  if #w.carrying == 0 then return say "You carry nothing." end
  say("You carry %s.", names(w.carrying))
end

function verbs.light(what)
  if what ~= "lamp" or not index_of(w.carrying, "lamp") then return say "Light what?" end
  w.flags.lamp_on = not w.flags.lamp_on
  say("The lamp is %s.", w.flags.lamp_on and "on" or "off")
  if w.flags.lamp_on and here().dark then verbs.look() end
end

function verbs.eat(what)
  local item = w.items[what]
  local i = item and index_of(w.carrying, what)
  if not i or not item.edible then return say "That is not a good idea." end
  table.remove(w.carrying, i)
  w.health = math.min(10, w.health + item.edible)
  say("Delicious. (health %d)", w.health)
end

function verbs.open(what)
  if what ~= "chest" or w.at ~= "vault" then return say "You see nothing to open." end
  if here().monster then return say("The %s will not let you.", here().monster.name) end
  if w.flags.chest_open then return say "It is open already." end
  w.flags.chest_open = true
  table.insert(here().items, "crown")
  say "The lid creaks. Inside lies a crown!"
end

function verbs.talk()
  if here().person ~= "troll" then return say "You mumble to yourself." end
  w.mode = "dialogue"
  w.node = "greeting"
  return true
end

function verbs.attack()
  if not here().monster then return say "There is no one to fight." end
  w.mode = "combat"
  say "You square up. (hit, guard or flee)"
end

function verbs.score() say("You have %d points after %d turns. Health %d.", w.score, w.turns, w.health) end
function verbs.wait() say "Time passes." end

-- dialogue: a graph of nodes ----------------------------------------------------------------------
local dialogue = {
  greeting = { "Troll: 'Who walks on my bridge?'", { "A friend.", "toll" }, { "Out of my way!", "angry" }, { "Goodbye.", nil } },
  toll = { "Troll: 'Friends bring food.'", { "Here is bread.", "fed", needs = "bread" }, { "I have none.", "greeting" } },
  angry = { function() w.health = w.health - 2 return ("The troll boxes your ears. (health %d)"):format(w.health) end, { "Sorry!", "toll" } },
  fed = { function()
    table.remove(w.carrying, index_of(w.carrying, "bread"))
    w.flags.toll_paid = true
    w.score = w.score + 10
    return "Troll: 'Mmm. You may pass.'"
  end },
}

local function options(node)
  local list = {}
  for i = 2, #node do
    local o = node[i]
    if not o.needs or index_of(w.carrying, o.needs) then list[#list + 1] = o end
  end
  return list
end

local function show_node()
  local node = dialogue[w.node]
  local line = node[1]
  say(type(line) == "function" and line() or line)
  local list = options(node)
  if #list == 0 then w.mode = "explore" return end
  for i, o in ipairs(list) do say("%d: %s", i, o[1]) end
end

-- modes: each is a handler of input lines -----------------------------------------------------------
local synonyms = {
  n = "go north", s = "go south", e = "go east", w = "go west", u = "go up", d = "go down", l = "look", i = "inventory", x = "look", z = "wait",
  get = "take", grab = "take", walk = "go", run = "go", fight = "attack", kill = "attack", speak = "talk", examine = "look",
}
local noise = { the = true, a = true, an = true, to = true, at = true, with = true }

local modes = {}

function modes.explore(line)
  local words = {}
  for word in line:lower():gmatch "%a+" do
    if not noise[word] then
      for part in (synonyms[word] or word):gmatch "%a+" do words[#words + 1] = part end
    end
  end
  local verb, object = unpack(words)
  if not verb then return say "Pardon?" end
  if here().exits[verb] then verb, object = "go", verb end
  local action = verbs[verb]
  if not action then return say("I do not know how to %s.", verb) end
  action(object)
  if w.mode == "dialogue" then show_node() end
end

function modes.dialogue(line)
  local list = options(dialogue[w.node])
  local choice = list[tonumber(line:match "%d+") or 0]
  if not choice then return say("Choose 1 to %d.", #list) end
  if not choice[2] then
    w.mode = "explore"
    return say "The troll shrugs."
  end
  w.node = choice[2]
  show_node()
end

function modes.combat(line)
  local m = here().monster
  local damage, guard = 1, false
  for _, id in ipairs(w.carrying) do damage = math.max(damage, w.items[id].damage or 0) end
  local verb = line:match "%a+"
  if verb == "flee" then
    w.mode = "explore"
    say "You run!"
    return verbs.go(next(here().exits))
  elseif verb == "guard" then guard = true
  elseif verb == "hit" then
    local roll = dice.roll(6)
    local dealt = roll == 6 and damage * 2 or roll >= 3 and damage or 0
    m.health = m.health - dealt
    say("You roll %d and deal %d.", roll, dealt)
    if m.health <= 0 then
      here().monster = nil
      w.mode = "explore"
      w.score = w.score + 15
      return say("The %s falls apart.", m.name)
    end
  else return say "hit, guard or flee?" end
  local roll = dice.roll(6)
  local hurt = math.max(0, (roll >= 4 and 2 or 0) - (guard and 2 or 0))
  w.health = w.health - hurt
  say("The %s rolls %d%s. (you %d, it %d)", m.name, roll, hurt > 0 and " and hurts you" or "", w.health, m.health)
  if w.health <= 0 then w.mode = "dead" say "You die." end
end

function modes.dead() say "You are dead. (restore?)" end

-- saving: only plain data is written; functions are taken from a fresh world -----------------------------
local function save()
  local parts = {}
  local function put(path, value)
    local t = type(value)
    if t == "table" then
      parts[#parts + 1] = path .. "={}"
      local keys = {}
      for k in pairs(value) do keys[#keys + 1] = k end
      table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
      for _, k in ipairs(keys) do put(("%s[%s]"):format(path, type(k) == "number" and k or ("%q"):format(k)), value[k]) end
    elseif t ~= "function" then parts[#parts + 1] = path .. "=" .. (t == "string" and ("%q"):format(value) or tostring(value)) end
  end
  for _, k in ipairs { "at", "turns", "score", "health", "carrying", "flags", "mode" } do put("w." .. k, w[k]) end
  for name, room in pairs(w.rooms) do
    put(("w.rooms[%q].items"):format(name), room.items)
    if room.monster then put(("w.rooms[%q].monster"):format(name), room.monster)
    else parts[#parts + 1] = ("w.rooms[%q].monster=nil"):format(name) end
  end
  table.sort(parts, function(a, b)
    local da, db = select(2, a:gsub("%[", "")), select(2, b:gsub("%[", ""))
    if (a:find "={}$" ~= nil) ~= (b:find "={}$" ~= nil) then return a:find "={}$" ~= nil end
    return a < b
  end)
  parts[#parts + 1] = "dice.state=" .. dice.state
  return table.concat(parts, "\n")
end

local function restore(text)
  w = new_world()
  setfenv(assert(loadstring(text, "=save")), { w = w, dice = dice })()
end

-- play -----------------------------------------------------------------------------------------------
local slots = {}
local function play(script)
  for line in script:gmatch "[^\n]+" do
    line = line:match "^%s*(.-)%s*$"
    if line ~= "" then
      print("> " .. line)
      local slot = line:match "^save (%w+)$"
      local load_slot = line:match "^restore (%w+)$"
      if slot then slots[slot] = save() say("Saved %d lines.", select(2, slots[slot]:gsub("\n", "")) + 1)
      elseif load_slot then
        if slots[load_slot] then restore(slots[load_slot]) say "Restored." verbs.look() else say "No such slot." end
      else
        w.turns = w.turns + 1
        modes[w.mode](line)
      end
    end
  end
end

verbs.look()
play [[
  inventory
  get all
  i
  eat lamp
  dance
  go
  n
  e
  e
  talk to the troll
  9
  2
  1
  2
  1
  1
  east
  light the lamp
  take sword
  take crown
  down
  open chest
  save before
  attack
  jump
  hit
  guard
  hit
  hit
  hit
  hit
  hit
  hit
  guard
  hit
  hit
  save after
  restore before
  flee
  fight
  d
  attack
  hit
  flee
  save nothing
  restore missing
  restore after
  open the chest
  open chest
  take chest
  take crown
  up
  light lamp
  take sword
  score
  drop crown
  i
  light lamp
  grab the crown
  w
  w
  s
  score
]]
restore(slots.before)
w.health = 1
play [[
  attack
  hit
  hit
  hit
  look
  restore after
  score
]]
print(slots.after)
