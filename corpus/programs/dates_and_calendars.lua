-- Dates: os.date with "!" formats and fixed times, own calendar arithmetic checked against it, month calendars, Easter, ISO weeks, date parsing, intervals.

local floor = math.floor

-- Days since 1970-01-01 and back, without the os library.
local function days_from_civil(y, m, d)
  if m <= 2 then y = y - 1 end
  local era = floor(y / 400)
  local yoe = y - era * 400
  local doy = floor((153 * (m + (m > 2 and -3 or 9)) + 2) / 5) + d - 1
  local doe = yoe * 365 + floor(yoe / 4) - floor(yoe / 100) + doy
  return era * 146097 + doe - 719468
end

local function civil_from_days(z)
  z = z + 719468
  local era = floor(z / 146097)
  local doe = z - era * 146097
  local yoe = floor((doe - floor(doe / 1460) + floor(doe / 36524) - floor(doe / 146096)) / 365)
  local doy = doe - (365 * yoe + floor(yoe / 4) - floor(yoe / 100))
  local mp = floor((5 * doy + 2) / 153)
  local d = doy - floor((153 * mp + 2) / 5) + 1
  local m = mp < 10 and mp + 3 or mp - 9
  return yoe + era * 400 + (m <= 2 and 1 or 0), m, d
end

print "== os.date"
local moments = { 0, 86399, 951782400, 1000000000, 1149120000, 1234567890, 2147483647, -1, -86400 }
for _, t in ipairs(moments) do
  print(t, os.date("!%Y-%m-%d %H:%M:%S", t), os.date("!%a %A %b %B", t), os.date("!%j %U %W %w %y %p %I", t))
end
print(os.date("!%c", 0), os.date("!%x %X", 0), os.date("!%%", 0), os.date("!plain", 0), pcall(os.date, "!", 0))
print(os.date("!%d/%m/%y", 1e9), os.date("!%D %T %R %e %h %n%t|", 1e9), os.date("!%F %G-W%V-%u %C %g", 1e9), os.date("!%s", 0) ~= nil)
print(#os.date("!" .. ("%Y"):rep(60), 0), #os.date("!" .. ("x"):rep(200), 0), os.date "!%Y" >= "2006")
print(pcall(os.date, "!" .. ("%Y"):rep(70), 0)) print(pcall(os.date, "!" .. ("x"):rep(300), 0))

local function fields(t)
  return ("%d-%d-%d %d:%d:%d wday %d yday %d dst %s"):format(t.year, t.month, t.day, t.hour, t.min, t.sec, t.wday, t.yday, tostring(t.isdst))
end
for _, t in ipairs { 0, 1e9, 1149120000 + 0.9, -1 } do print(fields(os.date("!*t", t)), fields(os.date("*t", t))) end
local keys = {}
for k in pairs(os.date("!*t", 0)) do keys[#keys + 1] = k end
print(table.concat(keys, " "))

print "== os.time"
print(os.time { year = 1970, month = 1, day = 1, hour = 0 }, os.time { year = 2006, month = 6, day = 1 }, os.time { year = 2000, month = 1, day = 1, hour = 0, min = 0, sec = 0 })
print(os.time { year = 2000, month = 13, day = 1, hour = 0 }, os.time { year = 2000, month = 1, day = 0, hour = 0 }, os.time { year = 2000, month = 1, day = 1, hour = 25, min = -61 })
print(os.time { year = "2001", month = "9", day = "9", hour = "1", min = "46", sec = "40" }, os.time { year = 2001, month = 9, day = 9, hour = 1, min = 46, sec = 40, isdst = false })
print(pcall(os.time, {})) print(pcall(os.time, { year = 2000 })) print(pcall(os.time, { year = 2000, month = 1 })) print(pcall(os.time, { year = 2000, month = "x", day = 1 })) print(pcall(os.time, 5))
local round_trips = 0
for t = -1e9, 2e9, 123456789 do
  local d = os.date("*t", t)
  if os.time(d) == t then round_trips = round_trips + 1 end
end
print("round trips", round_trips, os.difftime(1000, 400), os.difftime(5, 10), type(os.time()), type(os.clock()), os.difftime(1, 0) == 1)

print "== own calendar against os.date"
local checked = 0
for z = -20000, 40000, 97 do
  local y, m, d = civil_from_days(z)
  assert(days_from_civil(y, m, d) == z)
  assert(("%04d-%02d-%02d"):format(y, m, d) == os.date("!%Y-%m-%d", z * 86400))
  assert((z + 4) % 7 == tonumber(os.date("!%w", z * 86400)))
  assert(days_from_civil(y, m, d) - days_from_civil(y, 1, 1) + 1 == tonumber(os.date("!%j", z * 86400)))
  checked = checked + 1
end
print("checked", checked)
for _, z in ipairs { -719468, 0, 11016, 2932896 } do print(z, civil_from_days(z)) end

-- A date class -----------------------------------------------------------------------------------

local Date = {}
Date.__index = Date
local names = { "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December" }
local weekdays = { [0] = "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday" }

local function leap(y) return y % 4 == 0 and (y % 100 ~= 0 or y % 400 == 0) end
local function month_days(y, m) return m == 2 and (leap(y) and 29 or 28) or ({ 31, 0, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 })[m] end
local function date(y, m, d)
  if not d then return setmetatable({ z = y }, Date) end
  if m < 1 or m > 12 or d < 1 or d > month_days(y, m) then error(("no such date: %d-%d-%d"):format(y, m, d), 2) end
  return setmetatable({ z = days_from_civil(y, m, d) }, Date)
end
function Date:civil() return civil_from_days(self.z) end
function Date:weekday() return (self.z + 4) % 7 end
Date.__tostring = function(s) return ("%04d-%02d-%02d"):format(s:civil()) end
Date.__add = function(a, b) if type(a) == "number" then a, b = b, a end return date(a.z + b) end
Date.__sub = function(a, b) if type(b) == "number" then return date(a.z - b) end return a.z - b.z end
Date.__eq = function(a, b) return a.z == b.z end
Date.__lt = function(a, b) return a.z < b.z end
Date.__le = function(a, b) return a.z <= b.z end
Date.__concat = function(a, b) return tostring(a) .. tostring(b) end
function Date:add_months(n)
  local y, m, d = self:civil()
  m = y * 12 + m - 1 + n
  y, m = floor(m / 12), m % 12 + 1
  return date(y, m, math.min(d, month_days(y, m)))
end
function Date:iso_week()
  local thursday = self + (4 - (self:weekday() == 0 and 7 or self:weekday()))
  local y = thursday:civil()
  return y, floor((thursday - date(y, 1, 1)) / 7) + 1, self:weekday() == 0 and 7 or self:weekday()
end
local function parse(s)
  local y, m, d = s:match "^(%d%d%d%d)-(%d%d?)-(%d%d?)$"
  if not y then d, m, y = s:match "^(%d%d?)%.(%d%d?)%.(%d%d%d%d)$" end
  if not y then
    local name
    d, name, y = s:match "^(%d+)%a* (%a+),? (%d+)$"
    if not name then name, d, y = s:match "^(%a+) (%d+)%a*,? (%d+)$" end
    if name then
      for i, full in ipairs(names) do
        if #name >= 3 and full:lower():sub(1, #name) == name:lower() then m = i end
      end
    end
  end
  if not (y and m) then return nil, "cannot read '" .. s .. "'" end
  local ok, result = pcall(date, tonumber(y), tonumber(m), tonumber(d))
  if ok then return result end
  return nil, (result:gsub("^.-:%d+: ", ""))
end

print "== dates"
local d = date(2006, 6, 1)
print(tostring(d), weekdays[d:weekday()], tostring(d + 30), tostring(60 + d), tostring(d - 152), d - date(2000, 1, 1), d < d + 1, d <= d, d == date(2006, 6, 1), "on " .. d)
for _, n in ipairs { 1, 8, -4, 21, -30 } do io.write(tostring(date(2004, 1, 31):add_months(n)), " ") end print()
for _, s in ipairs { "2004-02-29", "29.2.2005", "4 July 1976", "Sept 11, 2001", "1st Jan 2000", "Ju 4, 2000", "2000-13-01", "yesterday", "31 April 1999" } do
  local r, m = parse(s)
  print(s, r and r .. " " .. weekdays[r:weekday()] or m)
end
for _, v in ipairs { { 2005, 1, 1 }, { 2005, 1, 3 }, { 2008, 12, 29 }, { 2010, 1, 3 }, { 2020, 12, 31 } } do
  local x = date(unpack(v))
  local y, w, k = x:iso_week()
  local s = ("%d-W%02d-%d"):format(y, w, k)
  assert(s == os.date("!%G-W%V-%u", x.z * 86400))
  io.write(s, " ")
end
print()

print "== calendars"
local function calendar(y, m)
  local lines = { (" "):rep(floor((20 - #names[m] - 5) / 2)) .. names[m] .. " " .. y, "Mo Tu We Th Fr Sa Su" }
  local offset = (date(y, m, 1):weekday() + 6) % 7
  local line = ("   "):rep(offset)
  for k = 1, month_days(y, m) do
    line = line .. ("%2d "):format(k)
    if (offset + k) % 7 == 0 or k == month_days(y, m) then
      lines[#lines + 1] = line
      line = ""
    end
  end
  return lines
end
local function beside(...)
  local columns, height = { ... }, 0
  for _, c in ipairs(columns) do height = math.max(height, #c) end
  for i = 1, height do
    local parts = {}
    for k, c in ipairs(columns) do parts[k] = ("%-22s"):format(c[i] or "") end
    print((table.concat(parts):gsub("%s+$", "")))
  end
end
beside(calendar(2006, 2), calendar(2004, 2), calendar(2000, 5))

print "== Easter"
local function easter(y)
  local a, b, c = y % 19, floor(y / 100), y % 100
  local h = (19 * a + b - floor(b / 4) - floor((b - floor((b + 8) / 25) + 1) / 3) + 15) % 30
  local l = (32 + 2 * (b % 4) + 2 * floor(c / 4) - h - c % 4) % 7
  local m = floor((a + 11 * h + 22 * l) / 451)
  local n = h + l - 7 * m + 114
  return date(y, floor(n / 31), n % 31 + 1)
end
for y = 1999, 2008 do local e = easter(y) assert(e:weekday() == 0) io.write(tostring(e), " ") end print()

print "== recurring"
local function every(start, stop, step)
  return coroutine.wrap(function()
    local at = start
    while at <= stop do coroutine.yield(at) at = step(at) end
  end)
end
local function nth_weekday(y, m, wd, n)
  local first = date(y, m, 1)
  return first + (wd - first:weekday()) % 7 + 7 * (n - 1)
end
for x in every(date(2004, 2, 27), date(2004, 3, 3), function(v) return v + 1 end) do io.write(tostring(x):sub(6), weekdays[x:weekday()]:sub(1, 2), " ") end print()
for x in every(date(2005, 10, 31), date(2006, 6, 30), function(v) local y, m = (v + 1):civil() return date(y, m, month_days(y, m)) end) do io.write(tostring(x), " ") end print()
for y = 2004, 2007 do io.write("fourth thursday of november ", tostring(nth_weekday(y, 11, 4, 4)), "; ") end print()
local thirteenths = {}
for y = 2004, 2006 do for m = 1, 12 do if date(y, m, 13):weekday() == 5 then thirteenths[#thirteenths + 1] = y .. "-" .. m end end end
print("friday 13th", table.concat(thirteenths, " "))

print "== ages"
local function difference(a, b)
  local y1, m1, d1 = a:civil()
  local y2, m2, d2 = b:civil()
  local months = (y2 - y1) * 12 + m2 - m1
  if d2 < d1 then months = months - 1 end
  local rest = b - a:add_months(months)
  return floor(months / 12), months % 12, rest
end
for _, p in ipairs { { date(1980, 2, 29), date(2006, 2, 28) }, { date(1999, 12, 31), date(2000, 1, 1) }, { date(2005, 6, 15), date(2006, 6, 15) } } do print(p[1] .. " to " .. p[2], difference(unpack(p))) end
