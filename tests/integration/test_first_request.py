"""What a newcomer does first: a request in each protocol, and finding it in the log to the token."""

import re

import pytest

import harness
import http_client

UUID7 = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")

# Nano-USD per token, from the published list that services/admin/data/prices.csv carries.
SONNET = {"input": 3_000, "output": 15_000, "cache_read": 300, "write_5m": 3_750, "write_1h": 6_000}
GPT_4O_MINI = {"input": 150, "output": 600, "cache_read": 75}

CLAUDE_USAGE = "in=120+out=45+cache_read=2000+cache_5m=300+cache_1h=100"
CLAUDE_COST = (120 * SONNET["input"] + 45 * SONNET["output"] + 2000 * SONNET["cache_read"]
               + 300 * SONNET["write_5m"] + 100 * SONNET["write_1h"])
OPENAI_USAGE = "in=70+out=30+cache_read=50+reason=12"
OPENAI_COST = (70 * GPT_4O_MINI["input"] + 30 * GPT_4O_MINI["output"]
               + 50 * GPT_4O_MINI["cache_read"])


@pytest.fixture(scope="module")
def claude(stack):
    return stack.claude(CLAUDE_USAGE)


@pytest.fixture(scope="module")
def openai(stack):
    return stack.openai(OPENAI_USAGE)


def check_row(row, lane, reply, **expected):
    """What every row of a good request says, and what this one says besides."""
    assert row["request_id"] == row["id"] == reply.request_id
    assert row["key_id"] == lane.key_id
    assert row["group_id"] == lane.group["id"]
    assert row["account_id"] == lane.accounts[0]["id"]
    assert row["account_name"] == lane.accounts[0]["name"]
    assert row["status"] == 200
    assert row["complete"] is True
    assert row["usage_source"] == "reported"
    assert row["attempts"] == 1 or len(row["attempts"]) == 1
    assert row["latency_ms"] >= 0
    assert row["overhead_us"] > 0
    assert row["client_ip"] == "127.0.0.1"
    for name, value in expected.items():
        assert row[name] == value, f"{name}: {row[name]} instead of {value}"


def check_own_headers(reply):
    assert UUID7.match(reply.request_id), reply.head_bytes
    assert int(reply.header("x-weir-overhead-us")) >= 0
    assert reply.header("server-timing")


CLAUDE_ROW = {
    "model": "claude-sonnet-4-5", "input_tokens": 120, "output_tokens": 45,
    "cache_read_tokens": 2000, "cache_write_5m_tokens": 300, "cache_write_1h_tokens": 100,
    "cost_nano_usd": CLAUDE_COST,
}


def test_messages(stack, claude):
    reply = claude.messages()
    assert reply.status == 200, reply
    answer = reply.json()
    assert answer["type"] == "message"
    assert answer["content"][0]["text"].startswith("Hello")
    assert answer["usage"]["input_tokens"] == 120
    check_own_headers(reply)
    row = stack.api.log_row(reply.request_id)
    check_row(row, claude, reply, stream=False, **CLAUDE_ROW)


def test_messages_streaming(stack, claude):
    reply = claude.messages(stream=True)
    assert reply.status == 200, reply
    assert reply.header("content-type").startswith("text/event-stream")
    names = [name for name, _ in reply.events()]
    assert names[0] == "message_start"
    assert names[-2:] == ["message_delta", "message_stop"]
    check_own_headers(reply)
    row = stack.api.log_row(reply.request_id)
    check_row(row, claude, reply, stream=True, **CLAUDE_ROW)
    assert row["first_token_ms"] is not None


OPENAI_ROW = {
    "model": "gpt-4o-mini", "input_tokens": 70, "output_tokens": 30, "cache_read_tokens": 50,
    "reasoning_tokens": 12, "cost_nano_usd": OPENAI_COST,
}


def test_chat(stack, openai):
    reply = openai.chat()
    assert reply.status == 200, reply
    answer = reply.json()
    assert answer["object"] == "chat.completion"
    assert answer["choices"][0]["message"]["content"].startswith("Hello")
    check_own_headers(reply)
    row = stack.api.log_row(reply.request_id)
    check_row(row, openai, reply, stream=False, **OPENAI_ROW)


def test_chat_streaming(stack, openai):
    reply = openai.chat(stream=True)
    assert reply.status == 200, reply
    events = reply.events()
    assert events[-1] == (None, "[DONE]")
    check_own_headers(reply)
    row = stack.api.log_row(reply.request_id)
    check_row(row, openai, reply, stream=True, **OPENAI_ROW)


def test_cost_in_dollars_is_the_same_number(stack, claude):
    row = stack.api.log_row(claude.messages().request_id)
    whole, _, fraction = row["cost_usd"].partition(".")
    assert int(whole) * 10**9 + int(fraction.ljust(9, "0")) == CLAUDE_COST


@pytest.mark.parametrize("name, form", [
    ("authorization", "Bearer {}"), ("authorization", "bearer {}"), ("x-api-key", "{}"),
    ("api-key", "{}"), ("x-goog-api-key", "{}"),
])
def test_a_key_may_come_in_any_of_four_headers(stack, claude, openai, name, form):
    for lane, path, body in ((claude, "/v1/messages", harness.anthropic_body()),
                             (openai, "/v1/chat/completions", harness.openai_body())):
        headers = {name: form.format(lane.key), "content-type": "application/json"}
        reply = http_client.request(stack.relay_port, "POST", path, headers, body)
        assert reply.status == 200, reply


def test_the_first_key_and_administrator_work(stack):
    assert stack.seeded["WEIR_ADMIN_USERNAME"] == "admin"
    reply = http_client.request(stack.relay_port, "GET", "/v1/models",
                                {"x-api-key": stack.seeded["WEIR_API_KEY"]})
    assert reply.status == 200, reply


def test_seed_again_makes_nothing_twice(stack):
    again = stack.seed()
    assert "WEIR_ADMIN_PASSWORD" not in again
    assert "WEIR_API_KEY" not in again


def test_models_in_the_shape_of_the_caller(stack):
    lane = stack.lane({"scenario": "text", "models": ["claude-sonnet-4-5", "claude-haiku-4-5"]})
    headers = {"x-api-key": lane.key}
    anthropic = http_client.request(stack.relay_port, "GET", "/v1/models",
                                    {**headers, "anthropic-version": "2023-06-01"}).json()
    assert {model["id"] for model in anthropic["data"]} == {"claude-sonnet-4-5", "claude-haiku-4-5"}
    assert all(model["type"] == "model" and model["display_name"] for model in anthropic["data"])
    assert anthropic["has_more"] is False
    openai = http_client.request(stack.relay_port, "GET", "/v1/models",
                                 {"authorization": f"Bearer {lane.key}"}).json()
    assert openai["object"] == "list"
    assert {model["id"] for model in openai["data"]} == {"claude-sonnet-4-5", "claude-haiku-4-5"}
    assert all(model["object"] == "model" for model in openai["data"])


def test_models_only_those_of_the_key(stack):
    lane = stack.lane({"scenario": "text", "models": ["claude-sonnet-4-5", "claude-haiku-4-5"]},
                      key={"allowed_models": ["claude-haiku-4-5"]})
    listed = http_client.request(stack.relay_port, "GET", "/v1/models", {"x-api-key": lane.key})
    assert [model["id"] for model in listed.json()["data"]] == ["claude-haiku-4-5"]
    assert lane.messages(model="claude-haiku-4-5").status == 200
    assert lane.messages(model="claude-sonnet-4-5").status == 403


def test_count_tokens_is_no_usage(stack, claude):
    body = harness.anthropic_body()
    reply = http_client.request(stack.relay_port, "POST", "/v1/messages/count_tokens",
                                claude.headers(), body)
    assert reply.status == 200, reply
    assert reply.json()["input_tokens"] > 0
    after = claude.messages()
    stack.api.log_row(after.request_id)
    rows = stack.api.logs(f"key_id={claude.key_id}")
    counted = [row for row in rows if row["request_id"] == reply.request_id]
    assert all(row["cost_nano_usd"] == 0 for row in counted), counted


def test_the_list_of_logs_and_the_summary_agree(stack):
    lane = stack.claude("in=1000+out=10")
    replies = [lane.messages() for _ in range(5)]
    for reply in replies:
        stack.api.log_row(reply.request_id)
    rows = stack.api.logs(f"key_id={lane.key_id}")
    assert {row["request_id"] for row in rows} == {reply.request_id for reply in replies}
    summary = stack.api.get(f"/api/v1/usage/summary?by=key&key_id={lane.key_id}")
    data = summary["data"] if isinstance(summary["data"], list) else [summary["data"]]
    assert sum(row["requests"] for row in data) == 5
    assert sum(row["cost_nano_usd"] for row in data) == 5 * (1000 * 3_000 + 10 * 15_000)


def test_keep_alive_serves_many_requests_on_one_connection(stack, claude):
    with http_client.Connection(stack.relay_port) as connection:
        ids = set()
        for number in range(10):
            reply = claude.messages(connection=connection, stream=number % 2 == 0)
            assert reply.status == 200, reply
            ids.add(reply.request_id)
    assert len(ids) == 10
