-- an error of option -l has no traceback and ends the program
print("not reached")
