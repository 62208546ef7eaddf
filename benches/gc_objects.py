"""./bench gc: making objects, collecting, throwing: both tiers, and V8 (npm package node) beside them in the same run.

Medians over the rounds, each of which runs the programs one after the other (gc.cpp, guests/gc.wat, guests/gc.cjs).
"""
import json, statistics, subprocess

import peers
from place import MOTE, ROOT, WORK, build_mote, sh
from table import report

COLUMNS = ("what", "baseline", "optimizing", "node", "optimizing/node")


def add_arguments(parser):
    parser.add_argument("--rounds", type=int, default=5, help="turns of each program (default 5)")
    parser.set_defaults(run=run)


def figures(command):
    lines = sh(*command, stdout=subprocess.PIPE).stdout.splitlines()
    return {one["what"]: one["figure"] for one in map(json.loads, lines)}


def run(options):
    build_mote()
    sh(ROOT / "scripts/build", "release", "gc")
    tools, node = peers.wasm_tools(), peers.node22()
    files = {}
    for name in ("gc", "gc_memory"):
        files[name] = WORK / f"{name}.wasm"
        sh(tools, "parse", ROOT / f"benches/guests/{name}.wat", "-o", files[name])
        sh(MOTE, "compile", files[name], "-o", WORK / f"{name}.cwasm")
    program = ROOT / "build/release/gc"
    commands = {"baseline": (program, files["gc"], files["gc_memory"]),
                "optimizing": (program, WORK / "gc.cwasm", WORK / "gc_memory.cwasm")}
    if node:
        commands["node"] = (node, ROOT / "benches/guests/gc.cjs", files["gc"])
    rounds = [{name: figures(command) for name, command in commands.items()} for _ in range(options.rounds)]
    rows = []
    for what in rounds[0]["optimizing"]:
        row = {"what": what}
        for name in commands:
            known = [one[name][what] for one in rounds if what in one[name]]
            row[name] = float(f"{statistics.median(known):.4g}") if known else None
        if row.get("node"):
            row["optimizing/node"] = round(row["optimizing"] / row["node"], 3)
        rows.append(row)
    report(options, rows, "gc: objects and exceptions", COLUMNS)
