-- Linked lists and queues of small records: built, walked, reversed, merged.
local scale = tonumber((...)) or 1
local function times(n) return math.max(1, math.floor(n * scale)) end
local function build(n, seed)
  local list
  for i = 1, n do
    seed = seed * 16807 % 2147483647
    list = { value = seed % 1000, next = list }
  end
  return list
end
local function split(list)
  local a, b
  while list do
    local rest = list.next
    list.next = a
    a, b = b, list
    list = rest
  end
  return a, b
end
local function merge(a, b)
  local head = { next = false }
  local tail = head
  while a and b do
    if a.value <= b.value then tail.next, a = a, a.next else tail.next, b = b, b.next end
    tail = tail.next
  end
  tail.next = a or b
  return head.next
end
local function sort(list)
  if not list or not list.next then return list end
  local a, b = split(list)
  return merge(sort(a), sort(b))
end
local total = 0
for round = 1, times(16) do
  local list, weight = sort(build(4000, round)), 0
  while list do
    weight = weight + 1
    total = (total + weight * list.value) % 1000003
    list = list.next
  end
end
print("linked_lists", total)
