-- Small tables that die young beside a large heap that lives.
local scale = tonumber((...)) or 1
local function times(n) return math.max(1, math.floor(n * scale)) end
local live = {}
for i = 1, times(60000) do live[i] = { i, name = "n" .. i % 500, next = live[i - 1] } end
local total = 0
for i = 1, times(700000) do
  local t = { i, i + 1 }
  total = total + t[2] - t[1]
  if i % 50 == 0 then live[i % #live + 1] = { i, name = "new", next = false } end
end
local kept = 0
for i = 1, #live do kept = kept + live[i][1] end
print("collect_live_heap", total, kept)
