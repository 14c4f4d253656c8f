-- Text built piece by piece: rep, concat of buffers, .. in a loop, sub and comparison of pieces.
local scale = tonumber((...)) or 1
local function times(n) return math.max(1, math.floor(n * scale)) end
local rep, concat, sub = string.rep, table.concat, string.sub
local total = 0
for round = 1, times(1600) do
  local lines = {}
  for i = 1, 60 do
    local bar = rep("#", i) .. rep(" ", 60 - i)
    lines[i] = "| " .. bar .. " | " .. i .. "% |" .. rep("=-", i, i)
  end
  local page = concat(lines, "\n")
  total = total + #page
  for at = 1, #page - 80, 80 do
    if sub(page, at, at + 4) == sub(page, at + 5, at + 9) then total = total + 1 end
  end
  local wide = ""
  for i = 1, 100 do wide = wide .. sub(page, i, i + 20) end
  total = total + #wide
end
print("string_buffer", total)
