-- Generated sequences of operations on files of all modes: reading, writing and seeking
-- mixed without the flushes that C asks for, which shows the state of the buffer.
local seed = 20060609
local function random(n) seed = (seed * 1103515245 + 12345) % 2147483648 return math.floor(seed / 65536) % n + 1 end
local function pick(t) return t[random(#t)] end
local x = string.rep
local names = {os.tmpname(), os.tmpname()}
local function put(name, text) local f = io.open(name, "wb") f:write(text) f:close() end
local function get(name) local f = io.open(name, "rb") local s = f:read("*a") f:close() return s end
local function sum(s) local h = 0 for i = 1, #s do h = (h * 31 + s:byte(i)) % 1000003 end return #s .. ":" .. h end
local function show(v)
  if type(v) == "string" then
    for i, name in ipairs(names) do v = v:gsub(name:gsub("%p", "%%%0"), "NAME" .. i) end
    return #v > 60 and sum(v) or ("%q"):format(v)
  elseif type(v) == "userdata" then return io.type(v) or "userdata"
  elseif type(v) == "function" then return "function" end
  return tostring(v)
end
local function report(step, ...)
  local r = {} for i = 1, select("#", ...) do r[i] = show((select(i, ...))) end
  io.stdout:write(step, " ", table.concat(r, " "), "\n")
end
local numbers = {"1", "-2.5", "0x1F", "1e3", "1e", "+7", "nan", "inf", "infx", ".5", "-.", "0x", "1.2.3", "abc", "1e+", "12abc", "\n", "0x1p4", "1,2", x("9", 30)}
local function content()
  local k, t = random(8), {}
  if k == 1 then return ""
  elseif k == 2 then for i = 1, random(6) do t[i] = x(pick {"a", "bc ", "xyz"}, random(5) - 1) end return table.concat(t, "\n")
  elseif k == 3 then for i = 1, random(12) do t[i] = pick(numbers) end return table.concat(t, " ")
  elseif k == 4 then for i = 1, random(30) do t[i] = pick {"a", "\0", "\n", "b"} end return table.concat(t)
  elseif k == 5 then return x("x", pick {100, 4095, 4096, 4097, 8191, 8192, 8193, 12288, 16384, 20000}) .. "\nrest\n"
  elseif k == 6 then return x("line\r\n", random(5)) .. "tail"
  elseif k == 7 then for i = 1, pick {3, 300, 1200} do t[i] = i .. " line of text\n" end return table.concat(t) end
  return "only one line"
end
local formats = {"*n", "*l", "*a", 0, 1, 3, 10, 100, 5000, "*number", "*line", "*all", -1, 2.7, "*l", "*n"}
local wrong = {"x", "*", "*x", {}, "n", "", true, "*N", 1e300}
local values = {1, "abc", "x\ny\n", 0.1, 1e100, -0, "", "z\0w", 2^53, x("q", 5000), x("l\n", 3000), "\n", 1/0, "w", 0/0}
local function arguments(from, odd, n)
  local t = {}
  for i = 1, n do if random(25) == 1 then t[i] = pick(odd) else t[i] = pick(from) end end
  return t
end
local seeks = {{}, {"set"}, {"cur"}, {"end"}, {"set", 3}, {"cur", -1}, {"cur", 2}, {"end", -2}, {"end", 5}, {"set", -1}, {"cur", -100}, {"bad"}, {"set", 5000}, {"cur", 4096}, {"end", -5000}, {nil, 1}, {"set", 8192}, {1}, {"set", "x"}}
local buffers = {{"no"}, {"full"}, {"line"}, {"full", 10}, {"bad"}, {"no", 0}, {"line", 1024}, {}, {"full", "x"}}
local modes = {"r", "w", "a", "r+", "r+", "r+", "w+", "a+", "a+", "rb", "r+b", "x", "rw", "", "wx", "r+bbbbb+", "rbbbbbb+"}
local function lines(f) local c, last = 0 for l in f:lines() do c = c + 1 last = l if c > 3000 then break end end return c, last end
local operations = {
  function(f) return f:read(unpack(arguments(formats, wrong, random(4) - 1))) end,
  function(f) return f:read(unpack(arguments(formats, wrong, random(3)))) end,
  function(f) return f:write(unpack(arguments(values, {{}, true, print}, random(4) - 1))) end,
  function(f) return f:write(unpack(arguments(values, {{}, true, print}, random(3)))) end,
  function(f) return f:seek(unpack(pick(seeks))) end,
  function(f) return f:seek(unpack(pick(seeks))) end,
  function(f) return f:flush() end,
  function(f) return f:setvbuf(unpack(pick(buffers))) end,
  lines,
  function(f) return f:lines()() end,
  function(f) return get(names[1]) end,
}
for program = 1, 250 do
  put(names[1], content()) put(names[2], content())
  local file
  for step = 1, 3 + random(14) do
    local tag = program .. "." .. step
    if not file or random(14) == 1 then
      local name, mode = pick(names), pick(modes)
      if random(9) == 1 then
        file = io.tmpfile() report(tag .. " tmpfile", file)
      else
        if file and random(2) == 1 then report(tag .. " close", pcall(file.close, file)) end
        local opened, message, code = io.open(name, mode)
        report(tag .. " open " .. mode, opened, message, code)
        file = opened or file
      end
    elseif file then
      local n = random(#operations)
      report(tag .. " " .. n, pcall(operations[n], file))
    end
  end
  if file then report(program .. " close", pcall(file.close, file)) end
  file = nil
  collectgarbage()
  report(program .. " contents", get(names[1]), get(names[2]))
end
for _, name in ipairs(names) do print(os.remove(name)) end
