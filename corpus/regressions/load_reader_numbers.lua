-- A number that a reader gives becomes a string of its own.
collectgarbage("stop")
for number = 1001, 1005 do
  local pieces, n = { "return ", number, 0 }, 0
  local reader = function() n = n + 1 return pieces[n] end
  local before = collectgarbage("count")
  local f = load(reader)
  print((collectgarbage("count") - before) * 1024, f())
end
