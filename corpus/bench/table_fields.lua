-- Records: fields read and written by constant names, boolean and numeric values, nil fields.
local scale = tonumber((...)) or 1
local function times(n) return math.max(1, math.floor(n * scale)) end
local function account(id)
  return { id = id, balance = 0, limit = 100, open = true, history = { count = 0, last = 0 } }
end
local accounts = {}
for i = 1, 64 do accounts[i] = account(i) end
local refused = 0
for i = 1, times(1200000) do
  local from, to = accounts[i % 64 + 1], accounts[(i * 7) % 64 + 1]
  local amount = i % 9
  if from.open and from.balance - amount > -from.limit then
    from.balance = from.balance - amount
    to.balance = to.balance + amount
    from.history.count = from.history.count + 1
    to.history.last = i
  else
    refused = refused + 1
    from.limit = from.limit + 10
  end
  if from.frozen then refused = refused - 1 end
end
local sum, count, last = 0, 0, 0
for i = 1, 64 do
  local one = accounts[i]
  sum, count, last = sum + one.balance * i, count + one.history.count, last + one.history.last
end
print("table_fields", sum, count, last, refused)
