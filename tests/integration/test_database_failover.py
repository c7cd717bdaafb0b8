"""The machine of the database is lost: a standby that had every commit takes over, by nothing but the URL
that names both (docs/reliability.md)."""

import time

import pytest

import harness
from admin_client import eventually
from postgres import Postgres
from traffic import BY_NAME, Caller, Traffic, check_cost_by_cost


class Pair:
    """A primary that commits only what its standby has too, and the standby."""

    def __init__(self):
        self.primary = Postgres()
        self.standby = Postgres(standby_of=self.primary)
        # Commits wait for the standby from here on.
        self.primary.query("postgres", "ALTER SYSTEM SET synchronous_standby_names = '*'")
        self.primary.query("postgres", "SELECT pg_reload_conf()")
        eventually(lambda: self.primary.query("postgres", "SELECT sync_state FROM pg_stat_replication") == [["sync"]],
                   "the standby keeps up")

    def url(self, name):
        self.primary.create_database(name)
        return (f"postgresql://weir@127.0.0.1:{self.primary.port},127.0.0.1:{self.standby.port}/{name}"
                "?target_session_attrs=read-write")

    def lose_the_primary(self):
        self.primary.stop("immediate")
        self.standby.query("postgres", "ALTER SYSTEM SET synchronous_standby_names = ''")
        self.standby.promote()
        self.standby.query("postgres", "SELECT pg_reload_conf()")

    def close(self):
        self.standby.close()
        self.primary.close()


@pytest.fixture
def pair():
    made = Pair()
    yield made
    made.close()


@pytest.fixture
def own(build_dir, pair):
    made = harness.Stack(build_dir, database=pair.url)
    try:
        yield made.start()
    finally:
        made.close()


def ledger_rows(postgres, lanes):
    keys = ",".join(str(lane.key_id) for lane in lanes)
    rows = postgres.query("usage", f"SELECT id::text, cost_nano_usd FROM (SELECT encode(id, 'hex')::uuid AS id, "
                                   f"cost_nano_usd FROM usage_events WHERE key_id IN ({keys})) AS own")
    return [(row[0], int(row[1])) for row in rows]


def test_a_standby_takes_over_and_nothing_is_missing(own, pair):
    lanes = own.claude("text"), own.openai("text")
    callers = [Caller(BY_NAME[name], lane) for name, lane in zip(("messages", "chat"), lanes, strict=True)]
    with Traffic(own.relay_port, callers) as traffic:
        time.sleep(3)
        before = own.api.add_key("made-before")
        pair.lose_the_primary()
        eventually(lambda: own.api.raw("PATCH", f"/api/v1/api-keys/{before['id']}", {"name": "changed-after"}).status
                   == 200, "admin writes again", timeout=30, pause=0.2)
        time.sleep(3)
    assert not traffic.failures, traffic.failures[:5]
    assert len(traffic.answered) > 50
    eventually(lambda: len(ledger_rows(pair.standby, lanes)) >= len(traffic.answered), "the ledger has all", timeout=60)
    check_cost_by_cost(ledger_rows(pair.standby, lanes), traffic.answered)
    assert own.api.get(f"/api/v1/api-keys/{before['id']}")["name"] == "changed-after"
