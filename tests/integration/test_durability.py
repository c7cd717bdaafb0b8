"""kill -9 under load: every answered request is on the ledger exactly once."""

import re
import time

import pytest

import harness
import http_client
from admin_client import eventually
from load import Load, check_ledger
from postgres import Postgres

SCENARIO = "in=10+out=5"
COST = 10 * 3_000 + 5 * 15_000


@pytest.fixture(scope="module")
def postgres():
    made = Postgres()
    yield made
    made.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def any_stack(request, build_dir):
    """All services on each database."""
    database = None
    if request.param == "postgresql":
        cluster = request.getfixturevalue("postgres")
        names = iter(range(1000))
        unique = f"t{time.monotonic_ns()}"
        database = lambda name: cluster.create_database(f"{name}_{unique}_{next(names)}")
    made = harness.Stack(build_dir, database=database)
    try:
        yield made.start()
    finally:
        made.close()


def test_kill_usage(any_stack):
    stack = any_stack
    lane = stack.claude(SCENARIO)
    with Load(lane) as load:
        for _ in range(3):
            load.wait_for(50)
            stack.usage.kill9()
            load.wait_for(50)  # the relay goes on answering
            stack.start_usage()
        load.wait_for(50)
    assert not load.failures, "a usage service that is away must not be felt by clients"
    check_ledger(stack.api, lane, load.answered, COST)


def test_kill_admin(any_stack):
    stack = any_stack
    lane = stack.claude(SCENARIO)
    with Load(lane) as load:
        for _ in range(2):
            load.wait_for(50)
            stack.admin.kill9()
            load.wait_for(50)
            stack.start_admin()
        load.wait_for(50)
    assert not load.failures, "an admin service that is away must not be felt by clients"
    stack.log_in()
    check_ledger(stack.api, lane, load.answered, COST)


def test_kill_relay(any_stack):
    stack = any_stack
    lane = stack.claude(SCENARIO)
    with Load(lane) as load:
        for _ in range(4):
            load.wait_for(50)
            stack.relay.kill9()
            stack.start_relay()
        load.wait_for(50)
    rows = check_ledger(stack.api, lane, load.answered, COST)
    assert len(rows) >= len(set(load.answered))


def test_all_three_in_turn(fresh_stack):
    stack = fresh_stack
    lane = stack.claude(SCENARIO)
    with Load(lane) as load:
        for _ in range(2):
            for service, start in ((stack.usage, stack.start_usage), (stack.admin, stack.start_admin),
                                   (stack.relay, stack.start_relay)):
                load.wait_for(30)
                service.kill9()
                time.sleep(0.2)
                start()
        load.wait_for(30)
    stack.log_in()
    check_ledger(stack.api, lane, load.answered, COST)


def test_postgres_restarts_under_load(build_dir, postgres):
    unique = f"r{time.monotonic_ns()}"
    stack = harness.Stack(build_dir,
                          database=lambda name: postgres.create_database(f"{name}_{unique}"))
    try:
        stack.start()
        lane = stack.claude(SCENARIO)
        with Load(lane) as load:
            load.wait_for(50)
            postgres.stop("immediate")
            load.wait_for(50)
            postgres.start()
            load.wait_for(50)
        assert not load.failures
        check_ledger(stack.api, lane, load.answered, COST)
    finally:
        stack.close()


def test_the_relay_starts_from_its_snapshot_on_disk_while_admin_is_away(fresh_stack):
    stack = fresh_stack
    lane = stack.claude(SCENARIO)
    assert lane.messages().status == 200
    stack.admin.kill9()
    stack.relay.kill9()
    stack.start_relay()
    replies = [lane.messages() for _ in range(5)]
    assert [reply.status for reply in replies] == [200] * 5
    stack.start_admin()
    stack.log_in()
    check_ledger(stack.api, lane, [reply.request_id for reply in replies], COST)
    fresh = stack.claude(SCENARIO)
    assert fresh.messages().status == 200, "changes reach the relay again"


def test_the_snapshot_on_disk_holds_no_secret_in_clear(fresh_stack):
    stack = fresh_stack
    lane = stack.lane({"secret": "sk-a-very-visible-secret"})
    assert lane.messages().status == 200
    for path in stack.folder.rglob("*"):
        if path.is_file() and path.name not in ("internal.token", "master.key"):
            data = path.read_bytes()
            assert b"sk-a-very-visible-secret" not in data, f"the credential stands in {path.name}"
            assert lane.key.encode() not in data, f"the key stands in {path.name}"


def test_the_relay_is_not_ready_without_a_snapshot(build_dir):
    stack = harness.Stack(build_dir)
    try:
        stack.start_usage()
        stack.relay.start()
        eventually(lambda: harness.ready_status(stack.relay_ops) == 503, "503 at /ready")
        reply = http_client.request(stack.relay_port, "POST", "/v1/messages",
                                    {"x-api-key": "k"}, harness.anthropic_body())
        assert reply.status == 503, reply
        assert reply.json()["type"] == "error"
        stack.seed()
        stack.start_admin()
        stack.relay.wait_ready(stack.relay_ops)
    finally:
        stack.close()


def test_the_spool_is_drained_when_usage_returns(fresh_stack):
    stack = fresh_stack
    lane = stack.claude(SCENARIO)
    stack.usage.kill9()
    replies = [lane.messages() for _ in range(40)]
    assert [reply.status for reply in replies] == [200] * 40
    stack.relay.kill9()
    stack.start_relay()  # with usage still away
    replies += [lane.messages() for _ in range(10)]
    stack.start_usage()
    check_ledger(stack.api, lane, [reply.request_id for reply in replies], COST)
    eventually(lambda: pending_events(stack) == 0, "nothing waits in the spool after the ack")


def pending_events(stack):
    metrics = http_client.request(stack.relay_ops, "GET", "/metrics").body.decode()
    return int(re.search(r"^weir_relay_spool_events_pending (\d+)", metrics, re.MULTILINE)[1])


def test_a_torn_record_at_the_end_of_the_spool_loses_nothing_before_it(fresh_stack):
    stack = fresh_stack
    lane = stack.claude(SCENARIO)
    stack.usage.kill9()
    replies = [lane.messages() for _ in range(20)]
    stack.relay.kill9()
    segments = sorted(path for path in (stack.folder / "relay").rglob("*")
                      if path.is_file() and "snapshot" not in path.name and path.stat().st_size > 0)
    assert segments, "no spool segment on disk"
    with open(segments[-1], "ab") as segment:
        segment.write(b"\x40\x00\x00\x00half a record")
    stack.start_usage()
    stack.start_relay()
    check_ledger(stack.api, lane, [reply.request_id for reply in replies], COST)
    assert lane.messages().status == 200
