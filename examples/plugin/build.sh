#!/usr/bin/env bash
# Builds the plug-ins from source, offline: build.sh [OUT_FOLDER] (default: plugins/, where they are committed). Exit status 3: a tool is missing.
# Packages: clang-19 lld-19 wabt.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=${1:-$here/plugins}
for program in clang-19 wasm-ld-19 wat2wasm; do
  command -v $program >/dev/null || { echo "build.sh: $program is missing: install clang-19 lld-19 wabt" >&2; exit 3; }
done
mkdir -p "$out"
for source in "$here"/guests/*.wat; do wat2wasm --debug-names "$source" -o "$out/$(basename "$source" .wat).wasm"; done
for source in "$here"/guests/*.c; do
  clang-19 --target=wasm32 -O2 -std=c11 -Wall -Wextra -Werror -nostdlib -Wl,--no-entry -Wl,-z,stack-size=16384 "$source" -o "$out/$(basename "$source" .c).wasm"
done
echo "This is no WebAssembly." >"$out/not-wasm.wasm"
head -c 60 "$out/reverse.wasm" >"$out/cut-off.wasm"
