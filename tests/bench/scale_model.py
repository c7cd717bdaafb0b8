"""What a traffic needs, out of what one request, event, stream and relay cost: arithmetic alone.

The costs come from measurements of one machine (`./weir bench scale`); the needs are theirs times the
traffic. What does not grow in a straight line stands in `LIMITS`: it is measured up to where it ends.
"""

import dataclasses
import math

SECONDS_PER_DAY = 86_400
LOAD = 0.5  # of a core or a service that is planned for; the rest is for peaks and for a lost copy
SPARE_RELAYS = 1  # so many may be away
RELAYS_MIN = NGINXES_MIN = 2

# nginx before the relays: CPU as `./weir bench` has it beside the relay (docs/performance.md: 2 KiB; held streams with
# 50 ms between events), connections as deploy/nginx/nginx.conf allows, two for a stream.
NGINX_US_PER_REQUEST, NGINX_US_PER_EVENT = 21.9, 18.6
NGINX_STREAMS_PER_CORE = 16_384 // 2


@dataclasses.dataclass(frozen=True)
class Traffic:
    """At the busiest moment; `mean_share` of it is the day's mean."""

    requests_per_s: float
    events_per_request: float
    stream_s: float
    mean_share: float = 0.3

    def times(self, factor):
        return dataclasses.replace(self, requests_per_s=self.requests_per_s * factor)


@dataclasses.dataclass(frozen=True)
class Costs:
    """CPU in microseconds, by the service that it is used in; bytes on PostgreSQL's disk."""

    relay_us_per_request: float
    relay_us_per_event: float
    relay_kib_per_stream: float
    usage_us_per_request: float
    postgres_us_per_request: float
    redis_us_per_request: float
    redis_commands_per_request: float
    ledger_bytes_per_request: float
    wal_bytes_per_request: float
    usage_us_per_relay_s: float
    postgres_us_per_relay_s: float
    redis_us_per_relay_s: float
    admin_us_per_relay_s: float


@dataclasses.dataclass(frozen=True)
class Limits:
    """Where one copy of a thing ended on the machine of the measurements."""

    ledger_rows_per_s: float  # one usage service on one PostgreSQL, batches full
    lease_rounds_per_s: float  # of all relays, on one budget
    change_ms_per_relay: float  # from a change to a relay's acknowledgement


def needs(traffic, costs, cores_per_relay):
    """Cores are those that are busy at the peak; `relays` has room for LOAD and a lost one."""
    requests = traffic.requests_per_s
    path_us = costs.relay_us_per_request + traffic.events_per_request * costs.relay_us_per_event
    relay_cores = requests * path_us / 1e6
    relays = max(RELAYS_MIN, math.ceil(relay_cores / (cores_per_relay * LOAD)) + SPARE_RELAYS)
    streams = requests * traffic.stream_s
    nginx_cores = requests * (NGINX_US_PER_REQUEST + traffic.events_per_request * NGINX_US_PER_EVENT) / 1e6
    fullest = max(nginx_cores, streams / NGINX_STREAMS_PER_CORE)
    per_day = requests * traffic.mean_share * SECONDS_PER_DAY

    def cores(per_request, per_relay_s):
        return (requests * per_request + relays * per_relay_s) / 1e6

    return {
        "requests_per_s": requests,
        "streams": streams,
        "requests_per_day": per_day,
        "relay_cores": relay_cores,
        "relays": relays,
        "nginx_cores": nginx_cores,
        "nginxes": max(NGINXES_MIN, math.ceil(fullest / (cores_per_relay * LOAD)) + SPARE_RELAYS),
        "relay_gib": streams * costs.relay_kib_per_stream / 2**20,
        "usage_cores": cores(costs.usage_us_per_request, costs.usage_us_per_relay_s),
        "postgres_cores": cores(costs.postgres_us_per_request, costs.postgres_us_per_relay_s),
        "redis_cores": cores(costs.redis_us_per_request, costs.redis_us_per_relay_s),
        "redis_commands_per_s": requests * costs.redis_commands_per_request,
        "admin_cores": cores(0, costs.admin_us_per_relay_s),
        "ledger_gib_per_day": per_day * costs.ledger_bytes_per_request / 2**30,
        "wal_mib_per_s": requests * costs.wal_bytes_per_request / 2**20,
    }


def shares(need, limits):
    """How much of what one copy can do is used, by name; above LOAD it is time to act, above 1 it
    has ended."""
    return {
        "one Redis": need["redis_cores"],  # it works on one core
        "one PostgreSQL's intake": need["requests_per_s"] / limits.ledger_rows_per_s,
        "one budget that all share": need["relays"] * LEASE_ROUNDS_PER_RELAY_S
                                     / limits.lease_rounds_per_s,
        "a change within 500 ms": need["relays"] * limits.change_ms_per_relay / 500,
    }


# A relay that is busy on a budget refills its lease about once a second (`NextReady`).
LEASE_ROUNDS_PER_RELAY_S = 1.0


def first_to_break(need, limits):
    """The fullest, and how full."""
    return max(shares(need, limits).items(), key=lambda item: item[1])
