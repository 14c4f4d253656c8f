--- powers of two up to 2^40
local n = 0
for _, s in ipairs { "", "x", "xyz", ("y"):rep(100) } do
  for k = 0, 40 do
    pcall(string.rep, s, 2^k) pcall(string.rep, s, -2^k) pcall(string.rep, s, 2^k - 1)
    n = n + 3
  end
end
return n
--- 2^31 - 1 bytes
local s = ("x"):rep(2^31 - 1)
--- 2^30 copies of nothing
for i = 1, 1e9 do local s = (""):rep(2^30) end
--- doubled by concatenation
local s = "x" while true do s = s .. s end
--- many operands
local s = ("x"):rep(1e7) return #(s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s)
--- by table.concat
local s = ("x"):rep(1e6) local t = {} for i = 1, 1000 do t[i] = s end return #table.concat(t)
--- with separators
local t = {} for i = 1, 1000 do t[i] = "" end return #table.concat(t, ("x"):rep(1e6))
--- reversed, lowered, raised
local s = ("x"):rep(3e7) return #s:reverse() + #s:lower() + #s:upper()
--- by gsub
return #(("x"):rep(1e6):gsub("x", ("y"):rep(1000)))
