-- Dates and times: os.date in universal time, os.time of a table, difftime, clock.
local scale = tonumber((...)) or 1
local function times(n) return math.max(1, math.floor(n * scale)) end
local total, length = 0, 0
local started = os.clock()
for i = 1, times(85000) do
  local when = 86400 * (i % 20000) + i
  length = length + #os.date("!%Y-%m-%d %H:%M:%S", when)
  local fields = os.date("!*t", when)
  total = total + fields.yday + fields.hour
  total = total + os.difftime(when, when - 5)
  if i % 4 == 0 then
    total = total + os.time({ year = 2000 + i % 30, month = i % 12 + 1, day = 15, hour = 12 }) % 1000
  end
  if os.clock() < started then total = total + 1 end
end
print("dates", total, length)
