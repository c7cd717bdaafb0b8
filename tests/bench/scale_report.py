"""Prints what `./weir bench scale` measured and what follows from it."""

import scale_model as model
from scale_stand import SERVICES

FACTORS = (1, 10, 100, 1000)
NEEDS = (  # name, how it is called, format
    ("requests_per_s", "requests/s at the peak", "{:,.0f}"),
    ("streams", "streams at once", "{:,.0f}"),
    ("requests_per_day", "requests a day", "{:,.0f}"),
    ("relay_cores", "relays: cores busy", "{:,.2f}"),
    ("relays", "relays, one of them spare", "{:,.0f}"),
    ("nginx_cores", "nginx: cores busy", "{:,.2f}"),
    ("nginxes", "nginx, as large, one spare", "{:,.0f}"),
    ("relay_gib", "relays: GiB for streams", "{:,.2f}"),
    ("usage_cores", "usage: cores busy", "{:,.2f}"),
    ("postgres_cores", "PostgreSQL: cores busy", "{:,.2f}"),
    ("ledger_gib_per_day", "ledger: GiB a day", "{:,.1f}"),
    ("wal_mib_per_s", "WAL: MiB/s", "{:,.2f}"),
    ("redis_commands_per_s", "Redis: scripts/s", "{:,.0f}"),
    ("redis_cores", "Redis: of its one core", "{:,.2f}"),
    ("admin_cores", "admin: cores busy", "{:,.3f}"),
)


def show(results, costs, limits, traffic, cores):
    _path(results["relays"])
    _parts(results)
    _needs(costs, limits, traffic, cores)
    for failure in results["failures"]:
        print(f"FAILED: {failure}")


def _path(rows):
    print("CPU µs per short request (2 KiB), by service, beside what is used while nothing comes (µs/s)\n")
    print(f"{'relays':>6}" + "".join(f"{name:>12}" for name in SERVICES) + f"{'all':>10}   idle: "
          + ", ".join(SERVICES))
    for row in rows:
        idle = ", ".join(f"{row['idle_us_per_s'][name]:,.0f}" for name in SERVICES)
        print(f"{row['relays']:>6}" + "".join(f"{row['us'][name]:>12.1f}" for name in SERVICES)
              + f"{sum(row['us'].values()):>10.1f}   {idle}")
    first = rows[0]
    print(f"\nan event of a stream: {first['us_per_event']:.1f} µs of a relay; a held stream: "
          f"{first['kib_per_stream']:.1f} KiB\na request: {first['redis_commands']:.2f} scripts of Redis, "
          f"{first['ledger_bytes']:,.0f} bytes of ledger with its indexes, {first['wal_bytes']:,.0f} of WAL")


def _parts(results):
    print("\nthe ledger's intake        rows/s   µs PostgreSQL   µs usage, a row")
    for row in results["ledger"]:
        print(f"{row['relays']:>4} relays × {row['batch_events']:>3} {row['rows_per_s']:>15,.0f}"
              f"{row['postgres_us']:>16.1f}{row['usage_us']:>16.1f}")
    print("\nleases: relays, budgets    requests   waited   rounds/s   µs a round   p50, p99 ms")
    for row in results["leases"]:
        print(f"{row['relays']:>15} {row['budgets']:>7} {row['served']:>12,} {row['waited']:>8,}"
              f"{row['rounds_per_s']:>11,.1f}{row['us_per_round']:>13,.0f}"
              f"{row['round_p50_ms']:>9.1f}, {row['round_p99_ms']:.1f}")
    print("\na budget that ends: relays   used   when first refused   refused: spent, held by others   rounds")
    for row in results["budget_end"]:
        print(f"{row['relays']:>27}{row['used']:>7.1%}{row['used_at_first_refusal']:>21.1%}{row['exceeded']:>17,}, {row['busy']:,}"
              f"{row['rounds']:>16,}")
    print("\na change: relays   p50 ms   p99 ms   admin's CPU ms")
    for row in results["changes"]:
        print(f"{row['relays']:>16}{row['p50_ms']:>9.0f}{row['p99_ms']:>9.0f}{row['admin_cpu_ms']:>17.1f}")


def _needs(costs, limits, traffic, cores):
    print(f"\nwhat a traffic needs; relays of {cores} cores, half of them planned for; streams of "
          f"{traffic.events_per_request:.0f} events in {traffic.stream_s:.0f} s\n")
    needs = [model.needs(traffic.times(factor), costs, cores) for factor in FACTORS]
    print(f"{'':<28}" + "".join(f"{f'{factor:,}×':>16}" for factor in FACTORS))
    for name, called, form in NEEDS:
        print(f"{called:<28}" + "".join(f"{form.format(need[name]):>16}" for need in needs))
    print("\nshare of what one copy can do; above 0.5 it is time to act, above 1 it has ended")
    shares = [model.shares(need, limits) for need in needs]
    for name in shares[0]:
        print(f"{name:<28}" + "".join(f"{share[name]:>16.2f}" for share in shares))
    print(f"{'first to end':<28}"
          + "".join(f"{model.first_to_break(need, limits)[0]:>16.16}" for need in needs))
