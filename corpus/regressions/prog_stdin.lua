-- the chunk comes from standard input; this file is an argument
print("not run")
