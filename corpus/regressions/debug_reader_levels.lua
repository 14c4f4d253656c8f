-- syntax levels are native calls for what a reader of a chunk calls; coroutines inside each other
local function depth() local n = 0 local function f() n = n + 1 string.gsub("a", "a", f) end pcall(f) return n end
print(depth())
for _, levels in ipairs {1, 50, 150, 190, 196} do
  local i = 0
  print(levels, load(function()
    i = i + 1
    if i == 1 then return "x = " .. ("("):rep(levels) end
    if i == 2 then print("in the reader", depth()) return "1" end
  end))
end
local function nest(k)
  local i = 0
  return load(function()
    i = i + 1
    if i == 1 then return ("do "):rep(90) .. "x = (((" end
    if i == 2 and k > 0 then print(k, nest(k - 1)) return "1" end
  end)
end
print(nest(5))
local n = 0
local function inner() n = n + 1 return coroutine.resume(coroutine.create(inner)) end
local r = {inner()} print(n, #r > 9000, r[#r])
