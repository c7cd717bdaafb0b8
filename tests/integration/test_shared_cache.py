"""Answers that two relays share through a real Redis, and what happens when it is away."""

import concurrent.futures
import time

import pytest

import harness
import http_client
from admin_client import eventually
from relay_pair import REPLY_SECONDS, Pair

ANSWER_BYTES = 20_000


@pytest.fixture(scope="module")
def pair(build_dir):
    made = Pair(build_dir, kind="cache_redis", WEIR_RELAY_CACHE_REDIS_ANSWER_BYTES=ANSWER_BYTES)
    yield made
    for service in [*made.stack.services(), made.second]:
        assert service.is_running(), f"{service.name} died\n{service.log_tail()}"
    made.close()


def state(reply):
    assert reply.status == 200, reply
    return reply.header("x-weir-cache")


def cached_lane(pair, scenario="in=100+out=40", **group):
    return pair.lane({"scenario": scenario}, cache=True, **group)


def names(pair):
    return pair.redis.command("KEYS", "weir:cache:1:*")


def wait_kept(pair, count):
    eventually(lambda: len(names(pair)) >= count, "the answer is in Redis")


@pytest.mark.parametrize("stream", [False, True])
def test_what_one_relay_bought_the_other_gives(pair, stream):
    lane = cached_lane(pair, "in=100+out=40+unicode")
    before = len(names(pair))
    first = pair.send(lane, 0, stream=stream)
    wait_kept(pair, before + 1)
    again = pair.send(lane, 1, stream=stream)
    assert (state(first), state(again)) == ("miss", "hit")
    assert again.body == first.body
    assert again.header("content-type") == first.header("content-type")
    free = pair.stack.api.log_row(again.request_id)
    assert free["cache_hit"] is True and free["cost_nano_usd"] == 0 and free["account_id"] == 0
    assert pair.metric("latency_seconds_count", relay=1) > 0


def test_a_fresh_answer_takes_its_place_on_all_relays(pair):
    lane = cached_lane(pair)
    before = len(names(pair))
    pair.send(lane, 0)
    wait_kept(pair, before + 1)
    fresh = http_client.request(pair.ports[1], "POST", "/v1/messages",
                                lane.headers({"connection": "close", "cache-control": "no-cache"}),
                                harness.anthropic_body())
    assert state(fresh) == "miss"
    eventually(lambda: pair.send(lane, 0).body == fresh.body, "the fresh one everywhere")


def test_nothing_secret_is_in_the_names_and_all_of_them_end(pair):
    lane = cached_lane(pair, cache_ttl_ms=60_000)
    before = set(names(pair))
    pair.send(lane, 0, text="my secret question")
    wait_kept(pair, len(before) + 1)
    (name,) = set(names(pair)) - before
    prefix, kind, version, rest = name.split(":")
    assert (prefix, kind, version) == ("weir", "cache", "1")
    assert len(rest) == 64 and set(rest) <= set("0123456789abcdef")
    assert 50_000 < pair.redis.command("PTTL", name) <= 60_000
    everything = " ".join(pair.redis.command("KEYS", "*"))
    assert lane.key not in everything and "secret" not in everything


def test_an_answer_ends_at_its_time(pair):
    lane = cached_lane(pair, cache_ttl_ms=700)
    before = len(names(pair))
    pair.send(lane, 0)
    wait_kept(pair, before + 1)
    assert state(pair.send(lane, 1)) == "hit"
    eventually(lambda: state(pair.send(lane, 1)) == "miss", "its end", timeout=10, pause=0.2)


def test_groups_share_nothing(pair):
    one, two = cached_lane(pair), cached_lane(pair)
    before = len(names(pair))
    pair.send(one, 0)
    wait_kept(pair, before + 1)
    assert state(pair.send(two, 1)) == "miss"
    assert state(pair.send(one, 1)) == "hit"


def test_what_is_too_large_is_not_kept(pair):
    lane = cached_lane(pair, f"in=1+out=1+huge={3 * ANSWER_BYTES // 1024}")
    for _ in range(2):
        reply = pair.send(lane, 0, text="a long one")
        assert len(reply.body) > ANSWER_BYTES and state(reply) == "miss"


def test_what_somebody_else_wrote_there_is_a_miss(pair):
    lane = cached_lane(pair)
    before = set(names(pair))
    pair.send(lane, 0)
    wait_kept(pair, len(before) + 1)
    (name,) = set(names(pair)) - before
    for value in ("nonsense", "weir" + "x" * 50, "", "x" * 1_000_000):
        pair.redis.command("SET", name, value)
        assert state(pair.send(lane, 1)) == "miss"
        # The fresh answer has taken its place.
        eventually(lambda: state(pair.send(lane, 1)) == "hit", "a hit again")
    pair.redis.command("DEL", name)
    pair.redis.command("LPUSH", name, "another type")
    assert state(pair.send(lane, 1)) == "miss"
    pair.redis.command("DEL", name)
    pair.wait_up()


def test_a_redis_that_hangs_is_a_miss_and_soon_not_asked(pair):
    lane = cached_lane(pair)
    before = len(names(pair))
    pair.send(lane, 0)
    wait_kept(pair, before + 1)
    pair.redis.pause()
    try:
        # It is asked until the breaker of each loop opens; then nobody waits.
        slowest = 0
        while pair.metric("up") > 0:
            start = time.monotonic()
            assert state(pair.send(lane, 0)) == "miss"
            slowest = max(slowest, time.monotonic() - start)
        assert slowest < REPLY_SECONDS + 1
        start = time.monotonic()
        replies = [pair.send(lane, 0) for _ in range(10)]
        assert [state(reply) for reply in replies] == ["miss"] * 10
        assert time.monotonic() - start < 2
        assert pair.metric("fallback_total") > 0
    finally:
        pair.redis.resume()
    pair.wait_up()
    eventually(lambda: state(pair.send(lane, 0)) == "hit", "hits again")


def test_a_redis_that_dies_under_load_fails_no_request(pair):
    lane = cached_lane(pair)
    texts = [f"question {number % 7}" for number in range(240)]

    def ask(number):
        if number == 80:
            pair.redis.kill9()
        if number == 160:
            pair.redis.start()
        return pair.send(lane, number % 2, text=texts[number]).status

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert set(pool.map(ask, range(240))) == {200}
    pair.wait_up()
    pair.send(lane, 0, text="after")
    eventually(lambda: state(pair.send(lane, 1, text="after")) == "hit", "hits again")


def test_limits_go_on_without_it(pair):
    """It is no Redis for limits: they are each relay's own here, whatever becomes of it."""
    lane = pair.lane({"scenario": "text"}, cache=True, key={"limits": {"rpm": 3}})
    statuses = [pair.send(lane, 0, text=f"{number}").status for number in range(5)]
    assert statuses == [200] * 3 + [429] * 2
