"""Large modules for ./bench compile: made from a seed, many functions of ordinary size, or one as large as engines allow; or a module whose functions are there many times.

Bodies from a seed are random but valid, with the mix of compiled C: arithmetic on locals, loads and stores, calls, branches, blocks and loops, some
floating point. Or a module with its functions several times. Nothing is meant to be run.

    python3 generated.py many_functions|one_function BYTES OUT
    python3 generated.py repeated BYTES OUT MODULE
"""
import os, random, sys

from wasm_file import read_leb, read_sections

I32, I64, F64 = 0x7F, 0x7E, 0x7C
LOCALS = [(2, I32), (6, I32), (3, I64), (3, F64)]  # the first group are parameters
I32S, I64S, F64S = range(8), range(8, 11), range(11, 14)
CALLEES = 64  # functions that all others may call


def leb(value, signed=False):
    out = bytearray()
    while True:
        byte, value = value & 127, value >> 7
        if (value == 0 and not (signed and byte & 64)) or (signed and value == -1 and byte & 64):
            return bytes(out) + bytes([byte])
        out.append(byte | 128)


def vector(items):
    return leb(len(items)) + b"".join(items)


def section(kind, content):
    return bytes([kind]) + leb(len(content)) + content


class Bodies:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def get(self, locals_):
        return b"\x20" + leb(self.random.choice(locals_))

    def set(self, locals_):
        return b"\x21" + leb(self.random.choice(locals_))

    def i32(self, depth=0):
        """An expression of type i32."""
        r = self.random
        kind = r.random()
        if depth > 3 or kind < 0.35:
            return self.get(I32S)
        if kind < 0.5:
            return b"\x41" + leb(r.choice((0, 1, 4, 8, 16, 255, 1024, r.randrange(-70000, 70000))), signed=True)
        if kind < 0.68:
            opcode, align = r.choice(((0x28, 2), (0x28, 2), (0x2D, 0), (0x2F, 1), (0x2C, 0)))
            return self.i32(depth + 1) + bytes([opcode, align]) + leb(r.choice((0, 4, 8, 12, 24, 130)))
        if kind < 0.72:
            return self.i64(depth + 1) + b"\xa7"  # i32.wrap_i64
        opcode = r.choice((0x6A, 0x6A, 0x6B, 0x6C, 0x71, 0x72, 0x73, 0x74, 0x76, 0x46, 0x47, 0x48, 0x4D, 0x4F))
        return self.i32(depth + 1) + self.i32(depth + 1) + bytes([opcode])

    def i64(self, depth=0):
        r = self.random
        kind = r.random()
        if depth > 3 or kind < 0.5:
            return self.get(I64S)
        if kind < 0.6:
            return self.i32(depth + 1) + bytes([r.choice((0xAC, 0xAD))])
        if kind < 0.75:
            return self.i32(depth + 1) + b"\x29\x03" + leb(r.choice((0, 8, 16, 32)))
        return self.i64(depth + 1) + self.i64(depth + 1) + bytes([r.choice((0x7C, 0x7D, 0x7E, 0x83, 0x84, 0x88))])

    def f64(self, depth=0):
        r = self.random
        kind = r.random()
        if depth > 3 or kind < 0.5:
            return self.get(F64S)
        if kind < 0.6:
            return self.i32(depth + 1) + b"\xb7"  # f64.convert_i32_s
        if kind < 0.75:
            return self.i32(depth + 1) + b"\x2b\x03" + leb(r.choice((0, 8, 16)))
        return self.f64(depth + 1) + self.f64(depth + 1) + bytes([r.choice((0xA0, 0xA1, 0xA2, 0xA3))])

    def statement(self, depth=0):
        r = self.random
        kind = r.random()
        if kind < 0.45:
            return self.i32() + self.set(I32S)
        if kind < 0.55:
            return self.i64() + self.set(I64S)
        if kind < 0.6:
            return self.f64() + self.set(F64S)
        if kind < 0.75:
            return self.i32(2) + self.i32(1) + b"\x36\x02" + leb(r.choice((0, 4, 8, 20)))
        if kind < 0.85 or depth > 4:
            return self.i32(2) + self.i32(2) + b"\x10" + leb(r.randrange(CALLEES)) + self.set(I32S)
        if kind < 0.93:
            other = b"\x05" + self.statements(2, depth) if r.random() < 0.4 else b""
            return self.i32(1) + b"\x04\x40" + self.statements(3, depth) + other + b"\x0b"
        if kind < 0.97:
            return b"\x02\x40" + self.statements(2, depth) + self.i32(2) + b"\x0d\x00" + self.statements(2, depth) + b"\x0b"
        return b"\x03\x40" + self.statements(3, depth) + self.i32(2) + b"\x0d\x00\x0b"

    def statements(self, count, depth):
        return b"".join(self.statement(depth + 1) for _ in range(count))


def entry(statements):
    """A body as the code section holds it: it returns the first local."""
    locals_ = vector([leb(count) + bytes([kind]) for count, kind in LOCALS[1:]])
    body = locals_ + statements + b"\x20\x00\x0b"
    return leb(len(body)) + body


def module(entries):
    kind = b"\x60" + vector([b"\x7f", b"\x7f"]) + vector([b"\x7f"])
    return (b"\0asm\1\0\0\0" + section(1, vector([kind])) + section(3, leb(len(entries)) + b"\0" * len(entries)) +
            section(5, b"\x01\x00\x01") + section(10, vector(entries)))


def many_functions(size):
    """About `size` bytes of code. Functions are put together from 4,000 different statements: most of a median 500 bytes, a few large."""
    bodies = Bodies(1)
    pool = [bodies.statement() for _ in range(4000)]
    entries, total = [], 0
    while total < size or len(entries) < CALLEES:
        count = min(3000, max(1, int(bodies.random.lognormvariate(2.8, 1.1))))
        entries.append(entry(b"".join(bodies.random.choices(pool, k=count))))
        total += len(entries[-1])
    return module(entries)


def one_function(size):
    """One body of about `size` bytes, behind the small ones that it calls."""
    bodies = Bodies(2)
    pool = [bodies.statement() for _ in range(20000)]
    entries = [entry(pool[i]) for i in range(CALLEES)]
    statements, total = [], 0
    while total < size:
        statements.append(bodies.random.choice(pool))
        total += len(statements[-1])
    return module([*entries, entry(b"".join(statements))])


def read_parts(path):
    """The sections of a module but custom ones: {id: content}, in order."""
    with open(path, "rb") as file:
        wasm = file.read()
    parts, at = {}, 8
    for kind, total, content in read_sections(wasm):
        at += total
        if kind:
            parts[kind] = wasm[at - content:at]
    return parts


def written(parts):
    return b"\0asm\1\0\0\0" + b"".join(section(kind, content) for kind, content in parts.items())


def repeated(size, path):
    """All of a module's own functions as often as its code section needs to reach `size` bytes; what calls them calls the first ones."""
    parts = read_parts(path)
    times = -(-size // len(parts[10]))
    for kind in (3, 10):
        count, at = read_leb(parts[kind], 0)
        parts[kind] = leb(count * times) + parts[kind][at:] * times
    return written(parts)


def main(what, size, out, *more):
    unfinished = out + ".unfinished"  # an interrupted run leaves no file that looks complete
    with open(unfinished, "wb") as file:
        file.write({"many_functions": many_functions, "one_function": one_function, "repeated": repeated}[what](int(size), *more))
    os.replace(unfinished, out)


if __name__ == "__main__":
    main(*sys.argv[1:])
