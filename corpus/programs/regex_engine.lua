-- Regular expressions: one parser, three matchers (backtracking closures, Thompson NFA simulation, lazily built DFA) compared with each other.

-- Syntax tree: {type, ...}. Supported: literals, ., [set], \d \w \s, ( ), (?: ), |, * + ? {m,n} and lazy forms, ^ $, \1 (backtracking only).

local function set_of(...)
  local s = {}
  for _, range in ipairs { ... } do
    local low, high = range:byte(1, -1)
    for c = low, high or low do s[string.char(c)] = true end
  end
  return s
end
local classes = { d = set_of("09"), w = set_of("az", "AZ", "09", "_"), s = set_of(" ", "\t", "\n", "\r") }

local function parse(pattern)
  local pos, groups = 1, 0
  local function peek() return pattern:sub(pos, pos) end
  local function fail(message) error(("%s at %d in /%s/"):format(message, pos, pattern), 0) end
  local alternation

  local function escape()
    local c = peek()
    if c == "" then fail "trailing backslash" end
    pos = pos + 1
    if classes[c] then return { "set", classes[c] } end
    if classes[c:lower()] and c:find "%u" then return { "set", classes[c:lower()], negated = true } end
    if c:find "%d" then return { "back", tonumber(c) } end
    return { "char", ({ n = "\n", t = "\t" })[c] or c }
  end

  local function bracket()
    local node, members = { "set" }, {}
    if peek() == "^" then node.negated = true pos = pos + 1 end
    local first = true
    while true do
      local c = peek()
      if c == "" then fail "unfinished set" end
      pos = pos + 1
      if c == "]" and not first then break end
      first = false
      if c == "\\" then
        local e = escape()
        if e[1] == "set" then
          for k in pairs(e[2]) do members[k] = true end
          c = nil
        else c = e[2] end
      end
      if c and peek() == "-" and pattern:sub(pos + 1, pos + 1) ~= "]" then
        local high = pattern:sub(pos + 1, pos + 1)
        pos = pos + 2
        if high < c then fail "range out of order" end
        for b = c:byte(), high:byte() do members[string.char(b)] = true end
      elseif c then members[c] = true end
    end
    node[2] = members
    return node
  end

  local function atom()
    local c = peek()
    pos = pos + 1
    if c == "(" then
      local index
      if pattern:sub(pos, pos + 1) == "?:" then pos = pos + 2
      else
        groups = groups + 1
        index = groups
      end
      local inner = alternation()
      if peek() ~= ")" then fail "')' expected" end
      pos = pos + 1
      return index and { "group", inner, index = index } or inner
    elseif c == "[" then return bracket()
    elseif c == "." then return { "any" }
    elseif c == "^" then return { "bol" }
    elseif c == "$" then return { "eol" }
    elseif c == "\\" then return escape()
    elseif c:find "[*+?]" then pos = pos - 1 fail "nothing to repeat" end
    return { "char", c }
  end

  local function repeated()
    local node = atom()
    while true do
      local c, min, max = peek(), nil, nil
      if c == "*" then min, max = 0, math.huge
      elseif c == "+" then min, max = 1, math.huge
      elseif c == "?" then min, max = 0, 1
      elseif c == "{" then
        local a, comma, b, e = pattern:match("^{(%d+)(,?)(%d*)}()", pos)
        if not a then return node end
        min = tonumber(a)
        max = comma == "" and min or tonumber(b) or math.huge
        if max < min then fail "bad repeat" end
        pos = e - 1
      else return node end
      pos = pos + 1
      local lazy = peek() == "?"
      if lazy then pos = pos + 1 end
      node = { "repeat", node, min = min, max = max, lazy = lazy }
    end
  end

  local function sequence()
    local list = { "seq" }
    while pos <= #pattern and not peek():find "[|)]" do list[#list + 1] = repeated() end
    return list
  end

  function alternation()
    local list = { "alt", sequence() }
    while peek() == "|" do
      pos = pos + 1
      list[#list + 1] = sequence()
    end
    return #list == 2 and list[2] or list
  end

  local tree = alternation()
  if pos <= #pattern then fail "unexpected ')'" end
  return tree, groups
end

-- 1. backtracking: every node becomes a function (subject, position, captures, continuation) -> end position or nil

local function compile_backtracking(tree)
  local build
  local makers = {
    char = function(n) local c = n[2] return function(s, i, caps, k) if s:sub(i, i) == c then return k(i + 1) end end end,
    any = function() return function(s, i, caps, k) if i <= #s and s:sub(i, i) ~= "\n" then return k(i + 1) end end end,
    set = function(n)
      local members, want = n[2], not n.negated
      return function(s, i, caps, k)
        if i <= #s and (members[s:sub(i, i)] or false) == want then return k(i + 1) end
      end
    end,
    bol = function() return function(s, i, caps, k) if i == 1 then return k(i) end end end,
    eol = function() return function(s, i, caps, k) if i == #s + 1 then return k(i) end end end,
    back = function(n)
      return function(s, i, caps, k)
        local c = caps[n[2]]
        if not c then return nil end
        local text = s:sub(c[1], c[2])
        if s:sub(i, i + #text - 1) == text then return k(i + #text) end
      end
    end,
    group = function(n)
      local inner, index = build(n[2]), n.index
      return function(s, i, caps, k)
        local old = caps[index]
        local r = inner(s, i, caps, function(j)
          local saved = caps[index]
          caps[index] = { i, j - 1 }
          local result = k(j)
          if not result then caps[index] = saved end
          return result
        end)
        if not r then caps[index] = old end
        return r
      end
    end,
    seq = function(n)
      local parts = {}
      for i = 2, #n do parts[i - 1] = build(n[i]) end
      local function from(p, s, i, caps, k)
        if p > #parts then return k(i) end
        return parts[p](s, i, caps, function(j) return from(p + 1, s, j, caps, k) end)
      end
      return function(s, i, caps, k) return from(1, s, i, caps, k) end
    end,
    alt = function(n)
      local parts = {}
      for i = 2, #n do parts[i - 1] = build(n[i]) end
      return function(s, i, caps, k)
        for _, p in ipairs(parts) do
          local r = p(s, i, caps, k)
          if r then return r end
        end
      end
    end,
    ["repeat"] = function(n)
      local inner, min, max, lazy = build(n[2]), n.min, n.max, n.lazy
      local function try(count, s, i, caps, k)
        local function more()
          if count >= max then return nil end
          return inner(s, i, caps, function(j)
            if j == i and count >= min then return nil end   -- an empty round adds nothing
            return try(count + 1, s, j, caps, k)
          end)
        end
        if count < min then return more() end
        if lazy then return k(i) or more() end
        return more() or k(i)
      end
      return function(s, i, caps, k) return try(0, s, i, caps, k) end
    end,
  }
  function build(n) return makers[n[1]](n) end
  local start = build(tree)
  return function(s, init)
    for i = init or 1, #s + 1 do
      local caps = {}
      local stop = start(s, i, caps, function(j) return j end)
      if stop then return i, stop - 1, caps end
    end
  end
end

-- 2. Thompson NFA

local function compile_nfa(tree)
  local states = {}
  local function new(t) states[#states + 1] = t t.id = #states return t end
  local build
  function build(n, out)
    local kind = n[1]
    if kind == "char" or kind == "any" or kind == "set" then return new { test = n, out = out }
    elseif kind == "bol" or kind == "eol" then return new { assertion = kind, out = out }
    elseif kind == "group" then return build(n[2], out)
    elseif kind == "seq" then
      for i = #n, 2, -1 do out = build(n[i], out) end
      return out
    elseif kind == "alt" then
      local split = new { split = {} }
      for i = 2, #n do split.split[i - 1] = build(n[i], out) end
      return split
    elseif kind == "repeat" then
      if n.max == math.huge then
        local loop = new { split = {} }
        loop.split[1], loop.split[2] = build(n[2], loop), out
        out = loop
      else
        for _ = n.min + 1, n.max do
          local skip = out
          out = new { split = { build(n[2], out), skip } }
        end
      end
      for _ = 1, n.min do out = build(n[2], out) end
      return out
    end
    error("no automaton for '" .. kind .. "'", 0)
  end
  local accept = new { accept = true }
  return build(tree, accept), states
end

local function accepts(test, c)
  if test[1] == "char" then return test[2] == c
  elseif test[1] == "any" then return c ~= "\n" end
  return (test[2][c] or false) == not test.negated
end

local function closure(list, at_start, at_end)
  local seen, result = {}, {}
  local function visit(state)
    if seen[state.id] then return end
    seen[state.id] = true
    if state.split then
      for _, s in ipairs(state.split) do visit(s) end
    elseif state.assertion then
      if state.assertion == "bol" and at_start or state.assertion == "eol" and at_end then visit(state.out) end
    else result[#result + 1] = state end
  end
  for _, s in ipairs(list) do visit(s) end
  return result
end

local function nfa_match(start, s)   -- the whole subject
  local current = closure({ start }, true, #s == 0)
  for i = 1, #s do
    local c, nexts = s:sub(i, i), {}
    for _, state in ipairs(current) do
      if state.test and accepts(state.test, c) then nexts[#nexts + 1] = state.out end
    end
    current = closure(nexts, false, i == #s)
  end
  for _, state in ipairs(current) do
    if state.accept then return true end
  end
  return false
end

-- 3. DFA built while matching; states are sets of NFA states, named by their sorted ids

local function compile_dfa(start)
  local cache, count = {}, 0
  local function intern(states)
    local ids, accepting, by_end = {}, false, false
    for i, st in ipairs(states) do
      ids[i] = st.id
      accepting = accepting or st.accept
    end
    table.sort(ids)
    local key = table.concat(ids, ",")
    if not cache[key] then
      count = count + 1
      cache[key] = { states = states, accepting = accepting, edges = {}, number = count }
    end
    return cache[key]
  end
  local first = intern(closure({ start }, true, false))
  local dfa = {}
  function dfa.match(s)
    local state = first
    for i = 1, #s do
      local c = s:sub(i, i)
      local target = state.edges[c]
      if not target then
        local nexts = {}
        for _, st in ipairs(state.states) do
          if st.test and accepts(st.test, c) then nexts[#nexts + 1] = st.out end
        end
        target = intern(closure(nexts, false, false))
        state.edges[c] = target
      end
      state = target
    end
    return state.accepting or false
  end
  function dfa.size() return count end
  return dfa
end

-- trials -----------------------------------------------------------------------------------

print "== searching with captures"
local function show(pattern, subject)
  local search = compile_backtracking((parse(pattern)))
  local from, to, caps = search(subject)
  if not from then return "no match" end
  local _, groups = parse(pattern)
  local parts = {}
  for i = 1, groups do parts[i] = caps[i] and "'" .. subject:sub(caps[i][1], caps[i][2]) .. "'" or "-" end
  return ("[%d,%d] '%s' %s"):format(from, to, subject:sub(from, to), table.concat(parts, " "))
end
for _, case in ipairs {
  { "abc", "xxabcxx" }, { "a|b|cd", "xcd" }, { "(a+)(b+)", "caaabbd" }, { "(a*)*", "aaa" }, { "(a|ab)(c|bcd)(d*)", "abcd" },
  { "\\d{3}-\\d{4}", "call 555-1234 now" }, { "(\\w+)\\s+\\1", "it was was so" }, { "<.+>", "<a><b>" }, { "<.+?>", "<a><b>" },
  { "^\\s*(\\w+)\\s*=\\s*(.*?)\\s*$", "  key = some value  " }, { "[^aeiou\\s]+", "aeiou xyz" }, { "x{2,3}", "xxxxx" },
  { "x{2,3}?", "xxxxx" }, { "(?:ab)+(c)?", "ababab" }, { "a.c", "a\nc abc" }, { "", "anything" }, { "$", "end" }, { "[]x]+", "a]x]" },
  { "[a-c-]+", "z-b-a" }, { "(x)|(y)|(z)", "y" }, { "((a)(b(c)))", "abc" }, { "\\D+", "12ab34" }, { "a{2}", "aXaa" }, { "a{,2}", "a{,2}" },
  { "^(?:(\\d+)|(\\w+))$", "hello" }, { "(a?){3}b", "aab" },
} do
  print(("%-30s %s"):format(case[1], show(case[1], case[2])))
end

print "== three engines agree"
local patterns = {
  "a*b", "(a|b)*abb", "a+b+c*", "(ab|ba)*", "[abc]{2,4}", "a?b?c?", "(a*)(b|c)+", "a.b", "(aa|aab)*b", "((a|b)(c|a))*", "[^a]*a[^a]*", "c*(ac*ac*)*",
}
local subjects = {}
for length = 0, 5 do
  local function extend(prefix)
    if #prefix == length then subjects[#subjects + 1] = prefix return end
    for c in ("abc"):gmatch "." do extend(prefix .. c) end
  end
  extend ""
end
for _, p in ipairs(patterns) do
  local tree = parse("^(?:" .. p .. ")$")
  local back = compile_backtracking(tree)
  local body = parse(p)
  local start, states = compile_nfa(body)
  local dfa = compile_dfa(start)
  local matches, disagreements = 0, 0
  for _, s in ipairs(subjects) do
    local a, b, c = back(s) ~= nil, nfa_match(start, s), dfa.match(s)
    if a ~= b or b ~= c then disagreements = disagreements + 1 end
    if a then matches = matches + 1 end
  end
  print(("%-16s %3d of %d match, %2d NFA states, %2d DFA states, %d disagreements"):format(p, matches, #subjects, #states, dfa.size(), disagreements))
end

print "== anchors in the NFA"
for _, p in ipairs { "^a$", "a^b", "a$b", "(^a|b)c", "$^", "^" } do
  local start = compile_nfa((parse(p)))
  io.write(p, ":")
  for _, s in ipairs { "", "a", "ac", "bc", "ab" } do io.write(" ", tostring(nfa_match(start, s))) end
  io.write "\n"
end

print "== the pathological case"
for _, n in ipairs { 5, 10, 40 } do
  local p = ("a?"):rep(n) .. ("a"):rep(n)
  local start, states = compile_nfa((parse(p)))
  print(n, #states, nfa_match(start, ("a"):rep(n)), nfa_match(start, ("a"):rep(n - 1)), compile_dfa(start).match(("a"):rep(2 * n)))
end

print "== errors"
for _, p in ipairs { "(", ")", "*a", "a**", "[abc", "a|*", "(a", "a{3,1}", "\\", "[z-a]", "(?:" } do
  local ok, message = pcall(parse, p)
  print(p, ok, ok and "" or message)
end
print(pcall(compile_nfa, (parse "(a)\\1")))

print "== replace with a callback"
local function gsub(s, pattern, f)
  local search, out, init = compile_backtracking((parse(pattern))), {}, 1
  while init <= #s + 1 do
    local from, to, caps = search(s, init)
    if not from then break end
    out[#out + 1] = s:sub(init, from - 1)
    local texts = {}
    for i, c in pairs(caps) do texts[i] = s:sub(c[1], c[2]) end
    out[#out + 1] = f(s:sub(from, to), unpack(texts))
    if to < from then
      out[#out + 1] = s:sub(from, from)
      init = from + 1
    else init = to + 1 end
  end
  return table.concat(out) .. s:sub(init)
end
print(gsub("2024-01-31 and 1999-12-25", "(\\d+)-(\\d+)-(\\d+)", function(_, y, m, d) return d .. "." .. m .. "." .. y end))
print(gsub("hello world", "\\b|o", string.upper))
print(gsub("abc", "x*", function() return "-" end), (("abc"):gsub("x*", "-")))
print(gsub("the  quick   fox", "\\s+", function(s) return "<" .. #s .. ">" end))
