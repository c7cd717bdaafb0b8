#!/usr/bin/env python3
"""Drives real clients against the running Weir; README.md says how.

Exit code 1 on a failure, 77 when nothing failed and a client could not be had.
"""

import argparse
import pathlib
import re
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import report
from cases import CASES
from checks import Run
from clients import CLIENTS, NATIVE, SERVED
from driver import Driver
from packages import Packages, Unavailable
from rig import UPSTREAMS, Rig

CLIENTS_AT_ONCE = 4
SKIPPED = 77


@dataclass
class Row:
    """One client on one upstream. `outcomes` has the cases that ran: "" or what was wrong;
    `skipped` says why there are none."""
    client: object
    upstream: str
    version: str = ""
    skipped: str = ""
    outcomes: dict = field(default_factory=dict)
    seconds: float = 0.0

    def cases(self):
        unserved = SERVED[self.client.protocol][self.upstream]
        return [name for name in self.client.cases if name not in unserved]

    def failures(self):
        return {name: wrong for name, wrong in self.outcomes.items() if wrong}


def pattern(text):
    try:
        return re.compile(text, re.IGNORECASE)
    except re.error as error:
        raise argparse.ArgumentTypeError(f"{text} is no regular expression: {error}") from error


def absolute(text):
    return pathlib.Path(text).resolve()


def parse(arguments):
    parser = argparse.ArgumentParser(prog="./weir clients", description=(
        "Installs real clients, pinned, below the build folder, and drives them against the "
        "running Weir with the fake provider: streams, tools, images, usage, errors."))
    parser.add_argument("filter", nargs="?", default="", type=pattern,
                        help="a regular expression: only the clients whose names match")
    parser.add_argument("--case", default="", type=pattern,
                        help="a regular expression: only the cases whose names match")
    parser.add_argument("--upstream", default="", type=pattern,
                        help="a regular expression: only the upstreams whose names match")
    parser.add_argument("--quick", action="store_true",
                        help="only what installs in seconds, on its own protocol")
    parser.add_argument("--write", action="store_true", help="put the table into docs/clients.md")
    parser.add_argument("--build-dir", required=True, type=absolute, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.write and (options.quick or any(
            only.pattern for only in (options.filter, options.case, options.upstream))):
        parser.error("--write wants the whole run")
    return options


def chosen_rows(options):
    return [Row(client, upstream) for client in CLIENTS for upstream in SERVED[client.protocol]
            if options.filter.search(client.name) and options.upstream.search(upstream)
            and (not options.quick or client.quick and upstream == NATIVE[client.protocol])]


def run_row(rig, row, command, cases):
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="weir-client-", ignore_cleanup_errors=True) as folder:
        home = pathlib.Path(folder)
        with Driver(command, home) as driver:
            for name in row.cases():
                if not cases.search(name):
                    continue
                row.outcomes[name] = ""
                try:
                    CASES[name].check(Run(rig, driver, row.client, row.upstream, home))
                except Exception as error:  # a bug of a check is a failure of its case
                    row.outcomes[name] = f"{type(error).__name__}: {error}"
    row.seconds = time.monotonic() - began
    report.print_row(row)


def install(rows, build_dir):
    """The command of each row that can be had; the others say why not."""
    packages, ready = Packages(build_dir), []
    packages.install_together({row.client.packages for row in rows} | {"node"})
    for row in rows:
        try:
            ready.append((row, row.client.command(packages)))
            row.version = packages.version(row.client.packages, row.client.package)
        except Unavailable as error:
            row.skipped = str(error)
            report.print_row(row)
    return ready


def run_all(ready, options):
    rig = Rig(options.build_dir)
    try:
        rig.start()
        with ThreadPoolExecutor(CLIENTS_AT_ONCE) as pool:
            done = [pool.submit(run_row, rig, row, command, options.case)
                    for row, command in ready]
        for future in done:
            future.result()
        if any(row.failures() for row, _ in ready):
            print(rig.logs())
    finally:
        codes = rig.close()
    assert not any(codes.values()), f"exit codes after SIGTERM: {codes}"


def main(arguments):
    options = parse(arguments)
    rows = chosen_rows(options)
    if not rows:
        print("no such client; there are: " + ", ".join(client.name for client in CLIENTS) +
              "; on " + ", ".join(UPSTREAMS))
        return 1
    print("==> installing the clients", flush=True)
    ready = install(rows, options.build_dir)
    if not ready:
        return SKIPPED
    print("==> running them", flush=True)
    run_all(ready, options)
    print("\n" + report.tables(rows))
    if any(row.failures() for row in rows):
        return 1
    if options.write:
        report.write(rows)
    return SKIPPED if any(row.skipped for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
