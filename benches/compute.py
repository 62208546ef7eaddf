"""./bench compute: the kernels of benches/kernels, natively, by Mote and by wasmtime; results compared, times put beside each other.

Each kernel times its own computing, so neither process start nor compilation counts, and prints a checksum. All programs are made by the
same clang-19 at -O3: natively for plain x86-64 (with glibc's malloc as it is, and with huge pages behind it), for wasm32-wasi plain and
with -msimd128. Mote and wasmtime run artifacts compiled beforehand, at their default levels (`mote compile`, `wasmtime compile`).
`mote run` asks for huge pages behind large memories by default; wasmtime has no such option. The columns of one kernel take turns in
every round; the best round counts. A checksum that differs, or a run that fails, ends the bench with an error.
"""
import os, re, subprocess, sys
from concurrent.futures import ThreadPoolExecutor

import peers
from place import AOT, MOTE, ROOT, WORK, build_mote, is_older, sh
from table import geomean, report

KERNELS = ROOT / "benches/kernels"
OUT = WORK / "kernels"
HUGE = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}
C_FLAGS = ["-O3", "-std=gnu17", "-Wall", "-Wextra", "-Werror", f"-ffile-prefix-map={ROOT}=."]
WASI = ["--target=wasm32-wasi", "--sysroot=/usr", "-Wl,--strip-debug"]
BUILDS = {"native": [], "march": ["-march=native"], "plain": WASI, "simd": [*WASI, "-msimd128"]}


class Column:
    """One way to run a kernel: `command(kernel)` after `prepare(kernel)`. A peer may refuse a kernel; nobody else may."""

    def __init__(self, name, build, prepare=None, command=None, environment={}, exact=True, is_peer=False):
        self.name, self.build, self.prepare, self.exact, self.is_peer = name, build, prepare, exact, is_peer
        self.command = command or (lambda kernel: [program(kernel, build)])
        self.environment = environment

    def run(self, kernel):
        done = subprocess.run([str(word) for word in self.command(kernel)], env={**os.environ, **self.environment},
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        found = re.fullmatch(r"checksum ([0-9a-f]{16}) (\S+)\nns (\d+)\n", done.stdout)
        if done.returncode or not found:
            raise Refused(f"{self.name} failed on {kernel.stem}: {done.stdout}{done.stderr}")
        return found[1], float(found[2]), int(found[3])


class Refused(Exception):
    pass


def program(kernel, build):
    return OUT / build / (kernel.stem + (".wasm" if build in ("plain", "simd") else ""))


def build_kernel(kernel, build):
    out = program(kernel, build)
    if is_older(out, kernel, KERNELS / "kernel.h"):
        out.parent.mkdir(parents=True, exist_ok=True)
        sh("clang-19", *C_FLAGS, *BUILDS[build], "-o", out, kernel, "-lm")


def mote(name, build, *flags, environment={}):
    """A column of code compiled ahead of time by mote-aot."""
    artifact = lambda kernel: OUT / ("-".join(["mote", build, *flags]).replace("/", "")) / f"{kernel.stem}.cwasm"

    def prepare(kernel):
        out = artifact(kernel)
        if is_older(out, program(kernel, build), MOTE, AOT):
            out.parent.mkdir(parents=True, exist_ok=True)
            sh(MOTE, "compile", *flags, "-o", out, program(kernel, build))

    return Column(name, build, prepare, lambda kernel: [MOTE, "run", *flags, "--allow-precompiled", artifact(kernel)], environment)


def mote_baseline(name, build):
    """A column of code that the baseline tier makes as the program starts."""
    return Column(name, build, None, lambda kernel: [MOTE, "run", "-C", "compiler=baseline", "-C", "cache=n", program(kernel, build)])


def wasmtime(name, build, *flags):
    artifact = lambda kernel: OUT / ("-".join(["wasmtime", build, *flags])) / f"{kernel.stem}.cwasm"

    def prepare(kernel):
        out = artifact(kernel)
        if is_older(out, program(kernel, build), peers.wasmtime()):
            out.parent.mkdir(parents=True, exist_ok=True)
            done = subprocess.run([peers.wasmtime(), "compile", *flags, "-o", out, program(kernel, build)], stderr=subprocess.PIPE, text=True)
            if done.returncode:
                raise Refused(f"{name} refuses {kernel.stem}: {done.stderr}")

    return Column(name, build, prepare, lambda kernel: [peers.wasmtime(), "run", "--allow-precompiled", *flags, artifact(kernel)], is_peer=True)


def choose_columns(options):
    """The columns, and the ratios to print: (title, numerator, denominator)."""
    columns = [Column("native", "native"), Column("native huge", "native", environment=HUGE),
               mote("mote plain", "plain"), mote("mote SIMD", "simd")]
    ratios = [(f"{guest[5:]}/{base}", guest, base) for base in ("native", "native huge") for guest in ("mote plain", "mote SIMD")]
    has_wasmtime = peers.wasmtime() is not None
    if options.compiler != "baseline" and has_wasmtime:
        columns += [wasmtime("wasmtime plain", "plain"), wasmtime("wasmtime SIMD", "simd")]
        ratios += [("plain/wasmtime", "mote plain", "wasmtime plain"), ("SIMD/wasmtime", "mote SIMD", "wasmtime SIMD")]
    if options.compiler != "optimizing":
        columns += [mote_baseline("baseline plain", "plain"), mote_baseline("baseline SIMD", "simd")]
        ratios += [("baseline/optimizing", "baseline plain", "mote plain"), ("baseline/optimizing SIMD", "baseline SIMD", "mote SIMD")]
        if has_wasmtime:
            columns += [wasmtime("Winch plain", "plain", "-Ccompiler=winch")]
            ratios += [("baseline/Winch", "baseline plain", "Winch plain")]
    if options.spectre:
        columns += [mote("dense", "plain", "-Cmemory=dense,spectre=n"), mote("dense masked", "plain", "-Cmemory=dense,spectre=y")]
        ratios += [("dense/guard", "dense", "mote plain"), ("masking", "dense masked", "dense")]
    if options.march_native:
        columns += [Column("native march", "march", environment=HUGE, exact=False)]
        ratios += [("SIMD/march", "mote SIMD", "native march")]
    return columns, ratios


def measure(kernel, columns, rounds):
    """Best ns by column. All checksums must be equal; where a build may fuse operations, the sums but for rounding."""
    best, first = {}, None
    columns = list(columns)
    for _ in range(rounds):
        for column in list(columns):
            try:
                checksum, total, ns = column.run(kernel)
            except Refused as refused:
                if not column.is_peer:
                    sys.exit(f"bench: {refused}")
                print(f"bench: {refused}", file=sys.stderr)
                columns.remove(column)
                continue
            first = first or (checksum, total)
            is_same = checksum == first[0] if column.exact else abs(total - first[1]) <= 1e-6 * max(1.0, abs(first[1]))
            if not is_same:
                sys.exit(f"bench: {kernel.stem}: {column.name} computes {checksum} {total}, {columns[0].name} {first[0]} {first[1]}")
            best[column.name] = min(ns, best.get(column.name, ns))
    return best


def prepare(kernels, columns):
    """Builds what is to be run; a peer's refusal is told when its column runs."""
    build_mote()

    def one(kernel):
        for column in columns:
            build_kernel(kernel, column.build)
            try:
                if column.prepare:
                    column.prepare(kernel)
            except Refused as refused:
                print(f"bench: {refused}", file=sys.stderr)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(one, kernels))


def rows_of(kernels, columns, ratios, options):
    rows = []
    for kernel in kernels:
        if sys.stderr.isatty():
            print(f"\r{kernel.stem:20}", end="\r", file=sys.stderr, flush=True)
        best = measure(kernel, columns, options.rounds)
        row = {"kernel": kernel.stem}
        row.update({f"{name} ms": round(ns / 1e6, 1) for name, ns in best.items()})
        row.update({title: round(best[a] / best[b], 3) for title, a, b in ratios if a in best and b in best})
        rows.append(row)
    return rows


def summary(rows, ratios):
    """The geometric mean of each ratio, and the three kernels where it is worst."""
    out = []
    for title, above, below in ratios:
        known = sorted(((row[title], row["kernel"]) for row in rows if title in row), reverse=True)
        if known:
            out.append({"ratio": title, "of": f"{above} / {below}", "geomean": round(geomean(value for value, _ in known), 3),
                        "kernels": len(known), "worst": ", ".join(f"{name} {value:.2f}" for value, name in known[:3])})
    return out


def compute(options):
    columns, ratios = choose_columns(options)
    for group, title in (("named", "compute: the kernels PolyBench/C names"), ("other", "compute: other kernels")):
        kernels = [path for path in sorted((KERNELS / group).glob("*.c")) if re.search(options.kernels, path.stem)]
        if not kernels:
            continue
        prepare(kernels, columns)
        rows = rows_of(kernels, columns, ratios, options)
        report(options, rows, title, ["kernel", *(f"{column.name} ms" for column in columns)])
        if not options.json:
            report(options, rows, f"{title}, ratio of each", ["kernel", *(name for name, _, _ in ratios)])
        report(options, summary(rows, ratios), f"{title}, ratios over all", ["ratio", "of", "geomean", "kernels", "worst"])


def add_arguments(parser):
    parser.add_argument("--kernels", default="", metavar="REGEX", help="only kernels whose name has a match")
    parser.add_argument("--rounds", type=int, default=5, help="alternating runs of each column; the best counts (default 5)")
    parser.add_argument("--compiler", choices=("optimizing", "baseline", "both"), default="optimizing",
                        help="baseline: Mote's baseline tier and Winch beside the optimising tier; both: wasmtime's Cranelift too")
    parser.add_argument("--spectre", action="store_true", help="dense memories too, with and without masking")
    parser.add_argument("--march-native", action="store_true", help="native -march=native too (huge pages; may fuse operations)")
    parser.set_defaults(run=compute)
