"""./bench up: what `mote up` costs: the telemetry handler (Rust, a fresh sandbox for each request) and a fixed answer of the same server, nginx, and a component
that does nothing but say hello in `wasmtime serve` (pooling, as its documentation has it; a fresh instance for each request, its default), to the same POST
over keep-alive; the server on one core, `wrk` on another. Then from spawn to the first answer, and what an idle server takes.

Rounds alternate; figures are medians. CPU time as in ./bench http. The module is compiled into the cache before, by mote-aot.
"""
import http.client, os, pathlib, signal, statistics, subprocess, tempfile, time

import http_answers as parts, peers
from place import ROOT, WORK, is_older, sh
from table import report

MOTE = ROOT / "build/release/mote"
COLUMNS = ("answer", "connections", "requests/s", "CPU us", "p50 us", "p99 us", "of the fixed one", "of wasmtime")
MANIFEST = """
[application]
name = "bench"
[server]
listen = "127.0.0.1:%(port)d"
admin = "off"
workers = 1
[[trigger.http]]
route = "/telemetry"
component = "telemetry"
executor = { type = "stdio", content_type = "application/json" }
[[trigger.http]]
route = "/fixed"
static_response = { headers = { content-type = "application/json" }, body = '%(answer)s' }
"""
COMPONENT = """
[component.%(name)s]
source = "%(wasm)s"
policy = { imports = { allow = ["wasi_snapshot_preview1.*"] } }
"""


def add_arguments(parser):
    parser.add_argument("--rounds", type=int, default=5, help="of each answer (default 5)")
    parser.add_argument("--seconds", type=int, default=3, help="of each round (default 3)")
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 64], help="at once (default: 1, then 64)")
    parser.add_argument("--cpu", type=int, default=0, help="the servers' core; wrk runs on the next one (default 0)")
    parser.set_defaults(run=run)


def write_manifest(folder, port, components):
    wasm = ROOT / "examples/telemetry/telemetry-rust.wasm"
    text = MANIFEST % {"port": port, "answer": '{"sensor_id":"edge-0042","metric_value":22.403000000000002,"timestamp":1732275000}'}
    for name in components:
        text += COMPONENT % {"name": name, "wasm": wasm}
    for name in components[1:]:
        text += f'[[trigger.command]]\nname = "{name}"\ncomponent = "{name}"\n'
    (folder / "mote.toml").write_text(text)


def hello_component():
    """The least that a handler does in `wasmtime serve`."""
    component, source = WORK / "hello-component.wasm", ROOT / "benches/guests/wasi_http"
    if is_older(component, source / "hello.c", source / "hello.wit"):
        sh("clang-19", "--target=wasm32", "-O2", "-nostdlib", "-Wl,--no-entry", "-Wl,-z,stack-size=65536", "-s", "-o", WORK / "hello.wasm", source / "hello.c")
        sh(peers.wasm_tools(), "component", "embed", source, "--world", "hello", WORK / "hello.wasm", "-o", WORK / "hello-embedded.wasm")
        sh(peers.wasm_tools(), "component", "new", WORK / "hello-embedded.wasm", "-o", component)
    return component


def throughput(options, folder):
    ports = {name: parts.free_port() for name in ("mote", "nginx", "wasmtime")}
    write_manifest(folder, ports["mote"], ["telemetry"])
    (folder / "nginx.conf").write_text(parts.NGINX % {"folder": folder, "port": ports["nginx"], "answer": parts.ANSWER, "tls": ";"})
    servers = {"mote": parts.start([MOTE, "up", "--quiet", "-f", folder / "mote.toml"], options.cpu, ports["mote"]),
               "nginx": parts.start(["nginx", "-c", folder / "nginx.conf"], options.cpu, ports["nginx"])}
    answers = {"telemetry, a fresh sandbox each": ("mote", "/telemetry"), "fixed": ("mote", "/fixed"), "nginx": ("nginx", "/telemetry")}
    if peer := peers.wasmtime():
        serve = [peer, "serve", "--addr", f"127.0.0.1:{ports['wasmtime']}", "-O", "pooling-allocator=y", hello_component()]
        servers["wasmtime"] = parts.start(serve, options.cpu, ports["wasmtime"])
        answers["wasmtime serve, hello"] = ("wasmtime", "/")
    rows = []
    try:
        for connections in options.connections:
            rounds = {name: [] for name in answers}
            for _ in range(options.rounds):
                for name, (server, path) in answers.items():
                    rounds[name].append(parts.measure(servers[server], ports[server], connections, options, "http", path))
            medians = {name: [statistics.median(column) for column in zip(*rounds[name])] for name in answers}
            for name, (rate, spent, p50, p99) in medians.items():
                rows.append({"answer": name, "connections": connections, "requests/s": round(rate), "CPU us": round(spent, 2), "p50 us": round(p50), "p99 us": round(p99),
                             "of the fixed one": round(rate / medians["fixed"][0], 2),
                             "of wasmtime": round(rate / medians["wasmtime serve, hello"][0], 2) if "wasmtime" in servers else ""})
    finally:
        for process in servers.values():
            process.send_signal(signal.SIGTERM)
            process.wait()
    return rows


def first_answer(folder):
    """Milliseconds from spawn to the answer of the telemetry handler, and KiB resident then, with three components."""
    port = parts.free_port()
    write_manifest(folder, port, ["telemetry", "second", "third"])
    begin = time.perf_counter()
    process = subprocess.Popen([MOTE, "up", "--quiet", "-f", folder / "mote.toml"], stderr=subprocess.DEVNULL)
    try:
        while True:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", port)
                connection.request("POST", "/telemetry", parts.BODY)
                connection.getresponse().read()
                break
            except OSError:
                time.sleep(0.0005)
        took = (time.perf_counter() - begin) * 1e3
        resident = int(pathlib.Path(f"/proc/{process.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()
    return took, resident


def run(options):
    if os.cpu_count() < options.cpu + 2:
        raise SystemExit("./bench up needs two cores: one for the server, one for wrk")
    sh(ROOT / "scripts/build", "release", "mote", "mote-aot")
    sh(MOTE, "compile", "--cache", ROOT / "examples/telemetry/telemetry-rust.wasm")
    (WORK / "post.lua").write_text(parts.SCRIPT)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        report(options, throughput(options, folder), "a small POST, one core", COLUMNS)
        starts = [first_answer(folder) for _ in range(4 * options.rounds)]
        row = {"spawn to first answer, ms": round(statistics.median(took for took, _ in starts), 1), "best": round(min(took for took, _ in starts), 1),
               "resident, MiB": round(statistics.median(resident for _, resident in starts) / 1024, 1)}
        report(options, [row], "a start with three components, warm cache", tuple(row))
