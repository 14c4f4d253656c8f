-- Numerical methods: root finding, quadrature, differential equations, simplex, least squares, interpolation, FFT, random tests, minimisation.

local abs, sqrt, sin, cos, exp, pi = math.abs, math.sqrt, math.sin, math.cos, math.exp, math.pi
local function f6(x) return ("%.6f"):format(x == 0 and 0 or x) end
local function vec(t) local r = {} for i, v in ipairs(t) do r[i] = f6(abs(v) < 5e-10 and 0 or v) end return "(" .. table.concat(r, " ") .. ")" end

print "== roots"
local function bisect(f, a, b, eps)
  local fa, n = f(a), 0
  if fa * f(b) > 0 then return nil, "no change of sign" end
  while b - a > eps do
    local m = (a + b) / 2
    n = n + 1
    if fa * f(m) <= 0 then b = m else a, fa = m, f(m) end
  end
  return (a + b) / 2, n
end
local function newton(f, df, x, eps)
  for n = 1, 50 do
    local d = df(x)
    if d == 0 then return nil, "flat" end
    local dx = f(x) / d
    x = x - dx
    if abs(dx) < eps then return x, n end
  end
  return nil, "no convergence"
end
local function secant(f, a, b, eps)
  local n = 0
  while abs(b - a) > eps and n < 100 do
    local fa, fb = f(a), f(b)
    if fa == fb then break end
    a, b = b, b - fb * (b - a) / (fb - fa)
    n = n + 1
  end
  return b, n
end
local problems = {
  { "x^2 - 2", function(x) return x * x - 2 end, function(x) return 2 * x end, 0, 2 },
  { "cos x - x", function(x) return cos(x) - x end, function(x) return -sin(x) - 1 end, 0, 1 },
  { "e^x - 3x^2", function(x) return exp(x) - 3 * x * x end, function(x) return exp(x) - 6 * x end, 0.5, 1.5 },
  { "x^3 - x - 2", function(x) return x ^ 3 - x - 2 end, function(x) return 3 * x ^ 2 - 1 end, 1, 2 },
}
for _, p in ipairs(problems) do
  local name, f, df, a, b = unpack(p)
  local r1, n1 = bisect(f, a, b, 1e-9)
  local r2, n2 = newton(f, df, b, 1e-12)
  local r3, n3 = secant(f, a, b, 1e-12)
  assert(abs(r1 - r2) < 1e-8 and abs(r2 - r3) < 1e-8)
  print(("%-12s %.9f  bisection %d newton %d secant %d"):format(name, r2, n1, n2, n3))
end
print(bisect(function(x) return x * x + 1 end, -1, 1, 1e-6)) print(newton(function(x) return x * x + 1 end, function(x) return 2 * x end, 0, 1e-6))

print "== quadrature"
local function trapezoid(f, a, b, n) local h, s = (b - a) / n, (f(a) + f(b)) / 2 for i = 1, n - 1 do s = s + f(a + i * h) end return s * h end
local function simpson(f, a, b, n) local h, s = (b - a) / n, f(a) + f(b) for i = 1, n - 1 do s = s + (i % 2 == 1 and 4 or 2) * f(a + i * h) end return s * h / 3 end
local function romberg(f, a, b, k)
  local r = {}
  for i = 0, k do
    r[i] = { [0] = trapezoid(f, a, b, 2 ^ i) }
    for j = 1, i do r[i][j] = r[i][j - 1] + (r[i][j - 1] - r[i - 1][j - 1]) / (4 ^ j - 1) end
  end
  return r[k][k]
end
local function adaptive(f, a, b, eps)
  local calls = 0
  local function g(x) calls = calls + 1 return f(x) end
  local function go(a, fa, b, fb, m, fm, whole, eps)
    local l, r = (a + m) / 2, (m + b) / 2
    local fl, fr = g(l), g(r)
    local left, right = (m - a) / 6 * (fa + 4 * fl + fm), (b - m) / 6 * (fm + 4 * fr + fb)
    local delta = left + right - whole
    if abs(delta) <= 15 * eps then return left + right + delta / 15 end
    return go(a, fa, m, fm, l, fl, left, eps / 2) + go(m, fm, b, fb, r, fr, right, eps / 2)
  end
  local m = (a + b) / 2
  local fa, fb, fm = g(a), g(b), g(m)
  return go(a, fa, b, fb, m, fm, (b - a) / 6 * (fa + 4 * fm + fb), eps), calls
end
for _, q in ipairs { { "sin 0..pi", sin, 0, pi, 2 }, { "1/x 1..e", function(x) return 1 / x end, 1, exp(1), 1 }, { "x^4 -1..2", function(x) return x ^ 4 end, -1, 2, 6.6 }, { "sqrt(1-x^2)", function(x) return sqrt(1 - x * x) end, 0, 1, pi / 4 } } do
  local name, f, a, b, exact = unpack(q)
  local value, calls = adaptive(f, a, b, 1e-9)
  print(("%-12s trapezoid %.6f simpson %.8f romberg %.8f adaptive %.8f (%d) exact %.8f"):format(name, trapezoid(f, a, b, 32), simpson(f, a, b, 32), romberg(f, a, b, 6), value, calls, exact))
  assert(abs(value - exact) < 1e-6)
end

print "== differential equations"
local function euler(f, t, y, h) return y + h * f(t, y) end
local function heun(f, t, y, h) local k1 = f(t, y) return y + h / 2 * (k1 + f(t + h, y + h * k1)) end
local function rk4(f, t, y, h)
  local k1 = f(t, y)
  local k2 = f(t + h / 2, y + h / 2 * k1)
  local k3 = f(t + h / 2, y + h / 2 * k2)
  local k4 = f(t + h, y + h * k3)
  return y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
end
for _, n in ipairs { 10, 40 } do
  local out = {}
  for i, method in ipairs { euler, heun, rk4 } do
    local y, h = 1, 1 / n
    for k = 0, n - 1 do y = method(function(t, y) return -2 * t * y end, k * h, y, h) end
    out[i] = ("%.8f"):format(y)
  end
  print(n, table.concat(out, " "), ("%.8f"):format(exp(-1)))
end
-- vectors as values make the same rk4 work for systems
local V = {}
V.__add = function(a, b) local r = setmetatable({}, V) for i = 1, #a do r[i] = a[i] + b[i] end return r end
V.__mul = function(a, b) if type(b) == "number" then a, b = b, a end local r = setmetatable({}, V) for i = 1, #b do r[i] = a * b[i] end return r end
local function v(...) return setmetatable({ ... }, V) end
local state = v(1, 0)
for k = 0, 99 do state = rk4(function(_, y) return v(y[2], -y[1]) end, 0, state, 2 * pi / 100) end
print("oscillator after a period", vec(state))
state = v(1, 1, 1)
for k = 1, 200 do state = rk4(function(_, y) return v(10 * (y[2] - y[1]), y[1] * (28 - y[3]) - y[2], y[1] * y[2] - 8 / 3 * y[3]) end, 0, state, 0.01) end
print("lorenz at t=2", ("%.3f %.3f %.3f"):format(unpack(state)))
local prey = v(10, 5)
local samples = {}
for k = 1, 600 do
  prey = rk4(function(_, y) return v(1.1 * y[1] - 0.4 * y[1] * y[2], 0.1 * y[1] * y[2] - 0.4 * y[2]) end, 0, prey, 0.05)
  if k % 100 == 0 then samples[#samples + 1] = ("%.2f/%.2f"):format(prey[1], prey[2]) end
end
print("predators", table.concat(samples, " "))

print "== simplex"
local function simplex(c, A, b)       -- maximise c.x with A x <= b, x >= 0, b >= 0
  local m, n, T = #A, #c, {}
  for i = 1, m do
    T[i] = {}
    for j = 1, n do T[i][j] = A[i][j] end
    for j = 1, m do T[i][n + j] = i == j and 1 or 0 end
    T[i][n + m + 1] = b[i]
  end
  local z, basis = {}, {}
  for j = 1, n + m + 1 do z[j] = -(c[j] or 0) end
  for i = 1, m do basis[i] = n + i end
  local pivots = 0
  while true do
    local enter
    for j = 1, n + m do if z[j] < -1e-9 then enter = j break end end     -- Bland's rule
    if not enter then break end
    local leave, best
    for i = 1, m do
      if T[i][enter] > 1e-9 then
        local ratio = T[i][n + m + 1] / T[i][enter]
        if not best or ratio < best - 1e-12 or abs(ratio - best) <= 1e-12 and basis[i] < basis[leave] then leave, best = i, ratio end
      end
    end
    if not leave then return nil, "unbounded" end
    local p = T[leave][enter]
    for j = 1, n + m + 1 do T[leave][j] = T[leave][j] / p end
    for i = 1, m + 1 do
      local row = i <= m and T[i] or z
      if i ~= leave then
        local f = row[enter]
        for j = 1, n + m + 1 do row[j] = row[j] - f * T[leave][j] end
      end
    end
    basis[leave] = enter
    pivots = pivots + 1
  end
  local x = {}
  for j = 1, n do x[j] = 0 end
  for i = 1, m do if basis[i] <= n then x[basis[i]] = T[i][n + m + 1] end end
  return z[n + m + 1], x, pivots
end
local function lp(...)
  local value, x, pivots = simplex(...)
  if value then print(f6(value), vec(x), pivots) else print(value, x) end
end
lp({ 3, 5 }, { { 1, 0 }, { 0, 2 }, { 3, 2 } }, { 4, 12, 18 })
lp({ 5, 4, 3 }, { { 2, 3, 1 }, { 4, 1, 2 }, { 3, 4, 2 } }, { 5, 11, 8 })
lp({ 1, 1 }, { { 1, -1 } }, { 1 })
lp({ 10, -57, -9, -24 }, { { 0.5, -5.5, -2.5, 9 }, { 0.5, -1.5, -0.5, 1 }, { 1, 0, 0, 0 } }, { 0, 0, 1 })

print "== fitting and interpolation"
local function gauss(A, b)
  local n = #A
  for k = 1, n do
    local p = k
    for i = k + 1, n do if abs(A[i][k]) > abs(A[p][k]) then p = i end end
    A[k], A[p], b[k], b[p] = A[p], A[k], b[p], b[k]
    for i = k + 1, n do
      local f = A[i][k] / A[k][k]
      for j = k, n do A[i][j] = A[i][j] - f * A[k][j] end
      b[i] = b[i] - f * b[k]
    end
  end
  for i = n, 1, -1 do
    for j = i + 1, n do b[i] = b[i] - A[i][j] * b[j] end
    b[i] = b[i] / A[i][i]
  end
  return b
end
local function polyfit(xs, ys, degree)
  local A, b = {}, {}
  for i = 1, degree + 1 do
    A[i], b[i] = {}, 0
    for j = 1, degree + 1 do
      A[i][j] = 0
      for _, x in ipairs(xs) do A[i][j] = A[i][j] + x ^ (i + j - 2) end
    end
    for k, x in ipairs(xs) do b[i] = b[i] + ys[k] * x ^ (i - 1) end
  end
  return gauss(A, b)
end
print(vec(polyfit({ 0, 1, 2, 3 }, { 1, 3, 5, 7 }, 1)), vec(polyfit({ -2, -1, 0, 1, 2 }, { 7, 2, 1, 4, 11 }, 2)), vec(polyfit({ 1, 2, 3, 4, 5 }, { 2.2, 2.8, 3.6, 4.5, 5.1 }, 1)))
local function lagrange(xs, ys, x)
  local s = 0
  for i = 1, #xs do
    local t = ys[i]
    for j = 1, #xs do if j ~= i then t = t * (x - xs[j]) / (xs[i] - xs[j]) end end
    s = s + t
  end
  return s
end
local function divided(xs, ys)
  local c = { unpack(ys) }
  for k = 2, #xs do for i = #xs, k, -1 do c[i] = (c[i] - c[i - 1]) / (xs[i] - xs[i - k + 1]) end end
  return c, function(x) local r = c[#c] for i = #c - 1, 1, -1 do r = r * (x - xs[i]) + c[i] end return r end
end
local xs, ys = { 0, 1, 2, 4 }, { 1, 3, 11, 69 }
local coefficients, p = divided(xs, ys)
print(vec(coefficients), f6(lagrange(xs, ys, 3)), f6(p(3)), f6(p(-1)))
local function spline(xs, ys)          -- natural cubic
  local n, h, A, b = #xs, {}, {}, {}
  for i = 1, n - 1 do h[i] = xs[i + 1] - xs[i] end
  for i = 1, n do
    A[i], b[i] = {}, 0
    for j = 1, n do A[i][j] = i == j and 1 or 0 end
  end
  for i = 2, n - 1 do
    A[i][i - 1], A[i][i], A[i][i + 1] = h[i - 1], 2 * (h[i - 1] + h[i]), h[i]
    b[i] = 6 * ((ys[i + 1] - ys[i]) / h[i] - (ys[i] - ys[i - 1]) / h[i - 1])
  end
  local M = gauss(A, b)
  return function(x)
    local i = 1
    while i < n - 1 and x > xs[i + 1] do i = i + 1 end
    local a, c = xs[i + 1] - x, x - xs[i]
    return (M[i] * a ^ 3 + M[i + 1] * c ^ 3) / (6 * h[i]) + (ys[i] / h[i] - M[i] * h[i] / 6) * a + (ys[i + 1] / h[i] - M[i + 1] * h[i] / 6) * c
  end
end
local s = spline({ 0, 1, 2, 3, 4 }, { 0, 1, 0, -1, 0 })
for x = 0, 4, 0.5 do io.write(f6(s(x)), " ") end print()

print "== FFT"
local function fft(re, im, inverse)
  local n = #re
  if n == 1 then return { re[1] }, { im[1] } end
  local er, ei, orr, oi = {}, {}, {}, {}
  for i = 1, n, 2 do
    er[#er + 1], ei[#ei + 1], orr[#orr + 1], oi[#oi + 1] = re[i], im[i], re[i + 1], im[i + 1]
  end
  er, ei = fft(er, ei, inverse)
  orr, oi = fft(orr, oi, inverse)
  local r, m = {}, {}
  for k = 1, n / 2 do
    local a = (inverse and 2 or -2) * pi * (k - 1) / n
    local wr, wi = cos(a), sin(a)
    local tr, ti = wr * orr[k] - wi * oi[k], wr * oi[k] + wi * orr[k]
    r[k], m[k] = er[k] + tr, ei[k] + ti
    r[k + n / 2], m[k + n / 2] = er[k] - tr, ei[k] - ti
  end
  return r, m
end
local function zeros(n) local t = {} for i = 1, n do t[i] = 0 end return t end
local function dft(re) local r = {} for k = 0, #re - 1 do local a, b = 0, 0 for j = 0, #re - 1 do local w = -2 * pi * j * k / #re a, b = a + re[j + 1] * cos(w), b + re[j + 1] * sin(w) end r[k + 1] = sqrt(a * a + b * b) end return r end
local signal = {}
for i = 0, 15 do signal[i + 1] = 3 + 2 * cos(2 * pi * 2 * i / 16) + sin(2 * pi * 5 * i / 16) end
local re, im = fft(signal, zeros(16))
local magnitude, slow = {}, dft(signal)
for i = 1, 16 do
  magnitude[i] = sqrt(re[i] ^ 2 + im[i] ^ 2)
  assert(abs(magnitude[i] - slow[i]) < 1e-9)
end
print(vec(magnitude))
local back = fft(re, im, true)
local err = 0
for i = 1, 16 do err = math.max(err, abs(back[i] / 16 - signal[i])) end
print(err < 1e-12)
local function multiply(a, b)          -- polynomials through the transform
  local n = 1
  while n < #a + #b do n = n * 2 end
  local x, y = zeros(n), zeros(n)
  for i, c in ipairs(a) do x[i] = c end
  for i, c in ipairs(b) do y[i] = c end
  local xr, xi = fft(x, zeros(n))
  local yr, yi = fft(y, zeros(n))
  local pr, qi = {}, {}
  for i = 1, n do pr[i], qi[i] = xr[i] * yr[i] - xi[i] * yi[i], xr[i] * yi[i] + xi[i] * yr[i] end
  local r = fft(pr, qi, true)
  local out = {}
  for i = 1, #a + #b - 1 do out[i] = math.floor(r[i] / n + 0.5) end
  return out
end
print(table.concat(multiply({ 1, 2, 3 }, { 4, 5, 6, 7 }), " "), table.concat(multiply({ 1, 1 }, multiply({ 1, 1 }, multiply({ 1, 1 }, { 1, 1 }))), " "))

print "== minimisation"
local function golden(f, a, b, eps)
  local g, n = (sqrt(5) - 1) / 2, 0
  local c, d = b - g * (b - a), a + g * (b - a)
  while b - a > eps do
    if f(c) < f(d) then b, d = d, c c = b - g * (b - a) else a, c = c, d d = a + g * (b - a) end
    n = n + 1
  end
  return (a + b) / 2, n
end
print(("%.5f %d"):format(golden(function(x) return (x - 1.234) ^ 2 + 1 end, -5, 5, 1e-6)), ("%.5f"):format((golden(cos, 2, 4, 1e-7))))
local function nelder_mead(f, start, steps)
  local n, pts = #start, {}
  for i = 0, n do
    local q = { unpack(start) }
    if i > 0 then q[i] = q[i] + 0.5 end
    pts[i + 1] = { x = q, v = f(unpack(q)) }
  end
  local function at(c, w, t) local q = {} for j = 1, n do q[j] = c[j] + t * (c[j] - w[j]) end return { x = q, v = f(unpack(q)) } end
  for _ = 1, steps do
    table.sort(pts, function(a, b) return a.v < b.v end)
    local worst, c = pts[n + 1], {}
    for j = 1, n do c[j] = 0 for i = 1, n do c[j] = c[j] + pts[i].x[j] / n end end
    local r = at(c, worst.x, 1)
    if r.v < pts[1].v then
      local e = at(c, worst.x, 2)
      pts[n + 1] = e.v < r.v and e or r
    elseif r.v < pts[n].v then pts[n + 1] = r
    else
      local k = at(c, worst.x, -0.5)
      if k.v < worst.v then pts[n + 1] = k
      else
        for i = 2, n + 1 do
          for j = 1, n do pts[i].x[j] = (pts[i].x[j] + pts[1].x[j]) / 2 end
          pts[i].v = f(unpack(pts[i].x))
        end
      end
    end
  end
  table.sort(pts, function(a, b) return a.v < b.v end)
  return pts[1].x, pts[1].v
end
local best, value = nelder_mead(function(x, y) return (1 - x) ^ 2 + 100 * (y - x * x) ^ 2 end, { -1.2, 1 }, 200)
print(("%.4f %.4f %.1e"):format(best[1], best[2], value < 1e-10 and 0 or value))

print "== series and sequences"
local function kahan(list) local s, c = 0, 0 for _, x in ipairs(list) do local y = x - c local t = s + y c = (t - s) - y s = t end return s end
local tenths = {} for i = 1, 1000 do tenths[i] = 0.1 end
local plain = 0 for _, x in ipairs(tenths) do plain = plain + x end
print(plain == 100, kahan(tenths) == 100, ("%.17g"):format(plain))
local function agm(a, b) while abs(a - b) > 1e-15 do a, b = (a + b) / 2, sqrt(a * b) end return a end
print(("%.12f"):format(agm(1, sqrt(2))), ("%.10f"):format((function() local s = 0 for k = 0, 60 do s = s + (-1) ^ k / (2 * k + 1) / 3 ^ k end return s * sqrt(12) end)()))
local gamma
function gamma(x)
  local g = { 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7 }
  if x < 0.5 then return pi / (sin(pi * x) * gamma(1 - x)) end
  x = x - 1
  local a, t = 0.99999999999980993, x + 7.5
  for i = 1, 8 do a = a + g[i] / (x + i) end
  return sqrt(2 * pi) * t ^ (x + 0.5) * exp(-t) * a
end
print(("%.8f %.8f %.8f %.8f"):format(gamma(5), gamma(0.5), gamma(1.5), gamma(-0.5)))
local x, count = 0.5, {}
for _ = 1, 1000 do
  x = 3.7 * x * (1 - x)
  local bucket = math.floor(x * 10)
  count[bucket] = (count[bucket] or 0) + 1
end
local buckets = {}
for b = 0, 9 do buckets[#buckets + 1] = count[b] or 0 end
print("logistic", table.concat(buckets, " "))
