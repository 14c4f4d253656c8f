#!/bin/sh
# Takes its time, but ends.
sleep 1
echo hello
