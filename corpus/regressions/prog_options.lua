print("script", arg[0], select("#", ...), ..., loaded_by_option, x)
for i = -9, 4 do print(i, arg[i]) end
print(#arg, arg.n)
error("at the end")
