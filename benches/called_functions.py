#!/usr/bin/env python3
"""How much of a module is ever called: benches/called_functions.py MODULE.wasm [ARGUMENTS…], for docs/rationale/eager-compilation.md.

Makes a copy in which each function sets a global of its own, runs it in node (which can read them afterwards), and prints the share of
functions and of their bytes. For WASI preview 1 commands that need no files.
"""
import pathlib, subprocess, sys, tempfile

RUN = """
import {WASI} from 'node:wasi'; import fs from 'node:fs';
const [,, file, ...args] = process.argv;
const wasi = new WASI({version: 'preview1', args: [file, ...args], env: {}, returnOnExit: true});
const instance = new WebAssembly.Instance(new WebAssembly.Module(fs.readFileSync(file)), wasi.getImportObject());
wasi.start(instance);
const called = Object.entries(instance.exports).filter(([name, value]) => name.startsWith('called ') && value.value);
fs.writeFileSync(file + '.called', called.map(([name]) => name.slice(7)).join(' '));
"""
CUSTOM, IMPORT, GLOBAL, EXPORT, CODE = 0, 2, 6, 7, 10


def leb(number):
    out = b""
    while number >= 128:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


class Reader:
    def __init__(self, data, at=0):
        self.data, self.at = data, at

    def number(self):
        value = shift = 0
        while True:
            byte = self.data[self.at]
            self.at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    def byte(self):
        self.at += 1
        return self.data[self.at - 1]

    def take(self, size):
        self.at += size
        return self.data[self.at - size:self.at]


def sections(module):
    reader = Reader(module, 8)
    while reader.at < len(module):
        kind = reader.byte()
        yield kind, reader.take(reader.number())


def imported_globals(section):
    reader, found = Reader(section), 0
    for _ in range(reader.number()):
        reader.take(reader.number())
        reader.take(reader.number())
        kind = reader.byte()
        if kind == 0:
            reader.number()
        elif kind == 3:
            reader.take(2)
            found += 1
        else:
            reader.take(kind == 1)
            has_maximum = reader.byte() & 1
            reader.number()
            if has_maximum:
                reader.number()
    return found


def bodies(section):
    reader = Reader(section)
    return [reader.take(reader.number()) for _ in range(reader.number())]


def marked(body, index):
    reader = Reader(body)
    for _ in range(reader.number()):
        reader.number()
        if reader.byte() in (0x63, 0x64):
            reader.number()
    return body[:reader.at] + b"\x41\x01\x24" + leb(index) + body[reader.at:]


def instrument(module):
    parts = dict((kind, content) for kind, content in sections(module) if kind != CUSTOM)
    code = bodies(parts[CODE])
    first = imported_globals(parts.get(IMPORT, b"\0")) + Reader(parts.get(GLOBAL, b"\0")).number()
    extended = {
        GLOBAL: (b"\x7f\x01\x41\x00\x0b" for _ in code),
        EXPORT: (leb(len(name := b"called %d" % i)) + name + b"\x03" + leb(first + i) for i in range(len(code))),
    }
    out = module[:8]
    for kind, content in sections(module):
        if kind == CUSTOM:
            continue
        if kind in extended:
            reader = Reader(content)
            content = leb(reader.number() + len(code)) + content[reader.at:] + b"".join(extended[kind])
        elif kind == CODE:
            marks = [marked(body, first + i) for i, body in enumerate(code)]
            content = leb(len(code)) + b"".join(leb(len(body)) + body for body in marks)
        out += bytes([kind]) + leb(len(content)) + content
    return out, [len(body) for body in code]


def main():
    module, sizes = instrument(pathlib.Path(sys.argv[1]).read_bytes())
    with tempfile.TemporaryDirectory() as folder:
        copy, script = pathlib.Path(folder, "copy.wasm"), pathlib.Path(folder, "run.mjs")
        copy.write_bytes(module)
        script.write_text(RUN)
        subprocess.run(["node", "--no-warnings", script, copy, *sys.argv[2:]], check=True, stdout=subprocess.DEVNULL)
        called = [int(word) for word in pathlib.Path(f"{copy}.called").read_text().split()]
    print(f"{len(called)} of {len(sizes)} functions ({len(called) / len(sizes):.0%}), "
          f"{sum(sizes[i] for i in called)} of {sum(sizes)} bytes ({sum(sizes[i] for i in called) / sum(sizes):.0%})")


if __name__ == "__main__":
    main()
