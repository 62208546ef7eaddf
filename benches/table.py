"""Prints rows: a table for people, or with --json one object a line that names the bench and the machine."""
import json, math, platform


def cpu_name():
    try:
        with open("/proc/cpuinfo") as cpuinfo:
            return next(line.split(":", 1)[1].strip() for line in cpuinfo if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.machine()


def report(options, rows, title, columns):
    if options.json:
        for row in rows:
            print(json.dumps({"bench": title, "machine": cpu_name(), **row}), flush=True)
        return
    print(f"\n{title}")
    text = [[show(row.get(column, "")) for column in columns] for row in rows]
    widths = [max(map(len, cells)) for cells in zip(columns, *text)]
    for cells in [columns, *text]:
        print("  " + "  ".join(cell.ljust(width) for cell, width in zip(cells, widths)).rstrip())


def show(value):
    return f"{value:.3f}" if isinstance(value, float) and abs(value) < 10 else str(value)


def geomean(values):
    values = list(values)
    return math.exp(sum(map(math.log, values)) / len(values)) if values else float("nan")
