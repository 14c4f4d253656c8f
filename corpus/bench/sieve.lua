-- Sieve of Eratosthenes with a boolean array.
local scale = tonumber((...)) or 1
local function times(n) return math.max(1, math.floor(n * scale)) end
local function sieve(n)
  local composite, count, last = {}, 0, 0
  for i = 1, n do composite[i] = false end
  for i = 2, n do
    if not composite[i] then
      count = count + 1
      last = i
      for k = i * i, n, i do composite[k] = true end
    end
  end
  return count, last
end
local c, l
for _ = 1, times(20) do c, l = sieve(times(200000)) end
print("sieve", c, l)
