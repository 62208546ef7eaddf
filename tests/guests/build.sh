#!/usr/bin/env bash
# Builds the guests of tests/cases from source with clang-19 and wasi-libc: tests/guests/build.sh [OUT_FOLDER]. The results are committed.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=${1:-$here}
for source in "$here"/*.c; do
  clang-19 --target=wasm32-wasi -O2 -s -o "$out/$(basename "$source" .c).wasm" "$source"
done
