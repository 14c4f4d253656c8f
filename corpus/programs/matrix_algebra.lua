-- Matrices with operators: LU decomposition with pivoting, determinant, inverse, linear systems, power iteration, Strassen product.

local Matrix = {}
local meta = {}

local function new(rows)
  return setmetatable(rows, meta)
end

function Matrix.zero(m, n)
  local r = {}
  for i = 1, m do
    r[i] = {}
    for j = 1, n or m do r[i][j] = 0 end
  end
  return new(r)
end

function Matrix.identity(n)
  local r = Matrix.zero(n)
  for i = 1, n do r[i][i] = 1 end
  return r
end

function Matrix.generate(m, n, f)
  local r = {}
  for i = 1, m do
    r[i] = {}
    for j = 1, n do r[i][j] = f(i, j) end
  end
  return new(r)
end

function Matrix.size(a) return #a, #a[1] end

function Matrix.map(a, f)
  local m, n = a:size()
  return Matrix.generate(m, n, function(i, j) return f(a[i][j], i, j) end)
end

function Matrix.transpose(a)
  local m, n = a:size()
  return Matrix.generate(n, m, function(i, j) return a[j][i] end)
end

function Matrix.trace(a)
  local t = 0
  for i = 1, #a do t = t + a[i][i] end
  return t
end

meta.__index = Matrix

local function elementwise(name, f)
  return function(a, b)
    if type(a) == "number" then return b:map(function(x) return f(a, x) end) end
    if type(b) == "number" then return a:map(function(x) return f(x, b) end) end
    local m, n = a:size()
    local p, q = b:size()
    if m ~= p or n ~= q then error(("cannot %s %dx%d and %dx%d"):format(name, m, n, p, q), 2) end
    return a:map(function(x, i, j) return f(x, b[i][j]) end)
  end
end

meta.__add = elementwise("add", function(x, y) return x + y end)
meta.__sub = elementwise("subtract", function(x, y) return x - y end)
meta.__unm = function(a) return a:map(function(x) return -x end) end
meta.__div = function(a, b)
  if type(b) == "number" then return a * (1 / b) end
  return a * b:inverse()
end

function meta.__mul(a, b)
  if type(a) == "number" or type(b) == "number" then return elementwise("scale", function(x, y) return x * y end)(a, b) end
  local m, n = a:size()
  local p, q = b:size()
  if n ~= p then error(("cannot multiply %dx%d by %dx%d"):format(m, n, p, q), 2) end
  local r = {}
  for i = 1, m do
    local row, ai = {}, a[i]
    for j = 1, q do
      local sum = 0
      for k = 1, n do sum = sum + ai[k] * b[k][j] end
      row[j] = sum
    end
    r[i] = row
  end
  return new(r)
end

function meta.__pow(a, n)
  if n < 0 then return a:inverse() ^ -n end
  local result, base = Matrix.identity(#a), a
  while n > 0 do
    if math.mod(n, 2) == 1 then result = result * base end
    base, n = base * base, math.floor(n / 2)
  end
  return result
end

function meta.__eq(a, b)
  local m, n = a:size()
  local p, q = b:size()
  if m ~= p or n ~= q then return false end
  for i = 1, m do
    for j = 1, n do
      if math.abs(a[i][j] - b[i][j]) > 1e-9 then return false end
    end
  end
  return true
end

function meta.__tostring(a)
  local lines = {}
  for i, row in ipairs(a) do
    local cells = {}
    for j, x in ipairs(row) do
      if math.abs(x) < 5e-12 then x = 0 end
      cells[j] = ("%9.4g"):format(x)
    end
    lines[i] = "[" .. table.concat(cells) .. " ]"
  end
  return table.concat(lines, "\n")
end

function meta.__concat(a, b)   -- augmentation: columns side by side
  if type(a) == "string" or type(b) == "string" then return tostring(a) .. tostring(b) end
  local r = {}
  for i = 1, #a do
    r[i] = { unpack(a[i]) }
    for _, x in ipairs(b[i]) do table.insert(r[i], x) end
  end
  return new(r)
end

-- PA = LU; returns both triangles, the permutation and its sign (nil when singular)
function Matrix.lu(a)
  local n = #a
  local u, l, p, sign = a:map(function(x) return x end), Matrix.identity(n), {}, 1
  for i = 1, n do p[i] = i end
  for k = 1, n do
    local best = k
    for i = k + 1, n do
      if math.abs(u[i][k]) > math.abs(u[best][k]) then best = i end
    end
    if math.abs(u[best][k]) < 1e-12 then return nil, "singular matrix" end
    if best ~= k then
      u[k], u[best] = u[best], u[k]
      p[k], p[best] = p[best], p[k]
      for j = 1, k - 1 do l[k][j], l[best][j] = l[best][j], l[k][j] end
      sign = -sign
    end
    for i = k + 1, n do
      local f = u[i][k] / u[k][k]
      l[i][k] = f
      u[i][k] = 0
      for j = k + 1, n do u[i][j] = u[i][j] - f * u[k][j] end
    end
  end
  return l, u, p, sign
end

function Matrix.determinant(a)
  local l, u, _, sign = a:lu()
  if not l then return 0 end
  local d = sign
  for i = 1, #a do d = d * u[i][i] end
  return d
end

function Matrix.solve(a, b)
  local l, u, p = a:lu()
  if not l then error(u, 2) end
  local n, columns = #a, select(2, b:size())
  local x = Matrix.zero(n, columns)
  for c = 1, columns do
    local y = {}
    for i = 1, n do
      local s = b[p[i]][c]
      for j = 1, i - 1 do s = s - l[i][j] * y[j] end
      y[i] = s
    end
    for i = n, 1, -1 do
      local s = y[i]
      for j = i + 1, n do s = s - u[i][j] * x[j][c] end
      x[i][c] = s / u[i][i]
    end
  end
  return x
end

function Matrix.inverse(a) return a:solve(Matrix.identity(#a)) end

function Matrix.rank(a)
  local r = a:map(function(x) return x end)
  local m, n = r:size()
  local rank = 0
  for c = 1, n do
    local pivot
    for i = rank + 1, m do
      if math.abs(r[i][c]) > 1e-9 then pivot = i break end
    end
    if pivot then
      rank = rank + 1
      r[rank], r[pivot] = r[pivot], r[rank]
      for i = rank + 1, m do
        local f = r[i][c] / r[rank][c]
        for j = c, n do r[i][j] = r[i][j] - f * r[rank][j] end
      end
    end
  end
  return rank
end

function Matrix.strassen(a, b)
  local n = #a
  if n <= 2 then return a * b end
  local h = n / 2
  local function quarter(m, r, c)
    return Matrix.generate(h, h, function(i, j) return m[r * h + i][c * h + j] end)
  end
  local a11, a12, a21, a22 = quarter(a, 0, 0), quarter(a, 0, 1), quarter(a, 1, 0), quarter(a, 1, 1)
  local b11, b12, b21, b22 = quarter(b, 0, 0), quarter(b, 0, 1), quarter(b, 1, 0), quarter(b, 1, 1)
  local s = Matrix.strassen
  local m1, m2, m3 = s(a11 + a22, b11 + b22), s(a21 + a22, b11), s(a11, b12 - b22)
  local m4, m5, m6, m7 = s(a22, b21 - b11), s(a11 + a12, b22), s(a21 - a11, b11 + b12), s(a12 - a22, b21 + b22)
  local c = { { m1 + m4 - m5 + m7, m3 + m5 }, { m2 + m4, m1 - m2 + m3 + m6 } }
  return Matrix.generate(n, n, function(i, j)
    return c[i > h and 2 or 1][j > h and 2 or 1][(i - 1) % h + 1][(j - 1) % h + 1]
  end)
end

local function dominant(a, steps)
  local v = Matrix.generate(#a, 1, function(i) return 1 / i end)
  local lambda
  for _ = 1, steps do
    local w = a * v
    local norm = math.sqrt((w:transpose() * w)[1][1])
    v, lambda = w / norm, norm
  end
  return lambda, v
end

---------------------------------------------------------------------------------

local function heading(s) print("== " .. s) end

local A = new { { 2, 1, 1 }, { 4, -6, 0 }, { -2, 7, 2 } }
local B = new { { 1, 2, 3 }, { 0, 1, 4 }, { 5, 6, 0 } }

heading "basics"
print("A =\n" .. A)
print("A + B =\n" .. A + B)
print("2A - B/2 =\n" .. 2 * A - B / 2)
print("AB =\n" .. A * B)
print("A^T =\n" .. A:transpose())
print("equal", A + B == B + A, A * B == B * A, (A * B):transpose() == B:transpose() * A:transpose())
print("trace", A:trace(), (A * B):trace() == (B * A):trace())

heading "LU"
local l, u, p, sign = A:lu()
print("L =\n" .. l)
print("U =\n" .. u)
print("P", table.concat(p, " "), "sign", sign)
local permuted = new { A[p[1]], A[p[2]], A[p[3]] }
print("PA = LU", l * u == permuted)
print("det", ("%g %g %g"):format(A:determinant(), B:determinant(), (A * B):determinant()))

heading "inverse"
print(tostring(B:inverse()))
print("B * B^-1 = I", B * B:inverse() == Matrix.identity(3), B ^ -2 * B ^ 2 == B ^ 0)
print("A / B * B = A", A / B * B == A)

heading "systems"
local x = A:solve(new { { 5 }, { -2 }, { 9 } })
print(tostring(x:transpose()))
print(tostring(new({ { 1, 1 }, { 1, -1 } }):solve(new { { 10, 3 }, { 2, 1 } })))

heading "hilbert"
for n = 2, 6 do
  local h = Matrix.generate(n, n, function(i, j) return 1 / (i + j - 1) end)
  local inv = h:inverse():map(function(v) return math.floor(v + 0.5) end)
  print(n, ("det %.4e"):format(h:determinant()), "corner", inv[1][1], inv[n][n], "sum", math.floor(select(2, pcall(function()
    local s = 0
    for i = 1, n do for j = 1, n do s = s + inv[i][j] end end
    return s
  end))))
end

heading "fibonacci by powers"
local f = new { { 1, 1 }, { 1, 0 } }
for _, n in ipairs { 1, 2, 10, 30, 70 } do print(n, ("%d"):format((f ^ n)[1][2])) end

heading "eigenvalues"
local lambda, v = dominant(f, 60)
print(("%.10f %.10f"):format(lambda, (1 + math.sqrt(5)) / 2))
print(("%.8f"):format((dominant(new { { 4, 1, 0 }, { 1, 3, 1 }, { 0, 1, 2 } }, 200))))

heading "rank"
print(A:rank(), new({ { 1, 2, 3 }, { 2, 4, 6 }, { 1, 0, 1 } }):rank(), Matrix.zero(2, 5):rank(), (A .. B):rank())
print(tostring(A .. Matrix.identity(3)))

heading "strassen"
local seed = 7
local function random() seed = (seed * 171 + 11) % 30269 return seed % 19 - 9 end
local P, Q = Matrix.generate(16, 16, random), Matrix.generate(16, 16, random)
local PQ = P:strassen(Q)
print(PQ == P * Q, PQ:trace(), ("%.6e"):format(PQ:determinant()), math.abs(PQ:determinant() / (P:determinant() * Q:determinant()) - 1) < 1e-6)

heading "errors"
print(pcall(function() return A + Matrix.identity(2) end))
print(pcall(function() return A * new { { 1, 2 } } end))
print(pcall(function() return new({ { 1, 2 }, { 2, 4 } }):inverse() end))
print(new({ { 1, 2 }, { 2, 4 } }):determinant(), new({ { 1, 2 }, { 2, 4 } }):lu())
print(pcall(function() return A + "x" end))
