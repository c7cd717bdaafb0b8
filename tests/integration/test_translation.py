"""Clients on providers of another protocol, end to end: what goes upstream, what comes back, what is
on the ledger."""

import json

import pytest

import http_client
from upstream import Upstream

TOOL = {"name": "get_weather", "description": "Weather",
        "input_schema": {"type": "object", "properties": {"city": {"type": "string"}},
                         "required": ["city"]}}
MODEL = "gpt-4o-mini"


def upstream_bodies(stack, reply):
    """The bodies of this request's attempts, as the fake provider got them."""
    page = http_client.request(stack.fake_port, "GET", "/__fake/requests").json()
    mine = [entry for entry in page
            if ["x-request-id", reply.request_id] in [[n.lower(), v] for n, v in entry["headers"]]]
    return [(entry, json.loads(entry["body"])) for entry in mine]


def blocks_of(reply):
    """The content of a stream, put together as Anthropic's SDKs do; and its last figures."""
    events = reply.events()
    assert all(name == json.loads(data)["type"] for name, data in events)
    blocks, usage, stop = [], {}, None
    for data in (json.loads(text) for _, text in events):
        if data["type"] == "message_start":
            usage = data["message"]["usage"]
        elif data["type"] == "content_block_start":
            assert data["index"] == len(blocks)
            blocks.append({**data["content_block"], "json": ""})
        elif data["type"] == "content_block_delta":
            delta = dict(data["delta"])
            if delta.pop("type") == "input_json_delta":
                blocks[-1]["json"] += delta["partial_json"]
            else:
                for name, value in delta.items():
                    blocks[-1][name] = blocks[-1].get(name, "") + value
        elif data["type"] == "message_delta":
            usage, stop = {**usage, **data["usage"]}, data["delta"]["stop_reason"]
    for block in blocks:
        text = block.pop("json")
        if block["type"] == "tool_use":
            block["input"] = json.loads(text or "{}")
    assert events[-1][0] == "message_stop", events[-1]
    return blocks, usage, stop


def message_of(reply, stream):
    if stream:
        return blocks_of(reply)
    message = reply.json()
    return message["content"], message["usage"], message["stop_reason"]


class TestAnthropicOnOpenAi:
    @pytest.mark.parametrize("stream", [False, True])
    def test_text_and_figures(self, stack, stream):
        lane = stack.openai("in=10+out=5+cache_read=30")
        reply = lane.messages(model=MODEL, system="Be brief", stream=stream,
                              metadata={"user_id": "u1"})
        assert reply.status == 200, reply.body
        blocks, usage, stop = message_of(reply, stream)
        assert [block["type"] for block in blocks] == ["text"] and blocks[0]["text"]
        assert stop == "end_turn"
        assert (usage["input_tokens"], usage["cache_read_input_tokens"],
                usage["output_tokens"]) == (10, 30, 5)
        entry, body = upstream_bodies(stack, reply)[0]
        assert entry["path"] == "/v1/chat/completions"
        assert body["messages"] == [{"role": "system", "content": "Be brief"},
                                    {"role": "user", "content": "Say hello"}]
        assert body["user"] == "u1" and body["max_tokens"] == 64
        row = stack.api.log_row(reply.request_id)
        assert (row["input_tokens"], row["cache_read_tokens"], row["output_tokens"]) == (10, 30, 5)
        assert row["status"] == 200 and row["complete"]
        assert reply.header("x-weir-translated") == "openai_chat"
        assert reply.header("request-id") == reply.request_id

    def test_headers_of_the_callers_protocol_stay_behind(self, stack):
        lane = stack.openai("text")
        reply = lane.messages(model=MODEL, more_headers={"anthropic-beta": "x", "x-app": "cli",
                                                         "x-stainless-lang": "js"})
        names = {name.lower() for name, _ in upstream_bodies(stack, reply)[0][0]["headers"]}
        assert not {name for name in names if name.startswith(("anthropic", "x-stainless", "x-app",
                                                               "x-api-key"))}
        assert {"authorization", "content-type", "content-length"} <= names

    def test_no_more_is_asked_for_than_the_models_price_says(self, stack):
        lane = stack.openai("text", provider="own-list")
        stack.api.post("/api/v1/admin/prices", {
            "provider": "own-list", "model": "own-model", "input": "1", "output": "2",
            "max_output_tokens": 700})
        stack.api.wait_for_relays()
        for asked, sent in ((10_000, 700), (64, 64)):
            reply = lane.messages(model="own-model", max_tokens=asked)
            assert reply.status == 200, reply.body
            assert upstream_bodies(stack, reply)[0][1]["max_tokens"] == sent
        # A list that does not know it leaves it as it is.
        priced = stack.api.post("/api/v1/admin/prices", {
            "provider": "own-list", "model": "own-model", "input": "1", "output": "3"})
        assert priced["max_output_tokens"] == 700
        native = lane.chat(model="own-model", max_tokens=10_000)
        assert upstream_bodies(stack, native)[0][1]["max_tokens"] == 10_000

    @pytest.mark.parametrize("stream", [False, True])
    def test_tools_there_and_back(self, stack, stream):
        lane = stack.openai("parallel+thinking")
        ask = {"model": MODEL, "tools": [TOOL], "stream": stream,
               "thinking": {"type": "enabled", "budget_tokens": 1024}}
        reply = lane.messages(**ask)
        blocks, _, stop = message_of(reply, stream)
        assert [block["type"] for block in blocks] == ["thinking", "tool_use", "tool_use"]
        assert blocks[0]["thinking"] and blocks[0]["signature"] == "gw1.openai_chat."
        assert stop == "tool_use"
        assert all(block["input"] == {"city": "fake"} for block in blocks[1:])
        results = [{"type": "tool_result", "tool_use_id": block["id"], "content": "sunny"}
                   for block in blocks[1:]]
        answered = lane.messages(**ask, messages=[
            {"role": "user", "content": "Weather?"}, {"role": "assistant", "content": blocks},
            {"role": "user", "content": results}])
        assert answered.status == 200, answered.body
        _, body = upstream_bodies(stack, answered)[0]
        roles = [message["role"] for message in body["messages"]]
        assert roles == ["user", "assistant", "tool", "tool"]
        assert body["messages"][1]["reasoning_content"] == blocks[0]["thinking"]
        assert body["reasoning_effort"] == "low"
        content, _, stop = message_of(answered, stream)
        assert content[-1]["type"] == "text" and stop == "end_turn"

    def test_every_byte_a_packet(self, stack):
        lane = stack.openai("thinking+tool+text+unicode+tiny+crlf+comments")
        blocks, _, stop = blocks_of(lane.messages(model=MODEL, stream=True, tools=[TOOL]))
        assert [block["type"] for block in blocks] == ["thinking", "text", "tool_use"]
        assert stop == "tool_use"

    def test_events_come_as_they_are_made(self, stack):
        lane = stack.openai("events=5+stall=60")
        with http_client.Connection(stack.relay_port, timeout=10) as connection:
            connection.send_request("POST", "/v1/messages", lane.headers(), json.dumps(
                {"model": MODEL, "max_tokens": 9, "stream": True,
                 "messages": [{"role": "user", "content": "a"}]}).encode())
            seen = b""
            for piece in connection.read_body(connection.read_head()):
                seen += piece
                if b"text_delta" in seen:
                    break
        assert seen.startswith(b"event: message_start\n")

    @pytest.mark.parametrize("scenario,status,kind", [
        ("400", 400, "invalid_request_error"), ("404", 404, "not_found_error"),
        ("413", 413, "request_too_large"), ("422", 422, "invalid_request_error")])
    def test_refusals_are_the_callers_in_his_words(self, stack, scenario, status, kind):
        reply = stack.openai(scenario).messages(model=MODEL)
        assert reply.status == status, reply.body
        error = reply.json()
        assert error["type"] == "error" and error["error"]["type"] == kind
        assert error["error"]["message"]

    @pytest.mark.parametrize("stream", [False, True])
    def test_an_answer_that_breaks_off(self, stack, stream):
        reply = stack.openai("malformed").messages(model=MODEL, stream=stream)
        if stream:
            name, data = reply.events()[-1]
            assert name == "error" and json.loads(data)["type"] == "error"
        else:
            assert reply.status == 502 and reply.json()["type"] == "error"
        row = stack.api.log_row(reply.request_id)
        assert not row["complete"]

    def test_an_error_in_the_stream(self, stack):
        reply = stack.openai("stream_error+events=4").messages(model=MODEL, stream=True)
        names = [name for name, _ in reply.events()]
        assert names[0] == "message_start" and names[-1] == "error"
        assert "message_stop" not in names

    def test_what_cannot_be_said_is_a_400(self, stack):
        lane = stack.openai("text")
        reply = lane.messages(model=MODEL, mcp_servers=[{"type": "url", "url": "https://a"}])
        assert reply.status == 400
        assert "mcp_servers" in reply.json()["error"]["message"]
        assert not upstream_bodies(stack, reply)

    def test_own_accounts_come_first_and_thinking_stays_apart(self, stack):
        lane = stack.lane({"scenario": "529", "priority": 20, "provider": "openai"},
                          {"scenario": "thinking", "platform": "openai", "priority": 10},
                          )
        reply = lane.messages(model=MODEL)
        assert reply.status == 200, reply.body
        row = stack.api.log_row(reply.request_id)
        assert [attempt["status"] for attempt in row["attempts"]] == [529, 200]
        assert row["account_id"] == lane.accounts[1]["id"]
        # What the other provider thought is not sent to Anthropic, which could not read it.
        stack.api.patch(f"/api/v1/admin/accounts/{lane.accounts[0]['id']}",
                        {"secret_key": "fake-key-text"})
        stack.api.post(f"/api/v1/admin/accounts/{lane.accounts[0]['id']}/enable")
        stack.api.post(f"/api/v1/admin/accounts/{lane.accounts[1]['id']}/disable")
        stack.api.wait_for_relays()
        content = reply.json()["content"]
        assert content[0]["signature"].startswith("gw1.")
        back = lane.messages(model=MODEL, messages=[
            {"role": "user", "content": "a"}, {"role": "assistant", "content": content},
            {"role": "user", "content": "b"}])
        assert back.status == 200, back.body
        _, body = upstream_bodies(stack, back)[0]
        assert [block["type"] for block in body["messages"][1]["content"]] == ["text"]


def completion_of(reply, stream):
    """Message, usage and finish reason, put together from the chunks as OpenAI's SDKs do."""
    if not stream:
        completion = reply.json()
        return (completion["choices"][0]["message"], completion["usage"],
                completion["choices"][0]["finish_reason"])
    datas = [data for _, data in reply.events()]
    assert datas[-1] == "[DONE]"
    message, usage, finish, calls = {}, None, None, []
    for chunk in map(json.loads, datas[:-1]):
        usage = chunk.get("usage") or usage
        for choice in chunk["choices"]:
            finish = choice["finish_reason"] or finish
            for name, value in choice["delta"].items():
                if name != "tool_calls":
                    message[name] = (message.get(name) or "") + (value or "")
                    continue
                for piece in value:
                    if piece["index"] == len(calls):
                        calls.append(piece)
                    else:
                        calls[piece["index"]]["function"]["arguments"] += (
                            piece["function"]["arguments"])
    if calls:
        message["tool_calls"] = [{k: v for k, v in call.items() if k != "index"} for call in calls]
    return message, usage, finish


CLAUDE = "claude-sonnet-4-5"
FUNCTION = {"type": "function", "function": {
    "name": "get_weather", "description": "Weather", "parameters": TOOL["input_schema"]}}


class TestOpenAiOnAnthropic:
    @pytest.mark.parametrize("stream", [False, True])
    def test_text_and_figures(self, stack, stream):
        lane = stack.claude("in=10+out=5+cache_read=30+cache_5m=4")
        options = {"stream_options": {"include_usage": True}} if stream else {}
        reply = lane.chat(model=CLAUDE, stream=stream, **options, messages=[
            {"role": "system", "content": "Be brief"}, {"role": "user", "content": "Say hello"}])
        assert reply.status == 200, reply.body
        message, usage, finish = completion_of(reply, stream)
        assert message["content"] and finish == "stop"
        assert (usage["prompt_tokens"], usage["completion_tokens"],
                usage["prompt_tokens_details"]["cached_tokens"]) == (44, 5, 30)
        entry, body = upstream_bodies(stack, reply)[0]
        assert entry["path"] == "/v1/messages"
        assert body["system"] == "Be brief" and body["max_tokens"] == 32000
        headers = dict((name.lower(), value) for name, value in entry["headers"])
        assert headers["anthropic-version"] == "2023-06-01" and "x-api-key" in headers
        row = stack.api.log_row(reply.request_id)
        assert (row["input_tokens"], row["cache_read_tokens"], row["output_tokens"]) == (10, 30, 5)
        assert row["complete"] and reply.header("x-weir-translated") == "anthropic_messages"

    def test_usage_only_for_who_asked(self, stack):
        reply = stack.claude("text").chat(model=CLAUDE, stream=True)
        assert b"usage" not in reply.body and reply.body.endswith(b"data: [DONE]\n\n")

    @pytest.mark.parametrize("stream", [False, True])
    def test_tools_there_and_back(self, stack, stream):
        lane = stack.claude("parallel+thinking+family=1")
        ask = {"model": CLAUDE, "tools": [FUNCTION], "stream": stream, "reasoning_effort": "low"}
        message, _, finish = completion_of(lane.chat(**ask), stream)
        assert finish == "tool_calls" and len(message["tool_calls"]) == 2
        assert message["reasoning_content"]
        assert json.loads(message["tool_calls"][0]["function"]["arguments"]) == {"city": "fake"}
        results = [{"role": "tool", "tool_call_id": call["id"], "content": "sunny"}
                   for call in message["tool_calls"]]
        answered = lane.chat(**ask, messages=[
            {"role": "user", "content": "Weather?"}, {"role": "assistant", **message}, *results])
        assert answered.status == 200, answered.body
        _, body = upstream_bodies(stack, answered)[0]
        assert [message["role"] for message in body["messages"]] == ["user", "assistant", "user"]
        assert [block["type"] for block in body["messages"][1]["content"]] == ["tool_use"] * 2
        assert "thinking" not in body, "the calls have lost theirs"
        message, _, finish = completion_of(answered, stream)
        assert message["content"] and finish == "stop"

    def test_every_byte_a_packet(self, stack):
        lane = stack.claude("thinking+tool+text+unicode+tiny+crlf+comments")
        message, _, finish = completion_of(
            lane.chat(model=CLAUDE, stream=True, tools=[FUNCTION]), True)
        assert message["reasoning_content"] and message["content"] and finish == "tool_calls"

    @pytest.mark.parametrize("scenario,status,kind,code", [
        ("400", 400, "invalid_request_error", None),
        ("404", 404, "invalid_request_error", "model_not_found"),
        ("413", 413, "invalid_request_error", None)])
    def test_refusals_are_the_callers_in_his_words(self, stack, scenario, status, kind, code):
        reply = stack.claude(scenario).chat(model=CLAUDE)
        assert reply.status == status, reply.body
        error = reply.json()["error"]
        assert (error["type"], error["code"]) == (kind, code) and error["message"]

    def test_an_overloaded_provider(self, stack):
        reply = stack.claude("529").chat(model=CLAUDE)
        assert reply.status == 503 and reply.json()["error"]["type"] == "server_error"

    def test_an_error_in_the_stream(self, stack):
        reply = stack.claude("stream_error+events=4").chat(model=CLAUDE, stream=True)
        datas = [data for _, data in reply.events()]
        assert "error" in json.loads(datas[-1]) and "[DONE]" not in datas

    @pytest.mark.parametrize("stream", [False, True])
    def test_an_answer_that_breaks_off(self, stack, stream):
        reply = stack.claude("malformed").chat(model=CLAUDE, stream=stream)
        if stream:
            assert "error" in json.loads(reply.events()[-1][1])
        else:
            assert reply.status == 502 and reply.json()["error"]
        assert not stack.api.log_row(reply.request_id)["complete"]

    def test_what_cannot_be_said_is_a_400(self, stack):
        reply = stack.claude("text").chat(model=CLAUDE, n=2)
        assert reply.status == 400 and "'n'" in reply.json()["error"]["message"]


def test_a_forced_tool_and_the_query(stack):
    seen = Upstream(lambda recorded, connection: connection.sendall(
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"))
    try:
        lane = stack.lane({"url": seen.url, "platform": "openai"})
        reply = http_client.request(
            stack.relay_port, "POST", "/v1/messages?beta=true",
            lane.headers({"connection": "close"}),
            json.dumps({"model": MODEL, "max_tokens": 5, "tools": [TOOL],
                        "tool_choice": {"type": "tool", "name": "get_weather"},
                        "messages": [{"role": "user", "content": "a"}]}).encode())
        assert reply.status == 502, "an answer without choices is none"
        request = seen.requests[0]
        assert request.target == "/v1/chat/completions"
        assert request.header("content-type") == "application/json"
        assert int(request.header("content-length")) == len(request.body)
        assert json.loads(request.body)["tool_choice"]["function"]["name"] == "get_weather"
    finally:
        seen.close()
