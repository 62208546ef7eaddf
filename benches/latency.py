"""./bench latency: the telemetry handler (a fresh sandbox for each request) beside a fixed answer of the same server, at a constant rate that does not wait for
answers: half of what the handler can do, or --rate. The server on one core, the generator (load.cpp) on the next one, which it needs for itself.

Latencies are from the moment when a request was to be sent. Rounds alternate; figures are medians of the rounds.
"""
import json, os, pathlib, signal, statistics, subprocess, tempfile

import http_answers as parts, up
from place import ROOT, WORK, add_build_argument, built_or_given, is_older, sh
from table import report

COLUMNS = ("answer", "requests/s", "p50 us", "p99 us", "p99.9 us", "most us", "not 200")


def add_arguments(parser):
    parser.add_argument("--rounds", type=int, default=5, help="of each answer (default 5)")
    parser.add_argument("--seconds", type=int, default=5, help="of each round (default 5)")
    parser.add_argument("--connections", type=int, default=64, help="at once, at most (default 64)")
    parser.add_argument("--rate", type=int, default=0, help="requests a second (default: half of what the handler does when asked without a pause)")
    parser.add_argument("--cpu", type=int, default=0, help="the server's core; the generator runs on the next one (default 0)")
    add_build_argument(parser)
    parser.set_defaults(run=run)


def generator():
    program, source = WORK / "load", ROOT / "benches/load.cpp"
    if is_older(program, source):
        sh("clang++-19", "-O2", "-std=c++20", "-o", program, source)
    return program


def ask(options, port, path, rate, seconds, connections, body):
    words = ["taskset", "-c", str(options.cpu + 1), generator(), str(port), path, str(rate), str(seconds), str(connections), body]
    return json.loads(subprocess.run([str(word) for word in words], check=True, capture_output=True, text=True).stdout)


def capacity(options, port, path, body):
    """Answers a second when more are asked for than can be had, of few connections: they are never refused."""
    seen = ask(options, port, path, 500_000, 3, 16, body)
    return seen["statuses"]["200"] / seen["seconds"]


def measure(options, port, body):
    rate = options.rate or round(capacity(options, port, "/telemetry", body) / 2)
    answers = {"telemetry, a fresh sandbox each": "/telemetry", "fixed": "/fixed"}
    rounds = {name: [] for name in answers}
    for _ in range(options.rounds):
        for name, path in answers.items():
            rounds[name].append(ask(options, port, path, rate, options.seconds, options.connections, body))
    for name, seen in rounds.items():
        row = {"answer": name, "requests/s": rate}
        for column, key in (("p50 us", "p50"), ("p99 us", "p99"), ("p99.9 us", "p999"), ("most us", "most")):
            row[column] = round(statistics.median(one[key] for one in seen), 1)
        row["not 200"] = sum(one["lost"] + sum(count for status, count in one["statuses"].items() if status != "200") for one in seen)
        yield row


def run(options):
    if os.cpu_count() < options.cpu + 2:
        raise SystemExit("./bench latency needs two cores: one for the server, one for the generator")
    mote = built_or_given(options)
    sh(mote, "compile", "--cache", ROOT / "examples/telemetry/telemetry-rust.wasm")
    with tempfile.TemporaryDirectory() as name:
        folder, port = pathlib.Path(name), parts.free_port()
        up.write_manifest(folder, port, ["telemetry"])
        body = folder / "body"
        body.write_text(parts.BODY)
        server = parts.start([mote, "up", "--quiet", "-f", folder / "mote.toml"], options.cpu, port)
        try:
            report(options, list(measure(options, port, body)), "a small POST at a constant rate, one core", COLUMNS)
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait()
