"""`./weir bench`: the relay and nginx under the same load, in one run, taking turns.

Both stand in front of the same fake provider. Every figure of Weir's is taken with keys, limits,
metering and spool on, its usage and admin services running; nginx only passes bytes on. Each
figure is the median of the rounds; within a round nginx and Weir follow each other at once, so that
a busy minute of the machine meets both. `--snapshot` measures a million keys instead.
"""

import argparse
import dataclasses
import json
import os
import pathlib
import resource
import sys
import tempfile

import measure
import report
import snapshot_scale
from processes import Authority, FakeProvider, Missing
from targets import DirectTarget, NginxTarget, WeirServices, WeirTarget, expected_ledger

REAL_TIME_PRIORITY = 10


class Setting:
    """All that runs during the bench; stopped in the reverse order of its start."""

    def __init__(self, options, plan, folder):
        self._running = []
        authority = Authority(folder)
        fake = self._add(FakeProvider(options.build_dir, folder))
        fake_tls = self._add(FakeProvider(options.build_dir, folder, authority.provider))
        self.direct = DirectTarget(fake.port)
        self.plain = [self._add(NginxTarget(folder, fake.port))]
        self.tls = [self._add(NginxTarget(folder, fake_tls.port, authority))]
        self.weir, self.translated = [], []
        self.services = None
        if options.nginx_only:
            return
        services = self._add(WeirServices(options.build_dir, {
            "WEIR_RELAY_UPSTREAM_CA_FILE": authority.certificate}))
        self.services = services
        tls_scenarios = [measure.ANSWER, measure.EVENTS, measure.HELD_TLS]
        self.weir = [WeirTarget(services, fake.url, plan.scenarios, [measure.SLOW]),
                     WeirTarget(services, fake_tls.url, tls_scenarios)]
        self.translated = [
            WeirTarget(services, fake.url, measure.TRANSLATED, (), name, path, platform)
            for name, (path, platform) in measure.PAIRS.items()]
        self.weir += self.translated
        self.plain.append(self.weir[0])
        self.tls.append(self.weir[1])

    def _add(self, part):
        self._running.append(part)
        return part

    def stop(self):
        for part in reversed(self._running):
            part.stop()


def cases_of(bench, setting):
    with_direct = [setting.direct, *setting.plain]
    pairs = [*setting.weir[:1], *setting.translated]  # the native path is what they are held to
    return {
        "cpu_2k": lambda: bench.requests_case(setting.plain, 2048),
        "cpu_256k": lambda: bench.requests_case(setting.plain, 256 * 1024),
        "cpu_event": lambda: bench.events_case(setting.plain),
        "cpu_event_paced": lambda: bench.paced_case(setting.plain),
        "tls_cpu_2k": lambda: bench.requests_case(setting.tls, 2048),
        "tls_cpu_event": lambda: bench.events_case(setting.tls),
        "translated_2k": lambda: bench.requests_case(pairs, 2048),
        "translated_256k": lambda: bench.requests_case(pairs, 256 * 1024),
        "translated_event": lambda: bench.events_case(pairs),
        "translated_held": lambda: bench.held_case(setting.translated),
        "latency": lambda: bench.latency_case(with_direct),
        "first_event": lambda: bench.first_event_case(with_direct),
        "opened": lambda: bench.opened_case(setting.plain),
        "slow": lambda: bench.slow_case(setting.plain),
        "held": lambda: bench.held_case(setting.plain),
        "tls_held": lambda: bench.held_case(setting.tls, measure.HELD_TLS),
    }


def ledger_of(bench, setting):
    """What the ledger has and what it should have, over all of Weir's targets."""
    sums, expected = {}, {}
    for target in setting.weir:
        answered = bench.requests.get(target, 0)
        has, should = target.wait_for_ledger(answered), expected_ledger(answered)
        for name, value in should.items():
            sums[name] = sums.get(name, 0) + has[name]
            expected[name] = expected.get(name, 0) + value
    return {"has": sums, "should_have": expected}


def run(options, plan, folder):
    setting = Setting(options, plan, folder)
    try:
        bench = measure.Bench(options.build_dir, plan)
        results = {}
        for name, case in cases_of(bench, setting).items():
            if options.only and name not in options.only:
                continue
            print(f"measuring {name} …", file=sys.stderr, flush=True)
            results[name] = case()
        if setting.weir:
            results["on"] = setting.services.on()
            results["ledger"] = ledger_of(bench, setting)
        results["failures"] = bench.failures
        return results
    finally:
        setting.stop()


def read_options():
    parser = argparse.ArgumentParser(prog="./weir bench", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build-dir", default="build/release")
    parser.add_argument("--quick", action="store_true", help="three minutes; rough")
    parser.add_argument("--snapshot", action="store_true", help="a million keys, instead")
    parser.add_argument("--nginx-only", action="store_true", help="to try the bench itself")
    parser.add_argument("--only", type=lambda text: text.split(","), metavar="CASE[,CASE]",
                        help="cpu_2k, cpu_event, held, …: some of the cases")
    parser.add_argument("--alone", action="store_true",
                        help="at real-time priority: other work of the machine waits (needs root)")
    parser.add_argument("--rounds", type=int, help="instead of the plan's")
    parser.add_argument("--seconds", type=float, help="of a load, instead of the plan's")
    parser.add_argument("--json", metavar="FILE", help="write every round's figures there")
    parser.add_argument("--check", action="store_true", help="exit 1 when a target is missed")
    return parser.parse_args()


def main():
    options = read_options()
    plan = dataclasses.replace(measure.QUICK if options.quick else measure.FULL)
    plan.rounds = options.rounds or plan.rounds
    plan.seconds = options.seconds or plan.seconds
    if options.alone:  # inherited by all that is started from here on
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(REAL_TIME_PRIORITY))
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        with tempfile.TemporaryDirectory(prefix="weir-bench-") as folder:
            if options.snapshot:
                results = snapshot_scale.run(options, pathlib.Path(folder))
            else:
                results = run(options, plan, pathlib.Path(folder))
    except Missing as problem:
        print(f"bench: {problem}", file=sys.stderr)
        return 2
    if options.json:
        results["plan"] = dataclasses.asdict(plan)
        pathlib.Path(options.json).write_text(json.dumps(results, indent=1) + "\n")
    missed = report.show_snapshot(results) if options.snapshot else report.show(results, plan)
    return 1 if results["failures"] or (options.check and missed) else 0


if __name__ == "__main__":
    sys.exit(main())
