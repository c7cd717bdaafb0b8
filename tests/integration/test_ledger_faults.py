"""A database that is read-only, full, slow or gone: nothing is lost, and each can be seen."""

import time

import pytest

import harness
import http_client
from admin_client import eventually
from load import Load, check_ledger
from postgres import Postgres

SCENARIO = "in=10+out=5"
COST = 10 * 3_000 + 5 * 15_000
LATE_S = 5  # /api/v1/status calls events late that wait for longer


@pytest.fixture(scope="module")
def cluster():
    made = Postgres()
    yield made
    made.close()


@pytest.fixture
def stack(build_dir, cluster):
    """All services on PostgreSQL, with databases of their own."""
    unique = f"faults_{time.monotonic_ns()}"
    made = harness.Stack(build_dir,
                         database=lambda name: cluster.create_database(f"{name}_{unique}"))
    made.postgres, made.ledger = cluster, f"usage_{unique}"
    try:
        yield made.start()
    finally:
        made.close()


def metric(port, name):
    """The sum over all labels."""
    reply = http_client.request(port, "GET", "/metrics", {"connection": "close"})
    return sum(float(line.split()[-1]) for line in reply.body.decode().splitlines()
               if line.startswith((f"{name} ", f"{name}{{")))


def usage_metric(stack, name):
    return metric(stack.usage_ops, name)


def ingest(stack):
    """What /api/v1/status says, all of it and of the ledger's intake."""
    status = stack.api.get("/api/v1/status")
    return status["status"], status.get("ingest", {"status": "away"})


def seen(stack, word):
    status, of_ledger = ingest(stack)
    return of_ledger["status"] == word and status == ("ok" if word == "ok" else "degraded")


def run_through(stack, begin, end, word="failing"):
    """Clients go on all the time, felt by none of them; the fault is seen, and over when it is."""
    lane = stack.claude(SCENARIO)
    with Load(lane, threads=2) as load:
        load.wait_for(20)
        begin()
        try:
            load.wait_for(20)
            eventually(lambda: seen(stack, word), f"the status says {word}", timeout=30)
            load.wait_for(20)
        finally:
            end()
        load.wait_for(20)
        eventually(lambda: seen(stack, "ok"), "all is well again", timeout=30)
    assert not load.failures, "the ledger's troubles must not be felt by clients"
    check_ledger(stack.api, lane, load.answered, COST)


def test_read_only(stack):
    def set_read_only(value):
        stack.postgres.query("postgres", f"ALTER DATABASE {stack.ledger} SET "
                                         f"default_transaction_read_only = {value}")
        stack.postgres.query("postgres", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                                         f"WHERE datname = '{stack.ledger}'")

    run_through(stack, lambda: set_read_only("on"), lambda: set_read_only("off"))
    assert usage_metric(stack, "weir_usage_commit_failures_total") >= 1


def test_the_error_is_told(stack):
    lane = stack.claude(SCENARIO)
    stack.postgres.query(stack.ledger, "ALTER TABLE usage_quarters RENAME TO elsewhere")
    reply = lane.messages()
    assert reply.status == 200
    eventually(lambda: seen(stack, "failing"), "the status says so")
    of_ledger = ingest(stack)[1]
    assert "usage_quarters" in of_ledger["last_error"], of_ledger
    assert of_ledger["events_waiting"] == 1 and of_ledger["failing_since"] is not None, of_ledger
    assert usage_metric(stack, "weir_usage_queue_events") == 1
    stack.postgres.query(stack.ledger, "ALTER TABLE elsewhere RENAME TO usage_quarters")
    check_ledger(stack.api, lane, [reply.request_id], COST)
    eventually(lambda: seen(stack, "ok"), "all is well again")
    assert ingest(stack)[1]["last_error"] is None


def test_full(stack, small_disk):
    """The disk of today's rows is full, and later has room again."""
    space = small_disk.folder / "space"
    space.mkdir()
    stack.postgres.own(space)
    name = f"small_{time.monotonic_ns()}"
    stack.postgres.query("postgres", f"CREATE TABLESPACE {name} LOCATION '{space}'")
    tables = [row[0] for row in stack.postgres.query(
        stack.ledger, "SELECT relname FROM pg_class WHERE relname LIKE 'usage\\_%' AND relkind = 'r'")]
    for table in tables:
        stack.postgres.query(stack.ledger, f"ALTER TABLE {table} SET TABLESPACE {name}")
    run_through(stack, small_disk.fill, small_disk.free)
    assert usage_metric(stack, "weir_usage_commit_failures_total") >= 1
    stack.close()  # lets go of the tablespace
    stack.postgres.query("postgres", f"DROP DATABASE {stack.ledger} WITH (FORCE)")
    stack.postgres.query("postgres", f"DROP TABLESPACE {name}")


def test_slow(stack):
    """Each commit takes two seconds; a batch takes what came meanwhile."""
    stack.postgres.query(stack.ledger, "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS "
                                       "'BEGIN PERFORM pg_sleep(2); RETURN NULL; END'")
    lane = stack.claude(SCENARIO)
    with Load(lane, threads=2) as load:
        load.wait_for(20)
        stack.postgres.query(stack.ledger, "CREATE TRIGGER slow AFTER INSERT ON usage_quarters "
                                           "EXECUTE FUNCTION slow()")
        eventually(lambda: usage_metric(stack, "weir_usage_commit_seconds_sum") >= 2,
                   "a commit was slow")
        eventually(lambda: usage_metric(stack, "weir_usage_queue_events") > 0, "events wait")
        load.wait_for(20)
        stack.postgres.query(stack.ledger, "DROP TRIGGER slow ON usage_quarters")
    assert not load.failures
    check_ledger(stack.api, lane, load.answered, COST)


def test_stuck(stack):
    """Somebody holds the ledger's lock: nothing fails, but events become late."""
    locks = []

    def lock():
        locks.append(stack.postgres.background(
            stack.ledger, f"BEGIN; LOCK TABLE usage_quarters; SELECT pg_sleep({LATE_S + 60})"))

    def unlock():
        stack.postgres.query("postgres", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                                         "WHERE query LIKE '%LOCK TABLE usage_quarters; SELECT%' "
                                         "AND pid <> pg_backend_pid()")
        locks[0].wait(timeout=20)

    run_through(stack, lock, unlock, word="late")
    assert usage_metric(stack, "weir_usage_commit_failures_total") == 0


def gone(stack, seconds):
    lane = stack.claude(SCENARIO)
    with Load(lane, threads=2) as load:
        load.wait_for(20)
        stack.postgres.stop("immediate")
        try:
            eventually(lambda: usage_metric(stack, "weir_usage_commit_failures_total") > 0,
                       "failed commits are counted")
            assert harness.ready_status(stack.usage_ops) == 503
            time.sleep(seconds)
            assert lane.messages().status == 200, "clients do not feel it"
        finally:
            stack.postgres.start()
        load.wait_for(20)
        eventually(lambda: seen(stack, "ok"), "all is well again", timeout=30)
    assert not load.failures
    # What waited for ten minutes takes its time, and so does reading that many rows.
    eventually(lambda: metric(stack.relay_ops, "weir_relay_spool_events_pending") == 0,
               "the relay has reported all", timeout=60 + seconds)
    check_ledger(stack.api, lane, load.answered, COST, timeout=60 + seconds)


def test_gone(stack):
    gone(stack, 2)


@pytest.mark.long
def test_gone_for_ten_minutes(stack):
    gone(stack, 600)
