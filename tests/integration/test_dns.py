"""Names of providers that do not resolve, or slowly: other accounts answer, connections that are there go on, and what is
wrong is said."""

import time

import pytest

import harness
from load import Load, check_ledger
from name_server import NameServer

SCENARIO = "in=10+out=5"
COST = 10 * 3_000 + 5 * 15_000
NAME, OTHER = "provider.weir-test.example", "other.weir-test.example"
CONNECT_MS = 3_000
KEPT_S = 30  # the relay's resolver asks again after that; the old answer is good for ten minutes


@pytest.fixture(scope="module")
def names():
    made = NameServer()
    yield made
    made.close()


@pytest.fixture(scope="module")
def stack(build_dir, names):
    made = harness.Stack(build_dir)
    names.resolves_for(made.relay, made.folder)
    try:
        yield made.start()
    finally:
        made.close()


def lane_of(stack, *hosts):
    return stack.lane(*[{"scenario": SCENARIO, "priority": 10 + number, "timeouts": {"connect_ms": CONNECT_MS},
                         "url": f"http://{host}:{stack.fake_port}"} for number, host in enumerate(hosts)])


@pytest.mark.parametrize("mode", ["unknown", "failing", "silent"])
def test_another_account_answers(stack, names, mode):
    names.mode[f"{mode}.weir-test.example"] = mode
    lane = lane_of(stack, f"{mode}.weir-test.example", "127.0.0.1")
    begin = time.monotonic()
    reply = lane.messages()
    seconds = time.monotonic() - begin
    assert reply.status == 200, reply
    assert seconds < CONNECT_MS / 1000 + 2, "it waits for longer than it may take to connect"
    print(f"\n{mode}: answered by the other account after {seconds:.1f} s")
    attempts = stack.api.log_row(reply.request_id)["attempts"]
    print(attempts)
    assert len(attempts) == 2, attempts


def test_with_no_other_account_it_is_said(stack, names):
    names.mode["gone.weir-test.example"] = "unknown"
    lane = lane_of(stack, "gone.weir-test.example")
    reply = lane.messages()
    assert reply.status in (502, 503, 529), reply
    row = stack.api.log_row(reply.request_id)
    assert row["cost_nano_usd"] == 0 and row["error_class"], row
    print(f"\n{reply.status} {reply.body[:300]!r}; {row['error_class']}; {row['attempts']}")


def test_a_name_that_comes_back(stack, names):
    names.mode[OTHER] = "failing"
    lane = lane_of(stack, OTHER)
    assert lane.messages().status in (502, 503, 529)
    names.mode[OTHER] = "good"
    begin = time.monotonic()
    while lane.messages().status != 200:
        assert time.monotonic() - begin < 45, "the name is back, the account is not"
        time.sleep(0.2)
    print(f"\nserved {time.monotonic() - begin:.1f} s after the name was back")


def test_a_name_server_that_dies_is_not_felt(stack, names):
    """What is known stays good, also for new connections; a silent name holds up nobody else."""
    names.mode[NAME] = "good"
    lane = lane_of(stack, NAME)
    slow = lane_of(stack, "silent.weir-test.example")
    with Load(lane, threads=2) as load:
        load.wait_for(10)
        names.mode[NAME] = "silent"
        end = time.monotonic() + KEPT_S + 5
        while time.monotonic() < end:
            assert slow.messages().status in (502, 503, 529)
            with Load(lane, threads=1) as fresh:  # on a connection of its own
                fresh.wait_for(3)
            assert not fresh.failures
        load.wait_for(10)
    assert not load.failures
    assert NAME in names.asked
    check_ledger(stack.api, lane, load.answered, COST)
