-- Allocation and collection of small two-field tables.
local scale = tonumber((...)) or 1
local function times(n) return math.max(1, math.floor(n * scale)) end
local function build(depth)
  if depth == 0 then return {} end
  return { left = build(depth - 1), right = build(depth - 1) }
end
local function size(t)
  local l = t.left
  if not l then return 1 end
  return 1 + size(l) + size(t.right)
end
local keep = build(13)
local total = 0
for depth = 4, 12, 2 do
  for _ = 1, times(2 ^ (16 - depth)) do
    total = total + size(build(depth))
  end
end
print("binarytrees", total, size(keep))
