"""`./weir bench usage`: how fast the ledger takes events in, and how fast it answers.

Ingest goes over gRPC, as from relays, into a PostgreSQL 15 of the bench's own, with everything on:
check, deduplication, attempts, sums, acks after the commit. Beside it, in the same run, stands a bare
`\\copy` of the very same rows into a table like it (partitions, indexes), in the same cluster. Then
each database is filled, by the ledger's own code and in greater batches than the service's, and each
kind of report over thirty days is asked for over gRPC; then the log is walked page by page.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import threading
import time

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "tests" / "integration"))

import ports  # noqa: E402
from harness import Service  # noqa: E402
from postgres import Postgres  # noqa: E402

TARGETS = {"ingest_ratio": 0.5, "postgresql_report_ms": 100, "sqlite_report_ms": 200,
           "page_ms": 100, "rss_mib": 200}


class Usage:
    """weir-usage on a database."""

    def __init__(self, build_dir, folder, url):
        self._build_dir = build_dir
        first = ports.free_range(2)
        self.target, self._ops = f"127.0.0.1:{first}", first + 1
        self.token = folder / "token"
        self.token.write_text("0123456789abcdef" * 4 + "\n")
        self.token.chmod(0o600)
        self.service = Service("usage", build_dir, folder, (), {
            "WEIR_USAGE_GRPC_LISTEN": self.target, "WEIR_USAGE_OPS_LISTEN": f"127.0.0.1:{self._ops}",
            "WEIR_USAGE_DATABASE_URL": url, "WEIR_USAGE_INTERNAL_TOKEN_FILE": self.token,
            "WEIR_USAGE_LOG_LEVEL": "warning"})
        self.rss_kib_max = 0
        self.service.start().wait_ready(self._ops)

    def load(self, *arguments):
        """weir-usage-load's answer; memory is watched meanwhile."""
        process = subprocess.Popen(load_command(self._build_dir, "--target", self.target,
                                                "--internal-token-file", self.token, *arguments),
                                   stdout=subprocess.PIPE, text=True)
        done = threading.Event()
        watcher = threading.Thread(target=self._watch, args=(done,))
        watcher.start()
        output = process.communicate()[0]
        done.set()
        watcher.join()
        assert process.returncode == 0, f"weir-usage-load ended with {process.returncode}"
        return json.loads(output)

    def _watch(self, done):
        while not done.wait(0.2):
            self.rss_kib_max = max(self.rss_kib_max, self.service.rss_kib())

    def stop(self):
        self.service.stop(timeout=120)


def load_command(build_dir, *arguments):
    return [str(build_dir / "bin" / "weir-usage-load"), *map(str, arguments)]


class CopyTarget:
    """A table like the ledger's, and a file of the ledger's rows."""

    def __init__(self, postgres, folder):
        self._postgres = postgres
        self._file = pathlib.Path(folder) / "rows.copy"
        self._columns = None

    def take(self, source):
        """The rows of database `source`."""
        self._file.touch()
        self._file.chmod(0o666)
        self._postgres.query(source, f"\\copy (SELECT * FROM usage_events ORDER BY id) TO '{self._file}'")

    def seconds(self, database):
        began = time.monotonic()
        self._postgres.query(database, f"\\copy usage_events FROM '{self._file}'")
        return time.monotonic() - began


def measure_ingest(options, postgres, folder, results):
    """Rounds of both, taking turns."""
    rates, bare, ratios, rss = [], [], [], 0
    for number in range(options.rounds):
        ours, other = f"ingest_{number}", f"bare_{number}"
        usage = Usage(options.build_dir, folder, postgres.create_database(ours))
        sent = usage.load("--events", options.ingest_events, "--streams", 2)
        rss = max(rss, usage.rss_kib_max)
        usage.stop()
        assert sent["inserted"] == options.ingest_events, sent
        check_sums(postgres, ours, options.ingest_events)
        empty = Usage(options.build_dir, folder, postgres.create_database(other))
        empty.stop()  # it made the tables
        copy = CopyTarget(postgres, folder)
        copy.take(ours)
        seconds = copy.seconds(other)
        rates.append(options.ingest_events / sent["seconds"])
        bare.append(options.ingest_events / seconds)
        ratios.append(rates[-1] / bare[-1])
        for name in (ours, other):
            postgres.query("postgres", f"DROP DATABASE {name}")
    results.update(ingest_rows_per_s=statistics.median(rates),
                   copy_rows_per_s=statistics.median(bare),
                   ingest_ratio=statistics.median(ratios), rss_mib=rss / 1024)


def check_sums(postgres, database, events):
    rows = postgres.query(database, "SELECT (SELECT COUNT(*) FROM usage_events), "
                                    "(SELECT SUM(requests) FROM usage_quarters)")
    assert rows == [[str(events), str(events)]], f"rows and sums: {rows}"


def measure_reports(options, postgres, folder, results):
    for kind in ("postgresql", "sqlite"):
        if kind not in options.databases:
            continue
        url = (postgres.create_database("report") if kind == "postgresql"
               else f"sqlite:{folder}/report.db")
        filled = json.loads(subprocess.run(
            load_command(options.build_dir, "--fill-database", url, "--days", 30,
                         "--events", options.report_events, "--keys", options.keys),
            stdout=subprocess.PIPE, check=True).stdout)
        assert filled["inserted"] == options.report_events, filled
        if kind == "postgresql":
            check_sums(postgres, "report", options.report_events)
            postgres.query("report", "VACUUM ANALYZE")
        usage = Usage(options.build_dir, folder, url)
        answer = usage.load()
        assert answer["requests"] == options.report_events, answer
        results[f"{kind}_reports"] = answer["reports"]
        results[f"{kind}_report_ms"] = max(report["ms"] for report in answer["reports"])
        results[f"{kind}_filled_rows_per_s"] = options.report_events / filled["seconds"]
        results[f"{kind}_walks"] = usage.load("--pages", options.pages)
        results[f"{kind}_page_ms"] = max(walk["p99_ms"] for walk in results[f"{kind}_walks"])
        usage.stop()


def parse(arguments):
    parser = argparse.ArgumentParser(prog="./weir bench usage", description=__doc__)
    parser.add_argument("--build-dir", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--ingest-events", type=int, default=500_000)
    parser.add_argument("--report-events", type=int, default=10_000_000)
    parser.add_argument("--keys", type=int, default=100, help="keys of the reports' requests")
    parser.add_argument("--pages", type=int, default=100, help="pages of the log, by each filter")
    parser.add_argument("--no-ingest", action="store_true", help="reports and pages alone")
    parser.add_argument("--databases", default="postgresql,sqlite")
    parser.add_argument("--quick", action="store_true", help="a minute: fewer rows, one round")
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--check", action="store_true", help="exit 1 when a target is missed")
    options = parser.parse_args(arguments)
    options.build_dir = options.build_dir.resolve()
    if options.quick:
        options.rounds, options.ingest_events, options.report_events = 1, 60_000, 60_000
        options.pages = 10
    return options


def print_ingest(results):
    print(f"ingest       {results['ingest_rows_per_s']:>10,.0f} rows/s, everything on\n"
          f"bare copy    {results['copy_rows_per_s']:>10,.0f} rows/s\n"
          f"ratio        {results['ingest_ratio']:>10.2f}   (target {TARGETS['ingest_ratio']})\n"
          f"memory       {results['rss_mib']:>10.0f} MiB (target {TARGETS['rss_mib']})")


def print_results(results):
    if "ingest_ratio" in results:
        print_ingest(results)
    for kind in ("postgresql", "sqlite"):
        if f"{kind}_reports" not in results:
            continue
        target = TARGETS[f"{kind}_report_ms"]
        print(f"\n{kind}, filled with {results[f'{kind}_filled_rows_per_s']:,.0f} rows/s; "
              f"reports over 30 days, target {target} ms")
        for report in results[f"{kind}_reports"]:
            print(f"{report['name']:<40} {report['ms']:>8.1f} ms {report['rows']:>7} rows"
                  f"{'   missed' if report['ms'] > target else ''}")
        print(f"\n{'the log, page by page':<48} {'pages':>6} {'rows':>6} {'p50':>8} {'p99':>8} ms, "
              f"target {TARGETS['page_ms']} ms")
        for walk in results[f"{kind}_walks"]:
            print(f"{walk['name']:<48} {walk['pages']:>6} {walk['rows']:>6} {walk['p50_ms']:>8.1f} "
                  f"{walk['p99_ms']:>8.1f}{'   missed' if walk['p99_ms'] > TARGETS['page_ms'] else ''}")


def missed(results):
    below = [name for name in ("rss_mib", "postgresql_report_ms", "sqlite_report_ms")
             if results.get(name, 0) > TARGETS[name]]
    below += [f"{kind}_page_ms" for kind in ("postgresql", "sqlite")
              if results.get(f"{kind}_page_ms", 0) > TARGETS["page_ms"]]
    ingest = results.get("ingest_ratio", TARGETS["ingest_ratio"])
    return below + (["ingest_ratio"] if ingest < TARGETS["ingest_ratio"] else [])


def main():
    options = parse(sys.argv[1:])
    results = {}
    # On a disk that has to keep it, as in production.
    postgres = Postgres(durable=True)
    try:
        with tempfile.TemporaryDirectory(prefix="weir-bench-") as name:
            folder = pathlib.Path(name)
            folder.chmod(0o755)
            if not options.no_ingest:
                measure_ingest(options, postgres, folder, results)
            measure_reports(options, postgres, folder, results)
    finally:
        postgres.close()
    print_results(results)
    if options.json:
        options.json.write_text(json.dumps(results, indent=2) + "\n")
    failures = missed(results)
    if failures:
        print("missed: " + ", ".join(failures))
    return 1 if options.check and failures else 0


if __name__ == "__main__":
    sys.exit(main())
