"""Explain asks the limits and budgets that requests are admitted by: what it says is what a request then
meets, and asking takes nothing."""

import threading
import time

import pytest

import harness
import http_client
import redis_server
from admin_client import eventually
from upstream import reply_bytes

SONNET, HAIKU = "claude-sonnet-4-5", "claude-haiku-4-5"
ANSWER = reply_bytes(body=b'{"type":"message","usage":{"input_tokens":500,"output_tokens":100}}')
COST = 500 * 3_000 + 100 * 15_000  # nano-USD, of SONNET


def explain(stack, lane, model=SONNET, protocol="anthropic_messages", **more):
    return stack.api.post("/api/v1/admin/explain", {"key_id": lane.key_id, "model": model,
                                                    "protocol": protocol, **more})


def obstacles(row):
    return [(found["subject"], found["limit"], found["reason"]) for found in row["obstacles"]]


def first_model(answer):
    return answer["models"][0]["model"]


def spend_until_refused(lane):
    for count in range(100):
        reply = lane.messages(max_tokens=200)
        if reply.status != 200:
            return count, reply
    raise AssertionError("never refused")


# --- protocols

def test_accounts_that_the_request_is_translated_for_say_so(stack):
    lane = stack.lane({"scenario": "text", "priority": 30, "provider": "openai"},
                      {"scenario": "text", "platform": "openai", "priority": 10},
                      {"scenario": "text", "platform": "openai_responses", "priority": 20})
    own, chat, responses = (account["id"] for account in lane.accounts)

    def protocols(protocol):
        answer = explain(stack, lane, "gpt-4o-mini", protocol)
        return [(row["id"], row["translated_to"]) for row in answer["models"][0]["accounts"]]

    as_chat, as_messages, as_responses = (chat, "openai_chat"), (own, "anthropic_messages"), (
        responses, "openai_responses")
    assert protocols("anthropic_messages") == [(own, None), as_chat, as_responses]
    assert protocols("openai_chat") == [(chat, None), as_responses, as_messages]
    assert protocols("openai_responses") == [(responses, None), as_chat, as_messages]


# --- rules

@pytest.mark.parametrize("asked, routed", [
    ({}, SONNET), ({"input_tokens": 60_000}, HAIKU), ({"thinking": True}, "claude-opus-4-5"),
    ({"tools": True}, "claude-opus-4-6"), ({"images": True}, "claude-opus-4-7")])
def test_rules_see_what_the_request_is_like(stack, asked, routed):
    lane = stack.lane({"scenario": "text"})
    stack.api.add_route(SONNET, group_ids=[lane.group["id"]], rules=[
        {"input_tokens_above": 50_000, "upstream_model": HAIKU},
        {"thinking": "present", "upstream_model": "claude-opus-4-5"},
        {"tools": "present", "upstream_model": "claude-opus-4-6"},
        {"images": "present", "upstream_model": "claude-opus-4-7"}])
    eventually(lambda: first_model(explain(stack, lane, **asked)) == routed, "the rule holds")


@pytest.mark.parametrize("change, wrong", [
    ({"input_tokens": -1}, "input_tokens"), ({"input_tokens": "many"}, "input_tokens"),
    ({"max_tokens": 100_000_001}, "max_tokens"), ({"thinking": "yes"}, "thinking"),
    ({"tools": 1}, "tools"), ({"images": "x"}, "images"), ({"stream": []}, "stream")])
def test_what_cannot_be_is_refused(stack, change, wrong):
    lane = stack.claude("text")
    reply = stack.api.raw("POST", "/api/v1/admin/explain", {
        "key_id": lane.key_id, "model": SONNET, "protocol": "anthropic_messages", **change})
    assert reply.status == 400 and wrong in reply.json()["fields"], reply.json()


# --- limits

def test_a_full_minute_is_told_with_its_end_and_asking_takes_nothing(stack):
    lane = stack.lane({"scenario": "text"}, key={"limits": {"rpm": 2}}, limits={"rpm": 100})
    for _ in range(5):
        assert obstacles(explain(stack, lane)) == []
    assert [lane.messages().status for _ in range(2)] == [200, 200]
    answer = explain(stack, lane)
    assert (answer["reason"], answer["limits_counted_by"]) == ("rate_limited", "relay")
    assert obstacles(answer) == [("key", "requests", "rate_limited")]
    found = answer["obstacles"][0]
    assert (found["cap"], found["subject_id"]) == (2, lane.key_id) and found["until"]
    assert lane.messages().status == 429


def test_tokens_count_by_the_size_of_the_request(stack):
    lane = stack.lane({"scenario": "text"}, limits={"tpm": 10_000})
    assert obstacles(explain(stack, lane, input_tokens=9_000)) == []
    too_large = explain(stack, lane, input_tokens=10_001)
    assert obstacles(too_large) == [("group", "tokens", "rate_limited")]
    assert too_large["obstacles"][0]["until"] is None, "it never fits"


def test_places_of_the_key_and_of_an_account(stack, upstream):
    release = threading.Event()

    def handler(_recorded, connection):
        release.wait(20)
        connection.sendall(ANSWER)
        return True

    upstream.handler = handler
    lane = stack.lane({"url": upstream.url, "limits": {"concurrency": 1}},
                      key={"limits": {"concurrency": 1}})
    under_way = threading.Thread(target=lane.messages)
    under_way.start()
    try:
        eventually(lambda: upstream.requests, "one is under way")
        answer = explain(stack, lane)
        assert obstacles(answer) == [("key", "concurrency", "rate_limited")]
        account = answer["models"][0]["accounts"][0]
        assert obstacles(account) == [("account", "concurrency", "rate_limited")]
        assert (account["rank"], account["reason"]) == (1, "rate_limited")
        assert answer["models"][0]["reason"] == "no_account_available"
    finally:
        release.set()
        under_way.join()
    eventually(lambda: explain(stack, lane)["reason"] is None, "both are free")


def test_limits_in_redis_are_asked_there(build_dir):
    redis = redis_server.Redis()
    stack = harness.Stack(build_dir, settings={"WEIR_RELAY_REDIS_URL": redis.url,
                                               "WEIR_RELAY_REDIS_RETRY_MS": 200,
                                               "WEIR_RELAY_REDIS_TIMEOUT_MS": 250})
    try:
        stack.start()
        lane = stack.lane({"scenario": "text", "limits": {"rpm": 50}}, key={"limits": {"rpm": 3}})
        eventually(lambda: explain(stack, lane)["limits_counted_by"] == "redis", "redis is up")
        for _ in range(4):
            assert obstacles(explain(stack, lane)) == []
        assert lane.messages().status == 200
        # Another relay has let two more in: only Redis knows.
        key = next(name for name in redis.command("KEYS", "*") if f":k{lane.key_id}".encode() in
                   (name if isinstance(name, bytes) else name.encode()))
        redis.command("HINCRBY", key, "r", 2)
        answer = explain(stack, lane)
        assert obstacles(answer) == [("key", "requests", "rate_limited")]
        assert lane.messages().status == 429
        redis.kill9()
        eventually(lambda: explain(stack, lane)["limits_counted_by"] == "redis_away", "redis is gone")
        assert obstacles(explain(stack, lane)) == [], "this relay's own memory has one of three"
        stack.api.patch(f"/api/v1/groups/{lane.group['id']}", {"redis_away_policy": "closed"})
        eventually(lambda: obstacles(explain(stack, lane)) == [("key", None, "limits_unavailable")],
                   "the policy is closed")
    finally:
        stack.close()
        redis.close()


# --- budgets

def test_a_spent_budget_says_which_and_when_it_begins_anew(stack):
    lane = stack.lane({"scenario": "in=500+out=100"},
                      key={"limits": {"usd_per_day": "0.02", "usd_total": "5.00"}})
    assert explain(stack, lane, max_tokens=200)["reason"] is None
    assert spend_until_refused(lane)[0] >= 3, "asking took nothing"
    answer = eventually(lambda: (made := explain(stack, lane, max_tokens=200))["obstacles"] and made,
                        "the ledger has it")
    assert (answer["reason"], answer["budgets_asked"]) == ("budget_exceeded", True)
    assert obstacles(answer) == [("key", "usd_per_day", "budget_exceeded")]
    found = answer["obstacles"][0]
    assert found["cap"] == "0.02" and found["until"].endswith("T00:00:00Z"), found


def test_a_request_too_dear_for_what_is_left(stack):
    lane = stack.lane({"scenario": "in=500+out=100"}, limits={"usd_per_month": "0.05"})
    assert explain(stack, lane, input_tokens=1_000)["reason"] is None
    answer = explain(stack, lane, input_tokens=40_000)
    assert obstacles(answer) == [("group", "usd_per_month", "budget_exceeded")]
    assert lane.messages(text="x" * 160_000, max_tokens=64).status == 429
    assert lane.messages(text="x" * 4_000, max_tokens=64).status == 200


def test_a_budget_that_others_hold_is_busy(stack, upstream):
    release = threading.Event()

    def handler(_recorded, connection):
        release.wait(20)
        connection.sendall(ANSWER)
        return True

    upstream.handler = handler
    lane = stack.lane({"url": upstream.url}, key={"limits": {"usd_total": "0.20"}})
    large = threading.Thread(target=lane.messages, kwargs={"max_tokens": 11_000})
    large.start()
    try:
        eventually(lambda: upstream.requests, "the large one holds 0.17 USD")
        answer = explain(stack, lane, input_tokens=20_000)
        assert obstacles(answer) == [("key", "usd_total", "budget_busy")]
        assert explain(stack, lane, max_tokens=10)["reason"] is None
    finally:
        release.set()
        large.join()


def test_an_account_that_is_spent_says_so_and_is_passed_over(stack):
    lane = stack.lane({"scenario": "in=500+out=100", "priority": 1, "limits": {"requests_per_day": 2}},
                      {"scenario": "in=1+out=1", "priority": 2})
    ids = [row["id"] for row in lane.accounts]
    assert [lane.messages().status for _ in range(3)] == [200] * 3
    spent = [("account", "requests_per_day", "budget_exceeded")]  # busy, while they are on the way
    rows = eventually(lambda: obstacles((made := explain(stack, lane)["models"][0]["accounts"])[0])
                      == spent and made, "the ledger has both")
    assert [row["id"] for row in rows] == ids
    assert rows[0]["reason"] == "budget_exceeded" and rows[0]["until"]
    assert rows[1]["reason"] is None and explain(stack, lane)["reason"] is None


def test_an_exhausted_key_is_told_apart(stack):
    lane = stack.lane({"scenario": "in=500+out=100"}, key={"limits": {"requests_total": 3}})
    assert stack.api.get(f"/api/v1/api-keys/{lane.key_id}")["status"] == "active"
    assert [lane.messages().status for _ in range(3)] == [200] * 3
    refused = eventually(lambda: (made := lane.messages()).status == 403 and made, "it is known spent")
    assert refused.json()["error"]["details"]["error_code"] == "key_exhausted"
    assert refused.header("x-should-retry") == "false"
    assert explain(stack, lane)["reason"] == "key_exhausted"
    key = stack.api.get(f"/api/v1/api-keys/{lane.key_id}")
    assert key["status"] == "exhausted"
    rows = stack.api.get(f"/api/v1/api-keys?name={key['name']}")["data"]
    assert [row["status"] for row in rows if row["id"] == lane.key_id] == ["exhausted"]
    spent = stack.api.get("/api/v1/api-keys?status=exhausted&limit=200")
    assert {row["status"] for row in spent["data"]} == {"exhausted"}
    assert lane.key_id in [row["id"] for row in spent["data"]]
    assert spent["total"] == len(spent["data"]) < stack.api.get("/api/v1/api-keys")["total"]
    others = stack.api.get(f"/api/v1/api-keys?status=exhausted&group_id={10 ** 6}")
    assert others["data"] == [], "none of them"
    stack.api.patch(f"/api/v1/api-keys/{lane.key_id}", {"limits": {"requests_total": 4}})
    eventually(lambda: lane.messages().status == 200, "raised, it serves again")


@pytest.mark.parametrize("limit", ["requests_per_month", "requests_total"])
def test_requests_per_month_and_in_all(stack, limit):
    lane = stack.lane({"scenario": "in=5+out=1"}, limits={limit: 2})
    assert [lane.messages().status for _ in range(3)] == [200, 200, 429]
    refusal = lane.messages()
    assert refusal.json()["error"]["details"]["limit"] == limit
    assert (refusal.json()["error"]["message"].startswith("The group's budget of 2 requests")), refusal


def test_usage_away_is_said(fresh_stack):
    stack = fresh_stack
    lane = stack.lane({"scenario": "in=500+out=100"}, key={"limits": {"usd_total": "1.00"}})
    assert explain(stack, lane)["budgets_asked"] is True
    stack.usage.kill9()
    answer = explain(stack, lane)
    assert answer["budgets_asked"] is False
    assert obstacles(answer) == [("key", "usd_total", "service_away")]
    begin = time.monotonic()
    stack.api.put("/api/v1/admin/settings", {"budgets_when_usage_away": "spend_leases_then_open"})
    eventually(lambda: explain(stack, lane)["reason"] is None, "served all the same")
    assert time.monotonic() - begin < 10
    stack.start_usage()
    eventually(lambda: explain(stack, lane)["budgets_asked"], "usage is back")
