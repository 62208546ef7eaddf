#!/usr/bin/env python3
"""The timings behind ./bench. Prints tables, and one JSON object a line with --json.

Every comparison alternates its commands within one run. What else ran on the machine is not known to these programs: compare only within
one run, and say which machine. Peers come from package registries (peers.py), in their best documented form.
"""
import argparse

import around, compile_speed, compute, cycle, density, gc_objects, hostcall, http_answers, latency, overload, snapshot, start, stop, up
from place import WORK


def main():
    parser = argparse.ArgumentParser(prog="./bench", description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    commands = parser.add_subparsers(dest="bench", required=True)
    for name, module, what in (("start", start, "whole process, spawn to exit, against wasmtime and a static C program; sizes"),
                               ("compile", compile_speed, "wasm code per core-second, peak memory"),
                               ("hostcall", hostcall, "what a call from a guest to the host costs"),
                               ("cycle", cycle, "one event in a fresh sandbox, against wasmtime's pool"),
                               ("gc", gc_objects, "objects and exceptions: both tiers, and V8"),
                               ("density", density, "sandboxes alive at once, and what each takes"),
                               ("http", http_answers, "a static answer of the HTTP server, against nginx"),
                               ("up", up, "mote up: a fresh sandbox for each request, against its own fixed answer and nginx; its start"),
                               ("latency", latency, "mote up at a constant rate that waits for nobody: a fresh sandbox for each request, against a fixed answer"),
                               ("overload", overload, "mote up, offered three times what a handler can do: what still comes out as answers"),
                               ("around", around, "what a server does around an event: routes, counters, traces, logs"),
                               ("stop", stop, "how soon a guest ends that is stopped from another thread"),
                               ("snapshot", snapshot, "whole process: a guest that prepares something at each start, and its snapshot"),
                               ("compute", compute, "the kernels of benches/kernels: native, Mote, wasmtime")):
        command = commands.add_parser(name, help=what, description=module.__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
        command.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="one JSON object a line")
        module.add_arguments(command)
    command = commands.add_parser("call", help="what a call between host and guest costs", description=cycle.__doc__)
    command.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="one JSON object a line")
    cycle.add_call_arguments(command)
    options = parser.parse_args()
    WORK.mkdir(parents=True, exist_ok=True)
    options.run(options)


if __name__ == "__main__":
    main()
