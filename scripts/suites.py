#!/usr/bin/env python3
"""Builds and runs the test suites; the body of ./test.

A suite is a command that ends with a line "N passed, N failed[, N skipped]" (GoogleTest programs are read in their own words).
Suites run one after another, since most of them use all cores themselves. Exit status 1 when anything failed.
"""
import argparse, json, os, pathlib, re, subprocess, sys, time

ROOT = pathlib.Path(__file__).resolve().parent.parent
SPEC = ROOT.parent / "shared" / "spec"
PLAIN = re.compile(r"(\d+) passed, (\d+) failed(?:, (\d+) skipped)?\s*$")
GTEST = {word: re.compile(r"\[  %s \] (\d+) tests?" % label) for word, label in
         (("passed", "PASSED "), ("failed", "FAILED "), ("skipped", "SKIPPED"))}
# Mote's own handler must see SIGSEGV first; sanitizers cannot follow compiled code, which the oracle covers.
SANITIZER_ENV = {"ASAN_OPTIONS": "handle_segv=0:handle_sigbus=0:handle_sigill=0:handle_sigfpe=0:detect_stack_use_after_return=0:detect_leaks=1",
                 "UBSAN_OPTIONS": "print_stacktrace=1", "TSAN_OPTIONS": "handle_segv=0"}


def build(preset, *targets):
    if subprocess.run([ROOT / "scripts/build", preset, *targets]).returncode:
        sys.exit(2)
    return ROOT / "build" / preset


def run(title, command, env=None):
    """Runs one suite and returns (passed, failed, skipped)."""
    begin = time.monotonic()
    process = subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=ROOT, text=True,
                               errors="replace", env={**os.environ, **SANITIZER_ENV, **(env or {})})
    lines = []
    quiet = title.startswith("unit ")
    for line in process.stdout:
        lines.append(line)
        if not quiet:
            sys.stdout.write("  " + line)
            sys.stdout.flush()
    status = process.wait()
    plain = next((m for m in map(PLAIN.search, reversed(lines[-5:])) if m), None)
    if plain:
        passed, failed, skipped = (int(n or 0) for n in plain.groups())
    else:
        text = "".join(lines)
        count = lambda word: max((int(n) for n in GTEST[word].findall(text)), default=0)
        passed, failed, skipped = count("passed"), count("failed"), count("skipped")
    if status and not failed:
        failed = 1  # died without counting
    if failed and quiet:
        sys.stdout.write("".join("  " + line for line in lines))
    print(f"{title}: {passed} passed, {failed} failed, {skipped} skipped ({time.monotonic() - begin:.0f} s)", flush=True)
    return passed, failed, skipped


def skip(title, reason):
    print(f"{title}: SKIPPED: {reason}", flush=True)
    return 0, 0, 1


def unit(folder, _):
    total = (0, 0, 0)
    for program in json.loads((folder / "unit_tests.json").read_text()):
        total = tuple(a + b for a, b in zip(total, run("unit " + program, [next(folder.rglob(program))])))
    return total


def house(folder, _):
    return run("house", [ROOT / "tests/house/run", folder])


def cases(folder, _):
    return run("cases", [ROOT / "tests/cases/run", folder])


def examples(folder, _):
    results = [run("examples, " + name, [ROOT / "examples" / name / "test", folder]) for name in ("telemetry", "policy-in-ci", "plugin")]
    return tuple(sum(column) for column in zip(*results))


def embed(folder, options):
    folders = [folder]
    if options.suite == "embed" and options.on == "dev":  # what is released is built in another way: for link-time optimisation
        folders.append(build("release", "mote_library", "mote", "mote-aot"))
    results = [run("embed, " + one.name, [ROOT / "tests/embed/run", one]) for one in folders]
    return tuple(sum(column) for column in zip(*results))


def programs(folder, options):
    return run("programs", [ROOT / "tests/programs/run", folder, *options.rest])


def up(folder, options):
    return run("up", [ROOT / "tests/up/run", folder, *options.rest])


def spec(folder, options):
    suite = SPEC
    if not (suite / "core").is_dir():
        suite = ROOT / "build" / "spec"
        made = subprocess.run([ROOT / "scripts/spec_suite", suite])
        if made.returncode:
            return skip("spec", "no ../shared/spec, and the packages it can be made from are out of reach (see above)")
    jobs = os.cpu_count() or 1
    tiers = run("spec", [folder / "tests/spec/spec_runner", "--spec", suite, "--jobs", jobs, *options.rest])
    if options.rest:
        return tiers
    # The oracle judges the tiers in differential runs, so it must pass the suite itself.
    oracle = run("spec, oracle", [folder / "tests/oracle/oracle_spec", "--spec", suite, "--jobs", jobs, "--quiet"])
    return tuple(a + b for a, b in zip(tiers, oracle))


def differential(folder, options):
    return run("differential", [folder / "tests/differential/differential", *(options.rest or ["--smoke"])])


def code(folder, options):
    return run("code", [ROOT / "tests/code/run", folder, *options.rest])


def fuzz_smoke(folder, _):
    return run("fuzz smoke", [ROOT / "fuzz/smoke", folder])



SUITES = {"unit": unit, "house": house, "cases": cases, "embed": embed, "programs": programs, "up": up, "examples": examples, "spec": spec, "differential": differential, "code": code,
          "fuzz-smoke": fuzz_smoke}


def campaign(options):
    """The oracle against both compilers for as long as it is given; goes on where it stopped."""
    folder = build("dev", "differential")
    state = ["--state", ROOT / "build/campaign"] if "--jobs" not in options.rest else []
    words = ["--seeds", "1..", "--minutes", options.minutes, "--finds", ROOT / "tests/differential/finds", *state, *options.rest]
    return subprocess.run(["nice", "-n", "10", folder / "tests/differential/differential", *map(str, words)]).returncode


def main():
    parser = argparse.ArgumentParser(prog="./test", description="Gets what the tests need, builds and runs them. "
                                     "Suites: " + ", ".join(SUITES) + "; `./test fuzz --minutes N [TARGET…]` is coverage-guided fuzzing, "
                                     "`./test campaign --minutes N` the oracle against both compilers, on generated programs.")
    parser.add_argument("suite", nargs="?", choices=[*SUITES, "fuzz", "campaign"], help="only this one; further arguments go to it")
    parser.add_argument("--on", default="dev", choices=["dev", "asan", "tsan", "coverage", "no-aot"], help="the preset to build and test")
    parser.add_argument("--minutes", type=float, default=10, help="fuzz: for each target; campaign: in all")
    options, options.rest = parser.parse_known_args()
    if options.rest and not options.suite:
        parser.error("unknown argument: " + options.rest[0])
    if options.suite == "campaign":
        sys.exit(campaign(options))
    if options.suite == "fuzz":
        folder = build("fuzz")
        sys.exit(subprocess.run([ROOT / "fuzz/campaign", folder, str(options.minutes), *options.rest]).returncode)
    folder = build(options.on)
    chosen = [SUITES[options.suite]] if options.suite else SUITES.values()
    results = [suite(folder, options) for suite in chosen]
    passed, failed, skipped = (sum(column) for column in zip(*results))
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    sys.exit(bool(failed) or not passed)


if __name__ == "__main__":
    main()
