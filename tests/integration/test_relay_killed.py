"""A relay that is killed: what it had under way is on the ledger, with what had passed."""

import time

import pytest

import harness
import http_client
from admin_client import eventually

INPUT_NANO, OUTPUT_NANO = 3_000, 15_000  # Claude Sonnet's, a token


@pytest.fixture
def stack(fresh_stack):
    return fresh_stack


def begin(stack, lane, stream):
    connection = http_client.Connection(stack.relay_port)
    connection.send_request("POST", "/v1/messages", lane.headers(),
                            harness.anthropic_body(stream=stream))
    return connection


def restart(stack):
    stack.relay.kill9()
    stack.start_relay()


def row_of(stack, lane):
    rows = eventually(lambda: stack.api.logs(f"key_id={lane.key_id}"), "the row", timeout=30)
    assert len(rows) == 1
    row = rows[0]
    assert (row["complete"], row["error_class"]) == (False, "relay_died")
    tokens = row["input_tokens"] * INPUT_NANO + row["output_tokens"] * OUTPUT_NANO
    assert row["cost_nano_usd"] == tokens
    return row


def wait_until_asked(stack):
    def asked():
        return http_client.request(stack.fake_port, "GET", "/__fake/stats").json()["requests"]
    eventually(asked, "the provider was asked")


def test_a_stream_is_billed_as_far_as_it_had_passed(stack):
    lane = stack.claude("in=77+out=500+events=40+pace=50")
    connection = begin(stack, lane, stream=True)
    head = connection.read_head()
    got = b""
    for piece in connection.read_body(head):
        got += piece
        if got.count(b"content_block_delta") >= 5:
            break
    restart(stack)
    row = row_of(stack, lane)
    assert row["request_id"] == head.request_id
    assert (row["status"], row["stream"]) == (200, True)
    assert row["input_tokens"] == 77, "told at the stream's start"
    assert 0 < row["output_tokens"] < 500
    assert row["usage_source"] == "estimated"


def test_an_answer_that_had_not_begun_counts_what_was_sent(stack):
    lane = stack.claude("in=77+out=5+slow_headers=20")
    connection = begin(stack, lane, stream=False)
    wait_until_asked(stack)
    restart(stack)
    row = row_of(stack, lane)
    assert row["status"] == 0, "nobody was told anything"
    connection.close()
    assert row["input_tokens"] > 0 and row["output_tokens"] == 0


def test_a_translated_stream_and_names_of_any_length(stack):
    stack.api.post("/api/v1/admin/prices", {
        "model": "m" * 200, "provider": "anthropic", "input": "3",
        "output": "15"})
    lane = stack.claude("in=77+out=500+events=40+pace=50")
    connection = http_client.Connection(stack.relay_port)
    headers = {**lane.headers(), "user-agent": "u" * 400}
    connection.send_request("POST", "/v1/chat/completions", headers,
                            harness.openai_body(model="m" * 200, stream=True))
    head = connection.read_head()
    assert head.status == 200
    next(connection.read_body(head))
    restart(stack)
    row = row_of(stack, lane)
    assert row["request_id"] == head.request_id and row["input_tokens"] == 77
    assert row["model"] == row["served_model"] == "m" * 200, \
        "whole: it is rated again by this name"
    detail = stack.api.get(f"/api/v1/admin/logs/{row['id']}")
    assert [attempt["served_model"] for attempt in detail["attempts"]] == \
        ["m" * 200]


def test_the_attempt_under_way_counts_not_the_one_that_failed(stack):
    lane = stack.claude("500", "in=77+out=5+slow_headers=20")
    connection = begin(stack, lane, stream=False)
    eventually(lambda: http_client.request(stack.fake_port, "GET", "/__fake/stats")
               .json()["requests"] == 2, "the second account was asked")
    restart(stack)
    row = row_of(stack, lane)
    assert row["account_id"] == lane.accounts[1]["id"]
    connection.close()


def test_many_at_once_and_none_twice(stack):
    lane = stack.claude("in=10+out=5+events=400+pace=100")
    connections = [begin(stack, lane, stream=True) for _ in range(40)]
    ids = {connection.read_head().request_id for connection in connections}
    done = stack.claude("in=10+out=5")
    answered = [done.messages() for _ in range(10)]
    restart(stack)
    restart(stack)
    eventually(lambda: len(stack.api.logs(f"key_id={lane.key_id}")) >= 40, "all rows", timeout=30)
    rows = stack.api.logs(f"key_id={lane.key_id}")
    assert {row["request_id"] for row in rows} == ids and len(rows) == 40
    assert all(row["error_class"] == "relay_died" for row in rows)
    rows = stack.api.logs(f"key_id={done.key_id}")
    assert sorted(row["request_id"] for row in rows) == sorted(r.request_id for r in answered)
    assert all(row["complete"] for row in rows)


def test_a_relay_that_is_stopped_leaves_nothing_behind(stack):
    lane = stack.claude("in=10+out=5")
    assert lane.messages().status == 200
    stack.relay.stop()
    assert not list(stack.folder.rglob("*.intents"))
    stack.start_relay()
    time.sleep(0.3)
    assert len(stack.api.logs(f"key_id={lane.key_id}")) == 1
