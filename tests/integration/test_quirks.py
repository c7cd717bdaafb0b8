"""What an account's upstream cannot take: in translated requests, in a client's own, and groups that
translate nothing."""

import json

import pytest

import http_client
from admin_client import eventually

MODEL, SONNET, GEMINI = "gpt-4o-mini", "claude-sonnet-4-5", "gemini-2.5-flash"
PNG = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}}


def seen(stack, reply):
    page = http_client.request(stack.fake_port, "GET", "/__fake/requests").json()
    return [entry for entry in page
            if ["x-request-id", reply.request_id] in [[n.lower(), v] for n, v in entry["headers"]]][-1]


def body_of(stack, reply):
    assert reply.status == 200, reply.body
    return json.loads(seen(stack, reply)["body"])


def test_a_translated_request_is_as_the_upstream_wants_it(stack):
    lane = stack.openai("in=3+out=2", quirks=["max_completion_tokens", "no_user", "no_stream_options"])
    body = body_of(stack, lane.messages(model=MODEL, stream=True, metadata={"user_id": "u"}))
    assert body["max_completion_tokens"] == 64
    assert not {"max_tokens", "user", "stream_options"} & set(body)


def test_an_upstream_that_tells_usage_unasked_is_still_metered(stack, upstream):
    from upstream import STREAM_HEAD, answer_with, chunk
    first = {"id": "c", "object": "chat.completion.chunk", "model": MODEL, "choices": [
        {"index": 0, "delta": {"role": "assistant", "content": "Hi"}, "finish_reason": None}]}
    last = {"id": "c", "object": "chat.completion.chunk", "model": MODEL, "choices": [
        {"index": 0, "delta": {}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 11, "completion_tokens": 2, "total_tokens": 13}}
    events = [chunk(b"data: " + json.dumps(one).encode() + b"\n\n") for one in (first, last)]
    upstream.handler = answer_with(STREAM_HEAD, *events, chunk(b"data: [DONE]\n\n"), b"0\r\n\r\n")
    lane = stack.lane({"url": upstream.url, "platform": "openai", "quirks": ["no_stream_options"]})
    for reply in (lane.chat(stream=True), lane.messages(model=MODEL, stream=True)):
        row = stack.api.log_row(reply.request_id)
        assert (row["input_tokens"], row["output_tokens"], row["usage_source"]) == (11, 2, "reported")
    assert all(b"stream_options" not in request.body for request in upstream.requests)


def test_a_clients_own_request_changes_where_an_administrator_says_so(stack):
    plain = stack.openai("text")
    ask = {"temperature": 0.5, "store": False, "user": "u", "stream": True}
    assert {"temperature", "store", "user"} <= set(body_of(stack, plain.chat(**ask)))
    lane = stack.openai("text", quirks=["no_sampling", "no_user", "without=store",
                                        "no_stream_options", "max_completion_tokens"])
    body = body_of(stack, lane.chat(**ask, max_tokens=9))
    assert sorted(body) == ["max_completion_tokens", "messages", "model", "stream"]
    assert body["max_completion_tokens"] == 9


def test_prompts_of_other_protocols_are_cached_where_the_account_says_so(stack):
    claude = "claude-sonnet-4-5"
    lane = stack.claude("text", quirks=["cache_prompts"])
    for reply in (lane.chat(model=claude), lane.responses(model=claude), lane.gemini(model=claude)):
        assert body_of(stack, reply)["cache_control"] == {"type": "ephemeral"}
    assert "cache_control" not in body_of(stack, lane.messages()), "a client of its own says it"
    assert "cache_control" not in body_of(stack, stack.claude("text").chat(model=claude))


def test_what_the_gateway_would_add_is_left_out_too(stack):
    lane = stack.openai("text", quirks=["without=stream_options"])
    for options in {}, None, {"include_usage": False}:
        ask = {} if options is None else {"stream_options": options}
        body = body_of(stack, lane.chat(stream=True, **ask))
        assert sorted(body) == ["messages", "model", "stream"], options
    stack.api.add_route("gpt-4o", group_ids=[lane.group["id"]], temperature_default="0.5")
    cool = stack.openai("text", quirks=["without=temperature"])
    stack.api.add_route("gpt-4o-mini", group_ids=[cool.group["id"]], temperature_default="0.5")
    assert body_of(stack, lane.chat(model="gpt-4o"))["temperature"] == 0.5
    assert "temperature" not in body_of(stack, cool.chat())


def test_no_sampling_holds_within_a_gemini_clients_configuration(stack):
    lane = stack.lane({"scenario": "text", "platform": "gemini", "quirks": ["no_sampling"]})
    ask = {"temperature": 0.5, "topP": 0.9, "topK": 3}
    assert body_of(stack, lane.gemini(generationConfig=ask))["generationConfig"] == {}
    stack.api.add_route(GEMINI, group_ids=[lane.group["id"]], max_tokens={"default": 9})
    assert body_of(stack, lane.gemini(generationConfig=ask))["generationConfig"] == {
        "maxOutputTokens": 9}


def test_an_anthropic_clients_own_request_changes_within_its_members(stack):
    lane = stack.claude("text", quirks=["no_user", "no_parallel_tool_calls"])
    body = body_of(stack, lane.messages(
        metadata={"user_id": "u"}, tools=[{"name": "f", "input_schema": {"type": "object"}}],
        tool_choice={"type": "auto", "disable_parallel_tool_use": True}))
    assert body["metadata"] == {} and body["tool_choice"] == {"type": "auto"}


def test_betas_stay_behind_where_they_are_not_known(stack):
    beta = {"anthropic-beta": "x-1"}
    for quirks, passed in ([], True), (["no_betas"], False), (["no_betas=off"], True):
        reply = stack.claude("text", quirks=quirks).messages(more_headers=beta)
        names = {name.lower() for name, _ in seen(stack, reply)["headers"]}
        assert ("anthropic-beta" in names) == passed, quirks


def test_a_picture_that_is_not_read_is_a_400_that_names_it(stack):
    lane = stack.openai("text", quirks=["no_images"])
    reply = lane.messages(model=MODEL, messages=[{"role": "user", "content": [PNG]}])
    assert reply.status == 400
    error = reply.json()["error"]
    assert error["type"] == "invalid_request_error"
    assert "'messages[0].content[0]' holds an image" in error["message"]


def test_another_account_that_reads_it_is_asked_instead(stack):
    lane = stack.lane({"scenario": "text", "platform": "openai", "quirks": ["no_images"], "priority": 1},
                      {"scenario": "out=7", "platform": "openai", "priority": 2})
    reply = lane.messages(model=MODEL, messages=[{"role": "user", "content": [PNG]}])
    assert reply.status == 200, reply.body
    assert stack.api.log_row(reply.request_id)["output_tokens"] == 7


def test_what_may_be_said_of_an_account(stack):
    lane = stack.openai("text", quirks=["no_images", "stops_max=2"])
    path = f"/api/v1/admin/accounts/{lane.accounts[0]['id']}"
    assert stack.api.get(path)["quirks"] == ["no_images", "stops_max=2"]
    for wrong in ["no_such"], ["stops_max=-1"], ["without=model"], ["no_images"] * 65, "no_images":
        refused = stack.api.raw("PATCH", path, {"quirks": wrong})
        assert refused.status == 400 and "quirks" in refused.json()["fields"], wrong
    told = stack.api.raw("PATCH", path, {"quirks": ["no_such"]}).json()["fields"]["quirks"]
    assert "no_parallel_tool_calls" in told and "without=MEMBER" in told
    foreign = stack.api.raw("PATCH", path, {"quirks": ["no_images", "no_betas"]})
    assert foreign.status == 400
    assert foreign.json()["fields"]["quirks"] == (
        "must suit the platform: no_betas is for claude, claude_console")
    stack.api.raw("PATCH", path, {"quirks": None})
    assert stack.api.get(path)["quirks"] == []


class TestNativeOnly:
    def test_nothing_is_translated_for_such_a_group(self, stack):
        lane = stack.openai("text", )
        assert lane.messages(model=MODEL).status == 200
        strict = stack.lane({"scenario": "text", "platform": "openai"}, native_only=True)
        assert strict.chat().status == 200
        reply = strict.messages(model=MODEL)
        assert reply.status == 400
        error = reply.json()["error"]
        assert error["type"] == "invalid_request_error" and "native_only" in error["message"]
        assert stack.api.log_row(reply.request_id)["error_class"] == "native_only"

    def test_the_callers_own_protocol_is_served_beside_it(self, stack):
        lane = stack.lane({"scenario": "out=3"}, {"scenario": "out=9", "platform": "openai",
                          "models": [SONNET]}, native_only=True)
        reply = lane.messages()
        assert stack.api.log_row(reply.request_id)["output_tokens"] == 3

    def test_explain_says_so(self, stack):
        lane = stack.lane({"scenario": "text", "platform": "openai"}, native_only=True)
        answer = stack.api.post("/api/v1/admin/explain", {
            "key_id": lane.key_id, "model": MODEL, "protocol": "anthropic_messages"})
        model = answer["models"][0]
        assert model["reason"] == "native_only"
        assert [row["reason"] for row in model["accounts"]] == ["native_only"]

    def test_a_route_may_say_it_for_its_model(self, stack):
        lane = stack.openai("text")
        assert lane.messages(model="gpt-4o").status == 200
        route = stack.api.add_route("gpt-4o", group_ids=[lane.group["id"]], native_only=True)
        eventually(lambda: lane.messages(model="gpt-4o").status == 400, "the route holds")
        assert lane.messages(model=MODEL).status == 200
        assert lane.chat(model="gpt-4o").status == 200
        assert stack.api.get(f"/api/v1/admin/models/{route['id']}")["native_only"] is True

    @pytest.mark.parametrize("value", ["yes", 1])
    def test_it_is_a_flag(self, stack, value):
        refused = stack.api.raw("POST", "/api/v1/groups", {"name": f"g{value}", "native_only": value})
        assert refused.status == 400 and "native_only" in refused.json()["fields"]
