"""What a run found: lines while it runs, and the tables of docs/clients.md."""

import threading

import documented
from cases import CASES

BEGIN = "<!-- table: made by ./weir clients --write -->"
END = "<!-- end of the table -->"

_printing = threading.Lock()


def print_row(row):
    title = f"{row.client.name} on {row.upstream}"
    with _printing:
        if row.skipped:
            print(f"    {title}: skipped: {row.skipped}", flush=True)
            return
        failures = row.failures()
        word = f"{len(failures)} FAILED" if failures else f"{len(row.outcomes)} passed"
        print(f"    {title} {row.version}: {word} ({row.seconds:.0f} s)", flush=True)
        for name, message in failures.items():
            print(f"      {CASES[name].title}: " + message.replace("\n", "\n        "), flush=True)


def tables(rows):
    """A table for each kind of client: those with the same cases stand together."""
    kinds = {}
    for row in rows:
        kinds.setdefault("session" in row.client.cases, []).append(row)
    return "\n".join(_table(kind) for kind in kinds.values())


def _table(rows):
    cases = [name for name in CASES if any(name in row.client.cases for row in rows)]
    head = ["client", "version", "upstream", *(CASES[name].title for name in cases)]
    lines = [head, ["---"] * len(head)]
    for row in rows:
        lines.append([row.client.name, row.version, row.upstream,
                      *(_cell(row, name) for name in cases)])
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def _cell(row, name):
    if name not in row.client.cases:
        return ""
    if name not in row.cases():
        return "not served"
    if row.skipped:
        return "skipped"
    if name not in row.outcomes:
        return "not run"
    return "FAILED" if row.outcomes[name] else "pass"


def write(rows):
    """Only of a run in which nothing failed."""
    page = documented.PAGE
    text = page.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    assert end, f"{page}: the markers of the table are missing"
    page.write_text(f"{before}{BEGIN}\n{tables(rows)}{END}{after}", encoding="utf-8")
    print(f"written: {page}")
