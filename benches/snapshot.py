"""./bench snapshot: what it gains to have a guest's initialisation done once, by `mote snapshot`. Whole processes from spawn to exit.

The guests are those of tests/guests/snapshot: a C program that finds the primes below two million, a Rust one that counts words. Each
runs as it is and as a snapshot, alternating within one run (spawn.cpp): with no cache, and with optimised code in the cache. Where
wasmtime is installed, it runs the same two modules.
"""
import peers, subprocess, sys

from place import MOTE, ROOT, WORK, build_mote, sh
from start import ratio, run_alternating
from table import report

GUESTS = ROOT / "tests/guests/snapshot"
COLUMNS = ("label", "wasm KB", "min ms", "median ms", "p90 ms", "cpu ms", "rss KiB", "of plain")


def add_arguments(parser):
    parser.add_argument("--rounds", type=int, default=30, help="of each command (default 30)")
    parser.set_defaults(run=run)


def modules(language, flags):
    """The guest as it is built, and its snapshot; both print the same."""
    plain, taken = WORK / f"initialised-{language}.wasm", WORK / f"initialised-{language}-snapshot.wasm"
    sh(GUESTS / "build", language, plain)
    sh(MOTE, "snapshot", "--quiet", *flags, plain, "-o", taken, stderr=subprocess.DEVNULL)
    outputs = {sh(MOTE, "run", wasm, stdout=subprocess.PIPE).stdout for wasm in (plain, taken)}
    if len(outputs) != 1:
        sys.exit(f"bench: the snapshot of the {language} guest prints something else: {outputs}")
    return (("plain", plain), ("snapshot", taken))


def commands(name, wasm):
    sh(MOTE, "compile", "--cache", wasm)
    rows = [(f"mote, no cache, {name}", [MOTE, "run", "-C", "cache=n", wasm]), (f"mote, cached, {name}", [MOTE, "run", wasm])]
    if peers.wasmtime():
        artifact = wasm.with_suffix(".wasmtime.cwasm")
        sh(peers.wasmtime(), "compile", "-o", artifact, wasm)
        rows.append((f"wasmtime, precompiled, {name}", [peers.wasmtime(), "run", "--allow-precompiled", artifact]))
    return rows


def run(options):
    build_mote()
    rows = []
    for language, flags in (("c", ()), ("rust", ("--allow", "env"))):
        built = modules(language, flags)
        measured = run_alternating(options.rounds, [row for kind, wasm in built for row in commands(f"{language} {kind}", wasm)])
        by = {row["label"]: row for row in measured}
        for row in measured:
            row["wasm KB"] = round(dict(built)[row["label"].split()[-1]].stat().st_size / 1000)
            row["of plain"] = ratio(row, by, row["label"].replace("snapshot", "plain")) if row["label"].endswith("snapshot") else ""
        rows += measured
    report(options, rows, "snapshot: whole process, spawn to exit", COLUMNS)
