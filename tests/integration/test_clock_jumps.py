"""The wall clock of one service goes an hour ahead, or an hour back, under load: nobody feels it, and the ledger is exact."""

import struct
import time

import pytest

import harness
from admin_client import eventually
from traffic import BY_NAME, Caller, Traffic, check_cost_by_cost

HOUR_S = 3_600
JUMPED_S = 4
LIMITS = {"rpm": 100_000, "concurrency": 1_000}


class Clock:
    """Of one service: seconds that it is ahead (tests/fakes/clock_shift.cc)."""

    def __init__(self, stack, service):
        self._path = stack.folder / f"clock-{service.name}"
        self._path.write_bytes(bytes(8))
        service.settings |= {"LD_PRELOAD": stack.build_dir / "bin" / "weir-clock-shift.so", "WEIR_TEST_CLOCK_FILE": self._path}

    def ahead(self, seconds):
        with open(self._path, "r+b") as file:  # never shorter than it was: it is mapped
            file.write(struct.pack("q", seconds))


@pytest.fixture(scope="module")
def stack(build_dir, no_sanitizer):
    made = harness.Stack(build_dir)
    made.clocks = {service.name: Clock(made, service) for service in (made.relay, made.usage, made.admin)}
    try:
        yield made.start()
        for service in made.services():
            assert service.is_running(), f"{service.name} died\n{service.log_tail()}"
    finally:
        made.close()


def rows_of(stack, callers):
    rows = [row for caller in callers for row in stack.api.logs(f"key_id={caller.lane.key_id}")]
    return [(row["request_id"], row["cost_nano_usd"]) for row in rows]


@pytest.mark.parametrize("seconds", [HOUR_S, -HOUR_S], ids=["ahead", "back"])
@pytest.mark.parametrize("service", ["relay", "usage", "admin"])
def test_a_jump_is_not_felt(stack, service, seconds):
    callers = [Caller(BY_NAME["messages"], stack.lane({"scenario": "text"}, key={"limits": {**LIMITS, "usd_total": "100"}})),
               Caller(BY_NAME["chat"], stack.lane({"scenario": "text", "platform": "openai"}, key={"limits": LIMITS}))]
    with Traffic(stack.relay_port, callers, clients=2, per_second=10) as traffic:
        time.sleep(1)
        stack.clocks[service].ahead(seconds)
        time.sleep(JUMPED_S)
        stack.log_in()  # sessions end by admin's clock
        fresh = stack.claude("text")  # changes go on reaching the relay
        assert fresh.messages().status == 200
        stack.clocks[service].ahead(0)
        stack.log_in()
        time.sleep(JUMPED_S)
    assert not traffic.failures, traffic.failures[:3]
    eventually(lambda: len(rows_of(stack, callers)) >= len(traffic.answered), "all is in the ledger", timeout=30, pause=0.5)
    check_cost_by_cost(rows_of(stack, callers), traffic.answered)


@pytest.mark.parametrize("seconds", [HOUR_S, -HOUR_S], ids=["ahead", "back"])
def test_an_account_does_not_rest_for_an_hour(stack, seconds):
    """It is told to come back in two seconds, and the clock jumps meanwhile."""
    # Figures of its own, since the provider counts by credential.
    lane = stack.claude(f"first=1+429+retry_after=2+in={10 if seconds > 0 else 20}")
    assert lane.messages().status != 200
    stack.clocks["relay"].ahead(seconds)
    try:
        took_s = rest_of(lane)
    finally:
        stack.clocks["relay"].ahead(0)
    print(f"\nserved again after {took_s:.1f} s")


def rest_of(lane):
    begin = time.monotonic()
    while lane.messages().status != 200:
        assert time.monotonic() - begin < 15, "the account rests by the clock on the wall"
        time.sleep(0.3)
    return time.monotonic() - begin
