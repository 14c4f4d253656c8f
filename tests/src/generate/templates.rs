//! The templates of `scenes.rs`, which says how they are read.

use super::weights::Feature;

/// A feature and a scene that uses it.
pub(crate) const TEMPLATES: &[(Feature, &str)] = &[
    // Functions in fields and methods.
    (
        Feature::Method,
        "local t = {n = N_} function t:get(k) return self.n + k end function t.set(o, v) o.n = v return o end show(t:get(N_), t.set(t, N_):get(1))",
    ),
    (
        Feature::Method,
        "local t = {a = {b = {}}} function t.a.b:c(...) return self == t.a.b, select('#', ...) end show(t.a.b:c(A_, A_), t.a.b.c(A_))",
    ),
    (
        Feature::Method,
        "local t = {} function t.f(a, b) BLOCK_() return b, a end local x, y = t.f(A_, A_) show(x, y, (t.f(A_)))",
    ),
    // Coroutines.
    (
        Feature::Coroutine,
        "local co = coroutine.create(function(a, b) show(a, b) local c = coroutine.yield(A_, N_) show(c) BLOCK_() return A_ end) show(coroutine.resume(co, A_, A_)) show(coroutine.status(co)) show(coroutine.resume(co, A_)) show(coroutine.status(co), coroutine.resume(co))",
    ),
    (
        Feature::Coroutine,
        "for v, w in coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i, A_) BLOCK_() end end) do show(v, w) end",
    ),
    (
        Feature::Coroutine,
        "local function pass(...) return coroutine.yield(...) end local co = coroutine.create(function(...) local a = pass(...) local b = {pass(a, A_)} return #b, a end) show(coroutine.resume(co, A_, A_)) show(coroutine.resume(co, A_)) show(coroutine.resume(co)) show(coroutine.status(co))",
    ),
    (
        Feature::Coroutine,
        "local co co = coroutine.create(function() show(coroutine.status(co), coroutine.resume(co)) local inner = coroutine.create(function() show(coroutine.status(co)) coroutine.yield(A_) error(A_) end) show(coroutine.resume(inner)) coroutine.yield(inner) show(coroutine.resume(inner)) return coroutine.status(inner) end) show(coroutine.resume(co)) show(coroutine.resume(co)) show(coroutine.resume(co))",
    ),
    (
        Feature::Coroutine,
        "local co = coroutine.create(function() local ok, m = pcall(coroutine.yield, A_) show(ok, m) show(pcall(table.sort, {3, 2, 1}, function() coroutine.yield() end)) show(pcall(string.gsub, 'ab', '.', function() coroutine.yield(1) end)) for x in function() return coroutine.yield(2) end do end end) for i = 1, 4 do show(coroutine.resume(co, A_)) end",
    ),
    (
        Feature::Coroutine,
        "local co = coroutine.create(function(a) local t = setmetatable({}, {__index = function(_, k) return coroutine.yield(k) end}) return t[a] end) show(coroutine.resume(co, S_)) show(coroutine.status(co), debug.traceback(co))",
    ),
    (
        Feature::Coroutine,
        "local w = coroutine.wrap(function() error({code = N_}) end) show(pcall(w)) show(pcall(w))",
    ),
    (
        Feature::Coroutine,
        "local function gen(n) return coroutine.wrap(function() for i = n, 1, -1 do coroutine.yield(i) end end) end local sum = 0 for a in gen(3) do for b in gen(a) do sum = sum + a * b end end show(sum)",
    ),
    (
        Feature::Coroutine,
        "show(coroutine.running()) local co = coroutine.create(function() local c = coroutine.running() show(coroutine.status(c)) return c end) local ok, c = coroutine.resume(co) show(ok, c == co, pcall(coroutine.create, print), pcall(coroutine.yield, 1))",
    ),
    // Closures.
    (
        Feature::Closures,
        "local function make(n) return function(k) n = n + k return n end, function() return n end end local add, get = make(N_) add(N_) show(get(), add(1)) local add2, get2 = make(1) show(add2(1), get(), get2())",
    ),
    (
        Feature::Closures,
        "local fs = {} for i = 1, 3 do local j = i * N_ fs[i] = function(d) i = i + d j = j - d return i, j end end show(fs[1](1), fs[2](2), fs[1](1)) show(fs[3](0))",
    ),
    (
        Feature::Closures,
        "local fs = {} local i = 0 repeat local x = A_ i = i + 1 fs[i] = function() return x end until i == 2 or x == nil show(fs[1](), i)",
    ),
    (
        Feature::Closures,
        "local fs, i = {}, 0 while i < 3 do i = i + 1 local a, b = i, A_ fs[i] = function(x) if x then a = x end return a, b end if B_ then break end end for j = 1, i do show(fs[j](B_ and j or nil)) show(fs[j]()) end",
    ),
    (
        Feature::Closures,
        "local a, b, c = N_, S_, A_ local function f() local function g() a = a + 1 local function h() b = b .. 'x' return a, b, c end return h() end return g end show(f()()) show(a, #b)",
    ),
    (
        Feature::Closures,
        "local function f(a, ...) local x = ... return function(...) a = a or x return a, x, ... end end show(f(A_, A_)(A_)) show(f()())",
    ),
    // Objects: metatables for every event.
    (
        Feature::Object,
        "local mt = {} mt.__add = function(a, b) return N_ end mt.__concat = function(a, b) return S_ end mt.__unm = function(a) return A_ end mt.__lt = function(a, b) return A_ end mt.__call = function(self, ...) return select('#', ...) end local o, p = setmetatable({}, mt), setmetatable({}, mt) show(o + 1, 1 + o, o .. 'x', 'x' .. o, o .. p, 1 .. o, -o, o < p, o > p, o <= p, o(A_, A_), o())",
    ),
    (
        Feature::Object,
        "local mt = {__sub = function(a, b) return type(a) .. type(b) end} mt.__mul, mt.__div, mt.__mod, mt.__pow = mt.__sub, mt.__sub, mt.__sub, mt.__sub local o = setmetatable({}, mt) show(o - 1, 2 * o, o / o, o % S_, N_ ^ o)",
    ),
    (
        Feature::Object,
        "local log = {} local base = {inherited = A_} local o = setmetatable({}, {__index = function(t, k) log[#log + 1] = k return base[k] end, __newindex = function(t, k, v) log[#log + 1] = k rawset(t, k, v) end}) o.a = A_ o.a = A_ o[N_ == 1 and 'one' or 'other'] = A_ show(o.a, o.b, o.inherited, o, log)",
    ),
    (
        Feature::Object,
        "local a = {x = A_} local b = setmetatable({}, {__index = a, __newindex = a}) local c = setmetatable({}, {__index = b, __newindex = b}) c.y = A_ show(c.x, c.y, rawget(c, 'y'), a) c.x = nil show(a.x, c.x)",
    ),
    (
        Feature::Object,
        "local mt = {__eq = function(a, b) return B_ end, __le = function(a, b) return N_ end} local o, p = setmetatable({}, mt), setmetatable({}, mt) show(o == p, o ~= p, o <= p, o >= p, o == 1, rawequal(o, p), o == o)",
    ),
    (
        Feature::Object,
        "local mt = {__eq = function() return true end} local o, p = setmetatable({}, mt), setmetatable({}, {__eq = mt.__eq}) local q = setmetatable({}, {__eq = function() return true end}) show(o == p, o == q)",
    ),
    (
        Feature::Object,
        "local function kind(name) local mt = {} for _, event in ipairs({'__add', '__sub', '__mul', '__concat'}) do mt[event] = function(x, y) return name .. event end end return setmetatable({}, mt) end local a, b = kind('a'), kind('b') show(a + b, b - a, a * 2 * b, a .. b, b .. 'x' .. a)",
    ),
    (
        Feature::Object,
        "local inner = setmetatable({id = 'inner'}, {__index = function(o, k) return o.id .. tostring(k) end}) local outer = setmetatable({id = 'outer'}, {__index = setmetatable({}, {__index = inner})}) show(inner.x, outer.x, outer[N_], outer.id)",
    ),
    (
        Feature::Object,
        "local mt = {__lt = function(a, b) return a.n < b.n end} local function o(n) return setmetatable({n = n}, mt) end local a, b = o(1), o(2) show(a < b, b < a, a <= b, b <= a, a <= o(1), a > b, b >= a, pcall(function() return a <= 1 end))",
    ),
    (
        Feature::Object,
        "local mt = {__metatable = A_} local o = setmetatable({}, mt) show(getmetatable(o), pcall(setmetatable, o, {}), getmetatable('').__index == string)",
    ),
    (
        Feature::Object,
        "local o = setmetatable({}, {__tostring = function(t) return S_ end}) show(tostring(o)) print(o) show(pcall(print, setmetatable({}, {__tostring = function() return A_ end})))",
    ),
    (
        Feature::Object,
        "local Class = {} Class.__index = Class function Class.new(n) return setmetatable({n = n}, Class) end function Class:add(k) self.n = self.n + k return self end local Sub = setmetatable({}, {__index = Class}) Sub.__index = Sub function Sub.new(n) return setmetatable(Class.new(n), Sub) end show(Class.new(N_):add(1).n, Sub.new(N_):add(N_):add(1))",
    ),
    (
        Feature::Object,
        "local o = setmetatable({}, {__call = function(self, a, b) BLOCK_() return b, a end}) local f = setmetatable({}, {__call = o}) show(o(A_, A_), pcall(f, 1))",
    ),
    (
        Feature::Object,
        "local t = setmetatable({}, {__len = function() return 7 end, __index = table}) t:insert((A_)) t:insert((A_)) show(#t, t)",
    ),
    (
        Feature::Object,
        "local t = {} setmetatable(t, t) t.__index = function(o, k) return k end t.__newindex = function(o, k, v) rawset(o, k, v) end local u = setmetatable({}, t) u.a = A_ show(u.a, u.b, t.c)",
    ),
    // Userdata.
    (
        Feature::Proxy,
        "local p = newproxy(true) local mt = getmetatable(p) mt.__index = function(u, k) return k end mt.__len = function() return N_ end mt.__add = function(a, b) return A_ end mt.__unm = function() return S_ end mt.__call = function(self, x) return x end mt.__lt = function() return B_ end mt.__tostring = function() return S_ end local q = newproxy(p) show(p.a, #p, p + 1, 2 + q, -p, p(A_), p < q, p <= q, p == q, tostring(q), type(p))",
    ),
    (
        Feature::Proxy,
        "local log = {} for i = 1, 3 do local p = newproxy(true) getmetatable(p).__gc = function(u) log[#log + 1] = i end end collectgarbage() show(log) collectgarbage() show(log)",
    ),
    (
        Feature::Proxy,
        "local keep, n = nil, 0 do local p = newproxy(true) getmetatable(p).__gc = function(u) keep = u n = n + 1 end end collectgarbage() show(keep ~= nil, n) keep = nil collectgarbage() show(n)",
    ),
    (
        Feature::Proxy,
        "local p = newproxy(true) getmetatable(p).__gc = function() error(A_) end p = nil show(pcall(collectgarbage)) show(pcall(newproxy, A_))",
    ),
    (
        Feature::Proxy,
        "local log = {} local p, q = newproxy(true), newproxy(false) getmetatable(p).__gc = function() log.p = true end getmetatable(p).__newindex = function(u, k, v) log[k] = v end p.a = A_ p[1] = A_ show(log, pcall(function() return q.x end)) p = nil collectgarbage('collect') show(log.p)",
    ),
    // Weak tables.
    (
        Feature::Weak,
        "local w = setmetatable({}, {__mode = 'v'}) w[1] = {} w[2] = 'kept' w.x = {} w.y = function() end local held = {} w.held = held collectgarbage() show(w[1], w[2], w.x, w.held == held) local n = 0 for k in pairs(w) do n = n + 1 end show(n)",
    ),
    (
        Feature::Weak,
        "local w = setmetatable({}, {__mode = 'k'}) local key = {id = 1} w[key] = A_ w[{id = 2}] = A_ w.s = A_ collectgarbage() local n = 0 for k, v in pairs(w) do n = n + 1 end show(n, w[key], w.s)",
    ),
    (
        Feature::Weak,
        "local w = setmetatable({}, {__mode = 'kv'}) local k, v = {id = 1}, {id = 2} w[k] = {} w[{}] = v w[k] = v collectgarbage() local n = 0 for a, b in pairs(w) do n = n + 1 end show(n, w[k] == v) w = nil",
    ),
    (
        Feature::Weak,
        "local cache = setmetatable({}, {__mode = 'v'}) local function get(k) local v = cache[k] if not v then v = {k} cache[k] = v end return v end local a = get(1) show(get(1) == a, get(2) == get(2)) a = nil collectgarbage() show(next(cache))",
    ),
    (
        Feature::Weak,
        "local log = {} local w = setmetatable({}, {__mode = 'v'}) local k = setmetatable({}, {__mode = 'k'}) do local p = newproxy(true) getmetatable(p).__gc = function(u) log[1] = w[1] == nil log[2] = k[u] end w[1] = p k[p] = N_ end collectgarbage() show(log)",
    ),
    // The collector.
    (
        Feature::Collect,
        "collectgarbage('stop') local a = collectgarbage('count') local t = {A_, x = 1} local b = collectgarbage('count') show(b >= a) collectgarbage('restart')",
    ),
    (
        Feature::Collect,
        "show(collectgarbage('setpause', 150), collectgarbage('setstepmul', 300)) show(collectgarbage('setpause', 200), collectgarbage('setstepmul', 200))",
    ),
    (
        Feature::Collect,
        "local t = {} for i = 1, 20 do t[i] = {i} t[i - 3] = nil collectgarbage('step', i % 4) end collectgarbage() show(t[20], t[1])",
    ),
    (
        Feature::Collect,
        "collectgarbage() collectgarbage('stop') local a = collectgarbage('count') local s = ('x'):rep(40) .. N_ local u = function() return s end local b = collectgarbage('count') collectgarbage('restart') show((b - a) * 1024 > 0)",
    ),
    // A closure is marked early, long before the stack: its variable is written, and closed, between.
    (
        Feature::Collect,
        "local loaded = package.loaded for i = 1, 16 do collectgarbage() do local x = {i} loaded.k = function(v) if v then x = v end return x end for j = 1, i do collectgarbage('step', 0) end x = {-i} end local f = loaded.k if i % 2 == 0 then f({S_}) end local n = 0 repeat n = n + 1 until collectgarbage('step', 0) or n > 99 local t = {} for j = 1, 8 do t[j] = {j} end show(f()) end loaded.k = nil",
    ),
    // Environments.
    (
        Feature::Environment,
        "local env = setmetatable({}, {__index = _G}) local function f() X1 = A_ X2 = X1 return X1 end setfenv(f, env) show(f(), rawget(env, 'X1') == rawget(env, 'X2'), X1, getfenv(f) == env)",
    ),
    (
        Feature::Environment,
        "local n = N_ local function f() setfenv(1, {show = show, tostring = tostring}) show(tostring, print) return tostring(n) end show(f(), getfenv(f).print, getfenv(1) == _G)",
    ),
    (
        Feature::Environment,
        "local env, v = {}, A_ local f = setfenv(function() a = v function b() return a end return function() c = a end end, env) local g = f() g() show(env.a == env.c, env.b(), getfenv(g) == env, getfenv(env.b) == env)",
    ),
    (
        Feature::Environment,
        "show(pcall(setfenv, next, {})) show(pcall(setfenv, 1, A_)) show(pcall(getfenv, A_)) show(pcall(setfenv, function() end, A_))",
    ),
    (
        Feature::Environment,
        "local t = setmetatable({}, {__index = function(_, k) return k .. '?' end, __newindex = function(t, k, v) rawset(t, k .. '!', v) end}) local f = setfenv(function() a = b b = c return a, d end, t) show(f()) show(t)",
    ),
    (
        Feature::Environment,
        "local co = coroutine.create(function() X3 = A_ return X3 end) debug.setfenv(co, setmetatable({}, {__index = _G})) show(coroutine.resume(co), X3, debug.getfenv(co) == _G)",
    ),
    (
        Feature::Environment,
        "local ok, m = pcall(module, 'generated.part', package.seeall) show(ok, m, type(generated), package.loaded['generated.part'] == generated.part) generated, package.loaded['generated.part'] = nil, nil",
    ),
    (
        Feature::Environment,
        "show(pcall(require, 'nowhere')) package.preload.made = function(...) return {A_, ...} end show(require('made'), require('made') == package.loaded.made) package.preload.made, package.loaded.made = nil, nil",
    ),
    // Text and chunks loaded.
    (
        Feature::Load,
        "local f, m = loadstring('local a, b = ... return b, a, X4', '=named') show(m, f(A_, A_))",
    ),
    (
        Feature::Load,
        "show(loadstring('return ' .. S_)) show(loadstring('x = = 1')) show(loadstring('for', '@file')) show(loadstring('a.b:c = 1', 'return 1')) show(loadstring(\"'unfinished\")) show(loadstring('goto = 1 break'))",
    ),
    (
        Feature::Load,
        "local parts, i = {'return ', '1 ', '+ ', '2'}, 0 show(load(function() i = i + 1 return parts[i] end)()) i = 0 show(load(function() i = i + 1 if i == 1 then return A_ end end)) show(pcall(load, function() error(A_) end))",
    ),
    (
        Feature::Load,
        "local n = 0 local f, m = load(function() n = n + 1 if n == 1 then return 'return function() return ' elseif n == 2 then return '... end' end end, '=pieces') show(f, m)",
    ),
    (
        Feature::Load,
        "local env = {} local f = loadstring('a = 1; b = a; return function() return a + b end') setfenv(f, env) show(f()(), env.a, a)",
    ),
    (
        Feature::Load,
        "local t = {} for i = 1, 30 do t[i] = 'v' .. i end local f = loadstring('local ' .. table.concat(t, ',') .. ' = ... return v1, v30') show(f(unpack({1, 2, 3})))",
    ),
    (
        Feature::Load,
        "show(pcall(loadstring('local a\\r\\n\\n\\rerror(\"x\",\\r\\r\\n1)', '=lines'))) show(loadstring('\\r\\n\\n\\r\\r=', '=lines'))",
    ),
    (
        Feature::Load,
        "local name = ('name'):rep(#S_ % 5 + 8) .. ('n'):rep(#S_ % 4) show(pcall(loadstring('error(\"in\")', name))) show(loadstring('=', name .. name .. '\\n')) show(pcall(loadstring('x.y.z = 1', '@' .. name .. name)))",
    ),
    // Functions dumped and loaded.
    (
        Feature::Dump,
        "local f = loadstring(string.dump(function(a, ...) local b = a return b, select('#', ...), {a, x = b} end)) show(f and f(A_, A_))",
    ),
    (
        Feature::Dump,
        "local up = N_ local f = function() up = (up or 1) + 1 return up end local g = loadstring(string.dump(f)) show(g and g(), g and g(), up, f())",
    ),
    (
        Feature::Dump,
        "local d = string.dump(function(a) for i = 1, 3 do a = a and i or nil end if a == 3 then return 'three' end return -1.5 end) show(#d, d:byte(1, 12)) show(loadstring(d)(A_)) show(loadstring(d:sub(1, -2)))",
    ),
    (
        Feature::Dump,
        "local f = loadstring(string.dump(loadstring('local t = ... for k, v in pairs(t) do X5 = k end return function() return X5 end', '=inner'))) show(f(R_)()) show(debug.getinfo(f, 'S').source) show(pcall(string.dump, print))",
    ),
    (
        Feature::Dump,
        "local function f(n) if n < 2 then return n end return (n - 1) * 2 end local g = loadstring(string.dump(f)) local ok = true for i = 1, 5 do ok = ok and g(i) == f(i) end show(ok, string.dump(f) == string.dump(g))",
    ),
    // Sorting.
    (
        Feature::Sort,
        "local t = {5, 2, 8, 1, 9, 3, 7} table.sort(t) show(t) table.sort(t, function(a, b) return a > b end) show(t)",
    ),
    (
        Feature::Sort,
        "local t = {{k = 3}, {k = 1}, {k = 2}} local n = 0 table.sort(t, function(a, b) n = n + 1 return a.k < b.k end) show(t, n)",
    ),
    (
        Feature::Sort,
        "local t = {3, 1, 2, 1, 3} show(pcall(table.sort, t, function(a, b) return B_ end)) show(pcall(table.sort, {3, 'x', 1})) show(pcall(table.sort, {1, 2, 3}, A_))",
    ),
    (
        Feature::Sort,
        "local t = {} for i = 1, 30 do t[i] = (i * 17) % 31 end table.sort(t) show(t[1], t[15], t[30]) t = {'b', 'a', 'C', '', 'ab'} table.sort(t) show(table.concat(t, ','))",
    ),
    (
        Feature::Sort,
        "local t = setmetatable({2, 1}, {__index = function() return 0 end}) table.sort(t) show(t[1], t[2], pcall(table.sort, {1, 2, 3, 4, 5}, function(a, b) return true end))",
    ),
    // Substitution.
    (
        Feature::Substitute,
        "show(string.gsub(S_, '%a+', function(w) BLOCK_() return A_ and w:upper() end))",
    ),
    (
        Feature::Substitute,
        "show(string.gsub(S_, '(%w)(%w*)', '%2%1'), string.gsub(S_, '.', {a = N_, b = B_ and S_, [' '] = '_'}))",
    ),
    (
        Feature::Substitute,
        "for a, b in string.gmatch(S_, '(%w)(.-)%f[%W]') do show(a, b) end show(string.find(S_, '(()%a)'))",
    ),
    (
        Feature::Substitute,
        "show(pcall(string.gsub, S_, '.', function() return A_ end)) show(pcall(string.gsub, S_, '(', '')) show(string.gsub('abc', 'x*', '-'))",
    ),
    (
        Feature::Substitute,
        "local t = setmetatable({}, {__index = function(_, k) return k .. k end}) show(string.gsub(S_, '%w', t), string.gsub(S_, '%s', t, 2))",
    ),
    (
        Feature::Substitute,
        "for piece in string.gmatch('x(a(b)c)(d) ' .. S_, '%b()') do show(piece) end show(string.gsub('abcde' .. S_, '[b-d]', '.'), string.gsub(S_, '[^a-m0-4]+', ''), string.find('a-c]', '[]-]+', N_))",
    ),
    // The debug library.
    (
        Feature::Debug,
        "local function f(a, b, ...) local c = A_ local n, v = debug.getlocal(1, 1) local m, w = debug.getlocal(1, 3) show(n, v, m, w, debug.getlocal(1, 9)) debug.setlocal(1, 3, N_) return c end show(f(A_, A_))",
    ),
    (
        Feature::Debug,
        "local u, w = N_, S_ local function f() return u, w end show(debug.getupvalue(f, 1), debug.getupvalue(f, 2), debug.getupvalue(f, 3)) show(debug.setupvalue(f, 1, (A_)), u == u) u = 1",
    ),
    (
        Feature::Debug,
        "local lines = {} local function f(x) local y = x if y then y = 1 end return y end debug.sethook(function(e, l) lines[#lines + 1] = l end, 'l') f(A_) debug.sethook() show(#lines, lines)",
    ),
    (
        Feature::Debug,
        "local events = {} debug.sethook(function(e) local i = debug.getinfo(2, 'Sn') events[#events + 1] = e .. ':' .. i.what .. ':' .. tostring(i.name) end, 'cr') tostring(N_); (function() return type((A_)) end)() debug.sethook() show(events)",
    ),
    (
        Feature::Debug,
        "local n = 0 debug.sethook(function() n = n + 1 end, '', 10) for i = 1, 20 do local x = i * 2 end debug.sethook() show(n, debug.gethook())",
    ),
    (
        Feature::Debug,
        "local function f() local i = debug.getinfo(1, 'nSlu') show(i.name, i.namewhat, i.what, i.currentline, i.linedefined, i.lastlinedefined, i.nups, i.short_src ~= nil) return debug.traceback('tb', 1) end show((f()))",
    ),
    (
        Feature::Debug,
        "local function f() local x = 1 return x end local i = debug.getinfo(f, 'L') show(i.activelines) show(debug.getinfo(print, 'SL').activelines, debug.getinfo(99), pcall(debug.getinfo, 1, '?'))",
    ),
    (
        Feature::Debug,
        "debug.setmetatable(1, {__index = function(n, k) return k end, __call = function(n, x) return x end}) local n = N_ show(n.half, n(A_)) debug.setmetatable(1, nil) show(debug.getmetatable(1))",
    ),
    (
        Feature::Debug,
        "debug.setmetatable(nil, {__index = function() return A_ end}) local v = nil show(v.x, v.y) debug.setmetatable(nil, nil) show(pcall(function() return v.x end))",
    ),
    (
        Feature::Debug,
        "local function deep(n) if n == 0 then return debug.traceback('deep') end return (deep(n - 1)) end show(deep(3)) show(deep(24)) show(deep(#S_ % 12 + 12))",
    ),
    // Raw access and tables changed by hand.
    (
        Feature::Raw,
        "local t = setmetatable({}, {__index = function() return 1 end, __newindex = function() end}) t.a = A_ rawset(t, 'b', (A_)) show(rawget(t, 'a'), t.a, t.b, rawequal(t, t), next(t))",
    ),
    (
        Feature::Raw,
        "local t = {} for i = 1, 10 do t[i] = i end for i = 1, 10, 2 do t[i] = nil end show(#t, table.maxn(t), next(t)) t[#t + 1] = A_ show(t)",
    ),
    (
        Feature::Raw,
        "local t = {} for i = 5, 1, -1 do t[i] = i end t[0] = 0 t[-1] = -1 t[1.5] = 1.5 t[2 ^ 40] = A_ t.x = A_ t[true] = false show(t, #t)",
    ),
    (
        Feature::Raw,
        "local t = {n = 1, 2, 3, [2] = 4, [3] = 5, n = 6} show(t, #t, select('#', unpack(t)), unpack(t, 2, 5))",
    ),
    (
        Feature::Raw,
        "local t = {} local k for i = 1, 40 do t['k' .. i] = i end for key in pairs(t) do t[key] = nil end show(next(t)) t.a = A_ show(t, pcall(next, t, 'missing'))",
    ),
    (
        Feature::Raw,
        "local t = {1, 2, 3, 4, 5} table.insert(t, 3, (A_)) show(table.remove(t, 1), table.remove(t), t) table.insert(t, (A_)) show(table.concat({1, 2, 3}, ', ', 2, 3), pcall(table.concat, {1, {}, 3}))",
    ),
    (
        Feature::Raw,
        "local a, b, c = (function() return 1, 2, 3 end)() local t = {(function() return 1, 2 end)(), (function() return 1, 2 end)(), n = A_} show(a, b, c, #t, ((function() return A_, 2 end)()))",
    ),
    (
        Feature::Raw,
        "local i, t = 1, {} i, t[i] = i + 1, 20 show(i, t) local a = {} a.x, a.y, a = 1, 2, 3 show(a) local x, y = 1, 2 x, y = y, x show(x, y)",
    ),
    (
        Feature::Raw,
        "local function f(...) local arg1 = arg and arg.n return arg1, ... end local function g(...) return arg.n, arg[1] end show(f(A_, nil), g(A_, nil, nil)) show(select(-1, A_, A_), pcall(select, 0), select(2, A_))",
    ),
    // Errors handled.
    (
        Feature::Handler,
        "show(xpcall(function() local x = A_ BLOCK_() error(x) end, function(e) return e, 2 end))",
    ),
    (
        Feature::Handler,
        "show(xpcall(function() error(S_, N_ == 1 and 1 or 2) end, debug.traceback))",
    ),
    (
        Feature::Handler,
        "show(xpcall(function() error('in') end, function(e) error(A_) end)) show(xpcall(function() return A_, A_ end, (A_))) show(pcall(error)) show(pcall(error, nil)) show(pcall(error, {A_}, 2))",
    ),
    (
        Feature::Handler,
        "local function f(n) if n > 0 then return pcall(f, n - 1) end error(A_, 0) end show(f(3)) show(pcall(pcall)) show(pcall(pcall, error, A_)) show(select('#', pcall(error)))",
    ),
    (
        Feature::Handler,
        "local ok, e = pcall(function() local t = setmetatable({}, {__index = function(_, k) error('no ' .. k, 2) end}) return t.x end) show(ok, e)",
    ),
    (
        Feature::Handler,
        "show(pcall(function() local a a.b = 1 end)) show(pcall(function() return undefined.x.y end)) show(pcall(function() local t = {} return t.x.y end)) show(pcall(function() local s = S_ return s.x.y end)) show(pcall(function() return (N_)() end))",
    ),
    (
        Feature::Handler,
        "show(pcall(function() return {} < {} end)) show(pcall(function() return N_ < S_ end)) show(pcall(function() return {} .. S_ end)) show(pcall(function() return #N_ end)) show(pcall(function() return -{} end)) show(pcall(function() local a = {} return a.b + 1 end))",
    ),
    (
        Feature::Handler,
        "show(pcall(function() for i = 1, {} do end end)) show(pcall(function() for i = 'x', 2 do end end)) show(pcall(function() for i = 1, 2, A_ and {} or {} do end end)) show(pcall(function() for k in A_ and nil do end end)) show(pcall(function() local t = {} t[nil] = 1 end)) show(pcall(function() local t = {} t[0 / 0] = 1 end))",
    ),
];
