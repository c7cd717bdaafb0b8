"""Proves the fake provider's good answers, errors, figures and records in both protocols."""

import http.client
import json
import ssl
import subprocess
import time

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


def tool_called(fake, names, **fields):
    tools = [{"name": name, "input_schema": {"type": "object"}} for name in names]
    answer = json.loads(fake.messages("m@tool", tools=tools, **fields)[2])
    return answer["content"][0]["name"]


def test_the_tool_called_is_the_forced_one_else_a_shell_else_the_first(fake):
    assert tool_called(fake, ["Agent", "Bash", "Read"]) == "Bash"
    assert tool_called(fake, ["Agent", "Edit", "Read"]) == "Agent"
    forced = {"type": "tool", "name": "Read"}
    assert tool_called(fake, ["Agent", "Bash", "Read"], tool_choice=forced) == "Read"
    assert tool_called(fake, ["Agent", "Bash"], tool_choice=forced) == "Bash"


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
    deadline = time.monotonic() + 10  # the record is written a moment after the answer
    while not (tmp_path / "r.jsonl").read_text() and time.monotonic() < deadline:
        time.sleep(0.01)
    second.stop()
    lines = [json.loads(line) for line in (tmp_path / "r.jsonl").read_text().splitlines()]
    assert [line["status"] for line in lines] == [429]


FORM = (b'--B\r\nContent-Disposition: form-data; name="file"; filename="a.mp3"\r\n\r\n\x00\xff\r\n'
        b'--B\r\nContent-Disposition: form-data; name="model"\r\n\r\nMODEL\r\n--B--\r\n')


def form_call(fake, path, model, body=FORM):
    status, headers, answer = fake.call(path, body.replace(b"MODEL", model.encode()),
                                        headers={"content-type": "multipart/form-data; boundary=B"})
    return status, headers["content-type"], answer


def test_forms_are_read(fake):
    status, _, body = form_call(fake, "/v1/audio/transcriptions", "whisper-1@in=9")
    assert status == 200
    assert json.loads(body)["usage"] == {"type": "duration", "seconds": 9}
    body = form_call(fake, "/v1/audio/transcriptions", "gpt@in=9+out=4")[2]
    assert json.loads(body)["usage"]["input_tokens"] == 9
    body = form_call(fake, "/v1/images/edits", "m@in=9+out=4")[2]
    assert json.loads(body)["usage"]["output_tokens"] == 4
    assert form_call(fake, "/v1/images/edits", "m", FORM[:20])[0] == 400
    srt = FORM.replace(b"--B--", b'--B\r\nContent-Disposition: form-data; name="response_format"'
                                 b"\r\n\r\nsrt\r\n--B--")
    status, content_type, body = form_call(fake, "/v1/audio/translations", "whisper-1", srt)
    assert content_type.startswith("text/plain") and body.startswith(b"1\n00:00:00,000 --> ")


def test_endpoints_beside_chat(fake):
    body = json.loads(fake.call("/v1/completions", {"model": "m@in=3+out=2", "prompt": "a"})[2])
    assert body["usage"]["completion_tokens"] == 2 and body["choices"][0]["text"]
    body = json.loads(fake.call("/v1/images/generations", {"prompt": "a", "n": 2})[2])
    assert len(body["data"]) == 2
    assert "usage" not in json.loads(fake.call("/v1/rerank", {"model": "m@no_usage"})[2])
    assert json.loads(fake.call("/v1/moderations", {"input": "a"})[2])["model"].startswith("omni")
    status, headers, body = fake.call("/v1/audio/speech", {"model": "tts-1", "input": "a"})
    assert headers["content-type"] == "audio/mpeg" and body.startswith(b"ID3")


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


def test_a_response_streams_its_items_in_openais_order(fake):
    tools = [{"type": "web_search"}, {"type": "function", "name": "shell", "parameters": {
        "type": "object", "required": ["command"],
        "properties": {"command": {"type": "string"}}}}]
    fields = {"tools": tools, "include": ["reasoning.encrypted_content"]}
    body = fake.responses("m@thinking+text+tool+in=9", stream=True, **fields)[2]
    events = events_of(body)
    assert [name for name, _ in events] == [data["type"] for _, data in events]
    assert [data["sequence_number"] for _, data in events] == list(range(len(events)))
    assert names_of(events)[:3] == ["response.created", "response.in_progress",
                                    "response.output_item.added"]
    done = [data["item"] for name, data in events if name == "response.output_item.done"]
    assert [item["type"] for item in done] == ["reasoning", "message", "function_call"]
    assert done[0]["encrypted_content"] and done[2]["name"] == "shell"
    assert json.loads(done[2]["arguments"]) == {"command": "fake"}
    name, last = events[-1]
    assert name == "response.completed" and last["response"]["output"] == done
    plain = json.loads(fake.responses("m@thinking+text+tool+in=9", **fields)[2])
    assert [item["type"] for item in plain["output"]] == [item["type"] for item in done]
    text = "".join(data["delta"] for name, data in events if name == "response.output_text.delta")
    assert plain["output"][1]["content"][0]["text"] == text


def test_a_response_tells_its_usage_and_its_end(fake):
    usage = json.loads(fake.responses("m@cache+in=12+out=5+reason=2")[2])["usage"]
    assert usage["input_tokens"] == 12 + 2048 + 400
    assert usage["input_tokens_details"] == {"cached_tokens": 2048, "cache_write_tokens": 400}
    assert usage["output_tokens_details"] == {"reasoning_tokens": 2}
    assert usage["total_tokens"] == 2460 + 5
    assert json.loads(fake.responses("m@no_usage")[2])["usage"] is None
    events = events_of(fake.responses("m@max_tokens", stream=True)[2])
    assert events[-1][0] == "response.incomplete"
    refused = json.loads(fake.responses("m@refusal")[2])["output"][0]["content"][0]
    assert refused["type"] == "refusal" and refused["refusal"]
    called = [{"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
              {"type": "function_call_output", "call_id": "c", "output": "sunny"}]
    assert json.loads(fake.responses("m@tool", input=called)[2])["output"][0]["type"] == "message"
    assert fake.responses("m", input=[])[0] == 400
    count = fake.call("/v1/responses/input_tokens", {"model": "m@in=7", "input": "x"})
    assert json.loads(count[2]) == {"object": "response.input_tokens", "input_tokens": 7}


def test_what_a_family_has_stored_or_encrypted_is_its_own(fake):
    stored = json.loads(fake.responses("m@family=1")[2])["id"]
    assert fake.responses("m@family=1", previous_response_id=stored)[0] == 200
    status, _, body = fake.responses("m@family=2", previous_response_id=stored)
    assert status == 400 and json.loads(body)["error"]["code"] == "previous_response_not_found"
    answer = json.loads(fake.responses("m@family=1+thinking",
                                       include=["reasoning.encrypted_content"])[2])
    assert fake.responses("m@family=1", input=answer["output"])[0] == 200
    status, _, body = fake.responses("m@family=2", input=answer["output"])
    assert status == 400 and json.loads(body)["error"]["code"] == "invalid_encrypted_content"
