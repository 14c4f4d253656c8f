#!/bin/sh
# A worker that never answers.
exit 0
