print("module", ...)
loaded_by_option = (loaded_by_option or 0) + 1
