#!/usr/bin/env bash
# Builds both handlers offline from distribution packages: build.sh [--debug] [OUT_FOLDER]
#
# Writes telemetry-rust.wasm and telemetry-c.wasm to OUT_FOLDER (default: this folder, where they are committed). With --debug, writes
# telemetry-debug.wasm instead: the Rust handler unoptimised, with all debug sections. Exit status 3: a toolchain is not installed.
# Packages: clang-19 lld-19 wasi-libc libclang-rt-19-dev-wasm32 cargo libstd-rust-dev-wasm32 librust-serde-dev librust-serde-derive-dev
# librust-serde-json-dev. Paths do not get into the output, so every machine with these packages builds the same bytes.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
debug=n
if [ "${1:-}" = --debug ]; then debug=y; shift; fi
out=${1:-$here}
mkdir -p "$out"
out=$(cd "$out" && pwd)

need() { [ -e "$1" ] || { echo "build.sh: $1 is missing: install $2" >&2; exit 3; }; }
need /usr/bin/clang-19 clang-19
need /usr/bin/wasm-ld-19 lld-19
need /usr/include/wasm32-wasi/stdio.h wasi-libc
need /usr/lib/llvm-19/lib/clang/19/lib/wasi/libclang_rt.builtins-wasm32.a libclang-rt-19-dev-wasm32
# A rustup cargo may come first in PATH; the distribution's is the one that matches its crates and its wasm32-wasi library.
need /usr/bin/cargo cargo
need /usr/lib/rustlib/wasm32-wasi libstd-rust-dev-wasm32
registry=/usr/share/cargo/registry
need "$(echo $registry/serde-1*)" librust-serde-dev
need "$(echo $registry/serde_derive-1*)" librust-serde-derive-dev
need "$(echo $registry/serde_json-1*)" librust-serde-json-dev

if [ "$debug" = n ]; then
  clang-19 --target=wasm32-wasi --sysroot=/usr -O2 -flto -std=gnu17 -Wall -Wextra -Werror -Wl,--strip-all \
    -o "$out/telemetry-c.wasm" "$here/c/telemetry.c"
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r "$here/rust" "$work/rust"
mkdir "$work/rust/.cargo"
cat >"$work/rust/.cargo/config.toml" <<CONFIG
[source.crates-io]
replace-with = "distribution"
[source.distribution]
directory = "$registry"
[target.wasm32-wasi]
linker = "wasm-ld-19"
rustflags = ["-C", "link-self-contained=no", "-C", "linker-flavor=wasm-ld", "--remap-path-prefix", "$work/rust=telemetry",
  "-C", "link-arg=-L/usr/lib/wasm32-wasi", "-C", "link-arg=/usr/lib/wasm32-wasi/crt1-command.o", "-C", "link-arg=-lc",
  "-C", "link-arg=--no-fatal-warnings"]
CONFIG
cd "$work/rust"
flags=(--offline --quiet --target wasm32-wasi)
[ "$debug" = y ] || flags+=(--release)
env -u RUSTUP_TOOLCHAIN -u RUSTFLAGS -u CARGO_TARGET_DIR CARGO_HOME="$work/cargo" RUSTC=/usr/bin/rustc /usr/bin/cargo build "${flags[@]}"
if [ "$debug" = y ]; then
  cp target/wasm32-wasi/debug/telemetry.wasm "$out/telemetry-debug.wasm"
else
  cp target/wasm32-wasi/release/telemetry.wasm "$out/telemetry-rust.wasm"
fi
