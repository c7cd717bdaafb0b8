#!/usr/bin/env python3
"""Takes admin, usage, PostgreSQL and Redis away under load, each for some minutes, and replaces both relays
meanwhile. Fails unless no request failed, and every request is in the ledger once, at the cost that its answer
said. tests/outage/README.md has the rules.
"""

import argparse
import pathlib
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))

from cases import CASES  # noqa: E402
from installation import HOST, Site  # noqa: E402
from traffic import Traffic, check_cost_by_cost  # noqa: E402

CALM_S = 10.0
CLIENTS, PER_SECOND = 4, 5.0


class Course:
    """One case from beginning to end, on a site of its own."""

    def __init__(self, case, site, seconds):
        self._case, self._site, self._seconds = case, site, seconds
        self._calm = min(CALM_S, seconds / 3)

    def run(self):
        callers = self._site.callers()
        with Traffic(self._site.nginx.port, callers, CLIENTS, PER_SECOND, HOST) as traffic:
            begin = time.monotonic()
            time.sleep(self._calm)
            away = time.monotonic()
            noticed_s, pending = self._outage(away)
            back = time.monotonic()
            self._case.give_back(self._site)
            self._case.well_again(self._site)
            self._site.wait_for_spools(60 + self._seconds, most=CLIENTS * PER_SECOND)
            recovered_s = time.monotonic() - back
            time.sleep(self._calm)
        self._report(traffic, (begin, away, back), noticed_s, pending, recovered_s)
        self._check(traffic, callers)

    def _outage(self, away):
        """Both relays are replaced meanwhile, the first at a third of the time, the second at two thirds."""
        self._case.take_away(self._site)
        self._case.noticed(self._site)
        noticed_s = time.monotonic() - away
        for number in (0, 1):
            time.sleep(max(0.0, away + self._seconds * (number + 1) / 3 - time.monotonic()))
            self._site.replace_relay(number)
        time.sleep(max(0.0, away + self._seconds - time.monotonic()))
        return noticed_s, self._site.pending()

    def _report(self, traffic, moments, noticed_s, pending, recovered_s):
        begin, away, back = moments
        print(f"{self._case.name}: away for {back - away:.0f} s, told after {noticed_s:.1f} s; {len(traffic.answered)} requests, "
              f"{len(traffic.failures)} failed; p99 {traffic.p99_ms(begin, away):.0f} ms before, "
              f"{traffic.p99_ms(away, back):.0f} ms meanwhile; {pending:.0f} events waited at the end, "
              f"all in the ledger {recovered_s:.1f} s after it was back", flush=True)

    def _check(self, traffic, callers):
        assert not traffic.failures, f"{len(traffic.failures)} requests failed, the first ones: {traffic.failures[:3]}"
        assert traffic.answered, "no traffic at all"
        self._site.wait_for_spools(60)
        rows = self._site.ledger_rows(callers)
        check_cost_by_cost(rows, traffic.answered)
        assert self._site.row_count(callers) == len(rows), "there are rows of requests that failed"
        summed, owed = self._site.summed_cost(callers), sum(traffic.answered.values())
        assert summed == owed, f"the sums say {summed} nano-USD, the answers {owed}"
        print(f"{self._case.name}: {len(rows)} rows, {summed} nano-USD, as the answers said", flush=True)


def run_case(name, build_dir, minutes):
    case = next(case for case in CASES if case.name == name)
    site = Site(build_dir)
    try:
        Course(case, site.start(), minutes * 60).run()
    except BaseException:
        for service in (*site.stack.services(), *([site.second] if site.second else [])):
            print(f"--- the log of {service.name} ends so:\n{service.log_tail()}", file=sys.stderr)
        raise
    finally:
        site.close()


def run_all(build_dir, minutes):
    """Side by side, each in a process of its own; the names of those that failed."""
    running = [(case.name, subprocess.Popen([sys.executable, "-B", __file__, "--build-dir", build_dir,
                                             "--minutes", str(minutes), "--case", case.name]))
               for case in CASES]
    return [name for name, process in running if process.wait() != 0]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build-dir", required=True)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--case", choices=[case.name for case in CASES])
    options = parser.parse_args()
    if options.case is not None:
        run_case(options.case, options.build_dir, options.minutes)
        return 0
    failed = run_all(options.build_dir, options.minutes)
    print("outage: " + (f"failed: {', '.join(failed)}" if failed else "nothing was felt, nothing is missing"))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
