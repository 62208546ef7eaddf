#!/usr/bin/env python3
"""Checks that every #include follows the arrows declared with mote_room().

Reads build/<preset>/rooms.json, so CMake stays the only place where arrows are written.
Usage: scripts/check_rooms.py <rooms.json> [--table]      exit status 1 when something is out of place; --table prints the arrows.
"""
import json
import pathlib
import re
import sys

SRC = pathlib.Path(__file__).resolve().parent.parent / "src"
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)
# The plain vocabulary of the front door, which every floor may speak.
VOCABULARY = {"mote/error.h", "mote/result.h", "mote/value.h", "mote/limits.h"}
# The two sides of the front door: what implements it, and what speaks C through it.
DOOR = ("engine/api", "engine/capi")
KERNEL = re.compile(r"^(sys/|linux/|unistd\.h|fcntl\.h|poll\.h|signal\.h|ucontext\.h|netinet/|arpa/|pthread\.h|spawn\.h|dlfcn\.h)")


def find_problems(rooms):
    owned = {prefix: name for name, room in rooms.items() for prefix in room["outside"] if prefix}
    names = sorted(rooms, key=len, reverse=True)
    room_of = lambda path: next((n for n in names if path.startswith(n + "/")), None)
    problems, files = [], 0
    for file in sorted(SRC.rglob("*")):
        if file.suffix not in (".h", ".cpp", ".S"):
            continue
        files += 1
        path = file.relative_to(SRC).as_posix()
        here = room_of(path)
        if here is None:
            problems.append(f"src/{path}: lies in no room")
            continue
        test = file.stem.endswith("_test") or file.stem.endswith("_testing")
        if file.suffix != ".h" and not test and path[len(here) + 1:] not in rooms[here]["sources"]:
            problems.append(f"src/{path}: dead file, not in any SOURCES")
        for quote, target in INCLUDE.findall(file.read_text()):
            there = room_of(target)
            if quote == '"' and there is None:
                problems.append(f'src/{path}: "{target}" is not a path from src/')
            if target.startswith("engine/") and (here.startswith(("host/", "platform/")) or here == "engine/capi") and there != here:
                problems.append(f'src/{path}: use <mote/...>; "{target}" is behind the front door')
            elif there and there != here and there not in rooms[here]["needs"] and not test:
                problems.append(f"src/{path}: {here} does not declare that it needs {there}")
            if (target.startswith("mote/") and target not in VOCABULARY and here not in DOOR
                    and here.startswith(("base/", "engine/"))):
                problems.append(f"src/{path}: <{target}> is above {here}; below the door only the vocabulary")
            for prefix, owner in owned.items():
                if target.startswith(prefix) and owner != here:
                    problems.append(f"src/{path}: <{target}> belongs to {owner} alone")
            if KERNEL.match(target) and not here.startswith(("base/os", "base/io")) and not test:
                problems.append(f"src/{path}: <{target}> is a kernel header; go through base/os")
    return problems, files


def main():
    rooms = {room["room"]: room for room in json.load(open(sys.argv[1]))}
    if "--table" in sys.argv:
        print("| room | needs |\n|---|---|")
        for name, room in rooms.items():
            print(f"| {name} | {' '.join(n for n in room['needs'] if n) or '—'} |")
        return
    problems, files = find_problems(rooms)
    print("\n".join(problems) or f"{len(rooms)} rooms, {files} files: every arrow is declared")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
