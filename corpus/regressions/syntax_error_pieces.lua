-- The pieces of a syntax error's message are left on the stack, and are alive while they are below the top of the
-- function that runs. A name or number of one character takes no piece, any other character does.
for _, text in ipairs { "0", "x", "@", "_", ")", "x y", "x = = 1", "'", "f(", "x = }" } do
  collectgarbage()
  local before = collectgarbage("count")
  local many = select("#", loadstring(text))
  collectgarbage()
  local after = collectgarbage("count")
  local room = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20 }
  print(text, (after - before) * 1024)
end
