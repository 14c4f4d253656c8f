-- A small JSON encoder and decoder: recursion over tables, sorted keys, buffers, sub and find.
local scale = tonumber((...)) or 1
local function times(n) return math.max(1, math.floor(n * scale)) end
local encode
local function text(s) return '"' .. s:gsub('[%c"\\]', function(c) return ("\\u%04x"):format(c:byte()) end) .. '"' end
function encode(v, out)
  local kind = type(v)
  if kind == "table" then
    if #v > 0 then
      out[#out + 1] = "["
      for i, item in ipairs(v) do
        if i > 1 then out[#out + 1] = "," end
        encode(item, out)
      end
      out[#out + 1] = "]"
    else
      local keys = {}
      for k in pairs(v) do keys[#keys + 1] = k end
      table.sort(keys)
      out[#out + 1] = "{"
      for i, k in ipairs(keys) do
        if i > 1 then out[#out + 1] = "," end
        out[#out + 1] = text(k) .. ":"
        encode(v[k], out)
      end
      out[#out + 1] = "}"
    end
  elseif kind == "string" then out[#out + 1] = text(v)
  else out[#out + 1] = tostring(v) end
  return out
end
local decode
local function space(s, at) return s:find("%S", at) end
function decode(s, at)
  at = space(s, at)
  local c = s:sub(at, at)
  if c == "{" then
    local t = {}
    at = space(s, at + 1)
    while s:sub(at, at) ~= "}" do
      local key, value
      key, at = decode(s, at)
      value, at = decode(s, space(s, at) + 1)
      t[key] = value
      at = space(s, at)
      if s:sub(at, at) == "," then at = space(s, at + 1) end
    end
    return t, at + 1
  elseif c == "[" then
    local t = {}
    at = space(s, at + 1)
    while s:sub(at, at) ~= "]" do
      t[#t + 1], at = decode(s, at)
      at = space(s, at)
      if s:sub(at, at) == "," then at = at + 1 end
    end
    return t, at + 1
  elseif c == '"' then
    local stop = s:find('"', at + 1, true)
    local value = s:sub(at + 1, stop - 1):gsub("\\u(%x%x%x%x)", function(h) return string.char(tonumber(h, 16)) end)
    return value, stop + 1
  elseif s:find("^true", at) then return true, at + 4
  elseif s:find("^false", at) then return false, at + 5
  end
  local _, stop = s:find("^-?[%d.eE+-]+", at)
  return tonumber(s:sub(at, stop)), stop + 1
end
local document = {}
for i = 1, 60 do
  document[i] = { id = i, name = "item " .. i, tags = { "a", "b\n", "c" }, price = i * 1.25, sold = i % 2 == 0,
    size = { width = i, height = i + 1 } }
end
local length, sum = 0, 0
for _ = 1, times(75) do
  local s = table.concat(encode(document, {}))
  local back = decode(s, 1)
  length, sum = length + #s, sum + back[60].size.height + #back[7].tags[2]
end
print("json", length, sum)
