--- unpack
local ends = { -2^53, -2^31 - 1, -2^31, -2^31 + 1, -1, 0, 1, 3, 8000, 2^31 - 2, 2^31, 2^31 + 1, 2^32, 2^53, 1e308, 1/0, -1/0, 0/0 }
local n = 0
for _, i in ipairs(ends) do for _, j in ipairs(ends) do
  pcall(unpack, { 1, 2, 3 }, i, j)
  n = n + 1
end end
return n
--- concat
local ends = { -2^53, -2^31 - 1, -2^31, -1, 0, 1, 3, 2^31 - 2, 2^31, 2^32, 2^53, 1e308, 1/0, 0/0 }
local n = 0
for _, i in ipairs(ends) do for _, j in ipairs(ends) do
  pcall(table.concat, { "a", "b", "c" }, ",", i, j)
  n = n + 1
end end
return n
--- byte, sub, char and select
local ends = { -2^53, -2^31, -3, -1, 0, 1, 3, 2^31 - 1, 2^31, 2^53, 1e308, 1/0, -1/0, 0/0 }
local n = 0
for _, i in ipairs(ends) do
  pcall(string.char, i) pcall(select, i, 1, 2, 3) pcall(getfenv, i)
  pcall(error, "x", i) pcall(debug.getinfo, i) pcall(debug.traceback, "x", i)
  for _, j in ipairs(ends) do
    pcall(string.byte, "abc", i, j) pcall(string.sub, "abc", i, j) pcall(tonumber, "10", i) pcall(math.random, i, j)
    n = n + 4
  end
end
return n
--- insert at 2^31 below
table.insert({}, -2^31, 1)
--- insert anywhere
local n = 0
for _, i in ipairs { -1000, -1, 0, 1, 2, 3, 5, 1000, 2^31 - 1, 2^31, 2^53 } do
  pcall(table.insert, { 1, 2, 3 }, i, 4) pcall(table.remove, { 1, 2, 3 }, i)
  n = n + 2
end
return n
--- remove from 2^31 below
table.remove({ 1, 2, 3 }, -2^31)
--- concat without end
local t = {} for i = 1, 1e5 do t[i] = "x" end while true do table.concat(t, ",", 1, 1e5) end
--- loops without an end
for i = 1, 1/0 do end
--- loops that stand still
for i = 2^53, 2^53 + 2 do end
--- byte of ten million
string.byte(("x"):rep(1e7), 1, -1)
--- unpack of ten million
local t = {} for i = 1, 1e7 do t[i] = i end unpack(t)
