-- JSON: decoder with positions in its errors, encoder with sorted keys, round trips and rejections.

local json = {}

-- A sentinel stands for null, because nil cannot be stored in a table.
json.null = setmetatable({}, { __tostring = function() return "null" end })

---------------------------------------------------------------------------
-- Decoder
---------------------------------------------------------------------------

local Decoder = {}
Decoder.__index = Decoder

function Decoder.new(text)
  return setmetatable({ text = text, pos = 1, depth = 0 }, Decoder)
end

function Decoder:fail(message, at)
  at = at or self.pos
  local line, column = 1, 1
  for i = 1, at - 1 do
    if self.text:sub(i, i) == "\n" then
      line, column = line + 1, 1
    else
      column = column + 1
    end
  end
  error({ kind = "json", line = line, column = column, message = message }, 0)
end

function Decoder:skip()
  self.pos = self.text:find("[^ \t\r\n]", self.pos) or #self.text + 1
end

local escapes = {
  ['"'] = '"', ["\\"] = "\\", ["/"] = "/",
  b = "\b", f = "\f", n = "\n", r = "\r", t = "\t",
}

local function utf8(code)
  local floor, char = math.floor, string.char
  if code < 0x80 then
    return char(code)
  elseif code < 0x800 then
    return char(0xC0 + floor(code / 0x40), 0x80 + code % 0x40)
  elseif code < 0x10000 then
    return char(0xE0 + floor(code / 0x1000), 0x80 + floor(code / 0x40) % 0x40, 0x80 + code % 0x40)
  end
  return char(0xF0 + floor(code / 0x40000), 0x80 + floor(code / 0x1000) % 0x40,
              0x80 + floor(code / 0x40) % 0x40, 0x80 + code % 0x40)
end

function Decoder:hex4()
  local digits = self.text:match("^%x%x%x%x", self.pos)
  if not digits then self:fail("four hexadecimal digits expected") end
  self.pos = self.pos + 4
  return tonumber(digits, 16)
end

function Decoder:string()
  local buffer, start = {}, self.pos
  self.pos = self.pos + 1
  while true do
    local from, to, chunk = self.text:find('^([^"\\%c]+)', self.pos)
    if from then
      buffer[#buffer + 1] = chunk
      self.pos = to + 1
    end
    local c = self.text:sub(self.pos, self.pos)
    if c == '"' then
      self.pos = self.pos + 1
      return table.concat(buffer)
    elseif c == "\\" then
      local e = self.text:sub(self.pos + 1, self.pos + 1)
      self.pos = self.pos + 2
      if e == "u" then
        local code = self:hex4()
        if code >= 0xD800 and code < 0xDC00 then
          if self.text:sub(self.pos, self.pos + 1) ~= "\\u" then self:fail("lone surrogate") end
          self.pos = self.pos + 2
          local low = self:hex4()
          if low < 0xDC00 or low > 0xDFFF then self:fail("bad low surrogate", self.pos - 4) end
          code = 0x10000 + (code - 0xD800) * 0x400 + (low - 0xDC00)
        end
        buffer[#buffer + 1] = utf8(code)
      elseif escapes[e] then
        buffer[#buffer + 1] = escapes[e]
      else
        self:fail("invalid escape '\\" .. e .. "'", self.pos - 2)
      end
    elseif c == "" then
      self:fail("unfinished string", start)
    else
      self:fail("control character in string")
    end
  end
end

function Decoder:number()
  local start = self.pos
  local p = self.text:match("^%-?0()", start) or self.text:match("^%-?[1-9]%d*()", start)
  if not p then self:fail("invalid number") end
  p = self.text:match("^%.%d+()", p) or p
  p = self.text:match("^[eE][+-]?%d+()", p) or p
  if self.text:find("^[%w.]", p) then self:fail("invalid number", p) end
  self.pos = p
  return tonumber(self.text:sub(start, p - 1))
end

local words = { { "true", true }, { "false", false }, { "null", json.null } }

function Decoder:value()
  self:skip()
  local c = self.text:sub(self.pos, self.pos)
  if c == "{" then return self:object()
  elseif c == "[" then return self:array()
  elseif c == '"' then return self:string()
  elseif c:find("[%d-]") then return self:number() end
  for _, word in ipairs(words) do
    local text, value = unpack(word)
    if self.text:sub(self.pos, self.pos + #text - 1) == text then
      self.pos = self.pos + #text
      return value
    end
  end
  if c == "" then self:fail("value expected, got end of text") end
  self:fail(string.format("unexpected character %q", c))
end

function Decoder:enter()
  self.depth = self.depth + 1
  if self.depth > 50 then self:fail("nesting too deep") end
  self.pos = self.pos + 1
  self:skip()
end

function Decoder:array()
  self:enter()
  local result = { n = 0 }
  if self.text:sub(self.pos, self.pos) ~= "]" then
    repeat
      result.n = result.n + 1
      result[result.n] = self:value()
      self:skip()
      local separator = self.text:sub(self.pos, self.pos)
      if separator ~= "," and separator ~= "]" then self:fail("',' or ']' expected") end
      self.pos = self.pos + 1
    until separator == "]"
  else
    self.pos = self.pos + 1
  end
  self.depth = self.depth - 1
  return result
end

function Decoder:object()
  self:enter()
  local result = {}
  if self.text:sub(self.pos, self.pos) == "}" then
    self.pos = self.pos + 1
  else
    repeat
      self:skip()
      if self.text:sub(self.pos, self.pos) ~= '"' then self:fail("key expected") end
      local key = self:string()
      self:skip()
      if self.text:sub(self.pos, self.pos) ~= ":" then self:fail("':' expected") end
      self.pos = self.pos + 1
      result[key] = self:value()
      self:skip()
      local separator = self.text:sub(self.pos, self.pos)
      if separator ~= "," and separator ~= "}" then self:fail("',' or '}' expected") end
      self.pos = self.pos + 1
    until separator == "}"
  end
  self.depth = self.depth - 1
  return result
end

function json.decode(text)
  local decoder = Decoder.new(text)
  local ok, value = pcall(decoder.value, decoder)
  if ok then
    decoder:skip()
    if decoder.pos <= #text then
      ok, value = pcall(decoder.fail, decoder, "garbage after the value")
    end
  end
  if ok then return value end
  if type(value) == "table" and value.kind == "json" then
    return nil, string.format("line %d, column %d: %s", value.line, value.column, value.message)
  end
  error(value, 0)
end

---------------------------------------------------------------------------
-- Encoder
---------------------------------------------------------------------------

local function quote(s)
  return '"' .. s:gsub('[%c"\\\127]', function(c)
    local short = { ['"'] = '\\"', ["\\"] = "\\\\", ["\n"] = "\\n", ["\t"] = "\\t", ["\r"] = "\\r" }
    return short[c] or string.format("\\u%04x", c:byte())
  end) .. '"'
end

local encode

local encoders = {
  string = quote,
  boolean = tostring,
  number = function(n)
    if n ~= n or n == math.huge or n == -math.huge then error("number has no JSON form", 0) end
    if n == math.floor(n) and math.abs(n) < 1e15 then return string.format("%d", n) end
    return (string.format("%.17g", n))
  end,
  table = function(t, indent, level, seen)
    if t == json.null then return "null" end
    if seen[t] then error("cycle", 0) end
    seen[t] = true
    local parts, open, close = {}, "{", "}"
    if t.n or t[1] ~= nil then
      open, close = "[", "]"
      for i = 1, t.n or #t do parts[i] = encode(t[i], indent, level + 1, seen) end
    else
      local keys = {}
      for k in pairs(t) do keys[#keys + 1] = k end
      table.sort(keys)
      for i, k in ipairs(keys) do
        parts[i] = quote(k) .. (indent and ": " or ":") .. encode(t[k], indent, level + 1, seen)
      end
    end
    seen[t] = nil
    if #parts == 0 then return open .. close end
    if not indent then return open .. table.concat(parts, ",") .. close end
    local pad = "\n" .. indent:rep(level + 1)
    return open .. pad .. table.concat(parts, "," .. pad) .. "\n" .. indent:rep(level) .. close
  end,
}

function encode(v, indent, level, seen)
  local f = encoders[type(v)]
  if not f then error("cannot encode a " .. type(v), 0) end
  return f(v, indent, level, seen)
end

function json.encode(v, indent) return encode(v, indent, 0, {}) end

---------------------------------------------------------------------------
-- Trials
---------------------------------------------------------------------------

local document = [==[
{ "name": "Ardennes \u00e9t\u00E9", "tags": ["a", "b\/c", "", "\ttab"],
  "size": {"width": 12.5, "height": -3e2, "depth": 0},
  "empty": [{}, [], ""], "flags": [true,false,null],
  "emoji": "\ud83d\ude00", "control": "\u0001\u001f" }
]==]

local value, message = json.decode(document)
assert(value, message)
print(json.encode(value))
print(json.encode(value, "  "))
assert(value.emoji == "\240\159\152\128")
assert(value.flags[3] == json.null and value.flags.n == 3)

local again = json.encode(assert(json.decode(json.encode(value, "\t"))))
print("stable", again == json.encode(value))

print("-- numbers")
for _, text in ipairs { "0", "-0", "10", "1.5", "1e3", "1E-2", "-12.25e+1", "123456789012345678", "0.1" } do
  print(text, json.encode((json.decode(text))))
end

print("-- rejected")
for _, text in ipairs {
  "", "  ", "01", "1.", "-", "+1", "1.2.3", "tru", "[1,]", "[1 2]", "{\"a\" 1}", "{a:1}", "{\"a\":1,}",
  '"abc', '"a\\qb"', '"\\u12g4"', '"\\ud800x"', '"\\ud800\\u0041"', '"\1"', "1 2", "[\n[\n  x]]",
  ("["):rep(60),
} do
  local v, m = json.decode(text)
  assert(v == nil)
  print(string.format("%-16s %s", #text < 15 and text:gsub("%c", "?") or "(long)", m))
end

print("-- refused by the encoder")
local loop = {}
loop.child = { parent = loop }
for _, case in ipairs { { "cycle", loop }, { "function", { f = print } }, { "nan", { 0 / 0 } }, { "inf", -1 / 0 } } do
  print(case[1], pcall(json.encode, case[2]))
end

print("-- generated documents")
local seed = 42
local function random(n)
  seed = (seed * 16807) % 2147483647
  return seed % n
end
local function generate(depth)
  local kind = random(depth > 3 and 4 or 6)
  if kind == 0 then return random(1000) / 8
  elseif kind == 1 then return random(2) == 0
  elseif kind == 2 then return json.null
  elseif kind == 3 then
    local s = {}
    for i = 1, random(6) do s[i] = string.char(random(128)) end
    return table.concat(s)
  elseif kind == 4 then
    local t = { n = random(4) }
    for i = 1, t.n do t[i] = generate(depth + 1) end
    return t
  end
  local t = {}
  for i = 1, random(4) do t["k" .. random(100)] = generate(depth + 1) end
  return t
end
local total, longest = 0, ""
for i = 1, 200 do
  local text = json.encode(generate(0))
  local copy, complaint = json.decode(text)   -- the value itself may be false
  assert(complaint == nil and json.encode(copy) == text)
  total = total + #text
  if #text > #longest then longest = text end
end
print(total, #longest)
print(longest)
