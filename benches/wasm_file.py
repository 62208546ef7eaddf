"""Sizes of a module's sections, read from the file."""


def sections(wasm):
    """(id, size with header) of each section of a module."""
    at, out = 8, []
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
        out.append((kind, at - start, size))
    return out


def without_custom(path):
    return 8 + sum(total for kind, total, _ in sections(path.read_bytes()) if kind)


def code_size(path):
    return sum(size for kind, _, size in sections(path.read_bytes()) if kind == 10)
