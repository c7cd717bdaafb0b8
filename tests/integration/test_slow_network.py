"""Services far from each other: each packet between two of them is 200 ms late, and one in a hundred is lost."""

import time

import pytest

import http_client
from far_stack import FarStack
from traffic import PROTOCOLS, Caller, Traffic, check_cost_by_cost

SECONDS = 25
DELAY_S, LOSS = 0.2, 0.01
AMPLE = {"rpm": 1_000_000, "tpm": 1_000_000_000, "concurrency": 10_000}


@pytest.fixture
def stack(build_dir):
    made = FarStack(build_dir)
    try:
        yield made.start()
    finally:
        made.link.delay_s = made.link.loss = 0
        made.close()


def make_a_key(stack, lane):
    """How long admin's answer takes, whose database is far too, and how long until the relay knows the key."""
    begin = time.monotonic()
    key = stack.api.add_key("made over a slow network", group_id=lane.group["id"])["key"]
    made = time.monotonic()
    ask = lambda: http_client.request(stack.relay_port, "GET", "/v1/models", {"x-api-key": key, "connection": "close"}).status
    pushed_s = stack.seconds_until(lambda: ask() == 200, "the relay knows the new key", timeout=20)
    return made - begin, pushed_s


def test_late_and_lost_packets(stack):
    callers = [Caller(protocol, stack.lane({"scenario": "text", "platform": protocol.platform},
                                           key={"limits": AMPLE} if number % 2 else None))
               for number, protocol in enumerate(PROTOCOLS)]
    with Traffic(stack.relay_port, callers, clients=6, per_second=2) as traffic:
        time.sleep(2)
        stack.link.delay_s, stack.link.loss = DELAY_S, LOSS
        begin = time.monotonic()
        made_s, pushed_s = make_a_key(stack, callers[0].lane)
        time.sleep(max(0.0, begin + SECONDS - time.monotonic()))
        end = time.monotonic()
        p99_ms = traffic.p99_ms(begin + 2, end)
    empty = lambda: stack.relay_metric("weir_relay_spool_events_pending") == 0
    late_s = stack.seconds_until(empty, "all is reported, over the slow network still", timeout=60)
    print(f"\n{len(traffic.answered)} requests, {len(traffic.failures)} failed, {stack.link.count['lost']} of "
          f"{stack.link.count['passed']} packets lost; p99 {p99_ms:.0f} ms; a key took admin {made_s:.1f} s and "
          f"was with the relay {pushed_s:.1f} s later; the ledger had all {late_s:.1f} s after the last answer")
    assert not traffic.failures, traffic.failures[:3]
    assert stack.link.count["lost"] > 20, "too few packets to say anything"
    # Two ways to the provider, a lost packet now and then; limits are counted here, since Redis is too far.
    assert p99_ms < 3_000, "requests wait for more than their provider"
    assert stack.relay_metric("weir_relay_redis_up") == 0
    assert pushed_s < 10
    check_cost_by_cost(stack.ledger_rows([caller.lane.key_id for caller in callers]), traffic.answered)
