-- LZ77, LZW, run-length, move-to-front, Burrows-Wheeler and Huffman coders, each checked by decoding.

local byte, char, concat = string.byte, string.char, table.concat

local corpus = {
  { "empty", "" },
  { "one", "a" },
  { "runs", ("a"):rep(60) .. ("b"):rep(3) .. ("c"):rep(200) },
  { "tobeornot", "TOBEORNOTTOBEORTOBEORNOT" },
  { "prose", ([[It was the best of times, it was the worst of times, it was the age of wisdom, it was the age of foolishness, it was
the epoch of belief, it was the epoch of incredulity, it was the season of Light, it was the season of Darkness, it was the
spring of hope, it was the winter of despair, we had everything before us, we had nothing before us.]]) },
  { "binary", (function()
    local t = {}
    for i = 0, 511 do t[#t + 1] = char((i * i + math.floor(i / 7)) % 256) end
    return concat(t)
  end)() },
  { "zeros", ("\0"):rep(40) .. "\0\255\0\255" },
}

-- bit streams --------------------------------------------------------------

local function bit_writer()
  local out, acc, n = {}, 0, 0
  local w = {}
  function w.put(value, width)
    for i = width - 1, 0, -1 do
      acc = acc * 2 + math.floor(value / 2 ^ i) % 2
      n = n + 1
      if n == 8 then
        out[#out + 1] = char(acc)
        acc, n = 0, 0
      end
    end
  end
  function w.finish()
    if n > 0 then w.put(0, 8 - n) end
    return concat(out)
  end
  return w
end

local function bit_reader(s)
  local pos, acc, n = 1, 0, 0
  return function(width)
    local v = 0
    for _ = 1, width do
      if n == 0 then
        acc = byte(s, pos) or error("out of bits", 0)
        pos, n = pos + 1, 8
      end
      n = n - 1
      local bit = math.floor(acc / 2 ^ n) % 2
      v = v * 2 + bit
    end
    return v
  end
end

-- coders: encode(s) -> string, decode(string) -> s -----------------------------

local coders = {}

coders.rle = {
  encode = function(s)
    local out, i = {}, 1
    while i <= #s do
      local c, n = s:sub(i, i), 1
      while n < 255 and s:sub(i + n, i + n) == c do n = n + 1 end
      out[#out + 1] = char(n) .. c
      i = i + n
    end
    return concat(out)
  end,
  decode = function(s)
    return (s:gsub("(.)(.)", function(n, c) return c:rep(byte(n)) end))
  end,
}

coders.lz77 = {
  encode = function(s)
    local out, i = {}, 1
    while i <= #s do
      local best_length, best_distance = 0, 0
      for start = math.max(1, i - 255), i - 1 do
        local length = 0
        while length < 255 and i + length < #s and byte(s, start + length) == byte(s, i + length) do length = length + 1 end
        if length > best_length then best_length, best_distance = length, i - start end
      end
      out[#out + 1] = char(best_distance, best_length) .. s:sub(i + best_length, i + best_length)
      i = i + best_length + 1
    end
    return concat(out)
  end,
  decode = function(s)
    local out = {}
    for i = 1, #s, 3 do
      local distance, length = byte(s, i, i + 1)
      for _ = 1, length do out[#out + 1] = out[#out - distance + 1] end
      out[#out + 1] = s:sub(i + 2, i + 2)
    end
    return concat(out)
  end,
}

coders.lzw = {
  encode = function(s)
    local codes, size = {}, 256
    for i = 0, 255 do codes[char(i)] = i end
    local w, bits, writer = "", 9, bit_writer()
    for c in s:gmatch("[%z\1-\255]") do
      if codes[w .. c] then w = w .. c
      else
        writer.put(codes[w], bits)
        codes[w .. c] = size
        size = size + 1
        if size > 2 ^ bits then bits = bits + 1 end
        w = c
      end
    end
    if w ~= "" then writer.put(codes[w], bits) end
    return char(math.floor(#s / 256), #s % 256) .. writer.finish()
  end,
  decode = function(s)
    local length = byte(s, 1) * 256 + byte(s, 2)
    if length == 0 then return "" end
    local read, words, size, bits = bit_reader(s:sub(3)), {}, 256, 9
    for i = 0, 255 do words[i] = char(i) end
    local w = words[read(bits)]
    local out, done = { w }, #w
    while done < length do
      -- the encoder is one entry ahead
      if size + 1 > 2 ^ bits then bits = bits + 1 end
      local k = read(bits)
      local entry = words[k]
      if not entry then
        assert(k == size, "bad code")
        entry = w .. w:sub(1, 1)
      end
      out[#out + 1] = entry
      done = done + #entry
      words[size] = w .. entry:sub(1, 1)
      size, w = size + 1, entry
    end
    return concat(out)
  end,
}

-- canonical Huffman codes: only the lengths are stored
local function code_lengths(s)
  local frequency = {}
  for i = 1, #s do
    local b = byte(s, i)
    frequency[b] = (frequency[b] or 0) + 1
  end
  local nodes, order = {}, 0
  for b = 0, 255 do
    if frequency[b] then
      order = order + 1
      nodes[#nodes + 1] = { weight = frequency[b], symbol = b, order = order }
    end
  end
  local lengths = {}
  if #nodes == 1 then lengths[nodes[1].symbol] = 1 return lengths end
  local function lighter(x, y)
    if x.weight ~= y.weight then return x.weight > y.weight end
    return x.order > y.order
  end
  while #nodes > 1 do
    table.sort(nodes, lighter)
    local x, y = table.remove(nodes), table.remove(nodes)
    order = order + 1
    nodes[#nodes + 1] = { weight = x.weight + y.weight, order = order, x, y }
  end
  local function walk(node, depth)
    if not node then return end
    if node.symbol then lengths[node.symbol] = depth
    else walk(node[1], depth + 1) walk(node[2], depth + 1) end
  end
  walk(nodes[1], 0)
  return lengths
end

local function canonical(lengths)
  local symbols = {}
  for b, l in pairs(lengths) do symbols[#symbols + 1] = b end
  table.sort(symbols, function(a, b)
    if lengths[a] ~= lengths[b] then return lengths[a] < lengths[b] end
    return a < b
  end)
  local codes, code, previous = {}, 0, symbols[1] and lengths[symbols[1]]
  for _, b in ipairs(symbols) do
    code = code * 2 ^ (lengths[b] - previous)
    previous = lengths[b]
    codes[b] = code
    code = code + 1
  end
  return codes, symbols
end

coders.huffman = {
  encode = function(s)
    local lengths = code_lengths(s)
    local codes, symbols = canonical(lengths)
    local w = bit_writer()
    w.put(#s, 16)
    w.put(#symbols, 9)
    for _, b in ipairs(symbols) do w.put(b, 8) w.put(lengths[b], 5) end
    for i = 1, #s do
      local b = byte(s, i)
      w.put(codes[b], lengths[b])
    end
    return w.finish()
  end,
  decode = function(s)
    local read = bit_reader(s)
    local n, count, lengths = read(16), read(9), {}
    for _ = 1, count do
      local b = read(8)
      lengths[b] = read(5)
    end
    local codes = canonical(lengths)
    local by_code = {}
    for b, c in pairs(codes) do by_code[lengths[b] .. ":" .. c] = char(b) end
    local out = {}
    for i = 1, n do
      local code, length = 0, 0
      repeat
        code, length = code * 2 + read(1), length + 1
        local symbol = by_code[length .. ":" .. code]
        out[i] = symbol
      until symbol
    end
    return concat(out)
  end,
}

coders.mtf = {
  encode = function(s)
    local list, out = {}, {}
    for i = 0, 255 do list[i + 1] = char(i) end
    for i = 1, #s do
      local c, k = s:sub(i, i), 1
      while list[k] ~= c do k = k + 1 end
      out[i] = char(k - 1)
      table.insert(list, 1, table.remove(list, k))
    end
    return concat(out)
  end,
  decode = function(s)
    local list, out = {}, {}
    for i = 0, 255 do list[i + 1] = char(i) end
    for i = 1, #s do
      local c = table.remove(list, byte(s, i) + 1)
      out[i] = c
      table.insert(list, 1, c)
    end
    return concat(out)
  end,
}

coders.bwt = {
  encode = function(s)
    local n, twice, rows = #s, s .. s, {}
    for i = 1, n do rows[i] = i end
    table.sort(rows, function(a, b)
      local x, y = twice:sub(a, a + n - 1), twice:sub(b, b + n - 1)
      if x ~= y then return x < y end
      return a < b
    end)
    local out, primary = {}, 0
    for k, i in ipairs(rows) do
      out[k] = twice:sub(i + n - 1, i + n - 1)
      if i == 1 then primary = k end
    end
    return char(math.floor(primary / 256), primary % 256) .. concat(out)
  end,
  decode = function(s)
    local at, last = byte(s, 1) * 256 + byte(s, 2), s:sub(3)
    local count, start, rank = {}, {}, {}
    for i = 1, #last do
      local b = byte(last, i)
      count[b] = (count[b] or 0) + 1
      rank[i] = count[b]
    end
    local sum = 0
    for b = 0, 255 do start[b], sum = sum, sum + (count[b] or 0) end
    local out = {}
    for i = #last, 1, -1 do
      out[i] = last:sub(at, at)
      at = start[byte(last, at)] + rank[at]
    end
    return concat(out)
  end,
}

local function chain(...)
  local list = { ... }
  return {
    encode = function(s) for _, name in ipairs(list) do s = coders[name].encode(s) end return s end,
    decode = function(s) for i = #list, 1, -1 do s = coders[list[i]].decode(s) end return s end,
  }
end
coders["bwt+mtf+huffman"] = chain("bwt", "mtf", "huffman")
coders["lz77+huffman"] = chain("lz77", "huffman")
coders["rle+lzw"] = chain("rle", "lzw")

local function checksum(s)
  local a, b = 1, 0
  for i = 1, #s do
    a = (a + byte(s, i)) % 65521
    b = (b + a) % 65521
  end
  return ("%04x%04x"):format(b, a)
end
assert(checksum "Wikipedia" == "11e60398")

local names = {}
for name in pairs(coders) do names[#names + 1] = name end
table.sort(names)
for _, name in ipairs(names) do
  print("== " .. name)
  for _, item in ipairs(corpus) do
    local label, text = unpack(item)
    -- string order decides rotations, so the transform needs strings without zero bytes for strcoll
    if not (name:find "bwt" and text:find "%z") then
      local packed = coders[name].encode(text)
      local restored = coders[name].decode(packed)
      print(("%-10s %4d -> %4d %s %s"):format(label, #text, #packed, checksum(packed), restored == text and "ok" or "DIFFERENT"))
    end
  end
end

print "== small cases in full"
local function hex(s) return (s:gsub(".", function(c) return ("%02x"):format(byte(c)) end)) end
for _, name in ipairs { "lz77", "lzw", "huffman", "rle", "mtf", "bwt" } do print(name, hex(coders[name].encode "banana")) end
print(coders.bwt.encode("banana"):sub(3), coders.mtf.encode("bananaaa"):byte(1, -1))

print "== codes of the prose"
local lengths = code_lengths(corpus[5][2])
local codes, symbols = canonical(lengths)
for i, b in ipairs(symbols) do
  local bits = {}
  for k = lengths[b] - 1, 0, -1 do bits[#bits + 1] = math.floor(codes[b] / 2 ^ k) % 2 end
  if i <= 8 or i > #symbols - 3 then print(("%q"):format(char(b)):gsub("\\\n", "\\n"), concat(bits)) end
end
print(pcall(coders.huffman.decode, coders.huffman.encode("some text"):sub(1, -3)))
