#!/bin/sh
# Prints more than is on record, on both streams, and fails.
echo hello
printf "other\tline\033\n"
echo wrong >&2
exit 3
