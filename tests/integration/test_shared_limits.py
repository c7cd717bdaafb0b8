"""Limits that two relays share through a real Redis, and what happens when it is away."""

import concurrent.futures
import time

import pytest

import harness
import http_client
from admin_client import eventually
from relay_pair import REPLY_SECONDS, Pair

LEASE_SECONDS = 5


@pytest.fixture(scope="module")
def pair(build_dir):
    made = Pair(build_dir)
    yield made
    for service in [*made.stack.services(), made.second]:
        assert service.is_running(), f"{service.name} died\n{service.log_tail()}"
    made.close()


def statuses(replies):
    found = {}
    for reply in replies:
        found[reply.status] = found.get(reply.status, 0) + 1
    return found


def test_the_sum_over_both_relays_never_exceeds_the_limit(pair):
    lane = pair.lane({"scenario": "text"}, key={"limits": {"rpm": 1000}}, limits={"rpm": 30})
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda i: pair.send(lane, i % 2), range(120)))
    assert statuses(replies) == {200: 30, 429: 90}
    refused = next(reply for reply in replies if reply.status == 429)
    assert "group" in refused.json()["error"]["message"]
    assert 50 <= int(refused.header("retry-after")) <= 61
    assert pair.metric("latency_seconds_count") > 0


def test_headers_tell_what_all_relays_have_left(pair):
    lane = pair.lane({"scenario": "in=10+out=5"}, key={"limits": {"rpm": 10, "tpm": 50_000}})
    assert pair.send(lane, 0).header("anthropic-ratelimit-requests-remaining") == "9"
    reply = pair.send(lane, 1)
    assert reply.header("anthropic-ratelimit-requests-remaining") == "8"

    def settled():
        left = int(pair.send(lane, 0).header("anthropic-ratelimit-tokens-remaining"))
        return left > 49_000
    eventually(settled, "the true figures are settled", pause=0.2)


def test_tokens_are_shared(pair):
    lane = pair.lane({"scenario": "in=1500+out=500"}, key={"limits": {"tpm": 5_000}})
    answers = []
    for i in range(6):
        answers.append(pair.send(lane, i % 2).status)
        time.sleep(0.05)  # the settlement is on its way to Redis while the client goes on
    assert answers.count(200) == 3, answers
    assert answers[-1] == 429


def test_concurrency_is_shared_and_comes_back(pair):
    lane = pair.lane({"scenario": "events=5+pace=4000"}, key={"limits": {"concurrency": 2}})
    streams = [pair.stream(lane, 0), pair.stream(lane, 1)]
    assert all(streams)
    for relay in (0, 1):
        reply = pair.send(lane, relay)
        assert reply.status == 429
        assert reply.json()["error"]["details"]["limit"] == "concurrency"
    streams[0].close()
    streams.append(eventually(lambda: pair.stream(lane, 1), "the place is free", pause=0.1))
    assert pair.send(lane, 0).status == 429
    for stream in streams:
        stream.close()


def test_a_place_is_free_for_the_clients_next_request(pair):
    lane = pair.lane({"scenario": "text"}, key={"limits": {"concurrency": 1}})
    for i in range(40):
        reply = pair.send(lane, 0)
        assert reply.status == 200, (i, reply)


def test_accounts_are_shared_too(pair):
    lane = pair.lane({"scenario": "text", "priority": 1, "limits": {"rpm": 4}},
                     {"scenario": "text", "priority": 2, "limits": {"rpm": 3}})
    replies = [pair.send(lane, i % 2) for i in range(9)]
    assert statuses(replies) == {200: 7, 529: 2}
    used = [pair.stack.api.log_row(reply.request_id)["account_id"] for reply in replies[:7]]
    assert used == [lane.accounts[0]["id"]] * 4 + [lane.accounts[1]["id"]] * 3


def test_scripts_that_somebody_flushed_are_sent_again(pair):
    lane = pair.lane({"scenario": "text"}, key={"limits": {"rpm": 4}})
    pair.send(lane, 0)
    pair.redis.command("SCRIPT", "FLUSH")
    assert statuses([pair.send(lane, i % 2) for i in range(6)]) == {200: 3, 429: 3}


def test_keys_in_redis_expire(pair):
    lane = pair.lane({"scenario": "text"}, key={"limits": {"rpm": 4, "concurrency": 4}})
    pair.send(lane, 0)
    key = f"weir:k{lane.key_id}"
    assert 0 < pair.redis.command("PTTL", key) <= 62_000
    eventually(lambda: pair.redis.command("EXISTS", key + ":p") == 0, "no place is held")


@pytest.mark.parametrize("policy, at_once, later", [
    ("local", {200: 4, 429: 8}, {429: 20}),
    # Until a relay has noticed, its own memory still refuses what is beyond the limit anyway.
    ("open", {200: 4, 429: 8}, {200: 20}),
    ("closed", {503: 12}, {503: 20})])
def test_a_redis_that_hangs_delays_a_request_no_longer_than_its_deadline(pair, policy, at_once,
                                                                         later):
    lane = pair.lane({"scenario": "text"}, key={"limits": {"rpm": 2}})
    free = pair.lane({"scenario": "text"})
    pair.set_policy(lane, policy)
    fallbacks = sum(pair.metric("fallback_total", relay) for relay in (0, 1))
    pair.redis.pause()
    try:
        times, replies = [], []
        for i in range(12):
            start = time.monotonic()
            replies.append(pair.send(lane, i % 2))
            times.append(time.monotonic() - start)
        assert statuses(replies) == at_once
        assert max(times) < REPLY_SECONDS + 0.75, times
        if policy == "closed":
            assert replies[0].json()["error"]["details"]["error_code"] == "limits_unavailable"
            assert replies[0].header("retry-after") == "1"
        eventually(lambda: pair.metric("up", 0) == 0 and pair.metric("up", 1) == 0,
                   "both relays have noticed")
        start = time.monotonic()
        assert statuses([pair.send(lane, i % 2) for i in range(20)]) == later
        assert time.monotonic() - start < 20 * REPLY_SECONDS, "nobody waits for it any more"
        assert pair.send(free, 0).status == 200, "who has no limits never notices"
        assert harness.ready_status(pair.ops[0]) == 200
        assert sum(pair.metric("fallback_total", relay) for relay in (0, 1)) > fallbacks
    finally:
        pair.redis.resume()
    pair.wait_up()
    fresh = pair.lane({"scenario": "text"}, key={"limits": {"rpm": 3}})
    assert statuses([pair.send(fresh, i % 2) for i in range(6)]) == {200: 3, 429: 3}


def test_the_settings_policy_holds_where_a_group_has_none(pair):
    lane = pair.lane({"scenario": "text"}, key={"limits": {"rpm": 100}})
    settings = pair.stack.api.get("/api/v1/admin/settings")
    assert settings["redis_away_policy"] == "local"
    pair.stack.api.put("/api/v1/admin/settings", {**settings, "redis_away_policy": "closed"})
    pair.redis.kill9()
    try:
        eventually(lambda: pair.send(lane, 0).status == 503, "closed")
    finally:
        pair.redis.start()
        settings = pair.stack.api.get("/api/v1/admin/settings")
        pair.stack.api.put("/api/v1/admin/settings", {**settings, "redis_away_policy": "local"})
    pair.wait_up()
    eventually(lambda: pair.send(lane, 0).status == 200, "and open again")


def test_a_redis_that_died_and_came_back_learns_what_is_in_flight(pair):
    lane = pair.lane({"scenario": "events=5+pace=4000"}, key={"limits": {"concurrency": 2}})
    streams = [pair.stream(lane, 0)]
    pair.redis.kill9()
    streams.append(pair.stream(lane, 0))  # while it is away
    assert all(streams)
    pair.redis.start()
    pair.wait_up()
    eventually(lambda: pair.send(lane, 1).status == 429, "the other relay sees both places")
    for stream in streams:
        stream.close()
    eventually(lambda: pair.send(lane, 1).status == 200, "and sees them end")


def test_the_places_of_a_killed_relay_come_back_with_its_lease(pair):
    lane = pair.lane({"scenario": "events=20+pace=4000"}, key={"limits": {"concurrency": 1}})
    stream = pair.stream(lane, 1)
    assert stream and pair.send(lane, 0).status == 429
    pair.second.kill9()
    died = time.monotonic()
    assert pair.send(lane, 0).status == 429, "nobody can know yet"
    eventually(lambda: pair.stream(lane, 0), "the place is free", timeout=LEASE_SECONDS + 5,
               pause=0.25).close()
    assert time.monotonic() - died < LEASE_SECONDS + 2
    stream.close()
    pair.second.start().wait_ready(pair.ops[1])
    pair.wait_up()
