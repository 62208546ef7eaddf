"""./bench stop: how soon a guest ends that another thread stops, in both tiers and memory modes; what turns and deadlines cost.

Each kill is of a new store, after up to 200 microseconds at random (stop.cpp): of a bare loop, a mix of instructions, recursion, bulk
operations on 64 MiB, and host calls. Times are from the call of Stopper::stop to the end of the guest's call. The second table is of tasks and the watchdog (turns.cpp).
"""
import json, subprocess

from place import MOTE, ROOT, WORK, build_mote, sh
from table import report

EXPORTS = ("spin", "work", "recurse", "fill", "copy", "hosts")
COLUMNS = ("guest", "code", "kills", "median us", "p99 us", "max us", "wrong")

TURNS = {
    "call_ns": "a host call in a task, ns", "park_ns": "a host call that parks, and the resume, ns",
    "preempt_us": "from the order to preempt to the turn's end, us", "preempt_p99_us": "... at the 99th percentile",
    "resume_us": "a whole turn that is preempted at once, us, the shortest",
    "late_us": "from a deadline to the guest's end, us", "late_p99_us": "... at the 99th percentile",
    "watchdog_percent": "the watchdog's CPU time while a guest runs into its deadline every 5 ms, % of a core",
    "watchdog_idle_percent": "... while nobody does",
}


def add_arguments(parser):
    parser.add_argument("--kills", type=int, default=2000, help="of each guest on each kind of code (default 2000)")
    parser.set_defaults(run=run)


def run(options):
    build_mote()
    sh(ROOT / "scripts/build", "release", "stop")
    wasm = WORK / "stop.wasm"
    sh("wat2wasm", ROOT / "benches/guests/stop.wat", "-o", wasm)
    kinds = [("baseline guard", [wasm], []), ("baseline dense", [wasm], ["--dense"])]
    for mode in ("guard", "dense"):
        artifact = WORK / f"stop-{mode}.cwasm"
        sh(MOTE, "compile", "-C", f"memory={mode}", wasm, "-o", artifact)
        kinds.append((f"optimizing {mode}", [artifact], ["--dense"] if mode == "dense" else []))
    rows = []
    for guest in EXPORTS:
        for kind, file, flags in kinds:
            out = sh(ROOT / "build/release/stop", *file, guest, options.kills, *flags, stdout=subprocess.PIPE).stdout
            figures = json.loads(out)
            rows.append({"guest": guest, "code": kind, "kills": figures["kills"], "median us": figures["median_us"],
                         "p99 us": figures["p99_us"], "max us": figures["max_us"], "wrong": figures["wrong"]})
    report(options, rows, "stop: from the order to the guest's end", COLUMNS)
    sh(ROOT / "scripts/build", "release", "turns")
    figures = json.loads(sh(ROOT / "build/release/turns", wasm, stdout=subprocess.PIPE).stdout)
    report(options, [{"what": what, "figure": figures[key]} for key, what in TURNS.items()], "turns and deadlines", ("what", "figure"))
