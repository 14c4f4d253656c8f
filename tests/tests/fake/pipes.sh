#!/bin/sh
# Fills one pipe before it reads or writes another.
head -c 1000000 /dev/zero >&2
cat
head -c 1000000 /dev/zero
