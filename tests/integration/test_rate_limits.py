"""Requests per minute, tokens per minute and concurrency, of key, user, group and account, on one
relay."""

import concurrent.futures
import datetime
import time

import pytest

import harness
import http_client
from admin_client import eventually


def many(count, send, threads=8):
    """The replies of `count` requests sent by that many clients at once."""
    with concurrent.futures.ThreadPoolExecutor(threads) as pool:
        return list(pool.map(lambda _: send(), range(count)))


def statuses(replies):
    found = {}
    for reply in replies:
        found[reply.status] = found.get(reply.status, 0) + 1
    return found


def start_stream(lane, **body):
    """A stream that lasts; its connection, of which the head has been read."""
    connection = http_client.Connection(lane.relay_port)
    connection.send_request("POST", "/v1/messages", lane.headers(), harness.anthropic_body(stream=True, **body))
    reply = connection.read_head()
    assert reply.status == 200, reply
    return connection


@pytest.mark.parametrize("where", ["key", "group"])
def test_requests_per_minute_are_exact_with_parallel_clients(stack, where):
    if where == "key":
        lane = stack.lane({"scenario": "text"}, key={"limits": {"rpm": 20}})
    else:
        lane = stack.lane({"scenario": "text"}, limits={"rpm": 20})
    replies = many(80, lane.messages)
    assert statuses(replies) == {200: 20, 429: 60}
    refused = next(reply for reply in replies if reply.status == 429)
    error = refused.json()["error"]
    assert error["type"] == "rate_limit_error"
    assert error["details"] == {"error_code": "rate_limited", "limit": "requests"}
    assert ("API key" if where == "key" else "group") in error["message"]
    assert 50 <= int(refused.header("retry-after")) <= 61
    row = stack.api.log_row(refused.request_id)
    assert (row["status"], row["error_class"], row["cost_nano_usd"]) == (429, "rate_limited", 0)


def test_the_user_is_limited_over_all_its_keys(stack):
    user = stack.api.post("/api/v1/users", {"username": "limited", "password": "Limited-Pass-77!",
                                           "email": "limited@example.com", "limits": {"rpm": 3}})
    lanes = [stack.lane({"scenario": "text"}, key={"user_id": user["id"]}) for _ in range(2)]
    replies = [lanes[i % 2].messages() for i in range(6)]
    assert statuses(replies) == {200: 3, 429: 3}
    assert "user" in replies[-1].json()["error"]["message"]


def test_the_openai_dialect_says_it_its_own_way(stack):
    lane = stack.lane({"scenario": "text", "platform": "openai"}, key={"limits": {"rpm": 1}})
    assert lane.chat().status == 200
    refused = lane.chat()
    error = refused.json()["error"]
    assert refused.status == 429
    assert (error["type"], error["param"], error["code"]) == (
        "requests", "requests", "rate_limit_exceeded")
    assert refused.header("x-ratelimit-remaining-requests") == "0"


def test_a_refusal_by_the_group_costs_the_key_nothing(stack):
    lane = stack.lane({"scenario": "text"}, key={"limits": {"rpm": 3}}, limits={"rpm": 1})
    assert statuses(many(10, lane.messages)) == {200: 1, 429: 9}
    stack.api.patch(f"/api/v1/groups/{lane.group['id']}", {"limits": {"rpm": 100}})
    eventually(lambda: lane.messages().status == 200, "the relay has the higher limit")
    assert statuses([lane.messages() for _ in range(4)]) == {200: 1, 429: 3}


def test_tokens_are_reserved_and_then_true(stack):
    # At most 4,096 are set aside for an answer, whatever was asked for; this one takes 150 in all.
    lane = stack.lane({"scenario": "in=100+out=50"}, key={"limits": {"tpm": 4_400}})
    used = 0
    while (reply := lane.messages(max_tokens=100_000)).status == 200:
        used += 150
        assert used <= 450
    assert used == 300 or used == 150
    error = reply.json()["error"]
    assert error["details"]["limit"] == "tokens"
    assert reply.header("anthropic-ratelimit-tokens-limit") == "4400"
    assert reply.header("anthropic-ratelimit-tokens-remaining") == str(4_400 - used)


def test_what_a_route_bounds_is_what_is_reserved(stack):
    lane = stack.lane({"scenario": "in=100+out=50"}, key={"limits": {"tpm": 2_000}})
    for model, bounds in (("short", {"max": 60}), ("long", {"min": 1_500, "max": 3_000})):
        stack.api.add_route(model, group_ids=[lane.group["id"]], upstream_model="claude-sonnet-4-5",
                            max_tokens=bounds)
    stack.api.wait_for_relays()
    # Whatever is asked for, the answer has 60 at most: the minute holds many.
    asked = [lane.messages(model="short", max_tokens=100_000).status for _ in range(4)]
    assert asked == [200] * 4
    # 600 are used. One token is asked for, 1,500 would be sent.
    assert lane.messages(model="long", max_tokens=1).status == 429
    assert lane.messages(max_tokens=1).status == 200


def test_a_long_answer_asked_for_needs_an_empty_minute_and_no_more(stack):
    lane = stack.lane({"scenario": "in=100+out=50"}, key={"limits": {"tpm": 2_000}})
    assert lane.messages(max_tokens=100_000).status == 200
    refused = lane.messages(max_tokens=100_000)
    assert refused.status == 429 and 50 <= int(refused.header("retry-after")) <= 61
    assert lane.messages(max_tokens=500).status == 200


def test_a_request_larger_than_the_limit_is_told_so(stack):
    lane = stack.lane({"scenario": "text"}, key={"limits": {"tpm": 5_000}})
    reply = lane.messages(text="word " * 4_000)
    assert reply.status == 429
    assert "Send less" in reply.json()["error"]["message"]
    assert reply.header("retry-after") is None


def test_concurrency_comes_back_when_the_answer_has_been_read(stack):
    lane = stack.lane({"scenario": "text"}, key={"limits": {"concurrency": 1}})
    for _ in range(100):
        reply = lane.messages()
        assert reply.status == 200, reply


def test_concurrency_is_exact_and_comes_back_when_a_client_leaves(stack):
    lane = stack.lane({"scenario": "events=5+pace=4000"}, key={"limits": {"concurrency": 2}})
    streams = [start_stream(lane) for _ in range(2)]
    refused = lane.messages()
    assert refused.status == 429
    assert refused.json()["error"]["details"]["limit"] == "concurrency"
    assert int(refused.header("retry-after")) >= 1
    streams[0].close()
    streams.append(eventually(lambda: try_stream(lane), "the place of the one that left", pause=0.2))
    assert lane.messages().status == 429
    for stream in streams:
        stream.close()


def try_stream(lane):
    connection = http_client.Connection(lane.relay_port)
    connection.send_request("POST", "/v1/messages", lane.headers(), harness.anthropic_body(stream=True))
    if connection.read_head().status == 200:
        return connection
    connection.close()
    return None


@pytest.mark.parametrize("ending", ["cut", "rst", "nothing", "500", "stream_error"])
def test_concurrency_comes_back_however_the_upstream_ends(stack, ending):
    lane = stack.lane({"scenario": ending, "timeouts": {"first_byte_ms": 200}},
                      key={"limits": {"concurrency": 1}})
    for _ in range(3):
        reply = lane.messages(stream=True)
        assert reply.status != 429, reply


def test_a_full_account_is_passed_over(stack):
    lane = stack.lane({"scenario": "events=5+pace=4000", "priority": 1,
                       "limits": {"concurrency": 1}},
                      {"scenario": "text", "priority": 2, "limits": {"rpm": 2}})
    stream = start_stream(lane)
    replies = [lane.messages() for _ in range(3)]
    assert statuses(replies) == {200: 2, 529: 1}
    for reply in replies[:2]:
        assert stack.api.log_row(reply.request_id)["account_id"] == lane.accounts[1]["id"]
    full = replies[2]
    assert full.json()["error"]["details"]["error_code"] == "no_account_available"
    assert int(full.header("retry-after")) >= 1
    assert stack.api.account(lane.accounts[0]["id"])["status"] == "normal", "no fault of it"
    assert not any("ratelimit" in name for name in replies[0].header_names()), "not the caller's"
    stream.close()
    eventually(lambda: try_stream(lane), "the account's place comes back", pause=0.2).close()


def test_an_account_beyond_the_first_few_gets_its_turn(stack):
    full = [{"scenario": "text", "priority": n, "limits": {"rpm": 1}} for n in range(6)]
    lane = stack.lane(*full)
    replies = [lane.messages() for _ in range(7)]
    assert statuses(replies) == {200: 6, 529: 1}


def test_a_failed_attempt_gives_the_place_back(stack):
    lane = stack.lane({"scenario": "500", "priority": 1, "limits": {"concurrency": 1}},
                      {"scenario": "text", "priority": 2, "limits": {"concurrency": 1}})
    for _ in range(4):
        assert lane.messages().status == 200


def test_headers_tell_what_is_left(stack):
    lane = stack.lane({"scenario": "in=10+out=5"}, {"scenario": "text", "platform": "openai"},
                      key={"limits": {"rpm": 50, "tpm": 100_000}}, limits={"rpm": 10})
    reply = lane.messages()
    assert reply.header("anthropic-ratelimit-requests-limit") == "10", "the tightest"
    assert reply.header("anthropic-ratelimit-requests-remaining") == "9"
    reset = datetime.datetime.strptime(reply.header("anthropic-ratelimit-requests-reset"),
                                       "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=datetime.timezone.utc)
    assert 55 <= reset.timestamp() - time.time() <= 63
    assert reply.header("anthropic-ratelimit-tokens-limit") == "100000"
    assert 99_900 < int(reply.header("anthropic-ratelimit-tokens-remaining")) < 99_936
    chat = lane.chat(stream=True)
    assert chat.header("x-ratelimit-limit-requests") == "10"
    assert chat.header("x-ratelimit-remaining-requests") == "8"
    assert chat.header("x-ratelimit-reset-requests") in ("1m0s", "1m1s")


def test_an_upstreams_own_figures_never_reach_the_client(stack):
    lane = stack.claude("429")
    reply = lane.messages()
    assert reply.status == 429
    assert not any("ratelimit" in name for name in reply.header_names())


def test_counting_tokens_and_listing_models_are_free(stack):
    lane = stack.lane({"scenario": "text"}, key={"limits": {"rpm": 1, "concurrency": 1}})
    body = harness.anthropic_body()
    for _ in range(25):
        reply = http_client.request(lane.relay_port, "POST", "/v1/messages/count_tokens",
                                    lane.headers({"connection": "close"}), body)
        assert reply.status == 200, reply
    assert lane.messages().status == 200
    models = http_client.request(lane.relay_port, "GET", "/v1/models",
                                 lane.headers({"connection": "close"}))
    assert models.status == 200
