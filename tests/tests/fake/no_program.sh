#!/nowhere/sh
# Executable by its mode, but nothing can execute it.
