-- What compiling allocates is charged function by function: the code, and the tables of
-- names and constants that the compiler leaves behind as garbage.
local seed = 7
local function random(n)
  seed = (seed * 16807) % 2147483647
  return seed % n
end
local names = {}
for i = 1, 60 do names[i] = "name" .. i end
local function constant()
  local kind = random(8)
  if kind == 0 then return "nil" end
  if kind == 1 then return "true" end
  if kind == 2 then return "'" .. names[random(60) + 1] .. "'" end
  if kind == 3 then return random(50) / 4 end
  if kind == 4 then return "-" .. random(40) end
  return random(2 ^ (1 + random(9)))
end
local function body(depth, count)
  local parts = {}
  for i = 1, count do
    local kind = random(depth < 4 and 6 or 4)
    local name = names[random(60) + 1]
    if kind == 0 then parts[i] = name .. " = {" .. constant() .. ", " .. constant() .. "}"
    elseif kind == 1 then parts[i] = name .. "." .. names[random(60) + 1] .. " = " .. constant()
    elseif kind == 2 then parts[i] = "if " .. name .. " == " .. constant() .. " then f(" .. constant() .. ") end"
    elseif kind == 3 then parts[i] = "for i = 1, " .. constant() .. " do local x = i + 1 end"
    elseif kind == 4 then parts[i] = "local function g(" .. name .. ") " .. body(depth + 1, random(count + 8)) .. " end"
    else parts[i] = name .. " = function(...) " .. body(depth + 1, random(count + 8)) .. " end" end
  end
  return "do " .. table.concat(parts, "\n") .. " end"
end
local sum = 0
for i = 1, 200 do
  local source = body(1, 1 + random(12))
  if random(4) == 0 then source = string.sub(source, 1, random(#source)) end
  collectgarbage()
  collectgarbage("stop")
  local before = collectgarbage("count")
  local f = loadstring(source, "=c")
  local after = collectgarbage("count")
  f = nil
  print(i, #source, (after - before) * 1024)
end
-- Integers that come in an order of their own.
for i = 1, 60 do
  local items = {}
  for j = 1, random(100) + 1 do
    items[j] = random(3) == 0 and names[random(60) + 1] or (random(2) == 0 and j or random(80))
  end
  local source = "return " .. table.concat(items, ", ")
  collectgarbage()
  local before = collectgarbage("count")
  local f = loadstring(source, "=c")
  local after = collectgarbage("count")
  f = nil
  print(i, #items, (after - before) * 1024)
end
