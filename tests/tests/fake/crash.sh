#!/bin/sh
# Prints a part and crashes.
echo hello
kill -SEGV $$
