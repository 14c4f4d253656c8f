-- os.date with every conversion, flag, width and modifier of the C library, os.time with
-- fields out of range, and their errors.
local function clean(v)
  if type(v) ~= "table" then return tostring(v) end
  local r = {} for k, x in pairs(v) do r[#r + 1] = k .. "=" .. tostring(x) end
  return table.concat(r, " ")
end
local function show(...) local r = {} for i = 1, select("#", ...) do r[i] = clean((select(i, ...))) end print(table.concat(r, " | ")) end
local times = {0, 1, -1, 951782400, 1149854400, 1167609599, 1230768000, -2203891200, 4102444800, 253402300800, -62167219200, -1e11, 1e12, 67768036191676799, 67768036191676800, -67768040609740800, -67768040609740801, 1e17, 1/0, -1/0, 0/0, 1.9, -1.9}
for _, t in ipairs(times) do
  show(t, pcall(os.date, "!*t", t)) show(pcall(os.date, "*t", t)) show(pcall(os.date, "%c", t))
end
local letters = "aAbBcCdDeFgGhHIjklmMnNpPqrRsStTuUvVwWxXyYzZ%+fiJKLoQE\1\200 "
for i = 1, #letters do
  local l = letters:sub(i, i)
  local r = {}
  for _, flag in ipairs {"", "-", "_", "0", "^", "#", "5", "10", "E", "O", "_5", "05", "-5", "^#", "#^10", "E5", "5E", "5O", "+", "300"} do
    for _, t in ipairs {1149811445, -62198755200} do
      local ok, s = pcall(os.date, "!<%" .. flag .. l .. ">", t)
      r[#r + 1] = s
    end
  end
  print((table.concat(r, " "):gsub("[%c\128-\255]", function(c) return "\\" .. c:byte() end)))
end
for _, s in ipairs {"%", "x%", "%%", "%E", "%E%", "%-", "%5", "%_", "", "!", "!!", "*t", "!*t", "!*tx", "*T", "* t", "a\0b", "!*t\0x", "\0", "%n", "%t", ("x"):rep(255), ("x"):rep(256), ("%c"):rep(10), ("%c"):rep(11), "%255d", "%256d", "%99999999999d"} do
  show(("%q"):format(s:sub(1, 12)), pcall(os.date, s, 1149811445))
end
show(pcall(os.date, {})) show(pcall(os.date, 5, 0)) show(pcall(os.date, "%Y", "x")) show(pcall(os.date, "%Y", "86400")) show(pcall(os.date, "%Y", {})) show(pcall(os.date, nil, 0)) show(type(os.date()))
local seed = 5111
local function random(from, to) seed = (seed * 1103515245 + 12345) % 2147483648 return from + math.floor(seed / 65536) % (to - from + 1) end
local odd = {2^31, -2^31, 2^32 + 5, 1e300, "7", "x", {}, true, 2.9, -2.9, 0/0, 2^31 - 1, 1e10}
local ranges = {sec = {-100, 200}, min = {-100, 200}, hour = {-50, 100}, day = {-400, 800}, month = {-30, 60}, year = {-3000, 9999}}
for i = 1, 500 do
  local t, shown = {}, {}
  for _, k in ipairs {"sec", "min", "hour", "day", "month", "year"} do
    if random(1, 8) > 1 then t[k] = random(ranges[k][1], ranges[k][2]) end
    if random(1, 25) == 1 then t[k] = odd[random(1, #odd)] end
    shown[#shown + 1] = k .. "=" .. (type(t[k]) == "table" and "table" or tostring(t[k]))
  end
  local dst = random(1, 6) if dst == 1 then t.isdst = true elseif dst == 2 then t.isdst = false elseif dst == 3 then t.isdst = 0 end
  local ok, time = pcall(os.time, t)
  print(table.concat(shown, " "), tostring(t.isdst), ok and time and ("%.0f"):format(time) or time)
end
show(pcall(os.time, 5)) show(pcall(os.time, "x")) show(pcall(os.time, {year = 1969, month = 12, day = 31, hour = 23, min = 59, sec = 59})) show(os.time {year = 1970, month = 1, day = 1, hour = 0})
show(pcall(os.time, setmetatable({}, {__index = function(_, k) if k ~= "isdst" then return 5 end end}))) show(pcall(os.time, setmetatable({}, {__index = error})))
show(os.difftime(5), os.difftime(2^40, 1), os.difftime(1, 2^40), os.difftime(-2^63, 2^62), os.difftime(2^62, -2^63), os.difftime("7", "3.9"))
show(pcall(os.difftime)) show(pcall(os.difftime, "x", "y")) show(pcall(os.difftime, "x")) show(type(os.time()), type(os.clock()), os.clock() >= 0)
