--@ origin: written
--@ found: 2026-11-29 6779a56
--@ signature: 83a904da
--@ channels: output
-- The upvalues of a loaded function are made after it, so they are swept before it.
-- A step this small sweeps 40 objects.
collectgarbage("setstepmul", 1)
local up
local chunk = string.dump(function() return up end)
local many = string.dump(function() return up, chunk, print, pairs end)
for _, text in ipairs({ chunk, many }) do
  collectgarbage()
  collectgarbage("stop")
  for _ = 1, 150 do loadstring(text) end
  local counts = {}
  repeat
    local done = collectgarbage("step", 0)
    counts[#counts + 1] = collectgarbage("count") * 1024
  until done
  local freed = {}
  for i = 2, #counts do
    if counts[i] < counts[i - 1] then freed[#freed + 1] = counts[i - 1] - counts[i] end
  end
  print(#counts, table.concat(freed, " "))
end
