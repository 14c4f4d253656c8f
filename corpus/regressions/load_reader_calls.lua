-- How often the function that reads a text is called: again after the end, where C looks again.
for _, pieces in ipairs{ {}, {"return 1"}, {"return ","1"}, {"return 1 "}, {"x="}, {"return 'a"}, {"--c"}, {"return 1\n"}, {"#x"}, {"", "return 1"}, {"return 12"}, {"a"}, {"x = 3."}, {"x = [["}, {"x = [==[ a ]==]"}, {"x = \"\\"}, {"x = 'a\\\n"}, {"--[["}, {"--[=="}, {"--[==[ ]==]"}, {"="}, {"x=1-"}, {"x=a.."}, {"x=a."}, {"\27Lua"}, {"\27"}, {string.dump(function() end)}, {string.dump(function() end):sub(1,20)}, {"x ="," 1; ", "y = ", "2 "}, {"\n"}, {"\r"}, {"f'a'"}, {"~"}, {"x=~"}, {"<"}, {"x=1 <"},{"x=1e"},{"x=1e+"},{"@"}, {"return 1 end"}, {"return 1 end "}, {"x"," y"} } do
  for _, last in ipairs { "nil", "empty" } do
    local n = 0
    local f, m = load(function() n = n + 1 if n > #pieces then return last == "empty" and "" or nil end return pieces[n] end, "=c")
    io.write(n - #pieces, " ", tostring(m), "\n")
  end
end
