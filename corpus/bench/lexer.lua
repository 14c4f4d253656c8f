-- A lexer in Lua: patterns with a position, keywords in a table, tokens collected.
local scale = tonumber((...)) or 1
local function times(n) return math.max(1, math.floor(n * scale)) end
local source = string.rep([[
local function walk(node, depth)
  if not node then return 0 end -- nothing here
  local sum = node.value * 2.5 + depth
  for i = 1, #node do sum = sum + walk(node[i], depth + 1) end
  return sum, "done", 'ok'
end
]], 12)
local keywords = {}
for word in ("and do else end for function if in local not or return then"):gmatch("%a+") do
  keywords[word] = true
end
local find, sub = string.find, string.sub
local function tokens(text)
  local list, at, n = {}, 1, 0
  while at <= #text do
    local _, stop = find(text, "^%s+", at)
    if stop then at = stop + 1 end
    if at > #text then break end
    local kind
    local c = sub(text, at, at)
    if find(c, "[%a_]") then
      _, stop = find(text, "^[%w_]+", at)
      kind = keywords[sub(text, at, stop)] and "keyword" or "name"
    elseif find(c, "%d") then
      _, stop = find(text, "^%d+%.?%d*", at)
      kind = "number"
    elseif c == '"' or c == "'" then
      stop = find(text, c, at + 1, true)
      kind = "string"
    elseif sub(text, at, at + 1) == "--" then
      stop = (find(text, "\n", at, true) or #text + 1) - 1
      kind = "comment"
    else
      stop, kind = at, "sign"
    end
    n = n + 1
    list[n] = { kind = kind, text = sub(text, at, stop), at = at }
    at = stop + 1
  end
  return list
end
local counts, total = {}, 0
for _ = 1, times(230) do
  local list = tokens(source)
  for i = 1, #list do
    local token = list[i]
    counts[token.kind] = (counts[token.kind] or 0) + 1
    total = (total * 7 + #token.text + token.at) % 1000003
  end
end
print("lexer", counts.name, counts.keyword, counts.number, counts.string, counts.comment, counts.sign, total)
