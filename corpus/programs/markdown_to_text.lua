-- Renders a Markdown subset as plain text and as HTML: two backends behind one parser, nested lists, quotes, code, tables, links.

local source = [=[
# A small handbook

Setext heading
--------------

A paragraph with *emphasis*, **strong text**, `code *not emphasised*`, and a [link](http://example.org/a "Title").
It spans two lines and ends with a hard break.  
New line here. Escapes: \*literal\*, \`tick\`, a_b_c, 2 * 3 * 4.

* first item
* second item with
  a continuation
    * nested one
    * nested two
        1. deep numbered
        2. deeper
* third

1. one
2. two

> Quoted text that is
> on two lines.
>
> > Nested quote with **bold**.

```lua
local x = { 1, 2 }   -- <not html> & *not emphasis*
return x
```

    indented code
      keeps spaces

| name  | count | price |
|:------|:-----:|------:|
| apple |   3   |  1.25 |
| pear & fig | 10 | 0.5 |

***

An ![image](pic.png) and a reference to [the site][site]. Auto: <http://lua.org>.

[site]: http://www.lua.org/ "Lua"

Final & <last> paragraph.
]=]

-- block parser -----------------------------------------------------------------

local references = {}

local function lines_of(text)
  local t = {}
  for l in (text:gsub("\n?$", "\n")):gmatch("(.-)\n") do t[#t + 1] = l end
  return t
end

local parse_blocks

local function list_marker(line)
  local indent, bullet, rest = line:match("^( *)([*+-]) +(.*)$")
  if bullet and not line:match("^ *([*-])%s*%1%s*%1[%s*-]*$") then return #indent, "ul", rest, #line - #rest end
  local number
  indent, number, rest = line:match("^( *)(%d+)%. +(.*)$")
  if number then return #indent, "ol", rest, #line - #rest end
end

local function table_row(line)
  local cells = {}
  for c in line:gsub("^%s*|", ""):gsub("|%s*$", ""):gsub("$", "|"):gmatch("(.-)|") do
    cells[#cells + 1] = c:match("^%s*(.-)%s*$")
  end
  return cells
end

function parse_blocks(lines)
  local blocks, i, n = {}, 1, #lines
  local paragraph

  local function add(b) blocks[#blocks + 1] = b paragraph = nil return b end

  while i <= n do
    local line = lines[i]
    local level, title = line:match("^(#+)%s+(.-)%s*#*$")
    local indent, kind = list_marker(line)
    if line:find("^%s*$") then
      paragraph = nil
      i = i + 1
    elseif line:find("^```") then
      local code, language = {}, line:match("^```(%w*)")
      i = i + 1
      while i <= n and not lines[i]:find("^```") do
        code[#code + 1] = lines[i]
        i = i + 1
      end
      i = i + 1
      add { type = "code", language = language, text = table.concat(code, "\n") }
    elseif not paragraph and line:find("^    ") then
      local code = {}
      while i <= n and (lines[i]:find("^    ") or lines[i] == "") do
        code[#code + 1] = lines[i]:sub(5)
        i = i + 1
      end
      while code[#code] == "" do table.remove(code) end
      add { type = "code", language = "", text = table.concat(code, "\n") }
    elseif level then
      add { type = "heading", level = #level, text = title }
      i = i + 1
    elseif paragraph and line:find("^=+%s*$") or paragraph and line:find("^%-+%s*$") then
      paragraph.type, paragraph.level = "heading", line:sub(1, 1) == "=" and 1 or 2
      paragraph = nil
      i = i + 1
    elseif line:find("^%s*%*%s*%*%s*%*[%s*]*$") or line:find("^%-%-%-+$") then
      add { type = "rule" }
      i = i + 1
    elseif line:find("^>") then
      local inner = {}
      while i <= n and lines[i]:find("^>") do
        inner[#inner + 1] = (lines[i]:gsub("^> ?", ""))
        i = i + 1
      end
      add { type = "quote", blocks = parse_blocks(inner) }
    elseif indent then
      local list = add { type = kind, items = {} }
      local item
      while i <= n do
        local ind, k, rest, width = list_marker(lines[i])
        if ind and ind <= indent then
          if k ~= kind then break end
          item = { rest, width = width }
          table.insert(list.items, item)
        elseif lines[i] == "" then
          local following = lines[i + 1]
          if not following or not following:find("^%s%s+%S") then break end
          item[#item + 1] = ""
        elseif lines[i]:find("^  ") then
          item[#item + 1] = lines[i]:sub(math.min(item.width, #lines[i]:match("^ *")) + 1)
        else break end
        i = i + 1
      end
      for j, it in ipairs(list.items) do list.items[j] = parse_blocks(it) end
    elseif line:find("|") and lines[i + 1] and lines[i + 1]:find("^|?%s*:?%-+:?%s*|") then
      local t = add { type = "table", head = table_row(line), align = {}, rows = {} }
      for j, c in ipairs(table_row(lines[i + 1])) do
        t.align[j] = c:find("^:.*:$") and "center" or c:find(":$") and "right" or "left"
      end
      i = i + 2
      while i <= n and lines[i]:find("|") do
        table.insert(t.rows, table_row(lines[i]))
        i = i + 1
      end
    elseif line:find("^%[.-%]:") then
      local name, url, caption = line:match('^%[(.-)%]:%s*(%S+)%s*"?(.-)"?$')
      references[name:lower()] = { url, caption }
      i = i + 1
    else
      if paragraph then paragraph.text = paragraph.text .. "\n" .. line
      else paragraph = add { type = "paragraph", text = line } end
      i = i + 1
    end
  end
  return blocks
end

-- inline parser: a list of handlers tried at each special character ---------------

local function parse_inline(text, sink)
  local pos, plain = 1, {}
  local function flush()
    if #plain > 0 then sink.text(table.concat(plain)) plain = {} end
  end
  local rules = {
    { "^\\([*`_%[%]\\<>!#])()", function(c) plain[#plain + 1] = c return true end },
    { "^(`+)(.-)%1()", function(_, code) flush() sink.code(code) end },
    { "^%*%*(%S.-)%*%*()", function(inner) flush() sink.open "strong" parse_inline(inner, sink) sink.close "strong" end },
    { "^%*(%S[^*]-)%*()", function(inner) flush() sink.open "em" parse_inline(inner, sink) sink.close "em" end },
    { "^!%[([^%]]*)%]%((%S-)%)()", function(alt, url) flush() sink.image(alt, url) end },
    { '^%[([^%]]+)%]%((%S+)%s*"?([^")]*)"?%)()', function(label, url, title) flush() sink.link(label, url, title) end },
    { "^%[([^%]]+)%]%[([^%]]*)%]()", function(label, ref)
      local r = references[(ref == "" and label or ref):lower()]
      if not r then plain[#plain + 1] = "[" .. label .. "]" return true end
      flush() sink.link(label, unpack(r))
    end },
    { "^<(%a+://[^>%s]+)>()", function(url) flush() sink.link(url, url, "") end },
    { "^  \n()", function() flush() sink.line_break() end },
  }
  while pos <= #text do
    local hit = false
    if text:find("^[\\`*!%[< ]", pos) then
      for _, rule in ipairs(rules) do
        local captures = { text:match(rule[1], pos) }
        if #captures > 0 then
          pos = table.remove(captures)
          rule[2](unpack(captures))
          hit = true
          break
        end
      end
    end
    if not hit then
      plain[#plain + 1] = text:sub(pos, pos)
      pos = pos + 1
    end
  end
  flush()
end

-- HTML backend -----------------------------------------------------------------------

local entity = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;" }
local function escape(s) return (s:gsub('[&<>"]', entity)) end

local function html_inline(text)
  local out = {}
  local function put(s) out[#out + 1] = s end
  parse_inline(text, {
    text = function(s) put(escape(s)) end,
    code = function(s) put("<code>" .. escape(s) .. "</code>") end,
    open = function(tag) put("<" .. tag .. ">") end,
    close = function(tag) put("</" .. tag .. ">") end,
    image = function(alt, url) put(('<img src="%s" alt="%s">'):format(url, escape(alt))) end,
    link = function(label, url, title)
      put(('<a href="%s"%s>%s</a>'):format(url, title ~= "" and ' title="' .. title .. '"' or "", escape(label)))
    end,
    line_break = function() put "<br>\n" end,
  })
  return table.concat(out)
end

local html
local html_rules = {
  heading = function(b) return ("<h%d>%s</h%d>"):format(b.level, html_inline(b.text), b.level) end,
  paragraph = function(b, tight) return tight and html_inline(b.text) or "<p>" .. html_inline(b.text) .. "</p>" end,
  code = function(b) return "<pre" .. (b.language ~= "" and ' class="' .. b.language .. '"' or "") .. ">" .. escape(b.text) .. "</pre>" end,
  rule = function() return "<hr>" end,
  quote = function(b) return "<blockquote>\n" .. html(b.blocks) .. "\n</blockquote>" end,
  table = function(b)
    local rows = {}
    local function row(cells, tag)
      local r = {}
      for i, c in ipairs(cells) do r[i] = ('<%s align="%s">%s</%s>'):format(tag, b.align[i], html_inline(c), tag) end
      rows[#rows + 1] = "<tr>" .. table.concat(r) .. "</tr>"
    end
    row(b.head, "th")
    for _, r in ipairs(b.rows) do row(r, "td") end
    return "<table>\n" .. table.concat(rows, "\n") .. "\n</table>"
  end,
}
for _, tag in ipairs { "ul", "ol" } do
  html_rules[tag] = function(b)
    local items = {}
    for i, item in ipairs(b.items) do items[i] = "<li>" .. html(item, true) .. "</li>" end
    return ("<%s>\n%s\n</%s>"):format(tag, table.concat(items, "\n"), tag)
  end
end
function html(blocks, tight)
  local out = {}
  for i, b in ipairs(blocks) do out[i] = html_rules[b.type](b, tight) end
  return table.concat(out, "\n")
end

-- text backend -----------------------------------------------------------------------

local notes
local function plain_inline(text)
  local out = {}
  local function put(s) out[#out + 1] = s end
  local marks = { em = "/", strong = "*" }
  parse_inline(text, {
    text = function(s) put((s:gsub("\n", " "))) end,
    code = function(s) put("'" .. s .. "'") end,
    open = function(tag) put(marks[tag]) end,
    close = function(tag) put(marks[tag]) end,
    image = function(alt) put("(image: " .. alt .. ")") end,
    link = function(label, url)
      if label == url then return put(url) end
      notes[#notes + 1] = url
      put(label .. "[" .. #notes .. "]")
    end,
    line_break = function() put "\n" end,
  })
  return table.concat(out)
end

local function wrap(text, width, first, rest)
  local out = {}
  local prefix = first
  for piece in (text .. "\n"):gmatch("(.-)\n") do
    local line = prefix
    local fresh = true
    for w in piece:gmatch("%S+") do
      if not fresh and #line + 1 + #w > width then
        out[#out + 1] = line
        line, fresh = rest, true
      end
      line = line .. (fresh and "" or " ") .. w
      fresh = false
    end
    out[#out + 1] = line
    prefix = rest
  end
  return table.concat(out, "\n")
end

local function plain(blocks, width, first, rest, out)
  for i, b in ipairs(blocks) do
    local lead = i == 1 and first or rest
    if b.type == "heading" then
      local t = plain_inline(b.text)
      out[#out + 1] = lead .. (b.level == 1 and t:upper() or t)
      out[#out + 1] = rest .. (b.level == 1 and "=" or "-"):rep(#t)
    elseif b.type == "paragraph" then out[#out + 1] = wrap(plain_inline(b.text), width, lead, rest)
    elseif b.type == "code" then out[#out + 1] = rest .. "    " .. b.text:gsub("\n", "\n" .. rest .. "    ")
    elseif b.type == "rule" then out[#out + 1] = rest .. ("- "):rep((width - #rest) / 2)
    elseif b.type == "quote" then plain(b.blocks, width, lead .. "> ", rest .. "> ", out)
    elseif b.type == "table" then
      local widths = {}
      for _, r in ipairs { b.head, unpack(b.rows) } do
        for c, cell in ipairs(r) do widths[c] = math.max(widths[c] or 0, #plain_inline(cell)) end
      end
      for _, r in ipairs { b.head, unpack(b.rows) } do
        local cells = {}
        for c, cell in ipairs(r) do
          local t = plain_inline(cell)
          local pad = widths[c] - #t
          local before = b.align[c] == "right" and pad or b.align[c] == "center" and math.floor(pad / 2) or 0
          cells[c] = (" "):rep(before) .. t .. (" "):rep(pad - before)
        end
        out[#out + 1] = rest .. table.concat(cells, " | ")
      end
    else
      for j, item in ipairs(b.items) do
        local mark = b.type == "ul" and "- " or j .. ". "
        plain(item, width, rest .. mark, rest .. (" "):rep(#mark), out)
      end
    end
    if rest == "" and i < #blocks then out[#out + 1] = "" end
  end
  return out
end

local function render(text, width)
  notes = {}
  local out = plain(parse_blocks(lines_of(text)), width, "", "", {})
  for i, url in ipairs(notes) do
    if i == 1 then out[#out + 1] = "" end
    out[#out + 1] = "[" .. i .. "] " .. url
  end
  return (table.concat(out, "\n"):gsub(" +\n", "\n"))
end

print(render(source, 60))
print(("="):rep(60))
print(html(parse_blocks(lines_of(source))))
print(("="):rep(60))
for i, s in ipairs { "*a* **b** ***c***", "`unclosed *x*", "[no link] [x](y)", "**open", "a\\", "![](u)", "*", "x  \ny", "<b>" } do
  print(i, html_inline(s), render(s, 20))
end
