-- string.find and match: plain text, anchors, classes, captures, positions.
local scale = tonumber((...)) or 1
local function times(n) return math.max(1, math.floor(n * scale)) end
local find, match = string.find, string.match
local line = "GET /index.html?user=anna&id=42 HTTP/1.1 host: example.org accept: text/plain"
local total = 0
for i = 1, times(40000) do
  total = total + find(line, "HTTP", 1, true)
  total = total + find(line, "id=(%d+)")
  local verb, path = match(line, "^(%u+) ([^ ?]+)")
  total = total + #verb + #path
  local at = match(line, "()accept")
  total = total + at
  if find(line, "missing", 1, true) or match(line, "^%s") then total = total + 1 end
  total = total + #match(line, "%S+$")
end
local text = string.rep("abcdefghij", 300) .. "needle"
for i = 1, times(400) do
  total = total + find(text, "needle", 1, true) + find(text, "n[e]+d")
end
print("string_find", total)
