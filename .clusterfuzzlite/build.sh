#!/bin/bash -eu
# Builds every fuzz target without a sanitizer: rilua has no unsafe code, and the oracle's memory
# errors are not what is looked for.
cd "$SRC/rilua"
cargo fuzz build --sanitizer none
for target in fuzz/fuzz_targets/*.rs; do
  name=$(basename "$target" .rs)
  cp "fuzz/target/x86_64-unknown-linux-gnu/release/$name" "$OUT/"
  if [ -d "fuzz/seeds/$name" ]; then
    zip -qj "$OUT/${name}_seed_corpus.zip" "fuzz/seeds/$name"/*
  fi
done
