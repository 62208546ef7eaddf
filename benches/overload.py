"""./bench overload: `mote up` with a handler that computes for 200 us (guests/overload.wat), offered three times what it can do at a constant rate, on more
connections than it lets wait. What counts is how much of its capacity still comes out as answers (the bar is 0.9), that each other request gets its 503, and
that memory does not grow.

The server on one core, the generator (load.cpp) on the next one. The handler's rounds are chosen so that it takes --compute microseconds on this machine;
capacity is what it answers to 16 connections that ask for more than that. Rounds alternate; figures are medians.
"""
import os, pathlib, signal, statistics, struct, subprocess, tempfile

import http_answers as parts, latency
from place import ROOT, WORK, add_build_argument, built_or_given, is_older, sh
from table import report

COLUMNS = ("offered/s", "answered/s", "of capacity", "p50 us", "p99 us", "refused (503)/s", "others", "MiB before", "MiB after")
FEW = 16  # connections that are never refused
MANIFEST = """
[application]
name = "bench"
[server]
listen = "127.0.0.1:%(port)d"
admin = "off"
workers = 1
[[trigger.http]]
route = "/compute"
component = "compute"
executor = { type = "stdio", content_type = "application/octet-stream" }
[component.compute]
source = "%(wasm)s"
policy = { imports = { allow = ["wasi_snapshot_preview1.*"] } }
limits = { timeout = "%(timeout)s" }
"""


def add_arguments(parser):
    parser.add_argument("--rounds", type=int, default=5, help="of capacity and overload (default 5)")
    parser.add_argument("--seconds", type=int, default=5, help="of each round (default 5)")
    parser.add_argument("--connections", type=int, default=1500, help="at once (default 1500)")
    parser.add_argument("--times", type=float, default=3, help="of capacity offered (default 3)")
    parser.add_argument("--compute", type=int, default=200, help="microseconds of an event (default 200)")
    parser.add_argument("--timeout", default="100ms", help="of an event, waiting included (default 100ms: some 500 may wait)")
    parser.add_argument("--cpu", type=int, default=0, help="the server's core; the generator runs on the next one (default 0)")
    add_build_argument(parser)
    parser.set_defaults(run=run)


def resident_mib(pid):
    return int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1024**2


class Handler:
    def __init__(self, options, port, body):
        self.options, self.port, self.body = options, port, body

    def compute(self, rounds):
        self.body.write_bytes(struct.pack("<I", rounds))

    def ask(self, rate, connections):
        return latency.ask(self.options, self.port, "/compute", rate, self.options.seconds, connections, self.body)

    def capacity(self):
        seen = self.ask(60_000, FEW)
        return seen["statuses"]["200"] / seen["seconds"]


def rounds_for(handler, us):
    """The difference of two computations that are long against the rest."""
    times = []
    for rounds in (100_000, 300_000):
        handler.compute(rounds)
        times.append(1e6 / handler.capacity())
    return round(us / ((times[1] - times[0]) / 200_000))


def measure(options, handler, pid):
    rounds = []
    for _ in range(options.rounds):
        capacity = handler.capacity()
        before = resident_mib(pid)
        seen = handler.ask(round(options.times * capacity), options.connections)
        answered, refused = (seen["statuses"].get(status, 0) for status in ("200", "503"))
        rounds.append({"offered/s": round(options.times * capacity), "answered/s": round(answered / seen["seconds"]),
                       "of capacity": answered / seen["seconds"] / capacity, "p50 us": seen["p50"], "p99 us": seen["p99"],
                       "refused (503)/s": round(refused / seen["seconds"]), "others": seen["lost"] + sum(seen["statuses"].values()) - answered - refused,
                       "MiB before": round(before, 1), "MiB after": round(resident_mib(pid), 1)})
    return {column: statistics.median(one[column] for one in rounds) for column in COLUMNS}


def run(options):
    if os.cpu_count() < options.cpu + 2:
        raise SystemExit("./bench overload needs two cores: one for the server, one for the generator")
    mote = built_or_given(options)
    wasm, source = WORK / "overload.wasm", ROOT / "benches/guests/overload.wat"
    if is_older(wasm, source):
        sh("wat2wasm", source, "-o", wasm)
    sh(mote, "compile", "--cache", wasm)
    with tempfile.TemporaryDirectory() as name:
        folder, port = pathlib.Path(name), parts.free_port()
        (folder / "mote.toml").write_text(MANIFEST % {"port": port, "wasm": wasm, "timeout": options.timeout})
        server = parts.start([mote, "up", "--quiet", "-f", folder / "mote.toml"], options.cpu, port)
        try:
            handler = Handler(options, port, folder / "body")
            handler.compute(rounds_for(handler, options.compute))
            report(options, [measure(options, handler, server.pid)],
                   f"{options.times:g} times what a handler of {options.compute} us can do, {options.connections} connections, one core", COLUMNS)
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait()
