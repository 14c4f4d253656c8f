-- SHA-256, SHA-1, MD5, CRC-32, Adler-32, FNV, HMAC, base64 and base32 in plain arithmetic (Lua 5.1 has no bit operators).

local floor = math.floor
local TWO32 = 2 ^ 32

-- Bitwise operations by nibbles: a 16x16 table for each operation.
local function nibble_table(f)
  local t = {}
  for a = 0, 15 do
    t[a] = {}
    for b = 0, 15 do
      local r, p = 0, 1
      local x, y = a, b
      for _ = 1, 4 do
        if f(x % 2, y % 2) then r = r + p end
        x, y, p = floor(x / 2), floor(y / 2), p * 2
      end
      t[a][b] = r
    end
  end
  return t
end

local function operation(f)
  local t = nibble_table(f)
  return function(a, b)
    local r, p = 0, 1
    for _ = 1, 8 do
      local x, y = a % 16, b % 16
      r = r + t[x][y] * p
      a, b, p = (a - x) / 16, (b - y) / 16, p * 16
    end
    return r
  end
end

local band = operation(function(a, b) return a == 1 and b == 1 end)
local bor = operation(function(a, b) return a == 1 or b == 1 end)
local bxor = operation(function(a, b) return a ~= b end)
local function bnot(a) return TWO32 - 1 - a end
local function rshift(a, n) return floor(a / 2 ^ n) end
local function lshift(a, n) return a * 2 ^ n % TWO32 end
local function rrotate(a, n) local low = a % 2 ^ n return (a - low) / 2 ^ n + low * 2 ^ (32 - n) end
local function lrotate(a, n) return rrotate(a, 32 - n) end

assert(band(0xF0F0F0F0, 0xFF00FF00) == 0xF000F000 and bor(1, 0x80000000) == 0x80000001)
assert(bxor(0xFFFFFFFF, 0x0F0F0F0F) == 0xF0F0F0F0 and bnot(0) == 0xFFFFFFFF)
assert(rrotate(1, 1) == 0x80000000 and lrotate(0x80000001, 4) == 0x18)

local function hex(s)
  return (s:gsub(".", function(c) return ("%02x"):format(c:byte()) end):gsub("%z", "00"))
end

local function word(n, little)
  local a, b, c, d = floor(n / 2 ^ 24), floor(n / 2 ^ 16) % 256, floor(n / 256) % 256, n % 256
  if little then return string.char(d, c, b, a) end
  return string.char(a, b, c, d)
end

local function pad(message, little)
  local bits = #message * 8
  local zeros = (55 - #message) % 64
  local high, low = word(floor(bits / TWO32), little), word(bits % TWO32, little)
  return message .. "\128" .. ("\0"):rep(zeros) .. (little and low .. high or high .. low)
end

local function block_words(block, at, little)
  local w = {}
  for i = 0, 15 do
    local a, b, c, d = block:byte(at + i * 4, at + i * 4 + 3)
    if little then a, b, c, d = d, c, b, a end
    w[i + 1] = ((a * 256 + b) * 256 + c) * 256 + d
  end
  return w
end

-- Constants of SHA-256 are the fractional parts of roots of primes.
local primes = {}
do
  local n = 2
  while #primes < 64 do
    local prime = true
    for _, p in ipairs(primes) do
      if n % p == 0 then prime = false break end
    end
    if prime then primes[#primes + 1] = n end
    n = n + 1
  end
end
local function root_bits(p, power)
  local x = p ^ (1 / power)   -- a double has enough bits left after the small integer part
  return floor((x % 1) * TWO32)
end
local K, H256 = {}, {}
for i, p in ipairs(primes) do
  K[i] = root_bits(p, 3)
  if i <= 8 then H256[i] = root_bits(p, 2) end
end
assert(K[1] == 0x428a2f98 and K[64] == 0xc67178f2 and H256[1] == 0x6a09e667 and H256[8] == 0x5be0cd19)

local function sha256(message)
  local padded = pad(message)
  local h = { unpack(H256) }
  for at = 1, #padded, 64 do
    local w = block_words(padded, at)
    for i = 17, 64 do
      local x, y = w[i - 15], w[i - 2]
      local s0 = bxor(bxor(rrotate(x, 7), rrotate(x, 18)), rshift(x, 3))
      local s1 = bxor(bxor(rrotate(y, 17), rrotate(y, 19)), rshift(y, 10))
      w[i] = (w[i - 16] + s0 + w[i - 7] + s1) % TWO32
    end
    local a, b, c, d, e, f, g, hh = unpack(h)
    for i = 1, 64 do
      local s1 = bxor(bxor(rrotate(e, 6), rrotate(e, 11)), rrotate(e, 25))
      local ch = bxor(band(e, f), band(bnot(e), g))
      local t1 = hh + s1 + ch + K[i] + w[i]
      local s0 = bxor(bxor(rrotate(a, 2), rrotate(a, 13)), rrotate(a, 22))
      local maj = bxor(bxor(band(a, b), band(a, c)), band(b, c))
      hh, g, f, e, d, c, b, a = g, f, e, (d + t1) % TWO32, c, b, a, (t1 + s0 + maj) % TWO32
    end
    for i, v in ipairs { a, b, c, d, e, f, g, hh } do h[i] = (h[i] + v) % TWO32 end
  end
  local out = {}
  for i = 1, 8 do out[i] = word(h[i]) end
  return table.concat(out)
end

local function sha1(message)
  local padded = pad(message)
  local h0, h1, h2, h3, h4 = 0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0
  for at = 1, #padded, 64 do
    local w = block_words(padded, at)
    for i = 17, 80 do w[i] = lrotate(bxor(bxor(w[i - 3], w[i - 8]), bxor(w[i - 14], w[i - 16])), 1) end
    local a, b, c, d, e = h0, h1, h2, h3, h4
    for i = 1, 80 do
      local f, k
      if i <= 20 then f, k = bor(band(b, c), band(bnot(b), d)), 0x5A827999
      elseif i <= 40 then f, k = bxor(bxor(b, c), d), 0x6ED9EBA1
      elseif i <= 60 then f, k = bor(bor(band(b, c), band(b, d)), band(c, d)), 0x8F1BBCDC
      else f, k = bxor(bxor(b, c), d), 0xCA62C1D6 end
      a, b, c, d, e = (lrotate(a, 5) + f + e + k + w[i]) % TWO32, a, lrotate(b, 30), c, d
    end
    h0, h1, h2, h3, h4 = (h0 + a) % TWO32, (h1 + b) % TWO32, (h2 + c) % TWO32, (h3 + d) % TWO32, (h4 + e) % TWO32
  end
  return word(h0) .. word(h1) .. word(h2) .. word(h3) .. word(h4)
end

local T, shifts = {}, { { 7, 12, 17, 22 }, { 5, 9, 14, 20 }, { 4, 11, 16, 23 }, { 6, 10, 15, 21 } }
for i = 1, 64 do T[i] = floor(math.abs(math.sin(i)) * TWO32) end
assert(T[1] == 0xd76aa478 and T[64] == 0xeb86d391)

local function md5(message)
  local padded = pad(message, true)
  local a0, b0, c0, d0 = 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476
  for at = 1, #padded, 64 do
    local m = block_words(padded, at, true)
    local a, b, c, d = a0, b0, c0, d0
    for i = 0, 63 do
      local f, g
      local round = floor(i / 16)
      if round == 0 then f, g = bor(band(b, c), band(bnot(b), d)), i
      elseif round == 1 then f, g = bor(band(d, b), band(bnot(d), c)), (5 * i + 1) % 16
      elseif round == 2 then f, g = bxor(bxor(b, c), d), (3 * i + 5) % 16
      else f, g = bxor(c, bor(b, bnot(d))), 7 * i % 16 end
      f = (f + a + T[i + 1] + m[g + 1]) % TWO32
      a, d, c, b = d, c, b, (b + lrotate(f, shifts[round + 1][i % 4 + 1])) % TWO32
    end
    a0, b0, c0, d0 = (a0 + a) % TWO32, (b0 + b) % TWO32, (c0 + c) % TWO32, (d0 + d) % TWO32
  end
  return word(a0, true) .. word(b0, true) .. word(c0, true) .. word(d0, true)
end

local crc_table = {}
for i = 0, 255 do
  local c = i
  for _ = 1, 8 do c = c % 2 == 1 and bxor(0xEDB88320, (c - 1) / 2) or c / 2 end
  crc_table[i] = c
end
local function crc32(s)
  local c = 0xFFFFFFFF
  for i = 1, #s do c = bxor(crc_table[bxor(c % 256, s:byte(i))], rshift(c, 8)) end
  return bnot(c)
end

local function adler32(s)
  local a, b = 1, 0
  for i = 1, #s do a = (a + s:byte(i)) % 65521 b = (b + a) % 65521 end
  return b * 65536 + a
end

local function multiply32(a, b)   -- modulo 2^32 without losing bits
  local low = b % 65536
  return (a * low + (a * ((b - low) / 65536) % 65536) * 65536) % TWO32
end
local function fnv1a(s)
  local h = 2166136261
  for i = 1, #s do h = multiply32(bxor(h, s:byte(i)), 16777619) end
  return h
end

local function hmac(hash, key, message)
  if #key > 64 then key = hash(key) end
  key = key .. ("\0"):rep(64 - #key)
  local function masked(mask) return (key:gsub("[%z\1-\255]", function(c) return string.char(bxor(c:byte(), mask)) end)) end
  return hash(masked(0x5c) .. hash(masked(0x36) .. message))
end

-- base64 and base32 -------------------------------------------------------------

local function radix_codec(alphabet, group_bytes, group_chars)
  local value = {}
  for i = 1, #alphabet do value[alphabet:sub(i, i)] = i - 1 end
  local base = #alphabet
  local codec = {}
  function codec.encode(s)
    local out = {}
    for i = 1, #s, group_bytes do
      local n, have = 0, math.min(group_bytes, #s - i + 1)
      for k = 0, group_bytes - 1 do n = n * 256 + (s:byte(i + k) or 0) end
      local chars = {}
      for k = group_chars, 1, -1 do
        local digit = n % base
        chars[k] = alphabet:sub(digit + 1, digit + 1)
        n = (n - digit) / base
      end
      local used = math.ceil(have * 8 / (math.log(base) / math.log(2)) - 1e-9)
      out[#out + 1] = table.concat(chars, "", 1, used) .. ("="):rep(group_chars - used)
    end
    return table.concat(out)
  end
  function codec.decode(s)
    local bad = s:match("[^" .. alphabet:gsub("%W", "%%%0") .. "=%s]")
    if bad then return nil, "bad character '" .. bad .. "'" end
    s = s:gsub("%s", "")
    if #s % group_chars ~= 0 then return nil, "bad length " .. #s end
    local out = {}
    for i = 1, #s, group_chars do
      local n, missing = 0, 0
      for k = i, i + group_chars - 1 do
        local c = s:sub(k, k)
        if c == "=" then missing = missing + 1 end
        n = n * base + (value[c] or 0)
      end
      local bytes = {}
      for k = group_bytes, 1, -1 do bytes[k] = string.char(n % 256) n = floor(n / 256) end
      local keep = floor((group_chars - missing) * group_bytes / group_chars)
      out[#out + 1] = table.concat(bytes, "", 1, keep)
    end
    return table.concat(out)
  end
  return codec
end
local base64 = radix_codec("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", 3, 4)
local base32 = radix_codec("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 5, 8)

-- known answers --------------------------------------------------------------------

local function check(label, got, want)
  print(label, got, got == want and "ok" or "WRONG, expected " .. want)
  assert(got == want)
end

check("sha256 ''", hex(sha256 ""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
check("sha256 abc", hex(sha256 "abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
check("sha256 56", hex(sha256 "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"), "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
check("sha1 abc", hex(sha1 "abc"), "a9993e364706816aba3e25717850c26c9cd0d89d")
check("sha1 fox", hex(sha1 "The quick brown fox jumps over the lazy dog"), "2fd4e1c67a2d28fced849ee1bb76e7391b93eb12")
check("md5 ''", hex(md5 ""), "d41d8cd98f00b204e9800998ecf8427e")
check("md5 abc", hex(md5 "abc"), "900150983cd24fb0d6963f7d28e17f72")
check("md5 digits", hex(md5(("1234567890"):rep(8))), "57edf4a22be3c955ac49da2e2107b67a")
check("crc32 check", ("%08x"):format(crc32 "123456789"), "cbf43926")
check("crc32 ''", ("%08x"):format(crc32 ""), "00000000")
check("adler32", ("%08x"):format(adler32 "Wikipedia"), "11e60398")
check("fnv1a foobar", ("%08x"):format(fnv1a "foobar"), "bf9cf968")
check("hmac-sha256", hex(hmac(sha256, "Jefe", "what do ya want for nothing?")), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
check("hmac-md5", hex(hmac(md5, ("\11"):rep(16), "Hi There")), "9294727a3638bb1c13f48ef8158bfc9d")

print("== sha256 of lengths around a block")
for _, n in ipairs { 54, 55, 56, 63, 64, 65 } do print(n, hex(sha256(("x"):rep(n))):sub(1, 24), hex(md5(("x"):rep(n)))) end

print("== base64, base32")
for i, s in ipairs { "", "f", "fo", "foo", "foob", "fooba", "foobar", "\0\255\16" } do
  local e64, e32 = base64.encode(s), base32.encode(s)
  print(i, e64, e32, base64.decode(e64) == s, base32.decode(e32) == s)
end
print(base64.decode("Zm9v*g=="))
print(base64.decode("Zm9"))
print(base64.decode("Zm 9v\nYm\tFy"))
local all = {}
for i = 0, 255 do all[i + 1] = string.char(i) end
all = table.concat(all)
local encoded = base64.encode(all)
print(#encoded, encoded:sub(1, 20), encoded:sub(-20), base64.decode(encoded) == all, base32.decode(base32.encode(all)) == all)
print(("%08x %08x %08x"):format(crc32(all), adler32(all), fnv1a(all)))
print(hex(sha1(all)), hex(md5(all)))

print("== avalanche")
local function bits(n) local c = 0 while n > 0 do c = c + n % 2 n = floor(n / 2) end return c end
local first = sha256 "avalanche0"
for i = 1, 5 do
  local other, differing = sha256("avalanche" .. i), 0
  for k = 1, 32 do differing = differing + bits(bxor(first:byte(k), other:byte(k))) end
  print(i, differing)
end
