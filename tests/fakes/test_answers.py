"""Proves the fake provider's good answers, errors, figures and records in both protocols."""

import http.client
import json
import ssl
import subprocess

import pytest
from fake_process import Fake, events_of, names_of


def test_anthropic_text_stream_has_the_whole_sequence(fake):
    status, headers, body = fake.messages("claude-x@in=11+out=7", stream=True)
    events = events_of(body)
    assert status == 200
    assert headers["content-type"].startswith("text/event-stream")
    assert headers["request-id"].startswith("req_fake_")
    assert names_of(events) == ["message_start", "ping", "content_block_start",
                                "content_block_delta", "content_block_stop", "message_delta",
                                "message_stop"]
    assert events[0][1]["message"]["usage"]["input_tokens"] == 11
    assert events[-2][1]["usage"]["output_tokens"] == 7
    assert events[-2][1]["delta"]["stop_reason"] == "end_turn"
    text = "".join(data["delta"]["text"] for name, data in events if name == "content_block_delta")
    plain = json.loads(fake.messages("claude-x@in=11+out=7")[2])
    assert plain["content"][0]["text"] == text


def test_anthropic_thinking_and_tools_keep_their_order_and_indexes(fake):
    tools = [{"name": "shell", "input_schema": {
        "type": "object", "required": ["command"],
        "properties": {"command": {"type": "string"}}}}]
    body = fake.messages("m@thinking+redacted+text+parallel", stream=True, tools=tools)[2]
    events = events_of(body)
    starts = [data for name, data in events if name == "content_block_start"]
    assert [s["index"] for s in starts] == [0, 1, 2, 3, 4]
    assert [s["content_block"]["type"] for s in starts] == [
        "thinking", "redacted_thinking", "text", "tool_use", "tool_use"]
    kinds = [data["delta"]["type"] for name, data in events
             if name == "content_block_delta" and data["index"] == 0]
    assert kinds[-1] == "signature_delta" and kinds.count("signature_delta") == 1
    arguments = "".join(data["delta"]["partial_json"] for name, data in events
                        if name == "content_block_delta" and data["index"] == 3)
    assert json.loads(arguments) == {"command": "fake"}
    assert starts[3]["content_block"]["name"] == "shell"
    assert events[-2][1]["delta"]["stop_reason"] == "tool_use"
    plain = json.loads(fake.messages("m@thinking+redacted+text+parallel", tools=tools)[2])
    assert [block["type"] for block in plain["content"]] == [
        s["content_block"]["type"] for s in starts]


def test_a_tool_result_ends_the_loop_with_text(fake):
    messages = [{"role": "user", "content": [
        {"type": "tool_result", "tool_use_id": "toolu_1", "content": "sunny"}]}]
    answer = json.loads(fake.messages("m@tool", messages=messages)[2])
    assert answer["stop_reason"] == "end_turn"
    assert answer["content"][0]["type"] == "text"


def test_cache_usage_in_both_protocols(fake):
    usage = json.loads(fake.messages("m@cache+in=12+out=5")[2])["usage"]
    assert (usage["input_tokens"], usage["cache_read_input_tokens"],
            usage["cache_creation_input_tokens"]) == (12, 2048, 400)
    assert usage["cache_creation"] == {"ephemeral_5m_input_tokens": 300,
                                       "ephemeral_1h_input_tokens": 100}
    usage = json.loads(fake.chat("m@cache+in=12+out=5+reason=2")[2])["usage"]
    assert usage["prompt_tokens"] == 12 + 2048 + 400
    assert usage["prompt_tokens_details"]["cached_tokens"] == 2048
    assert usage["completion_tokens"] == 5
    assert usage["completion_tokens_details"]["reasoning_tokens"] == 2
    assert usage["total_tokens"] == 2460 + 5


def test_default_usage_is_a_quarter_of_the_body_and_the_words_of_the_answer(fake):
    answer = json.loads(fake.messages("plain-model")[2])
    sent = fake.records()[-1]["body"]
    assert answer["usage"]["input_tokens"] == -(-len(sent) // 4)
    assert answer["usage"]["output_tokens"] == len(answer["content"][0]["text"].split())


def test_openai_stream_and_its_usage_chunk(fake):
    events = events_of(fake.chat("gpt", stream=True)[2])
    assert events[0][1]["choices"][0]["delta"]["role"] == "assistant"
    assert events[-1][1] == "[DONE]"
    assert events[-2][1]["choices"][0]["finish_reason"] == "stop"
    assert not any("usage" in data for _, data in events[:-1])
    asked = events_of(fake.chat("gpt@in=4+out=3", stream=True,
                                stream_options={"include_usage": True})[2])
    assert asked[-2][1]["choices"] == []
    assert asked[-2][1]["usage"]["total_tokens"] == 7
    assert all(data["usage"] is None for _, data in asked[:-2])
    assert len({data["id"] for _, data in asked[:-1]}) == 1


def test_openai_tool_calls(fake):
    tools = [{"type": "function", "function": {"name": "shell", "parameters": {
        "type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}}}]
    events = events_of(fake.chat("gpt@parallel", stream=True, tools=tools)[2])
    pieces = {0: "", 1: ""}
    for _, data in events[:-1]:
        for call in data["choices"][0]["delta"].get("tool_calls", []):
            pieces[call["index"]] += call["function"]["arguments"]
    assert [json.loads(text) for text in pieces.values()] == [{"n": 1}, {"n": 1}]
    assert events[-2][1]["choices"][0]["finish_reason"] == "tool_calls"
    message = json.loads(fake.chat("gpt@tool", tools=tools)[2])["choices"][0]["message"]
    assert message["content"] is None
    assert message["tool_calls"][0]["function"]["name"] == "shell"


@pytest.mark.parametrize("token, reason, finish", [
    ("refusal", "refusal", "content_filter"), ("max_tokens", "max_tokens", "length"),
    ("empty", "end_turn", "stop")])
def test_stop_reasons(fake, token, reason, finish):
    assert json.loads(fake.messages("m@" + token)[2])["stop_reason"] == reason
    assert json.loads(fake.chat("m@" + token)[2])["choices"][0]["finish_reason"] == finish


@pytest.mark.parametrize("status, kind, code", [
    (400, "invalid_request_error", None), (401, "authentication_error", "invalid_api_key"),
    (402, "billing_error", "insufficient_quota"), (404, "not_found_error", "model_not_found"),
    (403, "permission_error", "unsupported_country_region_territory"),
    (413, "request_too_large", "request_too_large"),
    (429, "rate_limit_error", "rate_limit_exceeded"), (500, "api_error", None),
    (502, "api_error", None), (503, "api_error", "service_unavailable"),
    (529, "overloaded_error", None)])
def test_every_error_status_in_both_shapes(fake, status, kind, code):
    got, headers, body = fake.messages(f"m@{status}", stream=True)
    assert got == status
    assert json.loads(body)["type"] == "error"
    assert json.loads(body)["error"]["type"] == kind
    assert ("retry-after" in headers) == (status in (429, 503, 529))
    got, headers, body = fake.chat(f"m@{status}")
    assert got == status
    assert json.loads(body)["error"]["code"] == code
    if status == 429:
        assert headers["x-ratelimit-remaining-requests"] == "0"


def test_error_variants(fake):
    headers = fake.messages("m@429+retry_after=17")[1]
    assert headers["retry-after"] == "17"
    assert headers["anthropic-ratelimit-requests-remaining"] == "0"
    assert "retry-after" not in fake.messages("m@429+no_retry_after")[1]
    assert fake.messages("m@502+html")[1]["content-type"] == "text/html"
    assert fake.messages("m@503+no_body")[2] == b""
    headers = fake.messages("m@429+unified")[1]
    assert headers["anthropic-ratelimit-unified-status"] == "rejected"
    assert json.loads(fake.chat("m@429+quota")[2])["error"]["code"] == "insufficient_quota"


def test_the_credential_chooses_too_and_first_counts(fake):
    good, bad = {"x-api-key": "k"}, {"authorization": "Bearer fake-key-429+retry_after=3"}
    assert fake.messages("m", headers=good)[0] == 200
    assert fake.messages("m@thinking", headers=bad)[0] == 429
    assert fake.chat("m", headers=bad)[1]["retry-after"] == "3"
    flaky = {"x-api-key": "fake-key-529+first=2"}
    assert [fake.messages("m", headers=flaky)[0] for _ in range(4)] == [529, 529, 200, 200]
    fake.call("/__fake/reset", "")
    assert fake.messages("m", headers=flaky)[0] == 529


def test_a_required_key(tmp_path):
    fake = Fake(tmp_path, "--require-key", "sesame")
    assert fake.messages("m")[0] == 401
    for name, value in (("x-api-key", "sesame"), ("authorization", "Bearer sesame"),
                        ("api-key", "sesame")):
        assert fake.messages("m", headers={name: value})[0] == 200
    fake.stop()


def test_bad_requests_are_refused(fake):
    assert fake.call("/v1/messages", "{nonsense")[0] == 400
    assert fake.call("/v1/messages", {"model": "m", "messages": [{"role": "user"}]})[0] == 400
    assert fake.call("/v1/chat/completions", {"model": "m"})[0] == 400
    assert b"no scenario token tpyo" in fake.messages("m@tpyo")[2]
    assert fake.messages("m@huge=999999999")[0] == 400, "more than any test wants"
    assert fake.messages("fake-model")[0] == 200, "a name, not a scenario"
    assert fake.messages("fake-429")[0] == 429
    assert fake.call("/v1/nothing", {})[0] == 404


def test_records_keep_order_case_and_body(fake, tmp_path):
    fake.call("/v1/messages?beta=true", '{"model":"m"}', headers={"X-Weird-CASE": "v"})
    record = fake.records()[-1]
    assert record["path"] == "/v1/messages?beta=true"
    assert ["X-Weird-CASE", "v"] in record["headers"]
    assert record["body"] == '{"model":"m"}'
    assert record["status"] == 400 and record["outcome"] == "complete"
    fake.call("/__fake/reset", "")
    assert fake.records() == []
    (tmp_path / "second").mkdir()
    second = Fake(tmp_path / "second", "--record", str(tmp_path / "r.jsonl"), "--threads", "2")
    second.messages("m@429")
    second.stop()
    lines = [json.loads(line) for line in (tmp_path / "r.jsonl").read_text().splitlines()]
    assert [line["status"] for line in lines] == [429]


def test_other_endpoints(fake):
    assert fake.call("/health")[0] == 200
    models = json.loads(fake.call("/v1/models", headers={"anthropic-version": "2023-06-01"})[2])
    assert models["data"][0]["type"] == "model" and models["has_more"] is False
    assert json.loads(fake.call("/v1/models")[2])["object"] == "list"
    counted = fake.call("/v1/messages/count_tokens", {
        "model": "m@in=42", "messages": [{"role": "user", "content": "hi"}]})
    assert json.loads(counted[2]) == {"input_tokens": 42}
    answer = json.loads(fake.call("/v1/embeddings", {"model": "e@in=3", "input": ["a", "b"]})[2])
    assert len(answer["data"]) == 2 and answer["usage"]["total_tokens"] == 3
    answer = json.loads(fake.call("/v1/embeddings", {"model": "e", "input": "a",
                                                     "encoding_format": "base64"})[2])
    assert isinstance(answer["data"][0]["embedding"], str)


def test_connections_are_kept_and_chunked_requests_read(fake):
    connection = http.client.HTTPConnection("127.0.0.1", fake.port, timeout=20)
    for _ in range(3):
        body = iter([b'{"model":"m","max_tok', b'ens":1,"messages":[{"role":"user"}]}'])
        connection.request("POST", "/v1/messages", body, {"Transfer-Encoding": "chunked"},
                           encode_chunked=True)
        answer = connection.getresponse()
        assert answer.status == 200
        answer.read()
    connection.close()
    assert fake.stats()["connections_total"] == 2


def test_https(tmp_path):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                    "-keyout", str(tmp_path / "key.pem"), "-out", str(tmp_path / "cert.pem")],
                   check=True, capture_output=True)
    fake = Fake(tmp_path, "--tls-cert", str(tmp_path / "cert.pem"), "--tls-key",
                str(tmp_path / "key.pem"))
    context = ssl.create_default_context(cafile=str(tmp_path / "cert.pem"))
    connection = http.client.HTTPSConnection("localhost", fake.port, context=context, timeout=20)
    connection.request("GET", "/v1/models")
    assert connection.getresponse().status == 200
    connection.close()
    fake.stop()
