"""Peers that vanish without a word: their packets go nowhere, no FIN, no RST. Each service notices, goes on, and nothing
is lost when they are back."""

import threading
import time

import pytest

import harness
import http_client
from admin_client import eventually
from far_stack import FarStack, metric
from traffic import BY_NAME, Caller, Traffic, check_cost_by_cost

# What each must be noticed within. gRPC: a ping every 20 s that is given 10 or 20 s; PostgreSQL: what is not acknowledged
# for 15 s, on a second connection once more; Redis: 50 ms a request, and a sign of life each second; providers: what is not
# acknowledged for 10 s, and silence whose questions are not answered for 30 s.
GRPC_S, POSTGRESQL_S, REDIS_S = 45, 45, 3
UPSTREAM_S, SILENT_UPSTREAM_S = 20, 45


@pytest.fixture(scope="module")
def stack(build_dir):
    made = FarStack(build_dir)
    try:
        yield made.start()
    finally:
        made.link.dead_ports = set()
        made.close()


@pytest.fixture
def traffic(stack):
    """Clients who must not feel it, and the ledger afterwards."""
    limits = {"rpm": 1_000_000, "concurrency": 1_000}
    callers = [Caller(BY_NAME["messages"], stack.lane({"scenario": "text"}, key={"limits": limits})),
               Caller(BY_NAME["chat"], stack.lane({"scenario": "text", "platform": "openai"}))]
    with Traffic(stack.relay_port, callers, clients=2, per_second=5) as clients:
        time.sleep(1)
        yield clients
        stack.link.dead_ports = set()
        time.sleep(1)
    assert not clients.failures, clients.failures[:3]
    stack.wait_for_spool()
    check_cost_by_cost(stack.ledger_rows([caller.lane.key_id for caller in callers]), clients.answered)


def gone(stack, ports, condition, what, limit_s):
    """Until it is noticed, in seconds."""
    stack.link.dead_ports = set(ports)
    seconds = stack.seconds_until(condition, what, timeout=limit_s)
    print(f"\n{what}: after {seconds:.1f} s (at most {limit_s})")


def back(stack, condition, what, limit_s=30):
    stack.link.dead_ports = set()
    seconds = stack.seconds_until(condition, what, timeout=limit_s)
    print(f"{what}: {seconds:.1f} s after it was back")


def test_admin_and_usage_vanish(stack, traffic):
    """For the relay; and the relay for them."""
    relay = lambda name: stack.relay_metric(name)
    stack.link.dead_ports = {stack.admin_grpc, stack.usage_grpc}
    begin, seen = time.monotonic(), {}
    conditions = {
        "the relay misses admin": lambda: relay("weir_relay_snapshot_connected") == 0,
        "the relay misses usage": lambda: relay("weir_relay_usage_connected") == 0,
        "admin misses the relay": lambda: not any(row["connected"] for row in stack.api.get("/api/v1/status", 30)["relays"]),
        "usage misses the relay": lambda: metric(stack.usage_ops, "weir_usage_ingest_streams") == 0,
    }

    def look():
        for what, condition in conditions.items():
            if what not in seen and condition():
                seen[what] = time.monotonic() - begin
        return len(seen) == len(conditions)

    try:
        eventually(look, "all four notice", timeout=GRPC_S, pause=0.2)
    finally:
        print("\n" + ", ".join(f"{what}: {seconds:.1f} s" for what, seconds in seen.items()))
    back(stack, lambda: relay("weir_relay_snapshot_connected") == 1 and relay("weir_relay_usage_connected") == 1,
         "the relay has both again")


def test_redis_vanishes(stack, traffic):
    gone(stack, [stack.redis.port], lambda: stack.relay_metric("weir_relay_redis_up") == 0, "the relay misses Redis", REDIS_S)
    time.sleep(2)
    back(stack, lambda: stack.relay_metric("weir_relay_redis_up") == 1, "the relay uses Redis")


def test_postgresql_vanishes(stack, traffic):
    """For usage in the midst of a commit, say; and usage and admin for PostgreSQL, which must not keep their locks."""
    gone(stack, [stack.postgres.port], lambda: metric(stack.usage_ops, "weir_usage_commit_failures_total") > 0
         and harness.ready_status(stack.usage_ops) != 200, "usage misses PostgreSQL", POSTGRESQL_S)
    sessions = lambda: stack.postgres.query("postgres", "SELECT pid FROM pg_stat_activity WHERE application_name = 'weir'")
    seconds = stack.seconds_until(lambda: not sessions(), "PostgreSQL misses usage and admin", timeout=POSTGRESQL_S)
    print(f"PostgreSQL misses usage and admin: {seconds:.1f} s later")
    back(stack, lambda: harness.ready_status(stack.usage_ops) == 200
         and stack.api.ingest_status(30) == "ok", "usage stores events", 60)


def test_a_kept_connection_to_a_provider_that_vanished(stack):
    """As behind a NAT that forgot it: what is sent into it is never acknowledged; a fresh connection is."""
    lane = stack.lane({"scenario": "text"})
    assert lane.messages().status == 200  # leaves a kept connection behind
    kept = stack.link.forget_flows(stack.fake_port)
    assert kept, "no connection was kept"
    begin = time.monotonic()
    reply = lane.messages()
    seconds = time.monotonic() - begin
    print(f"\nanswered over a fresh connection after {seconds:.1f} s (at most {UPSTREAM_S})")
    assert reply.status == 200 and seconds < UPSTREAM_S


def test_a_provider_that_vanishes_while_it_thinks(stack):
    """The request was taken, then silence: not of a model that thinks, of a machine that is gone. Another account answers."""
    lane = stack.lane({"scenario": "slow_headers=120", "priority": 1},
                      {"scenario": "text", "priority": 2, "url": f"http://{stack.link.here}:{stack.fake_port}"})
    replies = []
    with http_client.Connection(stack.relay_port, timeout=90) as connection:
        client = threading.Thread(target=lambda: replies.append(lane.messages(connection=connection)))
        begin = time.monotonic()
        client.start()
        time.sleep(1)
        stack.link.dead_ports = {stack.fake_port}
        client.join(80)
    stack.link.dead_ports = set()
    seconds = time.monotonic() - begin
    assert replies and replies[0].status == 200, replies
    print(f"\nanswered by the other account after {seconds:.1f} s")
    assert seconds < SILENT_UPSTREAM_S
