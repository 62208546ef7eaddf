"""./bench start: whole processes from spawn to exit, alternating within one run (spawn.cpp); figures are medians. And sizes."""
import json, os, shutil, subprocess

import peers
from place import MOTE, ROOT, WORK, build_mote, build_spawn, sh
from table import report
from wasm_file import without_custom

EVENT = '{"sensor_id":"edge-0042","metric_value":21.5,"timestamp":1732275000}'


def debug_module():
    """The telemetry handler built with full debug information: the multi-megabyte file that a developer runs."""
    out = WORK / "debug"
    if not (out / "telemetry-debug.wasm").exists():
        sh(ROOT / "examples/telemetry/build.sh", "--debug", out)
    return out / "telemetry-debug.wasm"


GO = """package main
import ("bufio"; "encoding/json"; "fmt"; "os"; "regexp"; "sort")
func main() {
	line, _ := bufio.NewReader(os.Stdin).ReadString('\n')
	counts := map[string]int{}
	for _, word := range regexp.MustCompile(`\w+`).FindAllString(line, -1) { counts[word]++ }
	words := []string{}
	for word := range counts { words = append(words, word) }
	sort.Strings(words)
	text, _ := json.Marshal(counts)
	fmt.Println(words, string(text))
}
"""


def go_program():
    """A Go program of some 3 MB, where a Go toolchain is installed."""
    if not shutil.which("go"):
        return None
    out = WORK / "go" / "words.wasm"
    if not out.exists():
        out.parent.mkdir(parents=True, exist_ok=True)
        (out.parent / "words.go").write_text(GO)
        sh("go", "build", "-o", out, out.parent / "words.go", env={**os.environ, "GOOS": "wasip1", "GOARCH": "wasm"})
    return out


def start(options):
    build_mote()
    spawn, wasmtime = build_spawn(), peers.wasmtime()
    event = WORK / "event.json"
    event.write_text(EVENT)
    telemetry = ROOT / "examples/telemetry"
    native = WORK / "telemetry-native"
    sh("clang-19", "-O2", "-static", "-s", "-o", native, telemetry / "c/telemetry.c")
    commands = [("native C, static", f"{native}")]
    debug = debug_module()
    for label, wasm in (("Rust", telemetry / "telemetry-rust.wasm"), ("C", telemetry / "telemetry-c.wasm"), ("Rust debug", debug)):
        artifact = WORK / (wasm.stem + ".cwasm")
        sh(MOTE, "compile", "-o", artifact, wasm)
        os.utime(wasm)
        sh(MOTE, "compile", "--cache", wasm)
        commands += [(f"mote, {label}, no cache", f"{MOTE} run -C cache=n {wasm}")]
        commands += [(f"mote, {label}, precompiled", f"{MOTE} run --allow-precompiled {artifact}"),
                     (f"mote, {label}, cached", f"{MOTE} run {wasm}")]
        if wasmtime:
            peer = WORK / (wasm.stem + ".wasmtime.cwasm")
            sh(wasmtime, "compile", "-o", peer, wasm)
            commands += [(f"wasmtime, {label}, no cache", f"{wasmtime} run -C cache=n {wasm}"),
                         (f"wasmtime -C compiler=winch, {label}, no cache", f"{wasmtime} run -C compiler=winch,cache=n {wasm}")]
            commands += [(f"wasmtime, {label}, precompiled", f"{wasmtime} run --allow-precompiled {peer}"),
                         (f"wasmtime, {label}, cached", f"{wasmtime} run -C cache=y {wasm}")]
    if go := go_program():
        commands += [("mote, Go, no cache", f"{MOTE} run -C cache=n {go}")]
        commands += [("wasmtime, Go, no cache", f"{wasmtime} run -C cache=n {go}")] if wasmtime else []
    text = "".join(f"{label}\t{command}\n" for label, command in commands)
    out = sh(spawn, options.rounds, event, input=text.encode(), stdout=subprocess.PIPE).stdout
    rows = [json.loads(line) for line in out.splitlines()]
    by = {row["label"]: row["wall_ms"]["median"] for row in rows}
    for row in rows:
        row["min ms"], row["median ms"], row["p90 ms"] = (row["wall_ms"][k] for k in ("min", "median", "p90"))
        row["cpu ms"], row["rss KiB"] = row["cpu_ms"], row["rss_kib"]
        if row["label"].startswith("mote"):
            peer = by.get(row["label"].replace("mote", "wasmtime"))
            row["x wasmtime"] = round(row["median ms"] / peer, 3) if peer else "no peer"
            row["x native"] = round(row["median ms"] / by["native C, static"], 2)
    report(options, rows, "start: whole process, telemetry, spawn to exit",
           ["label", "min ms", "median ms", "p90 ms", "cpu ms", "rss KiB", "x wasmtime", "x native", "failed"])
    sizes(options)


def sizes(options):
    rows = []
    for name in ("telemetry-rust", "telemetry-c"):
        wasm, artifact = ROOT / f"examples/telemetry/{name}.wasm", WORK / f"{name}.cwasm"
        rows.append({"what": f"{name}.wasm", "bytes": wasm.stat().st_size, "of wasm without custom sections": ""})
        rows.append({"what": f"{name}.cwasm", "bytes": artifact.stat().st_size,
                     "of wasm without custom sections": round(artifact.stat().st_size / without_custom(wasm), 2)})
    stripped = WORK / "mote-stripped"
    sh("strip", "-o", stripped, MOTE)
    rows.append({"what": "mote, stripped", "bytes": stripped.stat().st_size})
    report(options, rows, "sizes", ["what", "bytes", "of wasm without custom sections"])


def add_arguments(parser):
    parser.add_argument("--rounds", type=int, default=60)
    parser.set_defaults(run=start)
