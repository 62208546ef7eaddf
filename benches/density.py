"""./bench density: sandboxes that are alive at once, each with pages of its own; every one is called again, twice, and checks all its bytes.

Bytes are the kernel's: resident memory and page tables of the process (density.cpp), over the number of sandboxes.
"""
import json, subprocess

from cycle import guest
from place import ROOT, build_mote, sh
from table import report

COLUMNS = ("live", "pages", "wrong", "GiB", "B each", "B above pages", "page tables B", "mappings", "made/s", "wake p50 ns", "wake p99 ns")


def add_arguments(parser):
    parser.add_argument("--live", type=int, help="sandboxes (default 300000 with 8 pages each, then 500000 and 1000000 with one)")
    parser.add_argument("--pages", type=int, default=8, help="with --live: pages that each one changes")
    parser.set_defaults(run=run)


def run(options):
    build_mote("density")
    rows = []
    for live, pages in [(options.live, options.pages)] if options.live else [(300_000, 8), (500_000, 1), (1_000_000, 1), (1_000_000, 4)]:
        out = sh(ROOT / "build/release/density", guest("density"), live, pages, stdout=subprocess.PIPE).stdout
        one = json.loads(out)
        rows.append({"live": live, "pages": pages, "wrong": one["wrong"], "GiB": round(one["total_bytes"] / 2**30, 2), "B each": one["bytes_each"],
                     "B above pages": one["above_pages"], "page tables B": one["page_table_bytes"], "mappings": one["mappings"],
                     "made/s": one["made_per_s"], "wake p50 ns": one["wake_p50_ns"], "wake p99 ns": one["wake_p99_ns"]})
    report(options, rows, "density: sandboxes alive between calls", COLUMNS)
