"""./bench around: what a server does around an event besides running its guest: routes, counters, trace headers, log lines.

Each is run some thousand times in one process (around.cpp); figures are medians of nanoseconds.
"""
import json, subprocess

from place import ROOT, sh
from table import report


def add_arguments(parser):
    parser.add_argument("--rounds", type=int, default=101, help="of each (default 101)")
    parser.set_defaults(run=run)


def run(options):
    sh(ROOT / "scripts/build", "release", "around")
    out = sh(ROOT / "build/release/around", options.rounds, stdout=subprocess.PIPE).stdout
    report(options, [json.loads(line) for line in out.splitlines()], "around an event", ("what", "ns"))
