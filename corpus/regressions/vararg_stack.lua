--@ origin: written
--@ found: 2026-11-28 ae35e20
--@ channels: collector
-- A vararg function is entered with room for its frame; the parameters beside it make no stack grow.
for width = 1, 5 do
  local names = ("a, b, c, d, e"):sub(1, 3 * width - 2)
  local f = loadstring("return function(r, n, " .. names .. ", ...) if n > 0 then local x = {r(r, n - 1, ...)} return x end end")()
  for n = 1, 60 do
    coroutine.wrap(function()
      local before = collectgarbage("count")
      collectgarbage("stop")
      f(f, n, 1, 2)
      print(width, n, (collectgarbage("count") - before) * 1024)
    end)()
    collectgarbage()
  end
end
