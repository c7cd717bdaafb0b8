"""`./weir bench`: the relay and nginx under the same load, in one run, taking turns.

Both stand in front of the same fake provider. Every figure of Weir's is taken with keys, metering
and spool on, its usage and admin services running; nginx only passes bytes on. Each figure is the
median of the rounds; within a round nginx and Weir follow each other at once, so that a busy minute
of the machine meets both.
"""

import argparse
import dataclasses
import json
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

import report
from processes import FakeProvider, Missing, binary, cpu_microseconds, rss_kib
from targets import MODEL, DirectTarget, NginxTarget, WeirTarget

SETTLE_SECONDS = 0.5  # what a target does after its last answer (spool, log) belongs to its CPU
ANSWER = "huge=2"


@dataclasses.dataclass
class Plan:
    rounds: int
    seconds: float
    connections: int
    paced_streams: int
    held_streams: int

    @property
    def paced_scenario(self):
        return f"events={int(self.seconds * 20)}+pace=50"


FULL = Plan(rounds=5, seconds=5.0, connections=32, paced_streams=400, held_streams=4000)
QUICK = Plan(rounds=2, seconds=1.5, connections=32, paced_streams=200, held_streams=1000)
EVENTS = "events=200"
HELD = "events=12+pace=700"  # long enough to be all open at once and to be looked at


class Bench:
    def __init__(self, build_dir, plan, targets, direct):
        self._load = binary(build_dir, "weir-load")
        self._plan = plan
        self._targets = targets
        self._direct = direct
        self.requests = {}  # by target's name: all that were answered
        self.failures = []

    def load(self, target, scenario, *flags):
        """Runs weir-load; returns its result."""
        with self._start(target, scenario, *flags) as process:
            out, _ = process.communicate()
        return self._read(target, scenario, out, process.returncode)

    def _start(self, target, scenario, *flags):
        command = [self._load, "--url", target.url(), "--model", MODEL]
        for header in target.headers(scenario):
            command += ["--header", header]
        return subprocess.Popen([*command, *map(str, flags)], stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)

    def _read(self, target, scenario, out, code):
        if code != 0:
            raise Missing(f"weir-load ended with {code} on {target.name}")
        result = json.loads(out)
        self.requests[target.name] = self.requests.get(target.name, 0) + result["requests"]
        if result["errors"]:
            self.failures.append(f"{target.name}, {scenario}: {result['errors']} of "
                                 f"{result['errors'] + result['requests']} failed, statuses "
                                 f"{result['statuses']}")
        if not result["requests"]:
            raise Missing(f"{target.name} answered nothing: {result}")
        return result

    def _cpu_per(self, target, unit, scenario, *flags):
        before = cpu_microseconds(target.pids())
        result = self.load(target, scenario, *flags)
        time.sleep(SETTLE_SECONDS)
        return (cpu_microseconds(target.pids()) - before) / max(1, result[unit])

    def cpu(self, unit, scenario, *shape):
        """{target: [CPU microseconds per unit, one a round]}, the targets taking turns."""
        shape = (*shape, "--connections", self._plan.connections)
        figures = {target.name: [] for target in self._targets}
        for target in self._targets:  # connections, caches and pages that the first load needs
            self.load(target, scenario, *shape, "--requests", 200)
        for _ in range(self._plan.rounds):
            for target in self._targets:
                figures[target.name].append(self._cpu_per(target, unit, scenario, *shape,
                                                          "--seconds", self._plan.seconds))
        return figures

    def requests_case(self, body_bytes):
        return self.cpu("requests", ANSWER, "--body-bytes", body_bytes)

    def stream_case(self):
        return self.cpu("events", EVENTS, "--stream")

    def paced_case(self):
        figures = {target.name: [] for target in self._targets}
        for _ in range(self._plan.rounds):
            for target in self._targets:
                figures[target.name].append(self._cpu_per(
                    target, "events", self._plan.paced_scenario, "--hold",
                    self._plan.paced_streams, "--ramp-seconds", 0.5))
        return figures

    def latency_case(self):
        """{name: [(p50, p99) microseconds]} at one connection, of the provider itself too."""
        figures = {}
        for _ in range(self._plan.rounds):
            for target in [self._direct, *self._targets]:
                result = self.load(target, ANSWER, "--connections", 1, "--seconds",
                                   max(1, self._plan.seconds / 2))
                latency = result["latency_us"]
                figures.setdefault(target.name, []).append((latency["p50"], latency["p99"]))
        return figures

    def held_case(self):
        """{name: KiB per stream, lost streams, first events} of fresh processes."""
        figures = {}
        for target in self._targets:
            target.restart()
            self.load(target, ANSWER, "--requests", 50, "--connections", 4)
            time.sleep(SETTLE_SECONDS)
            before = rss_kib(target.pids())
            with self._start(target, HELD, "--hold", self._plan.held_streams, "--ramp-seconds",
                             2) as process:
                line = process.stderr.readline()
                time.sleep(SETTLE_SECONDS)
                held = rss_kib(target.pids()) - before if line.startswith("held") else None
                out, _ = process.communicate()
            result = self._read(target, HELD, out, process.returncode)
            figures[target.name] = {
                "kib_per_stream": held / self._plan.held_streams if held is not None else None,
                "idle_kib": before, "lost": result["lost"],
                "first_event_us": result["first_event_us"]}
        return figures


def run(options, plan, folder):
    fake = FakeProvider(options.build_dir, folder)
    targets = []
    try:
        targets.append(NginxTarget(folder, fake.port))
        if not options.nginx_only:
            scenarios = [ANSWER, EVENTS, HELD, plan.paced_scenario]
            targets.append(WeirTarget(options.build_dir, fake.port, scenarios))
        bench = Bench(options.build_dir, plan, targets, DirectTarget(fake.port))
        cases = {"cpu_2k": lambda: bench.requests_case(2048),
                 "cpu_256k": lambda: bench.requests_case(256 * 1024),
                 "cpu_event": bench.stream_case, "cpu_event_paced": bench.paced_case,
                 "latency": bench.latency_case, "held": bench.held_case}
        results = {}
        for name, case in cases.items():
            print(f"measuring {name} …", file=sys.stderr, flush=True)
            results[name] = case()
        if not options.nginx_only:
            answered = bench.requests["weir"]
            results["ledger"] = {"answered": answered,
                                 "rows": targets[-1].wait_for_ledger(answered)}
        results["failures"] = bench.failures
        return results
    finally:
        for target in targets:
            target.stop()
        fake.stop()


def read_options():
    parser = argparse.ArgumentParser(prog="./weir bench", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build-dir", default="build/release")
    parser.add_argument("--quick", action="store_true", help="a minute instead of eight; rough")
    parser.add_argument("--nginx-only", action="store_true", help="to try the bench itself")
    parser.add_argument("--rounds", type=int, help="instead of the plan's")
    parser.add_argument("--seconds", type=float, help="of a load, instead of the plan's")
    parser.add_argument("--json", metavar="FILE", help="write every round's figures there")
    parser.add_argument("--check", action="store_true", help="exit 1 when a target is missed")
    return parser.parse_args()


def main():
    options = read_options()
    plan = dataclasses.replace(QUICK if options.quick else FULL)
    plan.rounds = options.rounds or plan.rounds
    plan.seconds = options.seconds or plan.seconds
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        with tempfile.TemporaryDirectory(prefix="weir-bench-") as folder:
            results = run(options, plan, pathlib.Path(folder))
    except Missing as problem:
        print(f"bench: {problem}", file=sys.stderr)
        return 2
    results["plan"] = dataclasses.asdict(plan)
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(results, indent=1) + "\n")
    missed = report.show(results, plan)
    return 1 if results["failures"] or (options.check and missed) else 0


if __name__ == "__main__":
    sys.exit(main())
