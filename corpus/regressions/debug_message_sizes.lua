-- errors and messages leave the strings behind that they were made from
collectgarbage() collectgarbage "stop"
local pcall, count = pcall, collectgarbage
local function measure(name, f, ...)
  local before = count "count"
  pcall(f, ...)
  print(name, (count "count" - before) * 1024)
end
local function nop() end
for i = 1, 2 do
  measure("nothing", nop)
  measure("index", function() local a; a.b = 1 end)
  measure("arithmetic", function() local a = {}; a = a + 1 end)
  measure("call", function() undefined() end)
  measure("compare same", function() return {} < {} end)
  measure("compare", function() return 1 < "x" end)
  measure("concatenate", function() return {} .. "x" end)
  measure("error", function() error("boo" .. i) end)
  measure("error 0", function() error("boo0" .. i, 0) end)
  measure("assert", function() assert(false) end)
  measure("argument", function() string.rep() end)
  measure("method argument", function() ("x"):rep({}) end)
  measure("self", function() local t = {rep = string.rep} t:rep() end)
  measure("by pcall", string.rep)
  measure("option", function() collectgarbage("nonsense" .. i) end)
  measure("for", function() for j = 1, "q" do end end)
  measure("getinfo", function() debug.getinfo(1) end)
  measure("getinfo all", function() debug.getinfo(1, "nSlufL") end)
  measure("getinfo function", function() debug.getinfo(print) end)
  measure("traceback", function() debug.traceback("x" .. i) end)
  measure("handler", function() xpcall(function() error("a" .. i) end, debug.traceback) end)
  measure("sethook", function() debug.sethook(nop, "crl") debug.sethook() end)
  measure("gethook", function() debug.gethook() end)
  measure("require", function() require("nonexistent" .. i) end)
  measure("module", function() module("mod" .. i, package.seeall) end)
  measure("loadlib", function() package.loadlib("./nonexistent" .. i, "f") end)
  measure("loadfile", function() loadfile("nonexistent" .. i) end)
  measure("wrap", function() coroutine.wrap(function() error("w" .. i) end)() end)
  measure("stack", function() local function f() return 1 + f() end f() end)
end
