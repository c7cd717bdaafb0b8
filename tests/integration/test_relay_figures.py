"""How relays are, as /api/v1/status tells it: their figures, and whether they have their Redis."""

import pytest

import relay_pair
from admin_client import eventually
from upstream import reply_bytes


@pytest.fixture(scope="module")
def pair(build_dir):
    made = relay_pair.Pair(build_dir)
    yield made
    made.close()


def status(pair):
    return pair.stack.api.get("/api/v1/status")


def figures(pair):
    return [relay["figures"] for relay in status(pair)["relays"] if relay["connected"]]


def test_redis_is_told_as_it_is(pair):
    eventually(lambda: status(pair)["redis_status"] == "ok", "it is in use")
    eventually(lambda: [told and told["redis_status"] for told in figures(pair)] == ["ok", "ok"],
               "both have told")
    assert status(pair)["status"] == "ok", status(pair)
    pair.redis.kill9()
    eventually(lambda: status(pair)["redis_status"] == "down", "it is away")
    assert status(pair)["status"] == "degraded"
    pair.redis.start()
    eventually(lambda: status(pair)["redis_status"] == "ok", "it is back")
    eventually(lambda: [told["redis_status"] for told in figures(pair)] == ["ok", "ok"], "for both")


def servers(pair):
    return [server for told in figures(pair) for server in (told or {}).get("redis_servers") or []]


def test_redis_is_told_by_role_and_distance(pair):
    eventually(lambda: len(servers(pair)) == 2 and all(one["latency_us"] for one in servers(pair)), "both have told")
    for server in servers(pair):
        assert (server["use"], server["status"]) == ("limits", "ok"), server
        assert (server["role"], server["mode"]) == ("primary", "standalone"), server
        assert 0 < server["latency_us"] < 5_000_000 and server["away_policy"] == "local", server


def test_what_holds_while_it_is_away_is_told(pair):
    api = pair.stack.api
    api.patch("/api/v1/admin/settings", {"redis_away_policy": "closed"})
    pair.redis.kill9()
    try:
        eventually(lambda: [(one["status"], one["away_policy"], one["latency_us"]) for one in servers(pair)]
                   == [("down", "closed", None)] * 2, "both have told")
    finally:
        pair.redis.start()
        api.patch("/api/v1/admin/settings", {"redis_away_policy": "local"})
    eventually(lambda: [(one["status"], one["role"]) for one in servers(pair)] == [("ok", "primary")] * 2,
               "it is back, and asked what it is")


def test_a_replica_is_known_as_one(pair):
    """It refuses to count: limits are as without Redis, and the page says why."""
    pair.redis.command("REPLICAOF", "127.0.0.1", "1")
    try:
        eventually(lambda: [(one["status"], one["role"]) for one in servers(pair)] == [("down", "replica")] * 2,
                   "both have told")
    finally:
        pair.redis.command("REPLICAOF", "NO", "ONE")
    eventually(lambda: [(one["status"], one["role"]) for one in servers(pair)] == [("ok", "primary")] * 2, "again")


def test_a_relays_figures(pair, upstream):
    lane = pair.lane({"url": upstream.url})
    upstream.handler = lambda _recorded, connection: connection.sendall(reply_bytes(
        body=b'{"type":"message","usage":{"input_tokens":5,"output_tokens":1}}')) or True
    eventually(lambda: all(figures(pair)), "both have told")
    before = sum(told["requests_total"] for told in figures(pair))
    for _ in range(3):
        assert pair.send(lane, 0).status == 200
    eventually(lambda: sum(told["requests_total"] for told in figures(pair)) >= before + 3,
               "they are counted")
    eventually(lambda: all(told["spool_events"] == 0 for told in figures(pair)), "usage has them")
    assert all(told["spool_bytes"] > 0 for told in figures(pair)), figures(pair)


def test_without_redis_it_says_so(stack):
    eventually(lambda: stack.api.get("/api/v1/status")["relays"][0]["figures"], "it has told")
    assert stack.api.get("/api/v1/status")["redis_status"] == "not_configured"
    anyone = stack.api.get("/api/v1/status")["relays"][0]["figures"]
    assert anyone["requests_in_flight"] == 0 and anyone["redis_status"] == "not_configured", anyone
    assert anyone["redis_servers"] == [], anyone


def test_what_services_and_databases_do(stack):
    lane = stack.claude("text")
    for _ in range(3):
        stack.api.log_row(lane.messages().request_id)

    def told():
        status = stack.api.get("/api/v1/status")
        return status if status["relays"][0]["overhead"] and status["ledger"]["bytes"] else None

    status = eventually(told, "the ledger has told")
    overhead = status["relays"][0]["overhead"]
    assert overhead["requests"] >= 3 and 0 < overhead["p50_us"] <= overhead["p99_us"], overhead
    assert status["ingest"]["events_last_minute"] >= 3
    for database in (status["database"], status["ledger"]):
        assert database["kind"] == "sqlite", database
        assert database["bytes"] > 10_000 and 0 <= database["latency_us"] < 5_000_000, database
    # Nothing waits on the relay's disk once the ledger has all.
    eventually(lambda: stack.api.get("/api/v1/status")["relays"][0]["figures"]["spool_oldest_at"] is None,
               "the spool is empty")
