-- A game client's addon system in miniature: sandboxed addons, events, frames with scripts, slash commands, secure hooks, saved variables.

-- host ---------------------------------------------------------------------------------

local host = { addons = {}, order = {}, frames = {}, saved = {}, errors = {} }

-- Functions that addons see. Everything else of the standard library stays out of reach.
local api = {
  assert = assert, error = error, ipairs = ipairs, next = next, pairs = pairs, pcall = pcall, select = select, tonumber = tonumber,
  tostring = tostring, type = type, unpack = unpack, setmetatable = setmetatable, getmetatable = getmetatable, xpcall = xpcall,
  rawget = rawget, rawset = rawset,
  -- the client of the game has these without their library prefix
  strfind = string.find, strmatch = string.match, gsub = string.gsub, format = string.format, strlower = string.lower,
  strupper = string.upper, strsub = string.sub, strlen = string.len, strrep = string.rep, gmatch = string.gmatch,
  tinsert = table.insert, tremove = table.remove, sort = table.sort, getn = table.getn, foreach = table.foreach,
  foreachi = table.foreachi, floor = math.floor, max = math.max, min = math.min, abs = math.abs, mod = math.mod,
  string = string, table = table, math = math, date = function() return "01/01/06 00:00:00" end,
}

local G = setmetatable({}, { __index = api })   -- the globals shared by all addons
G._G = G
function G.getglobal(name) return G[name] end
function G.setglobal(name, value) G[name] = value end

function G.strsplit(separator, text, limit)
  local parts, start = {}, 1
  while not limit or #parts < limit - 1 do
    local s, e = string.find(text, separator, start, true)
    if not s then break end
    parts[#parts + 1] = text:sub(start, s - 1)
    start = e + 1
  end
  parts[#parts + 1] = text:sub(start)
  return unpack(parts)
end

function G.strjoin(separator, ...) return table.concat({ ... }, separator) end
function G.strtrim(s) return (s:gsub("^%s+", ""):gsub("%s+$", "")) end
function G.wipe(t) for k in pairs(t) do t[k] = nil end return t end

G.DEFAULT_CHAT_FRAME = { AddMessage = function(self, text) print("[chat] " .. tostring(text)) end }
G.SlashCmdList = {}
function G.print(...)
  local parts = {}
  for i = 1, select("#", ...) do parts[i] = tostring((select(i, ...))) end
  G.DEFAULT_CHAT_FRAME:AddMessage(table.concat(parts, " "))
end

-- errors of addons are collected, never propagated
local function error_handler(message)
  message = tostring(message)
  host.errors[#host.errors + 1] = message
  print("[error] " .. message)
  return message
end

function G.geterrorhandler() return error_handler end
local function safecall(f, ...)
  local args, n = { ... }, select("#", ...)
  return xpcall(function() return f(unpack(args, 1, n)) end, function(m) return G.geterrorhandler()(m) end)
end

-- frames
local Frame = {}
local frame_meta = { __index = Frame }
local scripts = { OnEvent = true, OnUpdate = true, OnShow = true, OnHide = true, OnLoad = true }

function G.CreateFrame(kind, name, parent)
  local f = setmetatable({ kind = kind, name = name, parent = parent, events = {}, handlers = {}, shown = true, children = {} }, frame_meta)
  if parent then table.insert(parent.children, f) end
  if name then G[name] = f end
  table.insert(host.frames, f)
  return f
end
function Frame:GetName() return self.name end
function Frame:GetParent() return self.parent end
function Frame:RegisterEvent(e) self.events[e] = true end
function Frame:UnregisterEvent(e) self.events[e] = nil end
function Frame:UnregisterAllEvents() G.wipe(self.events) end
function Frame:IsShown() return self.shown end
function Frame:IsVisible() return self.shown and (not self.parent or self.parent:IsVisible()) end
function Frame:SetScript(what, f)
  if not scripts[what] then error(("%s doesn't have a \"%s\" script"):format(self.kind, tostring(what)), 2) end
  self.handlers[what] = f
end
function Frame:GetScript(what) return self.handlers[what] end
function Frame:HookScript(what, f)
  local old = self.handlers[what]
  self:SetScript(what, function(...)
    if old then old(...) end
    f(...)
  end)
end
function Frame:Fire(what, ...)
  local f = self.handlers[what]
  if f then return safecall(f, self, ...) end
end
function Frame:Show() if not self.shown then self.shown = true self:Fire "OnShow" end end
function Frame:Hide() if self.shown then self.shown = false self:Fire "OnHide" end end

local function fire(event, ...)
  for i = 1, #host.frames do                     -- frames created meanwhile do not get this event
    local f = host.frames[i]
    if f.events[event] then f:Fire("OnEvent", event, ...) end
  end
end

local function update(elapsed, times)
  for _ = 1, times do
    for _, f in ipairs(host.frames) do
      if f:IsVisible() then f:Fire("OnUpdate", elapsed) end
    end
  end
end

-- A secure hook runs after the original with the same arguments; it cannot change results.
function G.hooksecurefunc(owner, name, hook)
  if type(owner) == "string" then owner, name, hook = G, owner, name end
  local original = owner[name]
  if type(original) ~= "function" then error("hooksecurefunc(): " .. tostring(name) .. " is not a function", 2) end
  owner[name] = function(...)
    local results = { original(...) }
    safecall(hook, ...)
    return unpack(results, 1, table.maxn(results))
  end
end

-- slash commands: SLASH_NAME1, SLASH_NAME2, ... select SlashCmdList.NAME
local function slash(line)
  print("> " .. line)
  local command, rest = line:match "^(%S+)%s*(.*)$"
  local keys = {}
  for key in pairs(G.SlashCmdList) do keys[#keys + 1] = key end
  table.sort(keys)
  for _, key in ipairs(keys) do
    local i = 1
    while G["SLASH_" .. key .. i] do
      if G["SLASH_" .. key .. i]:lower() == command:lower() then return safecall(G.SlashCmdList[key], rest) end
      i = i + 1
    end
  end
  print("[chat] Type '/help' for a listing of a few commands.")
end

-- saved variables are written as Lua text and read back with an empty environment
local function serialize(value, indent, out)
  local t = type(value)
  if t == "table" then
    out[#out + 1] = "{\n"
    local keys = {}
    for k in pairs(value) do
      if type(k) == "string" or type(k) == "number" then keys[#keys + 1] = k end
    end
    table.sort(keys, function(a, b)
      if type(a) ~= type(b) then return type(a) == "number" end
      return a < b
    end)
    for _, k in ipairs(keys) do
      local kind = type(value[k])
      if kind ~= "function" and kind ~= "userdata" and kind ~= "thread" then
        out[#out + 1] = indent .. "\t[" .. (type(k) == "string" and ("%q"):format(k) or k) .. "] = "
        serialize(value[k], indent .. "\t", out)
        out[#out + 1] = ",\n"
      end
    end
    out[#out + 1] = indent .. "}"
  elseif t == "string" then out[#out + 1] = ("%q"):format(value):gsub("\\\n", "\\n")
  else out[#out + 1] = tostring(value) end
end

local function save(addon)
  local out = {}
  for _, name in ipairs(addon.saved) do
    local value = G[name]
    if value ~= nil then
      out[#out + 1] = "\n" .. name .. " = "
      serialize(value, "", out)
      out[#out + 1] = "\n"
    end
  end
  host.saved[addon.name] = table.concat(out)
end

local function restore(addon)
  local text = host.saved[addon.name]
  if not text then return end
  local chunk, message = loadstring(text, "=" .. addon.name .. ".saved")
  if not chunk then print("[client] " .. message) return end
  local box = {}
  setfenv(chunk, box)
  local ok, m = pcall(chunk)
  if not ok then print("[client] " .. m) end
  for k, v in pairs(box) do G[k] = v end
end

local function load_addon(name, seen)
  local addon = host.addons[name]
  if not addon then return false, "MISSING" end
  if addon.loaded then return true end
  if addon.disabled then return false, "DISABLED" end
  seen = seen or {}
  if seen[name] then return false, "DEP_CYCLE" end
  seen[name] = true
  for _, d in ipairs(addon.dependencies) do
    local ok, reason = load_addon(d, seen)
    if not ok then return false, "DEP_" .. reason:gsub("^DEP_", "") end
  end
  addon.loaded = true
  local private = {}
  for _, file in ipairs(addon.files) do
    local chunk, message = loadstring(file[2], "=" .. name .. "\\" .. file[1])
    if chunk then
      setfenv(chunk, G)
      safecall(chunk, name, private)
    else
      error_handler(message)
    end
  end
  restore(addon)
  fire("ADDON_LOADED", name)
  return true
end

local function register(toc, files)
  local addon = { dependencies = {}, saved = {}, files = files }
  for key, value in toc:gmatch "##%s*(%w+):%s*([^\n]+)" do
    if key == "Title" then addon.name = value
    elseif key == "Dependencies" then for d in value:gmatch "[^,%s]+" do table.insert(addon.dependencies, d) end
    elseif key == "SavedVariables" then for v in value:gmatch "[^,%s]+" do table.insert(addon.saved, v) end
    elseif key == "DefaultState" then addon.disabled = value == "disabled" end
  end
  host.addons[addon.name] = addon
  table.insert(host.order, addon.name)
end

function G.IsAddOnLoaded(name) return host.addons[name] ~= nil and host.addons[name].loaded or false end
function G.GetNumAddOns() return #host.order end
function G.UnitName(unit) return ({ player = "Thrall", target = "Murloc" })[unit] end
function G.UnitHealth(unit) return ({ player = 3210, target = 45 })[unit] or 0 end

-- addons -----------------------------------------------------------------------------------

register([[
## Title: Library
]], { { "lib.lua", [=[
local name, private = ...
Library = { versions = {} }
function Library:Register(major, minor)
  local old = self.versions[major]
  if old and old.minor >= minor then return nil, old.minor end
  local lib = old or {}
  lib.minor = minor
  self.versions[major] = lib
  return lib, old and old.minor
end
setmetatable(Library, { __call = function(self, major)
  return self.versions[major] or error("no library " .. major, 2)
end })
]=] }, { "timer.lua", [=[
local timer = Library:Register("Timer", 2)
local frame, queue, now = CreateFrame "Frame", {}, 0
function timer.after(seconds, f, ...)
  tinsert(queue, { at = now + seconds, f = f, n = select("#", ...), ... })
  sort(queue, function(a, b) return a.at < b.at end)
end
frame:SetScript("OnUpdate", function(self, elapsed)
  now = now + elapsed
  while queue[1] and queue[1].at <= now do
    local t = tremove(queue, 1)
    t.f(unpack(t, 1, t.n))
  end
end)
]=] } })

register([[
## Title: Counter
## Dependencies: Library
## SavedVariables: CounterDB
]], { { "counter.lua", [=[
local ADDON = ...
local timer = Library "Timer"
local frame = CreateFrame("Frame", "CounterFrame")
local handlers = {}

CounterDB = { kills = 0, notes = {} }

function handlers.ADDON_LOADED(name)
  if name == ADDON then
    CounterDB.sessions = (CounterDB.sessions or 0) + 1
    frame:UnregisterEvent "ADDON_LOADED"
    print(ADDON, "session", CounterDB.sessions, "kills so far", CounterDB.kills)
  end
end
function handlers.COMBAT(what, who, amount)
  if what == "DIED" then CounterDB.kills = CounterDB.kills + 1 end
  CounterDB[what] = (CounterDB[what] or 0) + (amount or 1)
end
function handlers.BROKEN() return nothing.here end

frame:SetScript("OnEvent", function(self, event, ...) handlers[event](...) end)
for event in pairs(handlers) do frame:RegisterEvent(event) end

SLASH_COUNTER1, SLASH_COUNTER2 = "/counter", "/cnt"
SlashCmdList.COUNTER = function(text)
  local command, rest = strsplit(" ", strtrim(text), 2)
  if command == "note" then
    tinsert(CounterDB.notes, rest)
    print("noted", getn(CounterDB.notes))
  elseif command == "show" then
    print(format("%d kills, %d damage", CounterDB.kills, CounterDB.DAMAGE or 0))
    foreachi(CounterDB.notes, function(i, n) print(i, n) end)
  elseif command == "later" then
    timer.after(tonumber(rest), print, "after", rest, "seconds")
  else
    print("usage: /counter note TEXT | show | later N")
  end
end
]=] } })

register([[
## Title: Spy
## Dependencies: Counter
]], { { "spy.lua", [=[
local calls = {}
hooksecurefunc("UnitName", function(unit) tinsert(calls, unit) end)
hooksecurefunc(SlashCmdList, "COUNTER", function(text) tinsert(calls, "cmd:" .. text) end)
hooksecurefunc(CounterFrame, "Hide", function(self) tinsert(calls, "hide:" .. self:GetName()) end)
SLASH_SPY1 = "/spy"
function SlashCmdList.SPY() print("seen: " .. strjoin(", ", unpack(calls))) end
print(UnitName "player", UnitName "target", UnitName "nobody")
]=] } })

register("## Title: Bad\n", { { "syntax.lua", "local x = = 1" }, { "runtime.lua", "local t = ...\nprint(t:upper())\nerror('on purpose')" },
  { "escape.lua", "print(os == nil, io == nil, debug == nil, loadstring == nil, getfenv == nil, string.format == format)" } })
register("## Title: LoopA\n## Dependencies: LoopB\n", {})
register("## Title: LoopB\n## Dependencies: LoopA\n", {})
register("## Title: Orphan\n## Dependencies: Nowhere, Library\n", {})
register("## Title: Sleeping\n## DefaultState: disabled\n", {})

-- a session ----------------------------------------------------------------------------------

local function reset()
  for _, a in pairs(host.addons) do a.loaded = false end
  host.frames = {}
  for k in pairs(G) do
    if not api[k] and (k:find "^Counter" or k:find "^SLASH" or k == "Library") then G[k] = nil end
  end
  G.SlashCmdList = {}
end

for session = 1, 2 do
  print("==== session " .. session)
  for _, name in ipairs(host.order) do print("[client] load " .. name, load_addon(name)) end
  fire("PLAYER_LOGIN")
  fire("COMBAT", "DAMAGE", "Murloc", 30 * session)
  fire("COMBAT", "DIED", "Murloc")
  fire("COMBAT", "DIED", "Boar")
  fire("BROKEN")
  fire("UNHEARD", 1, 2, 3)
  slash("/counter note session " .. session .. " \"quoted\" \\ back")
  slash "/CNT show"
  slash "/counter"
  slash "/counter later 3"
  slash "/counter later 1"
  slash "/nothing here"
  update(0.5, 3)
  print "[client] ..."
  G.CounterFrame:Hide()
  update(0.5, 5)
  slash "/spy"
  for _, name in ipairs(host.order) do
    local addon = host.addons[name]
    if #addon.saved > 0 and addon.loaded then save(addon) end
  end
  print("[client] saved:" .. host.saved.Counter)
  reset()
end

print "==== frames"
local p = G.CreateFrame("Frame", "Parent")
local c = G.CreateFrame("Button", "Child", p)
for _, f in ipairs { p, c } do
  for _, what in ipairs { "OnShow", "OnHide" } do
    f:SetScript(what, function(self) print(self:GetName(), what, self:IsShown(), self:IsVisible()) end)
  end
end
c:HookScript("OnHide", function(self) print("hooked", self:GetName()) end)
p:Hide() c:Hide() c:Hide() p:Show() c:Show()
print(c:IsVisible(), c:GetParent() == p, p.children[1] == c, G.getglobal "Child" == c)
print(pcall(c.SetScript, c, "OnClickTwice", print))
print(pcall(G.hooksecurefunc, "NoSuchFunction", print))
print(G.strjoin("|", G.strsplit(",", "a,b,,c")), select("#", G.strsplit(",", ",,")), G.strsplit(",", "a,b,c", 2))

print "==== damaged saved variables"
for _, text in ipairs { "CounterDB = {", "CounterDB = print('escaped')", "CounterDB = { kills = 99 }\nX = CounterDB.kills + 1" } do
  host.saved.Test = text
  restore { name = "Test" }
end
print(G.CounterDB.kills, G.X, #host.errors)
