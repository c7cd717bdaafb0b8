#!/usr/bin/env python3
"""Mixed traffic through a running Weir for as long as one likes: every protocol, whole answers and streams, clients that leave,
accounts that fail, and an administrator who changes things all the time. Memory, descriptors and threads of all three
services stay flat, no request fails, and the ledger is exact at the end. tests/soak/README.md says what flat means.
"""

import argparse
import collections
import itertools
import pathlib
import re
import sqlite3
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))

import harness  # noqa: E402
from admin_client import eventually  # noqa: E402
from changes import Changes  # noqa: E402
from gauges import Gauges, bounds_for, watch  # noqa: E402
from slow_readers import slow_readers  # noqa: E402
from traffic import PROTOCOLS, Caller, Traffic, check_cost_by_cost  # noqa: E402

GOOD = "events=10+pace=10"
# Of each protocol's second lane the first two accounts; three attempts is what the settings allow.
FAILING = (("500", "529"), ("429+retry_after=1", "overload_first"), ("503+no_retry_after", "garbage"), ("401", "500"))
ABORT_EVERY = 20
REPORT_LINES = 150
FOUND = re.compile(r"ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|runtime error:")


class Scene:
    """Who asks: by each protocol a lane whose accounts are well, and one whose first accounts fail. Each has an account to
    spare, which the administrator may turn off."""

    def __init__(self, stack):
        self.callers, self.spare = [], []
        for number, protocol in enumerate(PROTOCOLS):
            for failing in ((), FAILING[number]):
                lane = stack.lane(*[{"scenario": scenario, "platform": protocol.platform, "priority": 10 + place}
                                    for place, scenario in enumerate((*failing, GOOD, GOOD))])
                self.callers.append(Caller(protocol, lane))
                self.spare.append(lane.accounts[-1])

    def key_ids(self):
        return [caller.lane.key_id for caller in self.callers]


def ledger_rows(stack, key_ids):
    """(request id, cost) of all rows of these keys, out of the file itself."""
    marks = ",".join("?" * len(key_ids))
    with sqlite3.connect(f"file:{stack.folder}/usage.db?mode=ro", uri=True) as database:
        rows = database.execute(f"SELECT lower(hex(id)), cost_nano_usd FROM usage_events WHERE key_id IN ({marks})", key_ids)
        return [("-".join((row[0][:8], row[0][8:12], row[0][12:16], row[0][16:20], row[0][20:])), row[1]) for row in rows]


def check_ledger(stack, scene, traffic):
    """Each answer at its own cost, each that was left once, at whatever had passed, and nothing else; and the sums."""
    sent = len(traffic.answered) + len(traffic.aborted)
    eventually(lambda: len(ledger_rows(stack, scene.key_ids())) >= sent, "every request is in the ledger", timeout=120, pause=1)
    rows = ledger_rows(stack, scene.key_ids())
    left = [row for row in rows if row[0] in traffic.aborted]
    assert len(left) == len(traffic.aborted), f"{len(traffic.aborted)} were left, {len(left)} of them are in the ledger"
    check_cost_by_cost([row for row in rows if row[0] not in traffic.aborted], traffic.answered)
    summed = sum(row["cost_nano_usd"] for key_id in scene.key_ids()
                 for row in stack.api.get(f"/api/v1/usage/summary?by=key&key_id={key_id}")["data"])
    assert summed == sum(cost for _, cost in rows), "the sums are not those of the rows"
    print(f"soak: {len(rows)} rows, {summed} nano-USD, as the answers said")


def soak(stack, minutes, clients, memory):
    scene = Scene(stack)
    gauges = [Gauges(service) for service in (stack.relay, stack.usage, stack.admin)]
    with Traffic(stack.relay_port, scene.callers, clients, per_second=5, abort_every=ABORT_EVERY) as traffic, \
            Changes(stack, scene.callers[0].lane, scene.spare) as changes:
        tell = lambda at: print(f"  {at / 60:5.1f} min  {len(traffic.answered)} answered  {len(traffic.aborted)} left  "
                                f"{len(traffic.failures)} failed  {changes.made} changes  "
                                + "  ".join(f"{gauge.service.name} {gauge.samples[-1][1]} KiB" for gauge in gauges), flush=True)
        watch(gauges, minutes * 60, tell=tell)
    kinds = ", ".join(f"{name} {'streams' if stream else 'whole'} {count}" for (name, stream), count in sorted(traffic.by_kind.items()))
    print(f"soak: {minutes} min, {len(traffic.answered)} answered ({kinds}), {len(traffic.aborted)} left, "
          f"{len(traffic.failures)} failed, {changes.made} changes")
    bounds = bounds_for(minutes)
    problems = [] if changes.failed is None else [changes.failed]
    problems += [f"{len(traffic.failures)} requests failed: {traffic.failures[:3]}"] if traffic.failures else []
    for gauge in gauges:
        print("soak: " + gauge.line(bounds[gauge.service.name]))
        problems += gauge.problems(bounds[gauge.service.name], memory)
    stack.log_in()
    try:
        check_ledger(stack, scene, traffic)
    except AssertionError as why:
        problems.append(str(why))
    return problems


def is_sanitized(build_dir):
    linked = subprocess.run(["ldd", pathlib.Path(build_dir) / "bin" / "weir-relay"], capture_output=True, text=True, check=True).stdout
    return "libasan" in linked or "libtsan" in linked


def findings(stack):
    """What a sanitizer wrote, once for each place; the services write nothing else like it. The reports are shown whole,
    since the logs go with the folder."""
    found = []
    for service in stack.services():
        lines, places = service.log().splitlines(), collections.Counter()
        for start in [number for number, line in enumerate(lines) if FOUND.search(line)]:
            report = list(itertools.takewhile(lambda line: not line.startswith("====="), lines[start:start + REPORT_LINES]))
            place = next((line for line in report if line.startswith("SUMMARY: ")), report[0])
            if place not in places:
                print("\n".join([f"--- {service.name}", *report]))
            places[place] += 1
        found += [f"{service.name}: {place} ({times} times)" for place, times in places.items()]
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build-dir", required=True)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--clients", type=int, default=8)
    options = parser.parse_args()
    memory = not is_sanitized(options.build_dir)  # a sanitizer keeps what is freed for a while
    # A folder of our own: what a sanitizer wrote at a service's end is read after that end.
    with tempfile.TemporaryDirectory(prefix="weir-soak-") as folder:
        # Kept connections close within the time that the descriptors are looked at.
        stack = harness.Stack(options.build_dir, folder, settings={"WEIR_RELAY_UPSTREAM_IDLE_TIMEOUT_MS": 5000})
        try:
            stack.start()
            problems = slow_readers(stack, seconds=min(60, int(options.minutes * 20))) if memory else []
            problems += soak(stack, options.minutes, options.clients, memory)
        finally:
            codes = stack.close()
        problems += findings(stack) + [f"{name} ended with {code}" for name, code in codes.items() if code != 0]
    print("soak: " + ("; ".join(problems) if problems else "flat, and the ledger is exact"))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
