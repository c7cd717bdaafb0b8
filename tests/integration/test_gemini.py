"""Gemini, native: the model in the path, both spellings, streams as events and as one array."""

import json

import pytest

import http_client
from test_routing import route
from upstream import STREAM_HEAD, answer_with, chunk, reply_bytes

MODEL = "gemini-2.5-flash"
CONTENTS = [{"role": "user", "parts": [{"text": "Say hello"}]}]


def chunks_of(reply):
    return [json.loads(text) for _, text in reply.events()]


def sent(stack, reply):
    """The requests that the provider got for this one."""
    requests = http_client.request(stack.fake_port, "GET", "/__fake/requests").json()
    return [r for r in requests if ["x-request-id", reply.request_id] in r["headers"]]


def sent_body(stack, reply):
    assert reply.status == 200, reply
    return json.loads(sent(stack, reply)[0]["body"])


def tokens(row):
    return tuple(row[name] for name in (
        "input_tokens", "cache_read_tokens", "output_tokens", "reasoning_tokens"))


@pytest.mark.parametrize("verb, query", [
    ("generateContent", ""), ("streamGenerateContent", "?alt=sse"), ("streamGenerateContent", "")])
@pytest.mark.parametrize("scenario", ["text", "thinking+text+parallel", "refusal", "max_tokens",
                                      "split_utf8", "unicode"])
def test_answers_pass_byte_for_byte(stack, scenario, verb, query):
    lane = stack.gemini(scenario)
    body = {"contents": CONTENTS, "safety_settings": [], "tools": [{"function_declarations": [
        {"name": "f", "parameters_json_schema": {"type": "object"}}]}]}
    reply = lane.gemini(verb, query=query, **body)
    assert reply.status == 200, reply
    direct = http_client.request(stack.fake_port, "POST", f"/v1beta/models/{MODEL}:{verb}{query}",
                                 {"x-goog-api-key": f"fake-key-{scenario}", "connection": "close"},
                                 json.dumps(body).encode())
    assert reply.body == direct.body
    assert sent_body(stack, reply) == body
    row = stack.api.log_row(reply.request_id)
    assert (row["protocol"], row["model"], row["complete"]) == ("gemini", MODEL, True), row
    assert row["usage_source"] == "reported" and row["stream"] is (query != "")
    assert row["cost_nano_usd"] > 0


@pytest.mark.parametrize("query", ["?alt=sse", ""])
def test_figures_are_disjoint(stack, query):
    lane = stack.gemini("in=100+cache_read=40+out=30+reason=12")
    reply = lane.gemini("streamGenerateContent", query=query)
    assert tokens(stack.api.log_row(reply.request_id)) == (100, 40, 30, 12)
    assert tokens(stack.api.log_row(lane.gemini().request_id)) == (100, 40, 30, 12)


def test_what_is_not_told_is_estimated(stack):
    lane = stack.gemini("no_usage")
    image = {"inline_data": {"mime_type": "image/png", "data": "A" * 400_000}}
    reply = lane.gemini_stream(contents=[{"parts": [image, {"text": "what is it?"}]}])
    row = stack.api.log_row(reply.request_id)
    assert (row["usage_source"], row["complete"]) == ("estimated", True)
    assert 1_600 <= row["input_tokens"] < 1_700, "a picture, and not its letters"
    assert row["output_tokens"] > 10


@pytest.mark.parametrize("version", ["v1", "v1beta", "v1alpha"])
def test_the_path_goes_on_as_it_came(stack, version):
    lane = stack.gemini("in=1")
    stack.api.post("/api/v1/admin/prices", {
        "provider": "gemini", "model": f"a/b@{version}", "input": "1", "output": "1"})
    stack.api.wait_for_relays()
    for name in (f"a%2Fb%40{version}", f"a/b@{version}"):
        reply = lane.gemini(model=name, version=version, query="?key=secret&x=1")
        assert stack.api.log_row(reply.request_id)["model"] == f"a/b@{version}"
        path = sent(stack, reply)[0]["path"]
        assert path == f"/{version}/models/{name}:generateContent?x=1"


def test_a_mapping_rewrites_the_path_and_what_the_body_repeats(stack):
    lane = stack.gemini("in=7", model_mapping={"fast": MODEL})
    reply = lane.gemini(model="fast")
    assert sent(stack, reply)[0]["path"] == f"/v1beta/models/{MODEL}:generateContent"
    row = stack.api.log_row(reply.request_id)
    assert (row["model"], row["served_model"]) == ("fast", MODEL)
    reply = lane.gemini("batchEmbedContents", model="gemini-embedding-001", contents=None, requests=[
        {"model": "models/gemini-embedding-001", "content": {"parts": [{"text": "a"}]}}] * 2)
    assert len(reply.json()["embeddings"]) == 2
    assert stack.api.log_row(reply.request_id)["output_tokens"] == 0
    reply = lane.gemini("countTokens", model="fast", generateContentRequest={
        "model": "models/fast", "contents": CONTENTS})
    assert reply.json() == {"totalTokens": 7}
    assert sent_body(stack, reply)["generateContentRequest"]["model"] == f"models/{MODEL}"
    assert stack.api.log_row(reply.request_id)["cost_nano_usd"] == 0
    body = json.dumps({"model": "models/other", "content": {}}).encode()
    reply = http_client.request(stack.relay_port, "POST", "/v1beta/models/fast:embedContent",
                                {"x-goog-api-key": lane.key, "connection": "close"}, body)
    assert reply.status == 400 and "'model'" in reply.json()["error"]["message"]


def test_bounds_and_prompts_are_put_where_they_belong(stack):
    lane = stack.lane({"platform": "gemini"}, system_prompt="Be brief.")
    route(stack, lane, MODEL, max_tokens={"max": 200, "default": 100}, temperature_default="0.5")
    body = sent_body(stack, lane.gemini())
    assert body["generationConfig"] == {"maxOutputTokens": 100, "temperature": 0.5}
    assert body["systemInstruction"] == {"parts": [{"text": "Be brief."}]}
    body = sent_body(stack, lane.gemini(
        generation_config={"max_output_tokens": 5000, "thinking_config": {"include_thoughts": True}},
        system_instruction={"parts": [{"text": "own"}], "role": "user"}))
    assert body["generation_config"] == {
        "max_output_tokens": 200, "thinking_config": {"include_thoughts": True}, "temperature": 0.5}
    assert body["system_instruction"]["parts"] == [{"text": "Be brief."}, {"text": "own"}]
    for bad in ({"systemInstruction": "text"}, {"systemInstruction": {"parts": [], "Parts": []}},
                {"generationConfig": {"maxOutputTokens": "5"}},
                {"generationConfig": {"maxOutputTokens": 5}, "generation_config": {}}):
        reply = lane.gemini(**bad)
        assert reply.status == 400, bad
        assert reply.json()["error"]["status"] == "INVALID_ARGUMENT"
    assert "systemInstruction" not in sent_body(stack, lane.gemini("countTokens"))


def test_a_stream_may_be_forced_on_and_off(stack):
    lane = stack.gemini("text")
    route(stack, lane, MODEL, stream="off")
    reply = lane.gemini_stream()
    assert sent(stack, reply)[0]["path"] == f"/v1beta/models/{MODEL}:generateContent"
    assert reply.json()["candidates"][0]["finishReason"] == "STOP"
    other = stack.gemini("text")
    route(stack, other, MODEL, stream="on")
    reply = other.gemini()
    assert sent(stack, reply)[0]["path"] == f"/v1beta/models/{MODEL}:streamGenerateContent?alt=sse"
    assert chunks_of(reply)[-1]["candidates"][0]["finishReason"] == "STOP"


def test_a_key_comes_four_ways_and_goes_on_in_none(stack):
    lane = stack.gemini("text")
    for headers, query in (({"x-goog-api-key": lane.key}, ""), ({}, f"?key={lane.key}"),
                           ({"authorization": f"Bearer {lane.key}"}, ""),
                           ({"x-api-key": lane.key}, "")):
        reply = http_client.request(
            stack.relay_port, "POST", f"/v1beta/models/{MODEL}:generateContent{query}",
            {**headers, "connection": "close"}, json.dumps({"contents": CONTENTS}).encode())
        assert reply.status == 200, headers
        assert lane.key not in json.dumps(sent(stack, reply))
        assert ["x-goog-api-key", "fake-key-text"] in sent(stack, reply)[0]["headers"]
    assert lane.key not in stack.relay.log()


@pytest.mark.parametrize("scenario", ["overload_first", "503", "429", "error_200"])
def test_an_overloaded_account_gives_way(stack, scenario):
    lane = stack.gemini(scenario, "text")
    reply = lane.gemini() if scenario == "error_200" else lane.gemini_stream()
    assert reply.status == 200
    assert stack.api.log_row(reply.request_id)["account_id"] == lane.accounts[1]["id"]


def test_a_wrong_key_of_the_accounts_is_no_fault_of_the_callers(stack, upstream):
    body = json.dumps([{"error": {"code": 400, "message": "API key not valid.",
                                  "status": "INVALID_ARGUMENT", "details": [
                                      {"@type": "type.googleapis.com/google.rpc.ErrorInfo",
                                       "reason": "API_KEY_INVALID"}]}}]).encode()
    upstream.handler = answer_with(reply_bytes(400, body=body))
    lane = stack.lane({"url": upstream.url, "platform": "gemini", "priority": 1},
                      {"scenario": "text", "platform": "gemini", "priority": 2})
    reply = lane.gemini("streamGenerateContent")
    assert reply.status == 200
    attempts = stack.api.log_row(reply.request_id)["attempts"]
    assert attempts[0]["error_class"] == "credential_rejected"


@pytest.mark.parametrize("scenario, word", [("stream_error", "stream_error"),
                                            ("no_done", "stream_incomplete"), ("cut", None)])
def test_a_stream_that_breaks_off_ends_with_an_error(stack, scenario, word):
    lane = stack.gemini(scenario)
    reply = lane.gemini_stream()
    last = chunks_of(reply)[-1]["error"]
    assert last["code"] >= 500 and last["status"]
    row = stack.api.log_row(reply.request_id)
    assert row["complete"] is False
    assert word is None or row["error_class"] == word


def test_usage_behind_the_reason_to_end_still_counts(stack, upstream):
    pieces = [{"candidates": [{"content": {"parts": [{"text": "hi"}]}, "finishReason": "STOP"}],
               "usageMetadata": {"promptTokenCount": 5, "totalTokenCount": 5}},
              {"usageMetadata": {"promptTokenCount": 5, "candidatesTokenCount": 9,
                                 "totalTokenCount": 14}}]
    upstream.handler = answer_with(STREAM_HEAD, *[
        chunk(b"data: " + json.dumps(piece).encode() + b"\r\n\r\n") for piece in pieces],
        b"0\r\n\r\n")
    lane = stack.lane({"url": upstream.url, "platform": "gemini"})
    row = stack.api.log_row(lane.gemini_stream().request_id)
    assert (row["complete"], row["input_tokens"], row["output_tokens"]) == (True, 5, 9)


def test_a_budget_ends_a_stream_with_max_tokens(stack):
    lane = stack.lane({"scenario": "huge=64+pace=5", "platform": "gemini"},
                      key={"limits": {"usd_total": "0.01"}})
    reply = lane.gemini_stream()
    last = chunks_of(reply)[-1]
    assert last["candidates"][0]["finishReason"] == "MAX_TOKENS"
    row = stack.api.log_row(reply.request_id)
    assert row["error_class"] == "budget_exceeded"
    assert last["usageMetadata"]["candidatesTokenCount"] == row["output_tokens"]


def test_errors_of_the_gateway_have_googles_shape(stack):
    reply = http_client.request(stack.relay_port, "POST", f"/v1beta/models/{MODEL}:generateContent",
                                {"x-goog-api-key": "nobody", "connection": "close"}, b"{}")
    error = reply.json()["error"]
    assert (reply.status, error["code"], error["status"]) == (401, 401, "UNAUTHENTICATED")
    assert error["details"][0]["reason"] == "key_unknown"
    reply = http_client.request(stack.relay_port, "POST", f"/v1beta/models/{MODEL}:unknown",
                                {"connection": "close"}, b"{}")
    assert (reply.status, reply.json()["error"]["status"]) == (404, "NOT_FOUND")
    lane = stack.gemini("text")
    for name in ("..%2Fx", "%", "a%20b", "x" * 300):
        reply = lane.gemini(model=name)
        assert reply.status == 400 and "path" in reply.json()["error"]["message"], name


def test_models_are_listed_as_whoever_asks_expects(stack):
    lane = stack.gemini("text", models=[MODEL])
    for path in ("/v1beta/models", "/v1alpha/models", "/v1/models"):
        reply = http_client.request(stack.relay_port, "GET", path,
                                    {"x-goog-api-key": lane.key, "connection": "close"})
        assert [model["name"] for model in reply.json()["models"]] == [f"models/{MODEL}"], path
    reply = http_client.request(stack.relay_port, "GET", "/v1/models",
                                {"authorization": f"Bearer {lane.key}", "connection": "close"})
    assert [model["id"] for model in reply.json()["data"]] == [MODEL]
