--- every width and precision
local values = { 0, -0.0, 1, -1.5, 123456789, 2^31, -2^31, 2^53, 1e308, -1e308, 5e-324, 0/0, 1/0, -1/0 }
local tried = 0
for conversion in ("diouxXeEfgGc"):gmatch(".") do
  for width = 0, 99 do
    for precision = -1, 99, 7 do
      local spec = "%" .. (width > 0 and width or "") .. (precision >= 0 and "." .. precision or "") .. conversion
      for n = 1 + width % 2, #values, 2 do
        local text = string.format(spec, values[n])
        assert(conversion == "c" or #text >= width)
        tried = tried + 1
      end
    end
  end
end
return tried
--- every flag
local tried = 0
for mask = 0, 31 do
  local flags = ""
  for bit, flag in ipairs { "-", "+", " ", "#", "0" } do
    if math.floor(mask / 2 ^ (bit - 1)) % 2 == 1 then flags = flags .. flag end
  end
  for conversion in ("diouxXeEfgGcsq"):gmatch(".") do
    for _, width in ipairs { "", "1", "99" } do
      for _, precision in ipairs { "", ".", ".0", ".99" } do
        string.format("%" .. flags .. width .. precision .. conversion, "12")
        tried = tried + 1
      end
    end
  end
end
return tried
--- what is no format
local tried = 0
for _, spec in ipairs { "%100d", "%.100f", "%999999999999d", "%1.2.3d", "%-----d", "%------d", "%+ #0-+d", "%", "%-", "%5",
    "%5.", "%y", "%\0", "%ll", "%n", "%p", "%5%", "%a", "%*d", "%.*d" } do
  pcall(string.format, spec, 1, 2, 3)
  pcall(string.format, spec)
  tried = tried + 2
end
for byte = 0, 255 do
  pcall(string.format, "%" .. string.char(byte), 1)
  pcall(string.format, "%5" .. string.char(byte), "x")
  pcall(string.format, "%.3" .. string.char(byte), "x")
  tried = tried + 3
end
return tried
--- a format of two million bytes
return #string.format(("%%x"):rep(1e6))
--- a million bytes for each item
local s = ("x"):rep(1e6)
return #string.format(("%s"):rep(200), unpack((function() local t = {} for i = 1, 200 do t[i] = s end return t end)()))
--- quoted zeros
return #string.format("%q", ("\0"):rep(1e7))
