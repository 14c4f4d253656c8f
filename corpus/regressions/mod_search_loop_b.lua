print(pcall(require, "mod_search_loop_a"))
