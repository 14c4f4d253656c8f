-- String algorithms: Levenshtein, LCS, Myers diff and patch, KMP, Boyer-Moore, Rabin-Karp, Aho-Corasick, suffix array, soundex, Markov text, anagrams.

local min, max = math.min, math.max

-- distances -------------------------------------------------------------------------------

local function levenshtein(a, b)
  local previous = {}
  for j = 0, #b do previous[j] = j end
  for i = 1, #a do
    local current = { [0] = i }
    for j = 1, #b do
      local cost = a:byte(i) == b:byte(j) and 0 or 1
      current[j] = min(previous[j] + 1, current[j - 1] + 1, previous[j - 1] + cost)
    end
    previous = current
  end
  return previous[#b]
end

local function damerau(a, b)
  local d = {}
  for i = 0, #a do d[i] = { [0] = i } end
  for j = 0, #b do d[0][j] = j end
  for i = 1, #a do
    for j = 1, #b do
      local x, y = a:byte(i), b:byte(j)
      d[i][j] = min(d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (x == y and 0 or 1))
      if i > 1 and j > 1 and x == b:byte(j - 1) and a:byte(i - 1) == y then d[i][j] = min(d[i][j], d[i - 2][j - 2] + 1) end
    end
  end
  return d[#a][#b]
end

local function hamming(a, b)
  if #a ~= #b then return nil end
  local n = 0
  for i = 1, #a do if a:byte(i) ~= b:byte(i) then n = n + 1 end end
  return n
end

local function jaro(a, b)
  local window = max(math.floor(max(#a, #b) / 2) - 1, 0)
  local used, matched, m = {}, {}, 0
  for i = 1, #a do
    for j = max(1, i - window), min(#b, i + window) do
      if not used[j] and a:byte(i) == b:byte(j) then
        used[j], matched[#matched + 1], m = true, a:byte(i), m + 1
        break
      end
    end
  end
  if m == 0 then return 0 end
  local k, t = 1, 0
  for j = 1, #b do
    if used[j] then
      if b:byte(j) ~= matched[k] then t = t + 1 end
      k = k + 1
    end
  end
  return (m / #a + m / #b + (m - t / 2) / m) / 3
end

print "== distances"
for _, p in ipairs { { "kitten", "sitting" }, { "flaw", "lawn" }, { "", "abc" }, { "same", "same" }, { "ca", "ac" }, { "martha", "marhta" }, { "dixon", "dicksonx" }, { "saturday", "sunday" } } do
  local a, b = unpack(p)
  print(("%-9s %-9s"):format(a, b), levenshtein(a, b), damerau(a, b), hamming(a, b), ("%.4f"):format(jaro(a, b)))
  assert(levenshtein(a, b) == levenshtein(b, a))
end

-- spelling suggestions
local dictionary = {}
for w in ("their there they're hear here heir receive believe weird friend separate definite"):gmatch "%S+" do dictionary[#dictionary + 1] = w end
local function suggest(word)
  local list = {}
  for _, w in ipairs(dictionary) do
    local d = damerau(word, w)
    if d <= 2 then list[#list + 1] = { w, d } end
  end
  table.sort(list, function(x, y) if x[2] ~= y[2] then return x[2] < y[2] end return x[1] < y[1] end)
  for i, e in ipairs(list) do list[i] = e[1] end
  return table.concat(list, ",")
end
for _, w in ipairs { "recieve", "thier", "heer", "seperate", "zzz" } do io.write(w, "->", suggest(w), " ") end print()

-- longest common subsequence and diff -----------------------------------------------------------

local function lcs(a, b)
  local n, m, t = #a, #b, {}
  for i = 0, n do t[i] = {} for j = 0, m do t[i][j] = 0 end end
  for i = 1, n do for j = 1, m do t[i][j] = a[i] == b[j] and t[i - 1][j - 1] + 1 or max(t[i - 1][j], t[i][j - 1]) end end
  local out, i, j = {}, n, m
  while i > 0 and j > 0 do
    if a[i] == b[j] then table.insert(out, 1, a[i]) i, j = i - 1, j - 1
    elseif t[i - 1][j] >= t[i][j - 1] then i = i - 1 else j = j - 1 end
  end
  return out
end
local function letters(s) local t = {} for c in s:gmatch "." do t[#t + 1] = c end return t end
print "== lcs"
for _, p in ipairs { { "AGGTAB", "GXTXAYB" }, { "ABCBDAB", "BDCABA" }, { "abc", "xyz" }, { "nematode knowledge", "empty bottle" } } do
  print(p[1], p[2], "'" .. table.concat(lcs(letters(p[1]), letters(p[2]))) .. "'")
end

local function myers(a, b)      -- returns a list of { op, line }
  local n, m = #a, #b
  local v, trace = { [1] = 0 }, {}
  for d = 0, n + m do
    local copy = {}
    for k, x in pairs(v) do copy[k] = x end
    trace[d] = copy
    for k = -d, d, 2 do
      local x
      if k == -d or k ~= d and v[k - 1] < v[k + 1] then x = v[k + 1] else x = v[k - 1] + 1 end
      local y = x - k
      while x < n and y < m and a[x + 1] == b[y + 1] do x, y = x + 1, y + 1 end
      v[k] = x
      if x >= n and y >= m then
        local script = {}
        for step = d, 0, -1 do
          local w = trace[step]
          local kk = x - y
          local pk = (kk == -step or kk ~= step and w[kk - 1] < w[kk + 1]) and kk + 1 or kk - 1
          local px = w[pk]
          local py = px - pk
          while x > px and y > py and x > 0 and y > 0 do
            table.insert(script, 1, { "=", a[x] })
            x, y = x - 1, y - 1
          end
          if step > 0 then
            if x == px then table.insert(script, 1, { "+", b[y] }) else table.insert(script, 1, { "-", a[x] }) end
            x, y = px, py
          end
        end
        return script, d
      end
    end
  end
end

local function lines(s) local t = {} for l in s:gmatch "[^\n]+" do t[#t + 1] = l end return t end
local function unified(script, context)
  local hunks, i = {}, 1
  while i <= #script do
    if script[i][1] ~= "=" then
      local from, last = max(1, i - context), i
      local j = i
      while j <= #script and j - last <= 2 * context do
        if script[j][1] ~= "=" then last = j end
        j = j + 1
      end
      local to = min(#script, last + context)
      local a0, b0, an, bn = 1, 1, 0, 0
      for k = 1, from - 1 do
        if script[k][1] ~= "+" then a0 = a0 + 1 end
        if script[k][1] ~= "-" then b0 = b0 + 1 end
      end
      local body = {}
      for k = from, to do
        local op, text = unpack(script[k])
        if op ~= "+" then an = an + 1 end
        if op ~= "-" then bn = bn + 1 end
        body[#body + 1] = (op == "=" and " " or op) .. text
      end
      hunks[#hunks + 1] = ("@@ -%d,%d +%d,%d @@\n%s"):format(a0, an, b0, bn, table.concat(body, "\n"))
      i = to + 1
    else i = i + 1 end
  end
  return table.concat(hunks, "\n")
end
local function patch(a, diff)
  local out, at = {}, 1
  for header, body in (diff .. "\n@@"):gmatch "@@ %-(%d+),%d+ %+%d+,%d+ @@\n(.-)\n%f[@%z]" do
    while at < tonumber(header) do out[#out + 1] = a[at] at = at + 1 end
    for l in (body .. "\n"):gmatch "([^\n]*)\n" do
      local op, text = l:sub(1, 1), l:sub(2)
      if op ~= "+" then
        if a[at] ~= text then return nil, "hunk does not apply at " .. at end
        at = at + 1
      end
      if op ~= "-" then out[#out + 1] = text end
    end
  end
  while at <= #a do out[#out + 1] = a[at] at = at + 1 end
  return out
end
print "== diff"
local old, new = lines [[
one
two
three
four
five
six
seven
eight
nine
ten
eleven
twelve]], lines [[
zero
one
two
THREE
four
five
six
seven
eight
nine
eleven
twelve
thirteen]]
local script, d = myers(old, new)
local diff = unified(script, 1)
print(d) print(diff)
local patched = patch(old, diff)
print("patched", table.concat(patched, " ") == table.concat(new, " "), patch(new, diff))
for _, p in ipairs { { "ABCABBA", "CBABAC" }, { "", "x" }, { "x", "" }, { "abc", "abc" }, { "kitten", "sitting" } } do
  local s, n = myers(letters(p[1]), letters(p[2]))
  local t = {}
  for i, e in ipairs(s) do t[i] = (e[1] == "=" and "" or e[1]) .. e[2] end
  print(p[1] .. "/" .. p[2], n, table.concat(t, " "))
  assert(n == #p[1] + #p[2] - 2 * #lcs(letters(p[1]), letters(p[2])))
end

-- searching -----------------------------------------------------------------------------------------

local comparisons
local search = {}
function search.naive(t, p)
  local found = {}
  for i = 1, #t - #p + 1 do
    local j = 1
    while j <= #p do comparisons = comparisons + 1 if t:byte(i + j - 1) ~= p:byte(j) then break end j = j + 1 end
    if j > #p then found[#found + 1] = i end
  end
  return found
end
function search.kmp(t, p)
  local fail, k = { 0 }, 0
  for i = 2, #p do
    while k > 0 and p:byte(k + 1) ~= p:byte(i) do k = fail[k] end
    if p:byte(k + 1) == p:byte(i) then k = k + 1 end
    fail[i] = k
  end
  local found = {}
  k = 0
  for i = 1, #t do
    while k > 0 and p:byte(k + 1) ~= t:byte(i) do comparisons = comparisons + 1 k = fail[k] end
    comparisons = comparisons + 1
    if p:byte(k + 1) == t:byte(i) then k = k + 1 end
    if k == #p then found[#found + 1] = i - #p + 1 k = fail[k] end
  end
  return found
end
function search.horspool(t, p)
  local shift, found, i = {}, {}, #p
  for j = 1, #p - 1 do shift[p:byte(j)] = #p - j end
  while i <= #t do
    local j = 0
    while j < #p do comparisons = comparisons + 1 if t:byte(i - j) ~= p:byte(#p - j) then break end j = j + 1 end
    if j == #p then found[#found + 1] = i - #p + 1 end
    i = i + (shift[t:byte(i)] or #p)
  end
  return found
end
function search.rabin_karp(t, p)
  local B, M = 256, 8388593
  local hp, ht, top, found = 0, 0, 1, {}
  if #p > #t then return found end
  for i = 1, #p do hp, ht = (hp * B + p:byte(i)) % M, (ht * B + t:byte(i)) % M if i > 1 then top = top * B % M end end
  for i = 1, #t - #p + 1 do
    comparisons = comparisons + 1
    if hp == ht and t:sub(i, i + #p - 1) == p then found[#found + 1] = i end
    ht = ((ht - t:byte(i) * top) * B + (t:byte(i + #p) or 0)) % M
  end
  return found
end
print "== searching"
local haystack = ("abracadabra "):rep(4) .. ("aaaaaab"):rep(5) .. " the end of the text"
for _, p in ipairs { "abra", "aaab", "the", "missing", "dabra a", "aa" } do
  local parts, first = {}, nil
  for _, name in ipairs { "naive", "kmp", "horspool", "rabin_karp" } do
    comparisons = 0
    local r = table.concat(search[name](haystack, p), " ")
    first = first or r
    assert(r == first, name)
    parts[#parts + 1] = name .. "=" .. comparisons
  end
  print(p, "[" .. first:sub(1, 40) .. "]", table.concat(parts, " "))
end

local function aho_corasick(words)
  local root = { out = {}, next = {} }
  for _, w in ipairs(words) do
    local s = root
    for c in w:gmatch "." do
      s.next[c] = s.next[c] or { out = {}, next = {} }
      s = s.next[c]
    end
    table.insert(s.out, w)
  end
  local queue = {}
  local order = "abcdefghijklmnopqrstuvwxyz "
  for c in order:gmatch "." do if root.next[c] then root.next[c].fail = root queue[#queue + 1] = root.next[c] end end
  local i = 1
  while queue[i] do
    local s = queue[i]
    i = i + 1
    for c in order:gmatch "." do
      local n = s.next[c]
      if n then
        local f = s.fail
        while f and not f.next[c] do f = f.fail end
        n.fail = f and f.next[c] or root
        for _, w in ipairs(n.fail.out) do table.insert(n.out, w) end
        queue[#queue + 1] = n
      end
    end
  end
  return function(text)
    local s, hits = root, {}
    for k = 1, #text do
      local c = text:sub(k, k)
      while s ~= root and not s.next[c] do s = s.fail end
      s = s.next[c] or root
      for _, w in ipairs(s.out) do hits[#hits + 1] = w .. "@" .. k - #w + 1 end
    end
    return table.concat(hits, " ")
  end
end
print(aho_corasick { "he", "she", "his", "hers", "us" } "ushers and his heirs")

print "== suffix array"
local function suffixes(s)
  local sa = {}
  for i = 1, #s do sa[i] = i end
  table.sort(sa, function(a, b) return s:sub(a) < s:sub(b) end)
  return sa
end
local sa = suffixes "mississippi"
print(table.concat(sa, " "))
local best = ""
for i = 2, #sa do
  local a, b, n = ("mississippi"):sub(sa[i - 1]), ("mississippi"):sub(sa[i]), 0
  while n < #a and n < #b and a:byte(n + 1) == b:byte(n + 1) do n = n + 1 end
  if n > #best then best = a:sub(1, n) end
end
print(best)

print "== soundex"
local function soundex(w)
  local codes = { b = 1, f = 1, p = 1, v = 1, c = 2, g = 2, j = 2, k = 2, q = 2, s = 2, x = 2, z = 2, d = 3, t = 3, l = 4, m = 5, n = 5, r = 6 }
  local out, last = w:sub(1, 1):upper(), codes[w:sub(1, 1):lower()]
  for c in w:lower():sub(2):gmatch "%a" do
    local k = codes[c]
    if k and k ~= last then out = out .. k end
    if not c:find "[hw]" then last = k end
  end
  return (out .. "000"):sub(1, 4)
end
for _, w in ipairs { "Robert", "Rupert", "Rubin", "Ashcraft", "Ashcroft", "Tymczak", "Pfister", "Honeyman", "Lloyd", "a" } do io.write(w, "=", soundex(w), " ") end print()

print "== markov"
local corpus = [[the wolf ran to the river and the wolf drank from the river until the moon rose over the hill and the hunter saw the wolf
near the hill but the wolf ran into the forest and the hunter slept under the moon]]
local chain, starts, previous = {}, {}, {}
local p1, p2 = "", ""
for w in corpus:gmatch "%a+" do
  local key = p1 .. " " .. p2
  chain[key] = chain[key] or {}
  table.insert(chain[key], w)
  p1, p2 = p2, w
end
local seed = 2006
local function random(n) seed = (seed * 69069 + 5) % 4294967296 return math.floor(seed / 65536) % n + 1 end
for _ = 1, 4 do
  local a, b, out = "", "", {}
  for _ = 1, 16 do
    local options = chain[a .. " " .. b]
    if not options then break end
    a, b = b, options[random(#options)]
    out[#out + 1] = b
  end
  print(table.concat(out, " "))
end

print "== anagrams and palindromes"
local groups, keys = {}, {}
for w in ("listen silent enlist google elgoog abc cab tinsel"):gmatch "%a+" do
  local t = letters(w)
  table.sort(t)
  local k = table.concat(t)
  if not groups[k] then groups[k] = {} keys[#keys + 1] = k end
  table.insert(groups[k], w)
end
for _, k in ipairs(keys) do io.write("[", table.concat(groups[k], " "), "] ") end print()
local function manacher(s)
  local best, at = 0, 1
  for c = 1, #s do
    for odd = 0, 1 do
      local i, j = c, c + 1 - odd
      while i >= 1 and j <= #s and s:byte(i) == s:byte(j) do i, j = i - 1, j + 1 end
      if j - i - 1 > best then best, at = j - i - 1, i + 1 end
    end
  end
  return s:sub(at, at + best - 1)
end
print(manacher "forgeeksskeegfor", manacher "banana", manacher "abc", ("A man, a plan, a canal: Panama"):lower():gsub("%A", "") == ("A man, a plan, a canal: Panama"):lower():gsub("%A", ""):reverse())
local function runs(s)
  local out, i = {}, 1
  while i <= #s do
    local c = s:sub(i, i)
    local stop = s:match("^" .. c:gsub("%W", "%%%0") .. "*()", i)
    out[#out + 1] = (stop - i > 1 and stop - i or "") .. c
    i = stop
  end
  return table.concat(out)
end
print(runs "..aaabbbcd....", runs "", runs "%%%x")
