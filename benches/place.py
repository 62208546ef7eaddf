"""Where things lie, and how they are run: paths of the tree, the release build, shell commands. Shared by the files of ./bench."""
import os, pathlib, subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent
WORK = ROOT / "build" / "bench"
RELEASE = ROOT / "build" / "release"
MOTE = RELEASE / "mote"
AOT = RELEASE / "mote-aot"


def sh(*command, **options):
    return subprocess.run([str(word) for word in command], check=True, **options)


def is_older(product, *sources):
    """Whether `product` has to be made (again) from `sources`."""
    return not product.exists() or any(product.stat().st_mtime < source.stat().st_mtime for source in sources)


def build_mote(*more):
    sh(ROOT / "scripts/build", "release", "mote", "mote-aot", *more)


def add_build_argument(parser):
    parser.add_argument("--build", type=pathlib.Path, default=None, help="a folder with mote and mote-server, as it is (default: build/release, built before)")


def built_or_given(options):
    """The program of that argument."""
    if options.build is not None:
        return options.build.resolve() / "mote"
    build_mote()
    return MOTE


def build_spawn():
    """The timer of whole commands."""
    spawn, source = WORK / "spawn", ROOT / "benches/spawn.cpp"
    if is_older(spawn, source):
        sh("clang++-19", "-O2", "-std=c++20", "-static", "-o", spawn, source)
    return spawn
