"""The account pool: rests by model, one request that tries, errors inside a 200, the retry budget."""

import concurrent.futures
import json
import time

import pytest

import harness
import http_client
from admin_client import eventually
from pool import HAIKU, SONNET, account_of, metric
from upstream import STREAM_HEAD, Upstream, chunk, reply_bytes

GOOD = json.dumps({"type": "message", "content": [], "usage": {"input_tokens": 1,
                                                               "output_tokens": 1}}).encode()


def answer(*pieces, keep=True):
    """A handler that sends these bytes."""
    def handler(_recorded, connection):
        for piece in pieces:
            connection.sendall(piece)
        return keep
    return handler


def model_cooldowns(stack, account):
    return {entry["model"]: entry for entry in stack.api.account(account)["model_cooldowns"]}


def test_a_rate_limit_rests_one_model_everywhere(stack):
    lane = stack.claude("429+retry_after=60+first=1", "text")
    first, second = (account["id"] for account in lane.accounts)
    assert account_of(stack, lane.messages(model=SONNET)) == second
    rested = eventually(lambda: model_cooldowns(stack, first), "admin hears of the model's rest")
    assert set(rested) == {SONNET}
    assert metric(stack, "weir_relay_accounts", standing="model_resting") >= 1
    assert metric(stack, "weir_relay_failed_attempts_total", signal="account_limit",
                  reason="upstream_rate_limited") >= 1
    assert rested[SONNET]["reason"] == "upstream_rate_limited"
    shown = stack.api.account(first)
    assert (shown["status"], shown["cooldown_until"]) == ("normal", None), "the account is well"
    assert account_of(stack, lane.messages(model=SONNET)) == second, "also after admin's echo"
    stack.api.post(f"/api/v1/admin/accounts/{first}/reset")
    eventually(lambda: account_of(stack, lane.messages(model=SONNET)) == first, "reset by hand")
    assert model_cooldowns(stack, first) == {}


def test_another_model_of_a_limited_account_is_served(stack, upstream):
    def handler(recorded, connection):
        limited = json.loads(recorded.body)["model"] == SONNET
        connection.sendall(reply_bytes(429, [("retry-after", "60")], b'{"type":"error","error":{}}')
                           if limited else reply_bytes(200, (), GOOD))
        return True

    upstream.handler = handler
    lane = stack.lane({"url": upstream.url})
    assert lane.messages(model=SONNET).status == 429
    assert lane.messages(model=SONNET).status == 529, "it rests"
    assert lane.messages(model=HAIKU).status == 200
    assert [json.loads(r.body)["model"] for r in upstream.requests] == [SONNET, HAIKU]


def test_a_subscriptions_limit_is_about_the_whole_account(stack, upstream):
    upstream.handler = answer(reply_bytes(
        429, [("anthropic-ratelimit-unified-status", "rejected"), ("retry-after", "60")],
        b'{"type":"error","error":{"type":"rate_limit_error"}}'))
    lane = stack.lane({"url": upstream.url})
    assert lane.messages(model=SONNET).status == 429
    assert lane.messages(model=HAIKU).status == 529
    assert len(upstream.requests) == 1
    assert metric(stack, "weir_relay_accounts", standing="resting") >= 1
    account = lane.accounts[0]["id"]
    eventually(lambda: stack.api.account(account)["status"] == "rate_limited", "the account rests")


def test_exactly_one_request_tries_an_account_whose_rest_is_over(stack, upstream):
    """While it is tried all others go elsewhere; its success opens it for all."""
    state = {"ill": True, "gate": None}

    def handler(_recorded, connection):
        if state["ill"]:
            connection.sendall(reply_bytes(429, [("retry-after", "1")], b'{"type":"error"}'))
            return True
        eventually(lambda: state["gate"] == "open", "the test lets it answer", timeout=2.5)
        connection.sendall(reply_bytes(200, (), GOOD))
        return True

    upstream.handler = handler
    lane = stack.lane({"url": upstream.url, "priority": 1}, {"scenario": "text", "priority": 2})
    before = metric(stack, "weir_relay_account_probes_total")
    assert lane.messages().status == 200
    state["ill"] = False
    time.sleep(1.1)
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        replies = [pool.submit(lane.messages, text=f"c {i}") for i in range(12)]
        eventually(lambda: sum(r.done() for r in replies) >= 11, "eleven went elsewhere")
        assert len(upstream.requests) == 2, "the refused one and one that tries"
        state["gate"] = "open"
        assert all(r.result().status == 200 for r in replies)
    assert metric(stack, "weir_relay_account_probes_total") == before + 1
    lane.messages()
    assert len(upstream.requests) == 3, "open for all again"


def test_a_failed_try_rests_it_for_longer(stack, upstream):
    times = []

    def handler(_recorded, connection):
        times.append(time.monotonic())
        connection.sendall(reply_bytes(529, [("retry-after", "1")], b'{"type":"error"}'))
        return True

    upstream.handler = handler
    lane = stack.lane({"url": upstream.url, "priority": 1}, {"scenario": "text", "priority": 2})
    lane.messages()
    rested = eventually(lambda: model_cooldowns(stack, lane.accounts[0]["id"]).get(SONNET),
                        "the model rests")
    assert rested["reason"] == "upstream_overloaded"
    end = time.monotonic() + 7
    while time.monotonic() < end and len(times) < 2:
        assert lane.messages().status == 200
        time.sleep(0.05)
    assert len(times) == 2 and 4.4 < times[1] - times[0] < 6, times
    eventually(lambda: model_cooldowns(stack, lane.accounts[0]["id"]).get(SONNET, rested)["until"]
               > rested["until"], "and rests anew")


@pytest.mark.parametrize("scenario", ["overload_first", "error_behind_start+one_chunk"])
def test_a_stream_that_begins_with_an_error_fails_over(stack, scenario):
    lane = stack.claude(scenario, "in=10+out=5")
    reply = lane.messages(stream=True)
    assert reply.status == 200 and b"overloaded" not in reply.body
    assert b"event: message_stop" in reply.body
    row = stack.api.log_row(reply.request_id)
    assert row["account_id"] == lane.accounts[1]["id"]
    assert row["attempts"][0]["error_class"] == "upstream_overloaded", row["attempts"]
    assert (row["complete"], row["input_tokens"], row["output_tokens"]) == (True, 10, 5)


def test_so_does_an_openai_stream_and_an_error_under_a_200(stack):
    lane = stack.openai("overload_first", "text")
    reply = lane.chat(stream=True)
    assert reply.status == 200 and b'"error"' not in reply.body and b"[DONE]" in reply.body
    assert account_of(stack, reply) == lane.accounts[1]["id"]
    for made, send in ((stack.openai("error_200", "text"), "chat"),
                       (stack.claude("error_200", "text"), "messages")):
        reply = getattr(made, send)()
        assert reply.status == 200 and "error" not in reply.json()
        assert account_of(stack, reply) == made.accounts[1]["id"]


def test_when_all_streams_begin_with_an_error_the_status_says_so(stack):
    lane = stack.claude("overload_first", "overload_first")
    reply = lane.messages(stream=True)
    assert reply.status == 529 and reply.json()["error"]["type"] == "overloaded_error"
    assert reply.header("retry-after")


def test_the_callers_own_fault_in_a_first_event_passes_on(stack, upstream):
    event = (b'event: error\ndata: {"type":"error","error":{"type":"invalid_request_error",'
             b'"message":"prompt is too long"}}\n\n')
    upstream.handler = answer(STREAM_HEAD + chunk(event) + b"0\r\n\r\n")
    lane = stack.lane({"url": upstream.url, "priority": 1}, {"scenario": "text", "priority": 2})
    reply = lane.messages(stream=True)
    assert reply.status == 200 and reply.body == event
    assert len(upstream.requests) == 1
    assert stack.api.log_row(reply.request_id)["account_id"] == lane.accounts[0]["id"]


@pytest.mark.parametrize("pieces", [
    [STREAM_HEAD], [STREAM_HEAD, chunk(b": PROCESSING\n\n")],
    [STREAM_HEAD, chunk(b"event: error\nda")],
])
def test_a_stream_that_ends_before_it_has_begun(stack, upstream, pieces):
    """Nothing was sent on, so another account may still answer, or at least a proper status comes."""
    upstream.handler = answer(*pieces, keep=False)
    lane = stack.lane({"url": upstream.url, "priority": 1}, {"scenario": "text", "priority": 2})
    reply = lane.messages(stream=True)
    row = stack.api.log_row(reply.request_id)
    if len(pieces) == 1:
        assert reply.status == 200 and row["account_id"] == lane.accounts[1]["id"]
    else:
        assert reply.status in (200, 502), reply
        assert row["complete"] == (row["account_id"] == lane.accounts[1]["id"])


def test_a_good_stream_is_not_delayed(stack, upstream):
    """The head and the first event come as soon as the first event is there, byte for byte."""
    first = b'event: message_start\ndata: {"type":"message_start","message":{"usage":{}}}\n\n'
    rest = b'event: message_stop\ndata: {"type":"message_stop"}\n\n'

    def handler(_recorded, connection):
        connection.sendall(STREAM_HEAD)
        time.sleep(0.2)
        connection.sendall(chunk(first[:30]))
        time.sleep(0.2)
        connection.sendall(chunk(first[30:]))
        time.sleep(1.0)
        connection.sendall(chunk(rest) + b"0\r\n\r\n")
        return True

    upstream.handler = handler
    lane = stack.lane({"url": upstream.url})
    with http_client.Connection(lane.relay_port) as connection:
        began = time.monotonic()
        connection.send_request("POST", "/v1/messages", lane.headers(),
                                json.dumps({"model": SONNET, "max_tokens": 5, "stream": True,
                                            "messages": []}).encode())
        head = connection.read_head()
        assert head.status == 200
        assert 0.3 < time.monotonic() - began < 0.9
        body = b"".join(connection.read_body(head))
    assert body == first + rest


def test_a_spent_quota_rests_the_account_for_long(stack):
    lane = stack.openai("429+quota+no_retry_after", "text")
    reply = lane.chat()
    assert reply.status == 200
    row = stack.api.log_row(reply.request_id)
    assert row["attempts"][0]["error_class"] == "quota_exhausted"
    account = lane.accounts[0]["id"]
    shown = eventually(lambda: (made := stack.api.account(account))["status"] == "rate_limited"
                       and made, "admin hears of it")
    assert shown["status_reason"] == "quota_exhausted"
    assert shown["cooldown_until"] > time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3000))


def test_a_dying_upstream_is_not_stormed(build_dir):
    made = harness.Stack(build_dir, settings={"WEIR_RELAY_RETRY_PERCENT": "20",
                                              "WEIR_RELAY_RETRIES_PER_SECOND_MIN": "0",
                                              "WEIR_RELAY_THREADS": "1"})
    dying = Upstream(answer(reply_bytes(500, (), b'{"error":{"message":"x"}}')))
    try:
        made.start()
        # More accounts than can fail five times in a row within the test.
        lane = made.lane(*[{"url": dying.url, "name": f"a{i}"} for i in range(60)])
        sent = 50
        replies = [lane.messages(text=f"conversation {i}") for i in range(sent)]
        assert {reply.status for reply in replies} <= {500, 502}
        denied = metric(made, "weir_relay_retries_denied_total")
        retries = metric(made, "weir_relay_retries_total")
        assert retries <= sent * 0.2, retries
        assert retries >= sent * 0.2 - 1 and denied >= sent / 2
        assert len(dying.requests) == sent + retries
    finally:
        made.close()
        dying.close()
