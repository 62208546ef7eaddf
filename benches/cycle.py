"""./bench cycle, ./bench call: fresh sandboxes beside wasmtime's, and calls between host and guest.

cycle: programs take turns, each round a process of its own with `--events` events: Mote's pool (cycle.cpp) and wasmtime tuned as its documentation
advises (cycle_wasmtime: pooling, resident memory, PAGEMAP_SCAN, modules instantiated in advance). Figures are medians over rounds.
The last rows are another thing: the first use of modules that a process never saw, by digest from a warm cache to the answer.
The peer is built by cargo once, which takes some ten minutes; without cargo its columns are empty.
"""
import json, os, shutil, statistics, subprocess, sys

from place import MOTE, ROOT, WORK, build_mote, is_older, sh
from table import report

EVENT = b'{"sensor_id":"edge-0042","metric_value":21.5,"timestamp":1732275000}'
TELEMETRY = ROOT / "examples/telemetry/telemetry-rust.wasm"
CYCLE_COLUMNS = ("work", "code", "memory", "p50 ns", "p99 ns", "p99.9 ns", "events/s", "faults", "system us", "wasmtime p50", "wasmtime p99", "wasmtime/mote")
FIRST_USE_COLUMNS = ("memory", "modules", "p50 us", "p90 us", "first of the process us")
CALL_COLUMNS = ("call", "code", "memory", "ns", "p99 ns")


def add_arguments(parser):
    parser.add_argument("--rounds", type=int, default=9, help="turns of each program (default 9)")
    parser.add_argument("--events", type=int, default=200_000, help="events a round (default 200000)")
    parser.set_defaults(run=run)


def add_call_arguments(parser):
    parser.add_argument("--rounds", type=int, default=9, help="turns of each way (default 9)")
    parser.set_defaults(run=run_call)


def wasmtime_cycle():
    """The peer's program; None where it cannot be built."""
    source, target = ROOT / "benches/cycle_wasmtime", WORK / "cycle_wasmtime"
    program = target / "release/cycle-wasmtime"
    if not is_older(program, source / "src/main.rs", source / "Cargo.toml"):
        return program
    if not shutil.which("cargo"):
        print("bench: no wasmtime beside this: cargo is not installed", file=sys.stderr)
        return None
    copy = WORK / "cycle_wasmtime_source"
    shutil.copytree(source, copy, dirs_exist_ok=True)
    done = subprocess.run(["cargo", "build", "--release", "--quiet", "--target-dir", target], cwd=copy)
    if done.returncode:
        print("bench: no wasmtime beside this: cargo could not build it (its crate needs a recent rustc)", file=sys.stderr)
        return None
    os.utime(program)
    return program


def guest(name):
    """guests/NAME as a module."""
    source, wasm = next((ROOT / "benches/guests").glob(name + ".*")), WORK / f"{name}.wasm"
    if is_older(wasm, source):
        if source.suffix == ".wat":
            sh("wat2wasm", source, "-o", wasm)
        else:
            sh("clang-19", "--target=wasm32", "-O2", "-nostdlib", "-Wl,--no-entry", "-Wl,-z,stack-size=65536", "-Wl,--initial-memory=1048576", "-s",
               "-o", wasm, source)
    return wasm


def precompiled(wasm, mode):
    artifact = WORK / f"{wasm.stem}-{mode}.cwasm"
    sh(MOTE, "compile", "-C", f"memory={mode}", wasm, "-o", artifact)
    return artifact


def measure(program, *words):
    return json.loads(sh(program, *words, stdout=subprocess.PIPE, text=True).stdout)


def median(figures, key):
    return round(statistics.median(one[key] for one in figures))


def run(options):
    build_mote("cycle")
    cycle, peer = ROOT / "build/release/cycle", wasmtime_cycle()
    event = WORK / "event.json"
    event.write_bytes(EVENT)
    rows = []
    works = [("acquire to the first import", "first", guest("first"), None, 1), ("empty", "start", guest("empty"), "start", 1),
             ("8 pages", "handle", guest("pages8"), "handle", 1), ("8 pages", "handle", guest("pages8"), "handle", 2),
             ("8 pages copied, natively", "native", guest("pages8"), None, 1), ("8 pages copied, natively", "native", guest("pages8"), None, 2),
             ("telemetry (Rust)", "wasi", TELEMETRY, "wasi", 1), ("telemetry, WASI by hand", None, TELEMETRY, "wasi-by-hand", 1)]
    for name, kind, wasm, peer_kind, threads in works:
        ways = [(code, mode) for code in ("baseline", "optimizing") for mode in ("guard", "dense")] if kind not in (None, "native") else [("-", "-")]
        ours, theirs = {way: [] for way in ways}, []
        files = {way: precompiled(wasm, way[1]) if way[0] == "optimizing" else wasm for way in ways}
        for _ in range(options.rounds):
            for way in ways if kind else []:
                mode = ["--mode", way[1]] if way[1] != "-" else []
                ours[way].append(measure(cycle, kind, files[way], options.events, threads, event, *mode))
            if peer and peer_kind:
                theirs.append(measure(peer, peer_kind, wasm, max(options.events // 4, 1), threads, event))
        for way in ways:
            row = {"work": name + (f", {threads} threads" if threads > 1 else ""), "code": way[0], "memory": way[1]}
            if ours[way]:
                row |= {"p50 ns": median(ours[way], "p50_ns"), "p99 ns": median(ours[way], "p99_ns"), "p99.9 ns": median(ours[way], "p999_ns"),
                        "events/s": median(ours[way], "per_s"), "faults": median(ours[way], "faults"), "system us": median(ours[way], "system_us")}
            if theirs:
                row |= {"wasmtime p50": median(theirs, "p50_ns"), "wasmtime p99": median(theirs, "p99_ns")}
                if ours[way]:
                    row["wasmtime/mote"] = round(row["wasmtime p50"] / row["p50 ns"], 2)
            rows.append(row)
    report(options, rows, "cycle: one event in a fresh sandbox", CYCLE_COLUMNS)
    run_first_use(options, event)


def run_first_use(options, event):
    """Modules made from the telemetry example; each round is a process that finds them in the cache of an earlier one."""
    cycle, modules, rows, times = ROOT / "build/release/cycle", 16, [], {"guard": [], "dense": []}
    cache = WORK / "first_use_cache"
    cache.mkdir(mode=0o700, exist_ok=True)
    for mode in times:
        sh(cycle, "fill", TELEMETRY, modules, cache, event, "--mode", mode)
    for _ in range(options.rounds):
        for mode, measured in times.items():
            measured.append(measure(cycle, "first-use", TELEMETRY, modules, cache, event, "--mode", mode))
    for mode, measured in times.items():
        p50, p90, first = (round(statistics.median(one[key] for one in measured) / 1000) for key in ("p50_ns", "p90_ns", "first_ns"))
        rows.append({"memory": mode, "modules": modules, "p50 us": p50, "p90 us": p90, "first of the process us": first})
    report(options, rows, "cycle: first use of a module by its digest (telemetry, Rust; warm cache)", FIRST_USE_COLUMNS)


def run_call(options):
    build_mote("cycle")
    rows, wasm = [], guest("call")
    ways = [(code, mode) for code in ("baseline", "optimizing") for mode in ("guard", "dense")]
    for name, kind in (("host to guest and back", "call"), ("guest to host and back", "callback")):
        figures = {way: [] for way in ways}
        for _ in range(options.rounds):
            for way in ways:
                file = precompiled(wasm, way[1]) if way[0] == "optimizing" else wasm
                figures[way].append(measure(ROOT / "build/release/cycle", kind, file, 20_000, 1, "--mode", way[1]))
        for way in ways:
            scale = 1000 if kind == "callback" else 1
            rows.append({"call": name, "code": way[0], "memory": way[1], "ns": round(median(figures[way], "p50_ns") / scale, 2),
                         "p99 ns": round(median(figures[way], "p99_ns") / scale, 2)})
    report(options, rows, "call: nanoseconds", CALL_COLUMNS)
