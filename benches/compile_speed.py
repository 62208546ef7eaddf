"""./bench compile: MB of wasm code per CPU-second, and memory, of both tiers.

Optimising tier: whole `mote-aot` processes, with one thread and with all. Baseline tier: compile_baseline (benches/compile_baseline.cpp),
decoding and validation included, beside V8's Liftoff (the CPU time of `new WebAssembly.Module`, taken inside node) and Winch (whole
`wasmtime compile` processes). Every compilation is a process of its own; compilers take turns; the round with the least CPU time counts.
"""
import json, os, pathlib, subprocess, sys, time

import peers
from place import AOT, RELEASE, ROOT, WORK, build_mote, is_older, sh
from table import report
from wasm_file import code_size, without_custom

TIMEOUT_S = 600
LIFTOFF = ["--liftoff", "--no-wasm-tier-up", "--no-wasm-lazy-compilation", "--wasm-num-compilation-tasks=1"]


def run_measured(*command):
    """Wall and CPU seconds, peak resident KiB (never less than this process had), and standard output; ends the bench on a failure."""
    begin = time.monotonic()
    process = subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, text=True)
    out = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - begin
    if status:
        sys.exit(f"bench: {' '.join(map(str, command))} failed")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss, out


def optimizing(options, modules):
    rows = []
    for wasm in modules:
        code = code_size(wasm)
        for threads in sorted({1, os.cpu_count() or 1}):
            out = WORK / (wasm.stem + ".bench.cwasm")
            wall, cpu, rss_kib, _ = run_measured(AOT, "compile", "--input", wasm, "--output", out, "--threads", threads)
            rows.append({"module": wasm.name, "code kB": round(code / 1e3), "threads": threads, "wall s": round(wall, 2),
                         "cpu s": round(cpu, 2), "kB per core-second": round(code / 1e3 / cpu, 1), "peak MB": round(rss_kib / 1024),
                         "artifact / wasm": round(out.stat().st_size / without_custom(wasm), 2)})
    report(options, rows, "compile: optimising tier",
           ["module", "code kB", "threads", "wall s", "cpu s", "kB per core-second", "peak MB", "artifact / wasm"])


def timed(*command):
    """For a program that prints its own times."""
    return json.loads(run_measured(*command)[3])


def whole(*command):
    wall, cpu, rss_kib, _ = run_measured(*command)
    return {"cpu_ns": cpu * 1e9, "wall_ns": wall * 1e9, "peak_rss_kib": rss_kib}


def baseline_compilers():
    """(name, threads, measure(module)) of everything that compiles in one pass."""
    program = RELEASE / "compile_baseline"
    out = [("mote", threads, lambda wasm, threads=threads: timed(program, wasm, "--threads", threads)) for threads in (1, 2)]
    if peers.node():
        out.append(("Liftoff", 1, lambda wasm: timed(peers.node(), *LIFTOFF, ROOT / "benches/liftoff.cjs", wasm)))
    if peers.wasmtime():
        command = [peers.wasmtime(), "compile", "-C", "compiler=winch", "-o", WORK / "winch.cwasm"]
        out.append(("Winch", 1, lambda wasm: whole(*command, "-C", "parallel-compilation=n", wasm)))
        out.append(("Winch", 2, lambda wasm: whole("env", "RAYON_NUM_THREADS=2", *command, wasm)))
    return out


def baseline(options, modules):
    rows = []
    for wasm in modules:
        code, best = code_size(wasm), {}
        compilers = baseline_compilers()
        for _ in range(options.rounds):
            for name, threads, measure in compilers:
                took = measure(wasm)
                if (name, threads) not in best or took["cpu_ns"] < best[name, threads]["cpu_ns"]:
                    best[name, threads] = {**took, "wall_ns": min(took["wall_ns"], best.get((name, threads), took)["wall_ns"])}
        speed = {key: code / took["cpu_ns"] * 1e3 for key, took in best.items()}
        for (name, threads), took in best.items():
            alone = best[name, 1]
            row = {"module": wasm.name, "code MB": round(code / 1e6, 2), "compiler": name, "threads": threads,
                   "cpu ms": round(took["cpu_ns"] / 1e6, 1), "wall ms": round(took["wall_ns"] / 1e6, 1),
                   "MB per cpu-s": round(speed[name, threads], 1), "peak MB": round(took["peak_rss_kib"] / 1024)}
            if name == "mote":
                row["peak / bar"] = round(took["peak_rss_kib"] * 1024 / (6 * code + 30e6), 2)
                row["text / code"] = round(took["text_bytes"] / code, 2)
            for peer in ("Liftoff", "Winch"):
                if name == "mote" and threads == 1 and (peer, 1) in speed:
                    row[f"x {peer}"] = round(speed[name, 1] / speed[peer, 1], 2)
            if threads > 1:
                row["gain"] = round(alone["wall_ns"] / took["wall_ns"], 2)
            rows.append(row)
    report(options, rows, "compile: baseline tier (peak / bar: of 6 x the code section + 30 MB; gain: wall time of one thread to two)",
           ["module", "code MB", "compiler", "threads", "cpu ms", "wall ms", "MB per cpu-s", "x Liftoff", "x Winch", "gain", "peak MB",
            "peak / bar", "text / code"])


def generated_modules():
    """50 MB and more: Ruby's functions several times, and random ones; and one function of 7 MB."""
    maker, out = ROOT / "benches/generated.py", []
    ruby = peers.npm_modules()[1]
    for name, what, size in (("ruby_repeated", "repeated", 50_000_000), ("many_functions", "many_functions", 50_000_000), ("one_function", "one_function", 7_000_000)):
        path = WORK / f"{name}.wasm"
        if is_older(path, maker):
            sh(sys.executable, maker, what, size, path, *([ruby] if what == "repeated" else []))
        out.append(path)
    return out


def encoder(options):
    took = timed(RELEASE / "encoder")
    report(options, [{"encoder": name, "ns an instruction": f"{took[key]:.1f}"} for name, key in (("mote", "ours_ns"), ("AsmJit", "asmjit_ns"))],
           "compile: writing machine code (benches/encoder.cpp)", ["encoder", "ns an instruction"])


def compile_speed(options):
    named = [pathlib.Path(path) for path in options.modules]
    if options.compiler == "encoder":
        build_mote("encoder")
        return encoder(options)
    build_mote("compile_baseline")
    if options.compiler != "optimizing":
        baseline(options, named or [*peers.npm_modules(), *generated_modules()])
    if options.compiler != "baseline":
        sqlite, _, esbuild = peers.npm_modules() if not named else (None, None, None)
        optimizing(options, named or [sqlite, esbuild])


def add_arguments(parser):
    parser.add_argument("modules", nargs="*", help="instead of SQLite, Ruby, esbuild and generated ones")
    parser.add_argument("--compiler", choices=("optimizing", "baseline", "both", "encoder"), default="both")
    parser.add_argument("--rounds", type=int, default=3, help="of the baseline compilers (default 3)")
    parser.set_defaults(run=compile_speed)
