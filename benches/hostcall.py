"""./bench hostcall: what a call from a guest to the host costs, bare, as mote binds it, and with somebody looking.

The ways take turns in one process (hostcall.cpp), each over a loop of 20,000 calls; figures are medians of nanoseconds a call.
"""
import json, subprocess, tempfile

from place import MOTE, ROOT, WORK, build_mote, sh
from table import report

COLUMNS = ("function", "code", "bare ns", "off ns", "off/bare", "policy ns", "count ns", "strace ns")


def add_arguments(parser):
    parser.add_argument("--rounds", type=int, default=201, help="turns of each way (default 201)")
    parser.set_defaults(run=run)


def run(options):
    build_mote()
    sh(ROOT / "scripts/build", "release", "hostcall")
    wasm, artifact = WORK / "hostcall.wasm", WORK / "hostcall.cwasm"
    sh("wat2wasm", ROOT / "benches/guests/hostcall.wat", "-o", wasm)
    sh(MOTE, "compile", "-C", "memory=guard", wasm, "-o", artifact)
    rows = []
    for code, file in (("baseline", wasm), ("optimizing", artifact)):
        with tempfile.TemporaryDirectory() as folder:
            out = sh(ROOT / "build/release/hostcall", file, folder, options.rounds, stdout=subprocess.PIPE).stdout
        ns = {}
        for line in out.splitlines():
            figure = json.loads(line)
            ns.setdefault(figure["function"], {})[figure["way"]] = figure["ns"]
        for function, ways in ns.items():
            rows.append({"function": function, "code": code, "off/bare": round(ways["off"] / ways["bare"], 3),
                         **{f"{way} ns": ways[way] for way in ("bare", "off", "policy", "count", "strace")}})
    report(options, rows, "hostcall: nanoseconds a call", COLUMNS)
