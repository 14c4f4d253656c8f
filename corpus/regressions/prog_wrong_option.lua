-- a wrong option is found before anything runs
print("not reached")
