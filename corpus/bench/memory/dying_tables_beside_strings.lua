-- A million small tables that die at once, beside a million strings that live.
-- bound: time 1.30 of dying_tables less live_strings
local n = math.floor(1e6 * (tonumber((...)) or 1))
collectgarbage("stop")
local live = {}
for i = 1, n do live[i] = ("%d"):format(i * 40503 % 1000003) end
collectgarbage("restart")
collectgarbage()
local total = 0
for i = 1, n do
  local t = { i, i }
  total = total + #t
end
print("dying_tables_beside_strings", total, #live)
