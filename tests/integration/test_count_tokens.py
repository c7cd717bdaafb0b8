"""Counting tokens: asked of a provider that can tell, else counted by the gateway; free either way."""

import json
import time

import pytest

import http_client
from upstream import reply_bytes

TOOL = {"name": "get_weather", "description": "Weather",
        "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}}


def count(stack, lane, model, content="hello world", **fields):
    body = {"model": model, "messages": [{"role": "user", "content": content}], **fields}
    return http_client.request(stack.relay_port, "POST", "/v1/messages/count_tokens",
                               {**lane.headers(), "connection": "close"}, json.dumps(body).encode())


def kind(reply):
    return reply.header("x-weir-token-count")


def test_a_provider_that_can_tell_is_asked(stack):
    reply = count(stack, stack.claude("text"), "claude-sonnet-4-5")
    assert reply.status == 200 and kind(reply) is None
    assert reply.json()["input_tokens"] > 0


def test_others_models_are_counted_here(stack):
    lane = stack.openai("text")
    reply = count(stack, lane, "gpt-4o-mini")
    assert reply.status == 200, reply.body
    # Two of text, four around a message, three before the answer: OpenAI's own rule.
    assert (reply.json(), kind(reply)) == ({"input_tokens": 9}, "exact")
    assert reply.header("content-type") == "application/json"
    with_tool = count(stack, lane, "gpt-4o-mini", tools=[TOOL])
    assert kind(with_tool) == "estimate"
    assert 30 < with_tool.json()["input_tokens"] < 60
    row = stack.api.log_row(reply.request_id)
    assert (row["status"], row["operation"], row["complete"]) == (200, "count_tokens", True)
    assert (row["input_tokens"], row["cost_nano_usd"], row["attempts"]) == (0, 0, [])
    assert row["account_id"] == lane.accounts[0]["id"]
    fake = http_client.request(stack.fake_port, "GET", "/__fake/requests").json()
    assert not [entry for entry in fake if reply.request_id in json.dumps(entry["headers"])]


def test_the_model_that_serves_decides_how(stack):
    lane = stack.openai("text", model_mapping={"claude-sonnet-4-5": "gpt-4o", "fast": "deepseek-chat"})
    mapped = count(stack, lane, "claude-sonnet-4-5")
    assert (mapped.json()["input_tokens"], kind(mapped)) == (9, "exact")
    other = count(stack, lane, "fast")
    assert (other.json()["input_tokens"], kind(other)) == (10, "estimate")
    assert stack.api.log_row(other.request_id)["served_model"] == "deepseek-chat"


def test_half_a_pair_and_other_texts_that_need_care(stack):
    lane = stack.openai("text")
    body = (b'{"model":"gpt-4o-mini","messages":[{"role":"user","content":"\\ud83d"},'
            b'{"role":"assistant","content":"\\ud83d\\ude00 \\u0000"}]}')
    reply = http_client.request(stack.relay_port, "POST", "/v1/messages/count_tokens",
                                {**lane.headers(), "connection": "close"}, body)
    assert reply.status == 200 and kind(reply) == "exact", reply.body


def test_what_could_not_be_served_is_refused_by_its_name(stack):
    lane = stack.openai("text")
    reply = count(stack, lane, "gpt-4o-mini", mcp_servers=[{"type": "url", "url": "https://a"}])
    assert reply.status == 400 and "mcp_servers" in reply.json()["error"]["message"]
    reply = count(stack, stack.lane({"scenario": "text", "models": ["claude-haiku-4-5"]}), "nobodys")
    assert reply.status == 404 and reply.json()["error"]["type"] == "not_found_error"


@pytest.mark.parametrize("answer", [
    reply_bytes(404, body=b'{"detail":"Not Found"}'),
    reply_bytes(404, body=b"<html>not here</html>", content_type="text/html"),
    reply_bytes(405, body=b"{}")])
def test_a_mirror_that_cannot_count(stack, upstream, answer):
    upstream.handler = lambda recorded, connection: connection.sendall(answer)
    lane = stack.lane({"url": upstream.url, "platform": "claude_console"})
    reply = count(stack, lane, "claude-sonnet-4-5")
    assert reply.status == 200, reply.body
    assert (reply.json()["input_tokens"], kind(reply)) == (12, "estimate")
    row = stack.api.log_row(reply.request_id)
    assert row["cost_nano_usd"] == 0 and len(row["attempts"]) == 1


def test_accounts_that_rest_or_fail_stop_no_count(stack):
    lane = stack.claude("529")
    for _ in range(2):  # it fails, then it rests
        reply = count(stack, lane, "claude-sonnet-4-5")
        assert (reply.status, kind(reply)) == (200, "estimate"), reply.body
    refused = count(stack, stack.claude("400"), "claude-sonnet-4-5")
    assert refused.status == 400 and kind(refused) is None, "the request's own fault"


def test_counting_is_outside_the_limits(stack):
    lane = stack.lane({"scenario": "text", "platform": "openai"},
                      key={"limits": {"rpm": 1, "concurrency": 1}})
    for _ in range(25):
        assert count(stack, lane, "gpt-4o-mini").status == 200
    assert lane.chat().status == 200


def test_a_large_text_holds_nobody_up(stack):
    """A text that is slow to count: others are answered while it is."""
    lane = stack.openai("text")
    body = json.dumps({"model": "gpt-4o-mini", "messages": [
        {"role": "user", "content": "-" * (6 << 20)}]}).encode()
    connections = [http_client.Connection(stack.relay_port, timeout=60) for _ in range(4)]
    try:
        began = time.monotonic()
        for connection in connections:
            connection.send_request("POST", "/v1/messages/count_tokens", lane.headers(), body)
        slowest_s = 0
        for _ in range(5):
            asked = time.monotonic()
            assert lane.chat().status == 200
            slowest_s = max(slowest_s, time.monotonic() - asked)
        heads = [connection.read_head() for connection in connections]
        all_s = time.monotonic() - began
        assert [head.status for head in heads] == [200] * 4
        assert slowest_s < all_s / 4, "none has waited until a text was counted"
    finally:
        for connection in connections:
            connection.close()


def test_responses_clients_are_counted_for_too(stack):
    lane = stack.openai("text")  # no account of theirs, nor OpenAI itself
    reply = http_client.request(
        stack.relay_port, "POST", "/v1/responses/input_tokens",
        {"authorization": f"Bearer {lane.key}", "connection": "close"},
        json.dumps({"model": "gpt-4o-mini", "input": "hello world"}).encode())
    assert reply.status == 200, reply.body
    assert reply.json() == {"object": "response.input_tokens", "input_tokens": 9}
    assert kind(reply) == "exact"
