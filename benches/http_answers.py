"""./bench http: one static answer to the telemetry POST over keep-alive: base/http and nginx, each on one core, `wrk` on another.

Rounds alternate; figures are medians. CPU time is the server's own, of all its processes, as the kernel counts it (schedstat), divided by
the requests that wrk counted. nginx answers with `return 200` and writes no log. `--tls` adds HTTPS. A second table is of the parser alone
(http_parsers.cpp).
"""
import json, os, pathlib, signal, socket, statistics, subprocess, tempfile, time

from place import ROOT, WORK, sh
from table import report

BODY = '{"sensor_id":"edge-0042","metric_value":21.5,"timestamp":1732275000}'
ANSWER = r'{"device":"d-1","alarm":false}\n'
COLUMNS = ("server", "connections", "requests/s", "CPU us", "p50 us", "p99 us", "of nginx")
SCRIPT = """
wrk.method = "POST"
wrk.body = '%s'
wrk.headers["Content-Type"] = "application/json"
done = function(summary, latency)
  local errors = summary.errors
  io.write(string.format("RESULT %%d %%d %%d %%d %%d\\n", summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
""" % BODY
NGINX = """
daemon off; master_process on; worker_processes 1; pid %(folder)s/pid; error_log stderr crit;
events { worker_connections 1024; }
http {
  access_log off; keepalive_requests 1000000000; server_tokens off; default_type application/json;
  client_body_temp_path %(folder)s; proxy_temp_path %(folder)s; fastcgi_temp_path %(folder)s; uwsgi_temp_path %(folder)s; scgi_temp_path %(folder)s;
  server { listen 127.0.0.1:%(port)d backlog=4096 reuseport%(tls)s location / { return 200 '%(answer)s'; } }
}
"""


def add_arguments(parser):
    parser.add_argument("--rounds", type=int, default=5, help="of each server (default 5)")
    parser.add_argument("--seconds", type=int, default=3, help="of each round (default 3)")
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 64], help="at once (default: 1, then 64)")
    parser.add_argument("--cpu", type=int, default=0, help="the servers' core; wrk runs on the next one (default 0)")
    parser.add_argument("--tls", action="store_true", help="also over TLS")
    parser.set_defaults(run=run)


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def family(pid):
    """A process and those it started."""
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid] + [one for child in children for one in family(int(child))]


def cpu_ns(pid):
    threads = [thread for one in family(pid) for thread in pathlib.Path(f"/proc/{one}/task").iterdir()]
    return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads)


def start(command, cpu, port):
    process = subprocess.Popen(["taskset", "-c", str(cpu), *map(str, command)], stderr=subprocess.DEVNULL)
    for _ in range(200):
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return process
        time.sleep(0.02)
    raise SystemExit(f"{command[0]} does not answer on port {port}")


def measure(process, port, connections, options, scheme, path="/telemetry"):
    before = cpu_ns(process.pid)
    out = subprocess.run(["taskset", "-c", str(options.cpu + 1), "wrk", "-t1", f"-c{connections}", f"-d{options.seconds}s", "-s", str(WORK / "post.lua"),
                          f"{scheme}://127.0.0.1:{port}{path}"], check=True, capture_output=True, text=True).stdout
    spent = cpu_ns(process.pid) - before
    requests, duration_us, p50, p99, errors = map(int, out.split("RESULT ")[1].split())
    if errors or not requests:
        raise SystemExit(f"wrk saw {errors} errors:\n{out}")
    return requests / duration_us * 1e6, spent / requests / 1e3, p50, p99


def compare(options, scheme, folder):
    ports = {"base/http": free_port()}
    ports["nginx"] = free_port()
    files = [folder / "certificate.pem", folder / "key.pem"] if scheme == "https" else []
    (folder / "nginx.conf").write_text(NGINX % {
        "folder": folder, "port": ports["nginx"], "answer": ANSWER,
        "tls": f" ssl; ssl_certificate {files[0]}; ssl_certificate_key {files[1]};" if files else ";"})
    servers = {"base/http": start([ROOT / "build/release/http_answer", ports["base/http"], *files], options.cpu, ports["base/http"]),
               "nginx": start(["nginx", "-c", folder / "nginx.conf"], options.cpu, ports["nginx"])}
    rows = []
    try:
        for connections in options.connections:
            rounds = {name: [] for name in servers}
            for _ in range(options.rounds):
                for name, process in servers.items():
                    rounds[name].append(measure(process, ports[name], connections, options, scheme))
            medians = {name: [statistics.median(column) for column in zip(*rounds[name])] for name in servers}
            for name, (rate, spent, p50, p99) in medians.items():
                rows.append({"server": name + (" (TLS)" if files else ""), "connections": connections, "requests/s": round(rate), "CPU us": round(spent, 2),
                             "p50 us": round(p50), "p99 us": round(p99), "of nginx": round(rate / medians["nginx"][0], 2)})
    finally:
        for process in servers.values():
            process.send_signal(signal.SIGTERM)
            process.wait()
    return rows


def run(options):
    if os.cpu_count() < options.cpu + 2:
        raise SystemExit("./bench http needs two cores: one for the server, one for wrk")
    sh(ROOT / "scripts/build", "release", "http_answer", "http_parsers")
    (WORK / "post.lua").write_text(SCRIPT)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        rows = compare(options, "http", folder)
        if options.tls:
            sh("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=localhost",
               "-keyout", folder / "key.pem", "-out", folder / "certificate.pem", stderr=subprocess.DEVNULL)
            rows += compare(options, "https", folder)
    report(options, rows, "a static answer to a small POST, one core", COLUMNS)
    parsers = json.loads(sh(ROOT / "build/release/http_parsers", stdout=subprocess.PIPE).stdout)
    report(options, [{"head, bytes": row["bytes"], "Beast and our pass, ns": row["beast_ns"], "http_parser, ns": row["http_parser_ns"]} for row in parsers],
           "reading the head of a request", ("head, bytes", "Beast and our pass, ns", "http_parser, ns"))
