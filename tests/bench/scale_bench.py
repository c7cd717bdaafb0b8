"""`./weir bench scale`: what one more request, event, stream and relay costs each service, and what ends first.

Everything is real: relays (one, two, four) with limits in Redis and budgets by leases, usage and admin on
a PostgreSQL that waits for its disk. Each cost is CPU time over what was done, less what the same
services use while nothing comes; it does not depend on how many cores the machine has. Then single
parts are driven to where they end: the ledger's intake by batches of several sizes, one budget and many
by up to hundreds of relays' leases, a change on up to a thousand relays. Out of all this the model
(scale_model.py) says what a traffic needs.
"""

import argparse
import dataclasses
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import measure
import scale_model as model
import scale_report
from processes import Missing, binary, rss_kib, tree_cpu_microseconds
from scale_stand import PACED, SERVICES, Stand

from admin_bench import Relays, percentile
from postgres import Postgres
from usage_bench import Usage

RESERVE_NANO_USD, COST_NANO_USD = 120_000_000, 60_000_000  # of a request


@dataclasses.dataclass
class Plan:
    relays: tuple = (1, 2, 4)
    idle_s: float = 10
    load_s: float = 10
    connections: int = 16
    paced_streams: int = 200
    held_streams: int = 2000
    batches: tuple = ((2, 500), (20, 50), (200, 5))  # (relays that send, events in a batch)
    events: int = 200_000
    lease_relays: tuple = (2, 20, 200)
    lease_s: int = 15
    cap_nano_usd: int = 100_000_000_000
    change_relays: tuple = (50, 200, 1000)
    changes: int = 30


QUICK = Plan(relays=(1, 2), idle_s=1.5, load_s=1.5, connections=8, paced_streams=20, held_streams=200,
             batches=((2, 500), (20, 5)), events=5_000, lease_relays=(2, 10), lease_s=2, cap_nano_usd=10_000_000_000,
             change_relays=(10, 20), changes=3)


# --- what one more costs


def used(stand, work):
    """CPU in microseconds by service while `work` runs and until the ledger has it; seconds; result."""
    before, began = stand.cpu_us(), time.monotonic()
    result = work()
    stand.settled()
    after = stand.cpu_us()
    return {name: after[name] - before[name] for name in SERVICES}, time.monotonic() - began, result


def idle_us_per_s(stand, seconds):
    cpu, took, _ = used(stand, lambda: time.sleep(seconds))
    return {name: cpu[name] / took for name in SERVICES}


def per_unit(stand, idle, work, units_of):
    """CPU by service for each unit of the work, without what would have been used anyway."""
    cpu, took, results = used(stand, work)
    units = sum(units_of(result) for result in results)
    return {name: max(0.0, cpu[name] - idle[name] * took) / units for name in SERVICES}, units


def loads(bench, stand, scenario, *flags):
    """The same load on every relay at once; their results."""
    processes = [(relay, bench.start(relay, scenario, *flags)) for relay in stand.relays]
    return [bench.finish(relay, scenario, process) for relay, process in processes]


def requests_cost(bench, stand, plan, idle):
    flags = ("--connections", plan.connections, "--pause-ms", 20, "--body-bytes", 2048)
    loads(bench, stand, measure.ANSWER, *flags, "--requests", 200)
    stand.settled()
    commands, rows, wal = stand.redis_commands(), stand.ledger_bytes(), stand.wal_bytes()
    cost, requests = per_unit(
        stand, idle, lambda: loads(bench, stand, measure.ANSWER, *flags, "--seconds", plan.load_s),
        lambda result: result["requests"])
    return {"us": cost, "requests": requests,
            "redis_commands": (stand.redis_commands() - commands) / requests,
            "ledger_bytes": (stand.ledger_bytes() - rows) / requests,
            "wal_bytes": (stand.wal_bytes() - wal) / requests}


def events_cost(bench, stand, plan, idle):
    cost, _ = per_unit(
        stand, idle,
        lambda: loads(bench, stand, PACED, "--hold", plan.paced_streams, "--ramp-seconds", 0.5),
        lambda result: result["events"])
    return cost["relay"]


def held_kib(bench, stand, plan):
    """What a stream that waits costs the first relay."""
    relay = stand.relays[0]
    relay.restart()
    bench.load(relay, measure.ANSWER, "--requests", 50, "--connections", 4)
    before = rss_kib(relay.pids())
    with bench.start(relay, measure.HELD, "--hold", plan.held_streams, "--ramp-seconds", 2) as process:
        process.stderr.readline()  # all are open
        grown = rss_kib(relay.pids()) - before
        bench.finish(relay, measure.HELD, process)
    return grown / plan.held_streams


def measure_path(options, plan, folder, results):
    stand = Stand(options.build_dir, folder)
    try:
        bench = measure.Bench(options.build_dir, None)
        results["relays"] = []
        for count in plan.relays:
            say(f"{count} relays: idle, then short requests")
            stand.grow(count)
            stand.settled()
            idle = idle_us_per_s(stand, plan.idle_s)
            row = {"relays": count, "idle_us_per_s": idle, **requests_cost(bench, stand, plan, idle)}
            if count == 1:
                say("one relay: streams")
                row["us_per_event"] = events_cost(bench, stand, plan, idle)
                row["kib_per_stream"] = held_kib(bench, stand, plan)
            results["relays"].append(row)
        results["failures"] += bench.failures
        say("changes on many relays")
        results["changes"] = [changes_on(stand, relays, plan.changes) for relays in plan.change_relays]
    finally:
        stand.stop()


# --- where single parts end


def changes_on(stand, relays, changes):
    key = stand.stack.api.add_key(f"changed-{relays}")
    watching = Relays(stand.stack, [stand.stack.admin_grpc], relays)
    try:
        times = []
        for number in range(changes + 3):
            if number == 3:  # the first ones warm up
                before = stand.cpu_us()["admin"]
            began = time.time()
            stand.stack.api.patch(f"/api/v1/api-keys/{key['id']}", {"name": f"changed-{relays}-{number}"})
            times.append(watching.line()["last_unix_ms"] - began * 1000)
        cpu_ms = (stand.cpu_us()["admin"] - before) / changes / 1000
        return {"relays": relays, "p50_ms": statistics.median(times[3:]),
                "p99_ms": percentile(times[3:], 99), "admin_cpu_ms": cpu_ms}
    finally:
        watching.stop()


def measure_ledger(options, plan, folder, postgres, results):
    results["ledger"] = []
    for number, (streams, batch) in enumerate(plan.batches):
        say(f"the ledger's intake: {streams} relays, {batch} events in a batch")
        usage = Usage(options.build_dir, folder, postgres.create_database(f"intake_{number}"))
        before = tree_cpu_microseconds(postgres.pid), tree_cpu_microseconds(usage.service.pid)
        sent = usage.load("--events", plan.events, "--streams", streams, "--batch-events", batch)
        after = tree_cpu_microseconds(postgres.pid), tree_cpu_microseconds(usage.service.pid)
        usage.stop()
        assert sent["inserted"] == plan.events, sent
        results["ledger"].append({
            "relays": streams, "batch_events": batch, "rows_per_s": plan.events / sent["seconds"],
            "postgres_us": (after[0] - before[0]) / plan.events,
            "usage_us": (after[1] - before[1]) / plan.events})


def lease_load(options, usage, *flags):
    output = subprocess.run(
        [binary(options.build_dir, "weir-lease-load"), "--target", usage.target,
         "--internal-token-file", usage.token, *map(str, flags)],
        stdout=subprocess.PIPE, check=True, timeout=600, text=True).stdout
    return json.loads(output)


def measure_leases(options, plan, folder, postgres, results):
    """Requests of all relays on one budget, and on a thousand; then a budget that ends."""
    results["leases"], results["budget_end"] = [], []
    usage = Usage(options.build_dir, folder, postgres.create_database("leases"))
    try:
        for relays in plan.lease_relays:
            for budgets in (1, 1000):
                say(f"leases: {relays} relays, {budgets} budgets")
                results["leases"].append(one_lease_load(options, plan, usage, postgres, relays, budgets))
    finally:
        usage.stop()
    for number, relays in enumerate(plan.lease_relays):
        say(f"leases: a budget that ends, {relays} relays")
        usage = Usage(options.build_dir, folder, postgres.create_database(f"ends_{number}"))
        try:
            results["budget_end"].append(ended_budget(options, plan, usage, relays))
        finally:
            usage.stop()


def one_lease_load(options, plan, usage, postgres, relays, budgets):
    pids = usage.service.pid, postgres.pid
    before = sum(map(tree_cpu_microseconds, pids))
    load = lease_load(options, usage, "--relays", relays, "--budgets", budgets, "--requests-per-second",
                      max(200, 5 * relays), "--seconds", plan.lease_s)
    cpu_us = sum(map(tree_cpu_microseconds, pids)) - before
    return {"relays": relays, "budgets": budgets, "rounds_per_s": load["rounds"] / load["seconds"],
            "us_per_round": cpu_us / max(1, load["rounds"]), **load}


def ended_budget(options, plan, usage, relays):
    """A hundred requests a second of all relays together, for twice what the budget has."""
    per_second = 100
    seconds = 2 * plan.cap_nano_usd // COST_NANO_USD // per_second
    load = lease_load(options, usage, "--relays", relays, "--cap-nano-usd", plan.cap_nano_usd,
                      "--reserve-nano-usd", RESERVE_NANO_USD, "--cost-nano-usd", COST_NANO_USD,
                      "--request-ms", 200, "--requests-per-second", per_second, "--seconds", seconds)
    return {"relays": relays, "used": load["spent_nano_usd"] / plan.cap_nano_usd,
            "used_at_first_refusal": load["spent_at_first_refusal_nano_usd"] / plan.cap_nano_usd, **load}


# --- the bench


def costs_of(results):
    """The model's: of the first relay count, and of what more relays add while nothing comes."""
    first, last = results["relays"][0], results["relays"][-1]

    def slope(service):
        more = last["relays"] - first["relays"]
        return max(0.0, last["idle_us_per_s"][service] - first["idle_us_per_s"][service]) / more

    return model.Costs(
        relay_us_per_request=first["us"]["relay"], relay_us_per_event=first["us_per_event"],
        relay_kib_per_stream=first["kib_per_stream"], usage_us_per_request=first["us"]["usage"],
        postgres_us_per_request=first["us"]["postgres"], redis_us_per_request=first["us"]["redis"],
        redis_commands_per_request=first["redis_commands"],
        ledger_bytes_per_request=first["ledger_bytes"], wal_bytes_per_request=first["wal_bytes"],
        usage_us_per_relay_s=slope("usage"), postgres_us_per_relay_s=slope("postgres"),
        redis_us_per_relay_s=slope("redis"), admin_us_per_relay_s=slope("admin"))


def limits_of(results):
    # Rounds on one budget follow each other; the fewest relays show how long one takes.
    one_budget = [row for row in results["leases"] if row["budgets"] == 1]
    slowest = max(results["changes"], key=lambda row: row["relays"])
    return model.Limits(ledger_rows_per_s=results["ledger"][0]["rows_per_s"],
                        lease_rounds_per_s=1000 / one_budget[0]["round_p50_ms"],
                        change_ms_per_relay=slowest["p99_ms"] / slowest["relays"])


def measure_parts(options, plan, results):
    postgres = Postgres(durable=True)
    try:
        with tempfile.TemporaryDirectory(prefix="weir-bench-") as name:
            folder = pathlib.Path(name)
            measure_ledger(options, plan, folder, postgres, results)
            measure_leases(options, plan, folder, postgres, results)
    finally:
        postgres.close()


def say(what):
    print(f"measuring {what} …", file=sys.stderr, flush=True)


def parse(arguments):
    parser = argparse.ArgumentParser(prog="./weir bench scale", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build-dir", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--quick", action="store_true", help="a minute; rough, and a part of every test run")
    parser.add_argument("--requests-per-second", type=float, default=50, help="of the traffic that is 1×")
    parser.add_argument("--events", type=float, default=300, help="of a stream of it")
    parser.add_argument("--stream-seconds", type=float, default=20, help="how long such a stream takes")
    parser.add_argument("--cores", type=int, default=4, help="of each relay's machine")
    parser.add_argument("--from-json", type=pathlib.Path, metavar="FILE",
                        help="the figures of an earlier run: for another traffic, without measuring")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="write all figures there")
    options = parser.parse_args(arguments)
    options.build_dir = options.build_dir.resolve()
    return options


def measured(options):
    plan = QUICK if options.quick else Plan()
    results = {"failures": []}
    with tempfile.TemporaryDirectory(prefix="weir-bench-") as folder:
        measure_path(options, plan, pathlib.Path(folder), results)
    measure_parts(options, plan, results)
    return results


def main():
    options = parse(sys.argv[1:])
    try:
        results = (json.loads(options.from_json.read_text()) if options.from_json
                   else measured(options))
    except Missing as problem:
        print(f"bench: {problem}", file=sys.stderr)
        return 2
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n")
    traffic = model.Traffic(options.requests_per_second, options.events, options.stream_seconds)
    scale_report.show(results, costs_of(results), limits_of(results), traffic, options.cores)
    return 1 if results["failures"] else 0


if __name__ == "__main__":
    sys.exit(main())
