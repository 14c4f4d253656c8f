-- A million distinct short strings that live, and nothing else: what the next program starts from.
local n = math.floor(1e6 * (tonumber((...)) or 1))
collectgarbage("stop")
local live = {}
for i = 1, n do live[i] = ("%d"):format(i * 40503 % 1000003) end
collectgarbage("restart")
collectgarbage()
print("live_strings", #live)
