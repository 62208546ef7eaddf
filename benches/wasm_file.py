"""Sizes of a module's sections, read from the file. Mapped, not read: what this process holds in memory counts in its children's peak."""
import mmap


def sections(path):
    """(id, size with header, size) of each section of a module."""
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as wasm:
        return list(read_sections(wasm))


def read_sections(wasm):
    at = 8
    while at < len(wasm):
        start, kind = at, wasm[at]
        size = shift = 0
        while True:
            at += 1
            size |= (wasm[at] & 127) << shift
            shift += 7
            if wasm[at] < 128:
                break
        at += 1 + size
        yield kind, at - start, size


def without_custom(path):
    return 8 + sum(total for kind, total, _ in sections(path) if kind)


def code_size(path):
    return sum(size for kind, _, size in sections(path) if kind == 10)
