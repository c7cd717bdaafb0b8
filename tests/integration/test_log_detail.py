"""What the log says of a request's attempts and of its cost; what was a test."""

import csv
import io
import json
import threading

import pytest

import harness
import http_client
import ports
from admin_client import eventually
from upstream import Upstream


def attempts_of(stack, reply):
    return stack.api.log_row(reply.request_id)["attempts"]


def test_an_answer_and_what_came_before_it(stack):
    lane = stack.claude("529", "text")
    reply = lane.messages()
    assert reply.status == 200
    first, last = attempts_of(stack, reply)
    assert (first["action"], last["action"]) == ("failed_over", "served")
    assert first["cooldown_until"] is not None and last["cooldown_until"] is None
    for attempt in (first, last):
        assert 0 <= attempt["first_byte_ms"] <= attempt["end_ms"] <= 10_000, attempt
        assert 0 <= attempt["connect_ms"] <= attempt["first_byte_ms"] + 1, attempt
    # Each loop of the relay keeps connections of its own.
    again = [attempts_of(stack, lane.messages())[-1]["connect_ms"] for _ in range(8)]
    assert 0 in again, "a kept connection"


def test_the_end_is_when_the_answer_was_passed_on(stack):
    lane = stack.claude("stall=0.5+huge=8")
    with http_client.Connection(stack.relay_port) as connection:
        reply = lane.messages(connection=connection, stream=True)
    only, = attempts_of(stack, reply)
    assert only["action"] == "served" and only["first_byte_ms"] < 300 <= only["end_ms"], only


def test_an_answer_that_breaks_off_was_not_served(stack):
    lane = stack.claude("cut")
    reply = lane.messages(stream=True)
    row = stack.api.log_row(reply.request_id)
    assert not row["complete"]
    assert row["attempts"][-1]["action"] == "broke_off", row


def test_an_answer_that_its_client_leaves_was_not_served(stack):
    lane = stack.claude("pace=200+events=50")
    connection = http_client.Connection(stack.relay_port)
    connection.send_request("POST", "/v1/messages", lane.headers(), harness.anthropic_body(stream=True))
    assert connection.read_head().status == 200
    connection.close()
    row = eventually(lambda: stack.api.logs(f"key_id={lane.key_id}"), "the row")[0]
    assert row["error_class"] == "client_gone", row
    assert stack.api.log_row(row["request_id"])["attempts"][-1]["action"] == "client_left"


def test_a_refusal_that_another_account_betters_rests_its_model(stack):
    lane = stack.claude("403", "text")
    reply = lane.messages()
    assert reply.status == 200
    first, last = attempts_of(stack, reply)
    assert first["status"] == 403 and first["cooldown_until"] is not None, first
    assert last["action"] == "served"


def test_refusals_and_giving_up(stack):
    passed = stack.claude("400").messages()
    assert passed.status == 400
    assert [attempt["action"] for attempt in attempts_of(stack, passed)] == ["passed_on"]
    gave_up = stack.claude("500", "502+html").messages()
    assert gave_up.status >= 500
    assert [attempt["action"] for attempt in attempts_of(stack, gave_up)][-1] == "gave_up"
    nobody = stack.lane({"url": f"http://127.0.0.1:{ports.free_range(1)}"}).messages()
    only, = attempts_of(stack, nobody)
    assert (only["action"], only["connect_ms"], only["first_byte_ms"]) == ("gave_up", None, None)
    assert only["end_ms"] is not None


def test_another_model_is_a_fallback(stack):
    lane = stack.lane({"scenario": "529", "models": ["claude-sonnet-4-5"]},
                      {"scenario": "text", "models": ["claude-haiku-4-5"]},
                      fallbacks=["claude-haiku-4-5"])
    reply = lane.messages()
    assert reply.status == 200
    assert [attempt["action"] for attempt in attempts_of(stack, reply)] == ["fell_back", "served"]


def test_who_leaves_before_the_answer(stack):
    upstream = Upstream()
    arrived = threading.Event()

    def hang(_recorded, _connection):
        arrived.set()
        threading.Event().wait(3)

    upstream.handler = hang
    lane = stack.lane({"url": upstream.url})
    connection = http_client.Connection(stack.relay_port)
    connection.send_request("POST", "/v1/messages", lane.headers(), harness.anthropic_body())
    assert arrived.wait(10)
    connection.close()
    row = eventually(lambda: stack.api.logs(f"key_id={lane.key_id}"), "the row")[0]
    only, = stack.api.log_row(row["request_id"])["attempts"]
    assert only["action"] == "client_left" and only["first_byte_ms"] is None
    upstream.close()


def test_cost_is_told_by_its_parts(stack):
    lane = stack.lane({"scenario": "in=1000+out=200+cache_read=3000+cache_1h=40"},
                      price_multiplier="1.5")
    log = stack.api.log_row(lane.messages().request_id)
    lines = {line["kind"]: line for line in log["cost_lines"]}
    assert {kind: line["tokens"] for kind, line in lines.items()} == {
        "input": 1000, "output": 200, "cache_read": 3000, "cache_write_1h": 40}
    total = sum(line["cost_nano_usd"] for line in lines.values())
    assert total == log["cost_nano_usd"], (lines, log["cost_nano_usd"])
    assert lines["input"]["usd_per_million"] == log["price"]["input"]
    assert all(line["price_multiplier"] == "1.5" for line in lines.values()) and not log["cost_reason"]
    refused = stack.api.log_row(stack.claude("400").messages().request_id)
    assert refused["cost_lines"] == [] and refused["cost_reason"] is None
    assert refused["price_at"] is None


def test_rounding_leaves_no_difference(stack):
    lane = stack.lane({"scenario": "in=1+out=1+cache_read=1+cache_1h=1"}, price_multiplier="0.0001")
    log = stack.api.log_row(lane.messages().request_id)
    assert len(log["cost_lines"]) == 4
    assert sum(line["cost_nano_usd"] for line in log["cost_lines"]) == log["cost_nano_usd"]


def test_since_when_a_price_is_in_force(stack):
    since = "2026-01-02T00:00:00Z"
    stack.api.post("/api/v1/admin/prices", {"provider": "anthropic", "model": "claude-since", "input": "1",
                                            "output": "2", "effective_from": since})
    log = stack.api.log_row(stack.claude("text").messages(model="claude-since").request_id)
    assert log["price_at"] == since, log


def test_what_has_no_price_says_so(fresh_stack):
    stack = fresh_stack
    stack.api.patch("/api/v1/admin/settings", {"serve_unpriced_models": True})
    stack.api.wait_for_relays()
    log = stack.api.log_row(stack.claude("text").messages(model="claude-unheard-of").request_id)
    assert log["input_tokens"] > 0
    assert (log["cost_lines"], log["cost_reason"], log["price_at"]) == (None, "model_unpriced", None)


@pytest.fixture(scope="module")
def tested(stack):
    lane = stack.claude("text")
    stack.api.log_row(lane.messages().request_id)
    account = lane.accounts[0]["id"]
    stack.api.post(f"/api/v1/admin/accounts/{account}/test", {"model": "claude-sonnet-4-5"})
    eventually(lambda: len(stack.api.logs(f"account_id={account}")) == 2, "both are there")
    return account


@pytest.mark.parametrize("source", ["request", "test"])
def test_tests_are_told_from_requests(stack, tested, source):
    rows = stack.api.logs(f"account_id={tested}&source={source}")
    assert [row["source"] for row in rows] == [source]
    query = f"account_id={tested}&source={source}"
    table = stack.api.raw("GET", f"/api/v1/usage/export?format=csv&{query}").body.decode()
    assert [row["source"] for row in csv.DictReader(io.StringIO(table))] == [source]
    lines = stack.api.raw("GET", f"/api/v1/usage/export?format=jsonl&{query}").body.splitlines()
    assert [json.loads(line)["source"] for line in lines] == [source]
    assert stack.api.get(f"/api/v1/admin/logs/stats?{query}")["requests"] == 1
    assert stack.api.raw("GET", "/api/v1/admin/logs?source=both").status == 400


def test_a_conversation_is_found_by_what_its_client_calls_it(stack):
    lane = stack.claude("529", "text")
    name = "0190f7c2-5d1e-7a00-8000-session-of-a-test"
    mine = [lane.messages(more_headers={"x-session-id": name}).request_id for _ in range(2)]
    by_user_id = lane.messages(metadata={"user_id": json.dumps({"session_id": name})}).request_id
    # Who names none goes by how the conversation begins.
    nameless = [lane.messages(system=text).request_id for text in ("a", "a", "b")]
    rows = {request_id: stack.api.log_row(request_id) for request_id in [*mine, by_user_id, *nameless]}
    session = rows[mine[0]]["session"]
    assert len(session) == 16 and int(session, 16)
    for by in (name, session):
        found = {row["id"] for row in stack.api.logs(f"key_id={lane.key_id}&session={by}")}
        assert found == {*mine, by_user_id}, by
    a, again, b = (rows[request_id]["session"] for request_id in nameless)
    assert a == again and len({a, b, session}) == 3
    # The first one met the 529; what it rests for keeps the others from it.
    retried = stack.api.logs(f"key_id={lane.key_id}&retried=true")
    assert [row["id"] for row in retried] == mine[:1] and retried[0]["attempts"] == 2
    assert len(stack.api.logs(f"key_id={lane.key_id}&retried=false")) == 5
    dearest = max(row["cost_nano_usd"] for row in rows.values())
    of_the_dearest = {request_id for request_id, row in rows.items() if row["cost_nano_usd"] == dearest}
    found = stack.api.logs(f"key_id={lane.key_id}&cost_usd_min={dearest / 1e9:.9f}")
    assert {row["id"] for row in found} == of_the_dearest and dearest > 0
    assert stack.api.logs(f"key_id={lane.key_id}&cost_usd_min={(dearest + 1) / 1e9:.9f}") == []
    assert stack.api.logs(f"key_id={lane.key_id}&latency_ms_min=60000") == []
