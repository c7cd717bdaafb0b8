"""The next account before the first byte, never after; cooldowns, marks, priority and weight."""

import collections
import json
import time

import pytest

import harness
import http_client
from admin_client import eventually
from upstream import STREAM_HEAD, chunk


def account_of(stack, reply):
    return stack.api.log_row(reply.request_id)["account_id"]


def fake_requests(stack):
    return http_client.request(stack.fake_port, "GET", "/__fake/requests").json()


def attempts_of(row):
    """The number of upstream calls: a list in the detail of a row."""
    return row["attempts"] if isinstance(row["attempts"], int) else len(row["attempts"])


@pytest.mark.parametrize("broken", ["500", "502", "503", "529", "429", "401", "403", "garbage",
                                    "502+html", "504", "500+no_body"])
@pytest.mark.parametrize("stream", [False, True])
def test_the_next_account_answers(stack, broken, stream):
    lane = stack.claude(broken, "in=10+out=5")
    reply = lane.messages(stream=stream)
    assert reply.status == 200, reply
    row = stack.api.log_row(reply.request_id)
    assert row["account_id"] == lane.accounts[1]["id"]
    assert (row["input_tokens"], row["output_tokens"], row["status"]) == (10, 5, 200)
    assert attempts_of(row) == 2


def test_an_account_that_never_answers(stack):
    lane = stack.lane({"scenario": "nothing", "priority": 1, "timeouts": {"first_byte_ms": 500}},
                      {"scenario": "text", "priority": 2})
    start = time.monotonic()
    reply = lane.messages(stream=True)
    assert reply.status == 200
    assert 0.4 < time.monotonic() - start < 5
    assert account_of(stack, reply) == lane.accounts[1]["id"]


def test_an_unreachable_account(stack):
    lane = stack.lane({"url": "http://127.0.0.1:1", "priority": 1}, {"scenario": "text", "priority": 2})
    reply = lane.messages()
    assert reply.status == 200
    assert account_of(stack, reply) == lane.accounts[1]["id"]


@pytest.mark.parametrize("platform, send", [("openai", "chat")])
def test_openai_fails_over_too(stack, platform, send):
    lane = stack.openai("500", "429", "text")
    reply = getattr(lane, send)(stream=True)
    assert reply.status == 200
    assert account_of(stack, reply) == lane.accounts[2]["id"]


@pytest.mark.parametrize("status", ["400", "404", "413", "422"])
def test_the_callers_own_mistakes_are_not_tried_elsewhere(stack, status):
    lane = stack.claude(status, "text")
    reply = lane.messages()
    assert reply.status == int(status)
    assert reply.json()["type"] == "error"
    assert stack.api.log_row(reply.request_id)["account_id"] == lane.accounts[0]["id"]


def test_when_all_fail_the_last_answer_is_told_in_the_callers_shape(stack):
    claude = stack.claude("529", "529")
    reply = claude.messages()
    assert reply.status in (529, 503), reply
    assert reply.json()["type"] == "error"
    openai = stack.openai("500", "503")
    reply = openai.chat()
    assert reply.status in (500, 502, 503), reply
    assert reply.json()["error"]["message"]
    row = stack.api.log_row(reply.request_id)
    assert row["cost_nano_usd"] == 0


def test_an_upstreams_own_401_never_reaches_the_client(stack):
    lane = stack.claude("401", "401")
    reply = lane.messages()
    assert reply.status in (502, 503, 529), reply


def test_429_cools_the_account_down_until_retry_after(stack):
    lane = stack.claude("429+retry_after=3+first=1", "text")
    first = lane.messages()
    assert account_of(stack, first) == lane.accounts[1]["id"]
    assert account_of(stack, lane.messages()) == lane.accounts[1]["id"], "still cooling down"
    observed = eventually(lambda: stack.api.account(lane.accounts[0]["id"])["model_cooldowns"],
                          "admin hears of the cooldown")
    assert [entry["model"] for entry in observed] == ["claude-sonnet-4-5"]
    time.sleep(3.5)
    assert account_of(stack, lane.messages()) == lane.accounts[0]["id"], "its time is over"
    eventually(lambda: not stack.api.account(lane.accounts[0]["id"])["model_cooldowns"],
               "admin hears of the recovery")


def test_429_of_the_only_account_tells_when_to_come_back(stack):
    lane = stack.claude("429+retry_after=30")
    lane.messages()
    reply = lane.messages()
    assert reply.status in (429, 503, 529), reply
    assert 0 < int(reply.header("retry-after")) <= 31


@pytest.mark.parametrize("status", ["401"])
def test_a_rejected_credential_marks_the_account(stack, status):
    lane = stack.claude(status, "text")
    assert lane.messages().status == 200
    marked = eventually(
        lambda: (row := stack.api.account(lane.accounts[0]["id"]))["status"] == "account_exception"
        and row, "admin marks the account")
    assert marked["status_reason"]
    http_client.request(stack.fake_port, "POST", "/__fake/reset", body=b"")
    assert lane.messages().status == 200
    asked = [json.dumps(entry["headers"]) for entry in fake_requests(stack)]
    assert len(asked) == 1 and f"fake-key-{status}" not in asked[0], "the marked one was asked again"


def test_a_marked_account_comes_back_by_hand(stack):
    lane = stack.claude("401+first=1")
    assert lane.messages().status != 200
    account = lane.accounts[0]["id"]
    eventually(lambda: stack.api.account(account)["status"] == "account_exception", "the mark")
    stack.api.post(f"/api/v1/admin/accounts/{account}/reset")
    eventually(lambda: lane.messages().status == 200, "the account serves again")


def test_a_marked_account_comes_back_with_a_new_key(stack):
    lane = stack.claude("401")
    assert lane.messages().status != 200
    account = lane.accounts[0]["id"]
    eventually(lambda: stack.api.account(account)["status"] == "account_exception", "the mark")
    stack.api.patch(f"/api/v1/admin/accounts/{account}", {"secret_key": "fake-key-text"})
    eventually(lambda: lane.messages().status == 200, "the account serves again")
    assert stack.api.account(account)["status"] == "normal"


def test_priority_comes_before_weight(stack):
    lane = stack.lane({"scenario": "text", "priority": 5, "weight": 1},
                      {"scenario": "text", "priority": 6, "weight": 1000})
    replies = [lane.messages(text=f"conversation {i}") for i in range(10)]
    assert {account_of(stack, reply) for reply in replies} == {lane.accounts[0]["id"]}


def test_weight_shares_the_requests(stack):
    lane = stack.lane({"scenario": "text", "weight": 300}, {"scenario": "text", "weight": 100})
    replies = [lane.messages(text=f"conversation {i}") for i in range(160)]
    for reply in replies[-5:]:
        stack.api.log_row(reply.request_id)
    rows = eventually(lambda: (found := stack.api.logs(f"key_id={lane.key_id}"))
                      and len(found) == 160 and found, "all rows")
    count = collections.Counter(row["account_id"] for row in rows)
    # 120 expected; the bounds are more than five standard deviations (5.5) away.
    assert 90 <= count[lane.accounts[0]["id"]] <= 150, count


def test_a_conversation_stays_with_its_account(stack):
    lane = stack.lane(*[{"scenario": "text"} for _ in range(4)])
    user = json.dumps({"device_id": "d", "account_uuid": "", "session_id": "a-session"})
    replies = [lane.messages(text=f"turn {i}", metadata={"user_id": user}) for i in range(8)]
    assert len({account_of(stack, reply) for reply in replies}) == 1


def test_a_disabled_account_is_left_out(stack):
    lane = stack.lane({"scenario": "text", "priority": 1}, {"scenario": "text", "priority": 2})
    stack.api.post(f"/api/v1/admin/accounts/{lane.accounts[0]['id']}/disable")
    eventually(lambda: account_of(stack, lane.messages()) == lane.accounts[1]["id"],
               "the other account serves")


def test_no_failover_after_the_first_byte(stack):
    lane = stack.claude("cut", "text")
    try:
        reply = lane.messages(stream=True)
        request_id = reply.request_id
    except http_client.ClosedEarly:
        request_id = eventually(lambda: stack.api.logs(f"key_id={lane.key_id}"), "a row")[0]["id"]
    row = stack.api.log_row(request_id)
    assert row["account_id"] == lane.accounts[0]["id"]
    assert row["complete"] is False
    assert attempts_of(row) == 1


def test_an_account_of_another_group_is_never_used(stack):
    other = stack.claude("text")
    lane = stack.claude("500")
    assert lane.messages().status >= 500
    assert other.messages().status == 200


def test_an_account_may_serve_two_groups(stack):
    first = stack.claude("text")
    second = stack.lane()
    account = first.accounts[0]
    stack.api.patch(f"/api/v1/admin/accounts/{account['id']}",
                    {"group_ids": [first.group["id"], second.group["id"]]})
    eventually(lambda: second.messages().status == 200, "the second group has the account")
    assert first.messages().status == 200


# --- the wait for an answer's first event

def opening_lane(stack, upstream, *pieces):
    """The first account answers with a head and these pieces, and then says nothing."""
    def handler(_recorded, connection):
        connection.sendall(STREAM_HEAD)
        for piece in pieces:
            connection.sendall(chunk(piece))
        time.sleep(10)
        return False

    upstream.handler = handler
    return stack.lane({"url": upstream.url, "priority": 1, "timeouts": {"first_byte_ms": 400}},
                      {"scenario": "text", "priority": 2})


def test_a_head_without_an_event_is_no_answer(stack, upstream):
    lane = opening_lane(stack, upstream)
    start = time.monotonic()
    reply = lane.messages(stream=True)
    assert reply.status == 200 and reply.events()[-1][0] == "message_stop"
    assert 0.3 < time.monotonic() - start < 4
    row = stack.api.log_row(reply.request_id)
    assert [attempt["error_class"] for attempt in row["attempts"]] == ["upstream_timeout", ""], row
    assert row["account_id"] == lane.accounts[1]["id"]


def test_comments_are_held_for_a_while_and_then_pass(stack, upstream):
    """What came is no event; the wait for one ends with the time for the first byte, and it passes on
    instead of being thrown away: somebody is there."""
    lane = opening_lane(stack, upstream, b": thinking\n\n")
    with http_client.Connection(stack.relay_port, timeout=15) as connection:
        start = time.monotonic()
        connection.send_request("POST", "/v1/messages", lane.headers(),
                                harness.anthropic_body(stream=True))
        head = connection.read_head()
        first = next(connection.read_body(head))
        assert head.status == 200 and first == b": thinking\n\n"
        assert 0.3 < time.monotonic() - start < 7
    rows = eventually(lambda: stack.api.logs(f"key_id={lane.key_id}"), "the row")
    assert rows[0]["account_id"] == lane.accounts[0]["id"]
    assert rows[0]["error_class"] == "client_gone"
