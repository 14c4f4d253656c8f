--@ origin: written
--@ found: 2026-11-29 c3cd4e8
--@ channels: output lockstep
-- The handler takes the place of the error's value, also if that is not equal to itself.
local before = collectgarbage("count")
collectgarbage("stop")
for depth = 1, 40 do
  coroutine.wrap(function()
    local n, count = 0, collectgarbage("count")
    xpcall(nil, function()
      n = n + 1
      if n < depth then error(0 % 0) end
      print(n, (collectgarbage("count") - count) * 1024)
    end)
  end)()
end
-- At a syntax level too many, the first token has been read; and what is left of a level without a function.
local function deep(n)
  if n > 0 then return (string.gsub("a", "a", function() return deep(n - 1) end)) end
  local count = collectgarbage("count")
  local f, message = loadstring("name = 1")
  print(message, (collectgarbage("count") - count) * 1024)
end
for n = 180, 200 do print(n, pcall(deep, n)) end
