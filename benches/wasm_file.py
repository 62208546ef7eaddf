"""Sizes of a module's sections, read from the file. Mapped, not read: what this process holds in memory counts in its children's peak."""
import mmap


def sections(path):
    """(id, size with header, size) of each section of a module."""
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as wasm:
        return list(read_sections(wasm))


def read_leb(wasm, at):
    """An unsigned integer, and the place behind it."""
    value = shift = 0
    while True:
        byte, at = wasm[at], at + 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at


def read_sections(wasm):
    at = 8
    while at < len(wasm):
        start, kind = at, wasm[at]
        size, at = read_leb(wasm, at + 1)
        at += size
        yield kind, at - start, size


def without_custom(path):
    return 8 + sum(total for kind, total, _ in sections(path) if kind)


def code_size(path):
    return sum(size for kind, _, size in sections(path) if kind == 10)
