"""./bench start: whole processes from spawn to exit, alternating within one run (spawn.cpp); figures are medians. And sizes.

Three tables: with code compiled beforehand, without any cache (the baseline tier; wasmtime by Cranelift and by Winch), and sizes.
"""
import json, os, subprocess, sys

import peers
from place import MOTE, ROOT, WORK, build_mote, build_spawn, is_older, sh
from table import report
from wasm_file import without_custom

EVENT = '{"sensor_id":"edge-0042","metric_value":21.5,"timestamp":1732275000}'
NATIVE = "native C, static"
TELEMETRY = ROOT / "examples/telemetry"


def debug_module():
    """The telemetry handler built with full debug information: the multi-megabyte file that a developer runs."""
    out = WORK / "debug"
    if not (out / "telemetry-debug.wasm").exists():
        sh(TELEMETRY / "build.sh", "--debug", out)
    return out / "telemetry-debug.wasm"


def go_module():
    """The handler in Go, 3 MB with its runtime; None without a Go toolchain."""
    source, out = ROOT / "benches/guests/telemetry.go", WORK / "telemetry-go.wasm"
    if peers.go() is None:
        print("bench: no go in PATH: the rows of the Go program are left out", file=sys.stderr)
        return None
    if is_older(out, source):
        sh(peers.go(), "build", "-trimpath", "-o", out, source, env={**os.environ, "GOOS": "wasip1", "GOARCH": "wasm"})
    return out


def native_handler():
    native = WORK / "telemetry-native"
    sh("clang-19", "-O2", "-static", "-s", "-o", native, TELEMETRY / "c/telemetry.c")
    return native


def run_alternating(rounds, commands):
    """Rows of figures for (label, command words); ends the bench when one of Mote's failed."""
    event = WORK / "event.json"
    event.write_text(EVENT)
    text = "".join(f"{label}\t{' '.join(map(str, words))}\n" for label, words in commands)
    out = sh(build_spawn(), rounds, event, input=text.encode(), stdout=subprocess.PIPE).stdout
    rows = [json.loads(line) for line in out.splitlines()]
    for row in rows:
        if row["failed"] and row["label"].startswith("mote"):
            sys.exit(f"bench: {row['label']}: {row['failed']} runs failed")
        row["min ms"], row["median ms"], row["p90 ms"] = (row["wall_ms"][k] for k in ("min", "median", "p90"))
        row["cpu ms"], row["rss KiB"] = row["cpu_ms"], row["rss_kib"]
    return rows


def ratio(above, by, label, digits=3):
    """The median of `above` over that of the row called `label`."""
    return round(above["median ms"] / by[label]["median ms"], digits) if by.get(label, {}).get("median ms") else "no peer"


def warm(options):
    """Code compiled beforehand, given as a file or found in the cache."""
    wasmtime = peers.wasmtime()
    commands = [(NATIVE, [native_handler()])]
    for label, wasm in (("Rust", TELEMETRY / "telemetry-rust.wasm"), ("C", TELEMETRY / "telemetry-c.wasm"), ("Rust debug", debug_module())):
        artifact = WORK / (wasm.stem + ".cwasm")
        sh(MOTE, "compile", "-o", artifact, wasm)
        os.utime(wasm)
        sh(MOTE, "compile", "--cache", wasm)
        commands += [(f"mote, {label}, precompiled", [MOTE, "run", "--allow-precompiled", artifact]),
                     (f"mote, {label}, cached", [MOTE, "run", wasm])]
        if wasmtime:
            peer = WORK / (wasm.stem + ".wasmtime.cwasm")
            sh(wasmtime, "compile", "-o", peer, wasm)
            commands += [(f"wasmtime, {label}, precompiled", [wasmtime, "run", "--allow-precompiled", peer]),
                         (f"wasmtime, {label}, cached", [wasmtime, "run", "-C", "cache=y", wasm])]
    rows = run_alternating(options.rounds, commands)
    by = {row["label"]: row for row in rows}
    for row in rows:
        if row["label"].startswith("mote"):
            row["x wasmtime"] = ratio(row, by, row["label"].replace("mote", "wasmtime"))
            row["x native"] = ratio(row, by, NATIVE, 2)
    report(options, rows, "start: whole process, telemetry, spawn to exit",
           ["label", "min ms", "median ms", "p90 ms", "cpu ms", "rss KiB", "x wasmtime", "x native", "failed"])


def cold_commands(label, wasm):
    """From a .wasm file with no cache: Mote (its baseline tier), and both compilers of wasmtime."""
    commands = [(f"mote, {label}", [MOTE, "run", "-C", "cache=n", wasm])]
    if peers.wasmtime():
        commands += [(f"wasmtime, {label}", [peers.wasmtime(), "run", "-C", "cache=n", wasm]),
                     (f"Winch, {label}", [peers.wasmtime(), "run", "-C", "compiler=winch", "-C", "cache=n", wasm])]
    return commands


def check_same_output(commands):
    outputs = {label: sh(*words, input=EVENT.encode(), stdout=subprocess.PIPE).stdout.strip() for label, words in commands}
    if len(set(outputs.values())) != 1:
        sys.exit(f"bench: not the same output: {outputs}")


def cold(options):
    rows = []
    for label, wasm, rounds in (("Rust", TELEMETRY / "telemetry-rust.wasm", options.rounds // 2), ("C", TELEMETRY / "telemetry-c.wasm", options.rounds // 2),
                                ("Go", go_module(), options.rounds // 12)):
        if wasm:
            commands = [(NATIVE, [native_handler()]), *cold_commands(label, wasm)]
            check_same_output(commands)
            measured = run_alternating(max(3, rounds), commands)
            by = {row["label"]: row for row in measured}
            mote = by[f"mote, {label}"]
            mote["wasm MB"] = round(wasm.stat().st_size / 1e6, 2)
            mote["x wasmtime"], mote["x Winch"] = ratio(mote, by, f"wasmtime, {label}"), ratio(mote, by, f"Winch, {label}")
            mote["x native"] = ratio(mote, by, NATIVE, 2)
            rows += measured
    report(options, rows, "start without a cache: whole process, spawn to exit",
           ["label", "wasm MB", "min ms", "median ms", "p90 ms", "cpu ms", "rss KiB", "x wasmtime", "x Winch", "x native", "failed"])


def sizes(options):
    rows = []
    for name in ("telemetry-rust", "telemetry-c"):
        wasm, artifact = ROOT / f"examples/telemetry/{name}.wasm", WORK / f"{name}.cwasm"
        rows.append({"what": f"{name}.wasm", "bytes": wasm.stat().st_size, "of wasm without custom sections": ""})
        rows.append({"what": f"{name}.cwasm", "bytes": artifact.stat().st_size,
                     "of wasm without custom sections": round(artifact.stat().st_size / without_custom(wasm), 2)})
    stripped = WORK / "mote-stripped"
    sh("strip", "-o", stripped, MOTE)
    rows.append({"what": "mote, stripped", "bytes": stripped.stat().st_size})
    report(options, rows, "sizes", ["what", "bytes", "of wasm without custom sections"])


def start(options):
    build_mote()
    if options.only != "cold":
        warm(options)
    if options.only != "warm":
        cold(options)
    if not options.only:
        sizes(options)


def add_arguments(parser):
    parser.add_argument("--rounds", type=int, default=60, help="of warm starts; of cold ones half as many, of Go a twelfth (default 60)")
    parser.add_argument("--only", choices=("warm", "cold"), help="one of the tables")
    parser.set_defaults(run=start)
