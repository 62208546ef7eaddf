"""./bench compile: MB of wasm code per core-second, memory, for both tiers."""
import os, pathlib, subprocess, sys, time

from place import AOT, WORK, build_mote, sh
from table import report
from wasm_file import code_size, without_custom


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
    build_mote()
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


def add_arguments(parser):
    parser.add_argument("modules", nargs="*", help="instead of SQLite and esbuild")
    parser.set_defaults(run=compile_speed)
