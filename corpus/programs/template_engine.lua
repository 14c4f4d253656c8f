-- Template engine: templates are translated to Lua source, compiled with loadstring and run in their own environment.

local Template = {}

local function quote(s) return (string.format("%q", s):gsub("\\\n", "\\n"):gsub("\r", "\\r")) end

-- {{ expr }} prints escaped, {{{ expr }}} raw, {% code %} runs, {# comment #} vanishes; a dash trims white space.
local function translate(source, name)
  local code = { "local _out, _escape, _raw = ...\n" }
  local pos = 1
  local function literal(text)
    if text ~= "" then code[#code + 1] = "_out(" .. quote(text) .. ")" .. ("\n"):rep(select(2, text:gsub("\n", ""))) .. " " end
  end
  local pending_trim = false
  while true do
    local s, e, kind, dash = source:find("{([{%%#])(%-?)", pos)
    local text = source:sub(pos, (s or #source + 1) - 1)
    if pending_trim then text = text:gsub("^%s+", "") end
    if dash == "-" then text = text:gsub("%s+$", "") end
    literal(text)
    if not s then break end
    local closers = { ["{"] = "}}", ["%"] = "%}", ["#"] = "#}" }
    local closer = closers[kind]
    local raw = source:sub(s, s + 2) == "{{{"
    if raw then e, closer = s + 2, "}}}" end
    local from, to = source:find(closer, e + 1, true)
    if not from then
      local line = 1 + select(2, source:sub(1, s):gsub("\n", ""))
      error(("%s:%d: '%s' is not closed"):format(name, line, source:sub(s, e)), 0)
    end
    local inner = source:sub(e + 1, from - 1)
    pending_trim = inner:sub(-1) == "-"
    if pending_trim then inner = inner:sub(1, -2) end
    if raw then code[#code + 1] = "_raw(" .. inner .. ") "
    elseif kind == "{" then
      local expr, filters = inner:match("^(.-)|(.*)$")
      if expr and not expr:find("[\"']") then
        for f in filters:gmatch("[^|]+") do
          local fname, argument = f:match("^%s*([%w_]+)%s*:?%s*(.-)%s*$")
          expr = ("_filters.%s(%s%s)"):format(fname, expr, argument ~= "" and ", " .. argument or "")
        end
        inner = expr
      end
      code[#code + 1] = "_escape(" .. inner .. ") "
    elseif kind == "%" then code[#code + 1] = inner .. " " end
    pos = to + 1
  end
  return table.concat(code)
end

local entities = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;", ["'"] = "&#39;" }

local filters = {
  upper = string.upper,
  lower = string.lower,
  capitalize = function(s) return (s:gsub("^%l", string.upper)) end,
  default = function(v, d) if v == nil or v == "" then return d end return v end,
  join = function(t, sep) return table.concat(t, sep or ", ") end,
  money = function(n)
    local s = ("%.2f"):format(n)
    local count
    repeat s, count = s:gsub("^(-?%d+)(%d%d%d)", "%1,%2") until count == 0
    return "$" .. s
  end,
  pad = function(s, n) return ("%-" .. n .. "s"):format(s) end,
  reverse = function(s) return s:reverse() end,
}

local cache, compiled = {}, 0

function Template.compile(source, name)
  local key = name .. "\0" .. source
  if cache[key] then return cache[key] end
  local chunk, message = loadstring(translate(source, name), "=" .. name)
  if not chunk then error(message, 0) end
  compiled = compiled + 1
  local function render(model, blocks)
    local buffer = {}
    local function out(s) buffer[#buffer + 1] = s end
    local environment = {
      _filters = setmetatable({}, { __index = function(_, f) return filters[f] or error("no filter '" .. f .. "'", 3) end }),
      ipairs = ipairs, pairs = pairs, string = string, table = table, math = math, tostring = tostring,
      include = function(other, m) out(Template.render(other, m or model)) end,
      block = function(block_name, default)
        local b = blocks and blocks[block_name]
        if b then b(out) elseif default then default() end
      end,
      each = function(list)
        local i, n = 0, #list
        return function()
          i = i + 1
          if i <= n then return list[i], { index = i, first = i == 1, last = i == n, odd = i % 2 == 1 } end
        end
      end,
    }
    setmetatable(environment, { __index = model, __newindex = model })
    -- A chunk has one environment, so it is set anew for every rendering: rendering is not reentrant for one template.
    local old = getfenv(chunk)
    setfenv(chunk, environment)
    local ok, message = pcall(chunk, out, function(v)
      if v ~= nil then out((tostring(v):gsub("[&<>\"']", entities))) end
    end, function(v) out(tostring(v)) end)
    setfenv(chunk, old)
    if not ok then error(message, 0) end
    return table.concat(buffer)
  end
  cache[key] = render
  return render
end

local library = {}
function Template.define(name, source) library[name] = source end
function Template.render(name, model, blocks)
  local source = library[name] or error("no template '" .. name .. "'", 0)
  return Template.compile(source, name)(model, blocks)
end

----------------------------------------------------------------------------------------

Template.define("hello", "Hello, {{ name }}!\n")
Template.define("page", [[
<html>
<head><title>{{ title }}</title></head>
{# a comment {{ ignored }} #}
<body>
{%- block("header", function() %}
  <h1>{{ title | upper }}</h1>
{%- end) %}
{% for item, loop in each(items) do -%}
  {% if loop.first then %}<ul>
{% end %}  <li class="{{ loop.odd and "odd" or "even" }}">{{ loop.index }}. {{ item.name | capitalize | pad: 10 }} {{ item.price | money }}{% if item.note then %} <i>{{{ item.note }}}</i>{% end %}</li>
{% if loop.last then %}</ul>{% end -%}
{% end %}
{% if #items == 0 then %}<p>Nothing.</p>
{% end %}{% include("footer") %}</body>
</html>
]])
Template.define("footer", [[<p>{{ author | default: "anonymous" }} {{ #items }} items, total {{ total() | money }}</p>
]])
Template.define("squares", "{% for i = from, to, step do %}{{ i }}^2={{ i * i }} {% end %}\n{% sum = 0 for i = 1, 10 do sum = sum + i end %}sum={{ sum }}\n")
Template.define("tree", [[{{ name }}{% if kids then %}({% for i, k in ipairs(kids) do if i > 1 then %}, {% end include2(k) end %}){% end %}]])

local model = {
  title = "Fruit & <more>",
  items = {
    { name = "apple", price = 1234.5 },
    { name = "banana", price = 0.25, note = "<b>ripe</b>" },
    { name = "cherry \"red\"", price = 1e6 },
  },
}
function model.total()
  local t = 0
  for _, i in ipairs(model.items) do t = t + i.price end
  return t
end

io.write(Template.render("hello", { name = "O'Hara & <Co>" }))
io.write(Template.render("hello", {}))
io.write(Template.render("page", model))
print("----")
model.items, model.author, model.title = {}, "Ann", "empty"
io.write(Template.render("page", model, { header = function(out) out("\n  <h2>custom header</h2>") end }))
print("----")
local scope = { from = 5, to = 1, step = -1.5 }
io.write(Template.render("squares", scope))
print("model got", scope.sum, _G.sum)

-- Rendering is not reentrant for one template, so each node has its own; the children are rendered first and woven in afterwards.
local function tree(node)
  local render = Template.compile(library.tree, "tree " .. node.name)
  local pieces = {}
  for i, kid in ipairs(node.kids or {}) do pieces[kid] = tree(kid) end
  local collected = {}
  local model = { include2 = function(kid) table.insert(collected, pieces[kid]) end }
  local shell = render(setmetatable(model, { __index = node }))
  local i = 0
  return (shell:gsub("[(,] ?", function(c)
    i = i + 1
    return c .. collected[i]
  end))
end
print(tree { name = "a", kids = { { name = "b" }, { name = "c", kids = { { name = "d" }, { name = "e" } } }, { name = "f" } } })

print("-- generated code")
print((translate("a{{ x }}b\n{% if y then -%}  c  {%- end %}{{{ z }}}{{ w | f | g: 1 }}", "t")))

print("-- errors")
local wrong = {
  "line 1\n{{ name", "{% if x then %}", "{{ 1 + }}", "a\nb\n{{ nothing.field }}", "{{ x | nofilter }}", "{% error('own') %}", "{# open",
  "{% include('missing') %}", "{{ os.time() }}", "{% x = = 1 %}", "\n\n{% local t = {} %}{{ t.a.b }}",
}
for i, source in ipairs(wrong) do
  print(i, pcall(function() return Template.compile(source, "bad" .. i)({ x = "v" }) end))
end

print("-- cache")
local before = compiled
for i = 1, 50 do Template.render("hello", { name = i }) end
print("compiled in the loop:", compiled - before)

print("-- all filters in order")
local names = {}
for k in pairs(filters) do names[#names + 1] = k end
print(table.concat(names, " "))
Template.define("filters", [[
{{ a | upper }} {{ a | reverse }} {{ b | join }} {{ b | join: "/" }} {{ c | default: 7 }} {{ d | money }} {{ -d | money }} [{{ a | pad: 6 }}]
]])
io.write(Template.render("filters", { a = "abc", b = { 1, 2, 3 }, d = 9876543.215 }))
