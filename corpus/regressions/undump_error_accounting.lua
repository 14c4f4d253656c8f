-- What a precompiled chunk that can't be loaded leaves behind counts until it is collected: the functions that
-- were begun, with room for all that their sequences announce, the strings read, and those of the message.
local kb = collectgarbage
local function chunk()
  local shared, other = 1, "text of a constant"
  local function inner(a, b, ...)
    local c = a .. "another constant" .. tostring(shared)
    return c, 12.5, nil, true, function() return shared, other, c end
  end
  return inner
end
local whole = string.dump(chunk)
local sizes, messages = {}, {}
for i = 1, #whole + 300 do sizes[i], messages[i] = 0, "" end
kb("stop")
for length = 1, #whole do
  local text = whole:sub(1, length)
  loadstring(text)
  local before = kb("count")
  local f, message = loadstring(text, "=x")
  sizes[length] = (kb("count") - before) * 1024
  messages[length] = tostring(message)
end
for length = 1, #whole do print(length, sizes[length], length < #whole and messages[length]) end

-- Sequences that announce more than the chunk holds, and names of every kind.
local names = { "=x", "@x", "x", "=a:1", "a:1: b", "=" .. ("long"):rep(30), "@" .. ("long"):rep(30), whole, "", "=: " }
for _, name in ipairs(names) do
  for _, text in ipairs { whole:sub(1, 30), "\27Lua", whole:sub(1, 4) .. "x" .. whole:sub(6), whole:sub(1, 12) .. ("\0"):rep(16) .. "\2\2\0\0\255\0\0\0" } do
    loadstring(text, name)
    local before = kb("count")
    local f, message = loadstring(text, name)
    print((kb("count") - before) * 1024, message)
  end
end

-- A reader that fails, or ends, in the middle.
for stop = 1, #whole, 7 do
  local at = 0
  local function reader()
    at = at + 1
    if at == stop then error("reader", 0) end
    return whole:sub(at, at)
  end
  local before = kb("count")
  local ok, message = load(reader, "=r")
  print(stop, (kb("count") - before) * 1024, message)
end
