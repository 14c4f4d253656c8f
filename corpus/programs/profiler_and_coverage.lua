-- Profiler and coverage tool on debug hooks: line counts, call counts, call graph, instruction budget, call tracer, all deterministic.

local watched_source = [[
local function classify(n)
  if n % 15 == 0 then
    return "fizzbuzz"
  elseif n % 5 == 0 then
    return "buzz"
  elseif n % 3 == 0 then
    return "fizz"
  elseif n > 1000 then
    return "huge"
  end
  return n
end

local function sum(list)
  local total = 0
  for _, v in ipairs(list) do
    total = total + v
  end
  return total
end

local function unused()
  return "never called"
end

local results = {}
for i = 1, 20 do
  results[#results + 1] = classify(i)
end

local numbers = {}
local i = 0
while true do
  i = i + 1
  if i > 5 then break end
  numbers[i] = i * i
end
repeat
  local last = table.remove(numbers)
until last < 5

-- a comment line
return sum(numbers), #results,
  unused ~= nil
]]

local function lines_of(text)
  local t = {}
  for l in text:gmatch "([^\n]*)\n" do t[#t + 1] = l end
  return t
end

-- Lines that can execute are found in the functions themselves: activelines of the chunk and of all nested functions.
local function active_lines(f)
  local active = {}
  local function note(fn) for l in pairs(debug.getinfo(fn, "L").activelines) do active[l] = true end end
  note(f)
  return active, note
end

print "== coverage"
local chunk = assert(loadstring(watched_source, "=watched"))
local counts, functions = {}, {}
local active, note = active_lines(chunk)
debug.sethook(function(event, line)
  local info = debug.getinfo(2, "Sf")
  if info.source == "=watched" then
    counts[line] = (counts[line] or 0) + 1
    if not functions[info.func] then
      functions[info.func] = true
      note(info.func)
    end
  end
end, "l")
local a, b, c = chunk()
debug.sethook()
print("results", a, b, c)
local executed, possible = 0, 0
for n, text in ipairs(lines_of(watched_source)) do
  local mark = counts[n] and ("%4d"):format(counts[n]) or active[n] and "  !!" or "    "
  if active[n] then possible = possible + 1 end
  if counts[n] then executed = executed + 1 end
  print(("%2d %s | %s"):format(n, mark, text))
end
print(("%d of %d lines, %.1f%%"):format(executed, possible, executed / possible * 100))

print "== call counts"
local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end
local function even(n) if n == 0 then return true end return even(n - 1) end
local object = { total = 0 }
function object:add(n) self.total = self.total + n return self end
function object.each(list, f) for i = 1, #list do f(list[i]) end end

local function profile(f, ...)
  local calls, returns, tails, depth, deepest = {}, 0, 0, 0, 0
  local function name_of(info)
    if info.what == "C" then return "[C] " .. tostring(info.name) end
    if info.what == "main" then return "main chunk" end
    return (info.name or "?") .. ":" .. info.linedefined .. (info.namewhat ~= "" and " " .. info.namewhat or "")
  end
  debug.sethook(function(event)
    if event == "call" then
      local key = name_of(debug.getinfo(2, "nS"))
      calls[key] = (calls[key] or 0) + 1
      depth = depth + 1
      deepest = math.max(deepest, depth)
    elseif event == "return" then
      returns, depth = returns + 1, depth - 1
    else
      tails, depth = tails + 1, depth - 1
    end
  end, "cr")
  f(...)
  debug.sethook()
  local keys = {}
  for k in pairs(calls) do keys[#keys + 1] = k end
  table.sort(keys)
  for _, k in ipairs(keys) do print(("  %-24s %d"):format(k, calls[k])) end
  print("  returns", returns, "tail returns", tails, "deepest", deepest)
end
profile(function() local x = fib(10) end)
profile(function() local x = even(10) end)
profile(function()
  object:add(1):add(2)
  object.each({ 1, 2, 3 }, function(v) object:add(v) end)
  local s = ("x"):rep(3):upper()
  table.sort({ 3, 1, 2 }, function(p, q) return p < q end)
end)

print "== call graph with lines of callers"
local edges = {}
local function leaf() end
local function middle(n)
  leaf()
  if n > 0 then
    middle(n - 1)
  end
  leaf()
end
debug.sethook(function()
  local callee, caller = debug.getinfo(2, "nS"), debug.getinfo(3, "Sl")
  if callee.short_src == caller.short_src then
    local key = ("%s called from line %d"):format(callee.name or "?", caller.currentline)
    edges[key] = (edges[key] or 0) + 1
  end
end, "c")
middle(3)
debug.sethook()
local keys = {}
for k in pairs(edges) do keys[#keys + 1] = k end
table.sort(keys)
for _, k in ipairs(keys) do print("  " .. k, edges[k]) end

print "== tracer with arguments"
local indent = 0
local function trace(f, ...)
  local me = debug.getinfo(1, "f").func
  debug.sethook(function(event)
    local info = debug.getinfo(2, "nSf")
    if info.what ~= "Lua" and event == "call" then return end
    if event == "call" then
      local args = {}
      for i = 1, 10 do
        local name, value = debug.getlocal(2, i)
        if not name then break end
        if not name:find "^%(" then args[#args + 1] = name .. "=" .. tostring(value) end
      end
      print(("  "):rep(indent) .. "-> " .. (info.name or "?") .. "(" .. table.concat(args, ", ") .. ")")
      indent = indent + 1
    elseif event == "return" and info.what == "Lua" then
      indent = indent - 1
      print(("  "):rep(indent) .. "<- " .. (info.name or "?"))
    elseif event == "tail return" then
      indent = indent - 1
      print(("  "):rep(indent) .. "<- (tail)")
    end
  end, "cr")
  f(...)
  debug.sethook()
end
local function gcd(a, b) if b == 0 then return a end return gcd(b, a % b) end
local function lcm(x, y)
  local g = gcd(x, y)
  return x * y / g
end
trace(function() local r = lcm(4, 6) end)

print "== instruction budget"
local function limited(n, f, ...)
  local ticks = 0
  local co = coroutine.create(f)
  debug.sethook(co, function()
    ticks = ticks + 1
    if ticks >= n then error("budget of " .. n .. " ticks exceeded", 0) end
  end, "", 100)
  local ok, message = coroutine.resume(co, ...)
  return ok, message, ticks
end
print(limited(50, function() while true do end end))
print(limited(50, function(a, b) return a + b end, 1, 2))
local function loop(n) for i = 1, n do end end
local _, _, ticks = limited(1e6, loop, 10000)
print("ticks for 10000 rounds", ticks)
print(limited(20, function() local ok = pcall(function() while true do end end) return "caught inside", ok end))

print "== count hook with lines"
local events = {}
debug.sethook(function(event, line) events[#events + 1] = event:sub(1, 1) .. (line or "") end, "l", 3)
local x = 1
x = x + 1
x = x * 2
debug.sethook()
local first = events[1]
local base = tonumber(first:match "%d+")
for i, e in ipairs(events) do
  local k, n = e:match "(%a)(%d*)"
  events[i] = k .. (n ~= "" and "+" .. n - base or "")
end
print(table.concat(events, " "), x)

print "== the hook itself"
local function hook() end
print(debug.gethook())
debug.sethook(hook, "crl", 1000)
local h, mask, count = debug.gethook()
debug.sethook()
print(h == hook, mask, count, (debug.gethook()))
debug.sethook(hook, "")
print(debug.gethook() == nil)
local co = coroutine.create(function() coroutine.yield(debug.gethook()) end)
debug.sethook(co, hook, "l")
print(select("#", debug.gethook(co)), debug.gethook(co) == hook, debug.gethook() == hook)
print(coroutine.resume(co) == true, pcall(debug.sethook, 1))

print "== errors raised by hooks"
local ok, message = pcall(function()
  debug.sethook(function(event, line)
    debug.sethook()
    error("hook at relative line " .. line - base, 0)
  end, "l")
  local y = 1
  return y
end)
print(ok, message)
local stepping = {}
debug.sethook(function(_, line)
  stepping[#stepping + 1] = line
  if #stepping == 6 then debug.sethook() end
end, "l")
local z = 0
for i = 1, 3 do
  z = z + i
end
for i, l in ipairs(stepping) do stepping[i] = l - debug.getinfo(1, "l").currentline end
print(table.concat(stepping, " "), z)
