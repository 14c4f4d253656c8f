-- The generic for with every kind of iterator: results wanted, errors, yields, levels, hooks.
local function show(...) print(...) end
for k in next, {10, 20, x = 1} do show("next1", k) end
for k, v in next, {10, 20, x = 1} do show("next2", k, v) end
for k, v, w, z in next, {10, 20, x = 1} do show("next4", k, v, w, z) end
for i, v in ipairs({1, 2, nil, 4}) do show("ipairs", i, v) end
for i in ipairs({5, 6}) do show("ipairs1", i) end
for i, v, w in ipairs({5, 6}) do show("ipairs3", i, v, w) end
local t = {} for i = 1, 20 do t[i] = i; t["k" .. i] = i end
local n = 0 for k, v in pairs(t) do t[k] = nil; n = n + 1 end show("cleared", n, next(t))
for w in string.gmatch("one two three", "%a+") do show("gmatch", w) end
for a, b in string.gmatch("a=1, b=2", "(%w+)=(%w+)") do show(a, b) end
local function count(limit, i) if i < limit then return i + 1, i * i, "extra" end end
for i in count, 3, 0 do show("lua1", i) end
for i, s, e, more in count, 3, 0 do show("lua4", i, s, e, more) end
local function tail(limit, i) return count(limit, i) end
for i, s in tail, 3, 0 do show("tail", i, s) end
local callable = setmetatable({}, {__call = function(_, s, i) i = (i or 0) + 1; if i <= s then return i, -i end end})
for i, v in callable, 3 do show("callable", i, v) end
for v, w in coroutine.wrap(function() coroutine.yield(1, 2) coroutine.yield(3) coroutine.yield(4, 5, 6) end) do show("wrap", v, w) end
for v in coroutine.wrap(function(s, c) show("args", s, c) coroutine.yield(1) end), 7, 8 do show("wrap", v) end
for ok, a in pcall, function() return nil end do show("pcall", ok, a) break end
-- errors
show(pcall(function() for k in 5 do end end))
show(pcall(function() for k in nil do end end))
show(pcall(function() for k in next, 5 do end end))
show(pcall(function() for k in next, {}, "nokey" do end end))
show(pcall(function() for k in ipairs({}), nil, 0 do end end))
show(pcall(function() for k in function() error("inside") end do end end))
show(pcall(function() for k in coroutine.wrap(function() error("in coroutine") end) do end end))
show(pcall(function() for k in coroutine.wrap(function() end) do end end))
show(pcall(function() local f = coroutine.wrap(function() coroutine.yield(1) end) for k in f do show(k) end f() end))
-- a yield inside an iterator crosses C in 5.1.1
local co = coroutine.create(function()
  for k in function() coroutine.yield("never") end do end
end)
show(coroutine.resume(co))
show(coroutine.status(co))
-- coroutines inside coroutines
local function gen(n) return coroutine.wrap(function() for i = 1, n do coroutine.yield(i) end end) end
local outer = coroutine.wrap(function() for i in gen(3) do for j in gen(i) do coroutine.yield(i * 10 + j) end end end)
for v in outer do io.write(v, " ") end print()
-- levels of C: how deep iterators may nest
local depth = 0
local function deep() depth = depth + 1; for k in deep do end end
local ok, message = pcall(deep)
show("lua iterators", depth, message)
depth = 0
local function viapairs() depth = depth + 1; for k in pairs({1}) do viapairs() end end
ok, message = pcall(viapairs)
show("pairs", depth > 1000, (tostring(message):match("stack overflow")))
-- the level of the caller and lines
for k in function(s, c) if not c then show(debug.traceback("trace")); return 1 end end do
  show(debug.getinfo(1, "l").currentline)
end
-- hooks set in the middle
local lines = {}
for k in function(s, c) c = (c or 0) + 1
    if c == 2 then debug.sethook(function(e, l) lines[#lines + 1] = e .. tostring(l) end, "crl") end
    if c < 4 then return c end end do
  local x = k
end
debug.sethook()
show(table.concat(lines, " "))
lines = {}
debug.sethook(function(e, l) lines[#lines + 1] = e .. tostring(l) end, "crl")
for k, v in pairs({1, 2}) do local x = v end
for k in gen(2) do local x = k end
debug.sethook()
show(table.concat(lines, " "))
-- collection at each turn
collectgarbage("collect")
local weak = setmetatable({}, {__mode = "k"})
for i = 1, 30 do weak[{}] = i end
local seen = 0
for k, v in pairs(weak) do seen = seen + 1; if seen % 7 == 0 then collectgarbage() end end
show(seen > 0)
local before = collectgarbage("count")
for round = 1, 2000 do for k, v in pairs({round, a = {}}) do local s = k .. tostring(round) end end
show(string.format("%.3f", collectgarbage("count") - before))
-- finalizers that run inside the for
local finalized = 0
local function proxy() local p = newproxy(true); getmetatable(p).__gc = function() finalized = finalized + 1 end return p end
for i = 1, 300 do proxy() for k, v in ipairs({1, 2, 3}) do local x = {} end end
show(finalized)
-- closures of loops
local fs = {}
for k, v in pairs({1, 2, 3}) do fs[#fs + 1] = function() v = v + 1; return k, v end end
for _, f in ipairs(fs) do show(f()) show(f()) end
-- many upvalues
local a, b, c, d, e, f, g = 1, 2, 3, 4, 5, 6, 7
local function many() a = a + 1 return a, b, c, d, e, f, g end
local function nested() return function() return a + b + c + d + e + f + g end end
show(many()) show(nested()())
-- varargs
local function va(...) local x, y, z = ... return select("#", ...), x, y, z, ... end
show(va()) show(va(1)) show(va(1, 2, 3, 4, 5)) show((va(nil, nil)))
local function va2(p, q, ...) return q, p, ... end
show(va2()) show(va2(1, 2, 3, nil)) show(va2(unpack({1, 2, 3, 4, 5, 6, 7, 8}, 1, 200)))
