"""Azure OpenAI and Ollama: where their endpoints are, how they are signed, what their answers hold."""

import json

import pytest

import http_client
from upstream import STREAM_HEAD, answer_with, chunk, reply_bytes

MODEL = "gpt-4o-mini"
FILTERED = [{"category": "hate", "filtered": False}]


def azure(stack, scenario="text", base="", **fields):
    return stack.lane({"scenario": scenario, "platform": "azure_openai",
                       "url": stack.fake_url + base, **fields})


def seen_by_fake(stack, reply):
    page = http_client.request(stack.fake_port, "GET", "/__fake/requests").json()
    return [entry for entry in page
            if ["x-request-id", reply.request_id] in [[n.lower(), v] for n, v in entry["headers"]]][-1]


def headers_of(entry):
    return {name.lower(): value for name, value in entry["headers"]}


def post(stack, lane, path, body):
    return http_client.request(stack.relay_port, "POST", path,
                               {"authorization": f"Bearer {lane.key}", "connection": "close"},
                               json.dumps(body).encode())


@pytest.mark.parametrize("base,target", [
    ("", f"/openai/deployments/{MODEL}/chat/completions?api-version=2024-10-21"),
    ("/openai?api-version=2025-01-01-preview",
     f"/openai/deployments/{MODEL}/chat/completions?api-version=2025-01-01-preview"),
    ("/openai/deployments/mine", "/openai/deployments/mine/chat/completions?api-version=2024-10-21"),
    ("/openai/v1/", "/openai/v1/chat/completions")])
@pytest.mark.parametrize("stream", [False, True])
def test_azure_is_asked_where_it_listens(stack, base, target, stream):
    lane = azure(stack, "in=7+out=5", base)
    reply = lane.chat(stream=stream)
    assert reply.status == 200, reply.body
    entry = seen_by_fake(stack, reply)
    assert entry["path"] == target
    assert headers_of(entry)["api-key"] == "fake-key-in=7+out=5"
    assert "authorization" not in headers_of(entry)
    row = stack.api.log_row(reply.request_id)
    assert (row["input_tokens"], row["output_tokens"], row["usage_source"]) == (7, 5, "reported")
    assert row["cost_nano_usd"] > 0 and row["complete"]


def test_azures_deployment_is_the_mapped_model(stack):
    lane = azure(stack, model_mapping={MODEL: "text-embedding-3-small"})
    reply = lane.chat()
    assert "/openai/deployments/text-embedding-3-small/" in seen_by_fake(stack, reply)["path"]
    reply = post(stack, lane, "/v1/embeddings", {"model": "text-embedding-3-small", "input": "hi"})
    assert reply.status == 200, reply.body
    assert seen_by_fake(stack, reply)["path"].split("?")[0] == (
        "/openai/deployments/text-embedding-3-small/embeddings")


def test_anthropics_clients_are_served_by_azure(stack):
    reply = azure(stack).messages(model=MODEL)
    assert reply.status == 200, reply.body
    assert reply.json()["type"] == "message"
    assert "/openai/deployments/" in seen_by_fake(stack, reply)["path"]


def test_azures_first_chunk_without_choices(stack, upstream):
    first = {"choices": [], "id": "", "model": "", "object": "",
             "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": FILTERED}]}
    rest = [{"id": "c", "object": "chat.completion.chunk", "model": MODEL, "choices": [
                {"index": 0, "delta": {"role": "assistant", "content": "Hi"}, "finish_reason": None}]},
            {"id": "c", "object": "chat.completion.chunk", "model": MODEL, "choices": [
                {"index": 0, "delta": {}, "finish_reason": "stop"}]},
            {"id": "c", "object": "chat.completion.chunk", "model": MODEL, "choices": [],
             "usage": {"prompt_tokens": 11, "completion_tokens": 2, "total_tokens": 13}}]
    events = [b"data: " + json.dumps(one).encode() + b"\n\n" for one in [first, *rest]]
    upstream.handler = answer_with(STREAM_HEAD, *[chunk(event) for event in events],
                                   chunk(b"data: [DONE]\n\n"), b"0\r\n\r\n")
    lane = stack.lane({"url": upstream.url, "platform": "azure_openai"})
    reply = lane.chat(stream=True)
    assert b"prompt_filter_results" in reply.body, "it passes"
    assert b'"usage"' not in reply.body, "nobody asked for that one"
    row = stack.api.log_row(reply.request_id)
    assert (row["input_tokens"], row["output_tokens"], row["complete"]) == (11, 2, True)
    message = lane.messages(model=MODEL, stream=True)
    assert [name for name, _ in message.events()][-1] == "message_stop"
    assert b"Hi" in message.body


def test_azures_content_filter_is_the_callers_own_matter(stack, upstream):
    body = json.dumps({"error": {"message": "The response was filtered", "type": None,
                                 "param": "prompt", "code": "content_filter", "status": 400,
                                 "innererror": {"code": "ResponsibleAIPolicyViolation",
                                                "content_filter_result": FILTERED}}}).encode()
    upstream.handler = answer_with(reply_bytes(400, body=body))
    lane = stack.lane({"url": upstream.url, "platform": "azure_openai"}, {"scenario": "text",
                      "platform": "openai", "priority": 900})
    for _ in range(6):  # and never held against the account
        reply = lane.chat()
        assert reply.status == 400 and reply.body == body
    translated = lane.messages(model=MODEL)
    assert translated.status == 400
    assert translated.json()["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize("base", ["", "/v1"])
def test_ollama_needs_no_credential(stack, base):
    stack.api.post("/api/v1/admin/prices", {"provider": "ollama", "model": f"llama3.{len(base)}",
                                            "input": "0", "output": "0", "free": True})
    lane = stack.lane({"platform": "ollama", "url": stack.fake_url + base, "secret": None})
    reply = lane.chat(model=f"llama3.{len(base)}")
    assert reply.status == 200, reply.body
    entry = seen_by_fake(stack, reply)
    assert entry["path"] == "/v1/chat/completions"
    assert not {"authorization", "api-key", "x-api-key"} & set(headers_of(entry))
    row = stack.api.log_row(reply.request_id)
    assert row["cost_nano_usd"] == 0 and row["output_tokens"] > 0
    assert lane.messages(model=f"llama3.{len(base)}").json()["type"] == "message"


def test_what_an_account_of_a_platform_may_be(stack):
    account = stack.api.get(f"/api/v1/admin/accounts/{azure(stack).accounts[0]['id']}")
    assert (account["credential_type"], account["provider"]) == ("api_key", "openai")
    wrong = stack.api.raw("POST", "/api/v1/admin/accounts", {
        "name": "x", "platform_type": "openai", "request_url": "https://a?api-version=1"})
    assert wrong.status == 400 and "request_url" in wrong.json()["fields"]
