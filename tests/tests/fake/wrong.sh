#!/bin/sh
# A Lua whose every program prints one word.
echo wrong
