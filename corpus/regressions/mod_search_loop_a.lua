require "mod_search_loop_b"
