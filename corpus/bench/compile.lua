-- loadstring on a large generated chunk: lexer, parser and code generator throughput.
local scale = tonumber((...)) or 1
local function times(n) return math.max(1, math.floor(n * scale)) end
local compile, rounds = loadstring, times(20)
local parts = { "local acc = 0\nlocal M = {}\n" }
local function add(s) parts[#parts + 1] = s end
for i = 1, 500 do
  local n = tostring(i)
  add("-- function number " .. n .. " of the generated module\n")
  add("function M.f" .. n .. "(a, b, ...)\n")
  add("  local x, y, name = a * " .. n .. " + b, (a - b) / 3.25, \"item_" .. n .. "\"\n")
  add("  local t = { x, y, key = name, [a] = b, { 1, 2, 3 }, nested = { deep = { value = x } } }\n")
  add("  for i = 1, 3 do\n    if i % 2 == 0 and x > y or not b then\n      t.key = t.key .. i\n")
  add("    elseif i == 3 then t[#t + 1] = i else x = x + i ^ 2 end\n  end\n")
  add("  while x > 1000000 do x = x / 2 end\n")
  add("  repeat y = y + 1 until y > -5\n")
  add("  local g = function(k, ...) return k + x, select('#', ...) end\n")
  add("  for k, v in pairs(t) do if type(v) == 'string' then name = name .. v end end\n")
  add("  acc = acc + g(" .. n .. ", ...) % 97\n  return #name, t.nested.deep.value\nend\n")
end
add("return M, function() return acc end\n")
local source = table.concat(parts)
local M, get
for round = 1, rounds do
  local f = assert(compile(source, "=gen"))
  if round == rounds then M, get = f() end
end
local total = 0
for i = 1, 500, 50 do
  total = total + M["f" .. i](i, 2, 3, 4)
end
print("compile", #source, total, math.floor(get() * 16))
