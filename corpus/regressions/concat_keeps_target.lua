-- A concatenation gives the collector its chance before the result goes where it belongs: what it
-- replaces is alive until then.
collectgarbage("setpause", 100)
collectgarbage("setstepmul", 1000000)
local weak = setmetatable({}, { __mode = "v" })
local seen = {}
for i = 1, 3000 do
  local target = { i }
  weak[1] = target
  target = "text of number " .. i .. " and more of it, so that a collection comes soon"
  seen[#seen + 1] = weak[1] and "1" or "0"
end
local gone, kept = {}, 0
for i = 1, #seen do
  if seen[i] == "0" then gone[#gone + 1] = i else kept = kept + 1 end
end
print(#gone, kept, table.concat(gone, " "))
