"""Providers that answer with a stream where none was asked for, and whole where one was: the client
gets what it asked for, natively and translated, and the ledger counts it once."""

import json
import time

import pytest

import harness
import http_client
from admin_client import eventually
from test_translation import message_of
from test_translation_gemini import FUNCTIONS, answer_of
from test_translation_responses import TOOL as FLAT_TOOL
from test_translation_responses import response_of
from upstream import STREAM_HEAD, Upstream, answer_with, chunk, reply_bytes

SCHEMA = FLAT_TOOL["parameters"]
CLIENTS = {  # a request that offers a tool; a model of each
    "claude": {"model": "claude-sonnet-4-5",
               "tools": [{"name": "get_weather", "input_schema": SCHEMA}]},
    "openai": {"model": "gpt-4o-mini", "tools": [
        {"type": "function", "function": {"name": "get_weather", "parameters": SCHEMA}}]},
    "openai_responses": {"model": "gpt-4o-mini", "tools": [FLAT_TOOL]},
    "gemini": {"model": "gemini-2.5-flash", "tools": FUNCTIONS},
}
ASKED = "text+parallel+in=10+out=8"


def contrary(recorded):
    """The request as one that wants the other form."""
    target, body = recorded.target, json.loads(recorded.body)
    if ":streamGenerateContent" in target:
        target = target.replace(":streamGenerateContent?alt=sse", ":generateContent")
    elif ":generateContent" in target:
        target = target.replace(":generateContent", ":streamGenerateContent?alt=sse")
    else:
        body["stream"] = not body.get("stream", False)
        if body["stream"] and "messages" in body and "chat" in target:
            body["stream_options"] = {"include_usage": True}
    return target, json.dumps(body).encode()


@pytest.fixture(scope="module")
def contrarian(stack):
    """The fake provider, asked for the form that the relay did not ask for."""

    def handler(recorded, connection):
        target, body = contrary(recorded)
        headers = {name: value for name, value in recorded.headers
                   if name not in ("host", "content-length", "connection", "accept")}
        reply = http_client.request(stack.fake_port, recorded.method, target,
                                    {**headers, "connection": "close"}, body)
        connection.sendall(reply_bytes(reply.status, [], reply.body, reply.header("content-type")))
        return True

    upstream = Upstream(handler)
    yield upstream
    upstream.close()


@pytest.fixture(scope="module")
def lanes(stack, contrarian):
    """Of each provider: one that answers in the other form, and the usual one."""
    accounts = {provider: {"platform": provider, "scenario": ASKED} for provider in CLIENTS}
    return {provider: (stack.lane({**account, "url": contrarian.url}), stack.lane(account))
            for provider, account in accounts.items()}


def ask(lane, client, stream, **more):
    body = {**CLIENTS[client], **more}
    if client == "gemini":
        return lane.gemini_stream(**body) if stream else lane.gemini(**body)
    send = {"claude": lane.messages, "openai": lane.chat, "openai_responses": lane.responses}[client]
    return send(stream=stream, **body)


def completion_of(reply, stream):
    """The message of a completion; of a stream put together from its chunks."""
    if not stream:
        return reply.json()["choices"][0]["message"], reply.json()["choices"][0]["finish_reason"]
    chunks = [json.loads(data) for _, data in reply.events() if data != "[DONE]"]
    assert reply.body.endswith(b"data: [DONE]\n\n")
    assert all(one["object"] == "chat.completion.chunk" for one in chunks)
    message, finish = {"content": "", "tool_calls": []}, None
    for choice in (one["choices"][0] for one in chunks if one["choices"]):
        message["content"] += choice["delta"].get("content") or ""
        for piece in choice["delta"].get("tool_calls", []):
            if piece["index"] == len(message["tool_calls"]):
                message["tool_calls"].append({"function": {**piece["function"], "arguments": ""}})
            function = message["tool_calls"][piece["index"]]["function"]
            function["arguments"] += piece["function"].get("arguments", "")
        finish = choice["finish_reason"] or finish
    return message, finish


def told(client, reply, stream):
    """What the client reads: the text, the calls, why it ended."""
    assert reply.status == 200, reply.body
    kind = "text/event-stream" if stream else "application/json"
    assert reply.header("content-type").split(";")[0] == kind
    if client == "claude":
        blocks, _, stop = message_of(reply, stream)
        text = "".join(block["text"] for block in blocks if block["type"] == "text")
        return text, [(block["name"], block["input"]) for block in blocks
                      if block["type"] == "tool_use"], stop
    if client == "openai":
        message, finish = completion_of(reply, stream)
        return message["content"], [(call["function"]["name"], json.loads(call["function"]["arguments"]))
                                    for call in message.get("tool_calls", [])], finish
    if client == "gemini":
        parts, finish, _ = answer_of(reply, stream)
        return "".join(part.get("text", "") for part in parts), [
            (part["functionCall"]["name"], part["functionCall"]["args"]) for part in parts
            if "functionCall" in part], finish
    response = response_of(reply, stream)
    text = "".join(piece["text"] for item in response["output"] if item["type"] == "message"
                   for piece in item["content"])
    return text, [(item["name"], json.loads(item["arguments"])) for item in response["output"]
                  if item["type"] == "function_call"], response["status"]


@pytest.mark.parametrize("stream", [True, False], ids=["a stream was asked", "a whole answer was"])
@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("provider", CLIENTS)
def test_the_client_gets_what_it_asked_for(stack, contrarian, lanes, provider, client, stream):
    asked = len(contrarian.requests)
    reply, usual = (ask(lane, client, stream, model=CLIENTS[provider]["model"])
                    for lane in lanes[provider])
    assert told(client, reply, stream) == told(client, usual, stream)
    assert len(contrarian.requests) == asked + 1
    row = stack.api.log_row(reply.request_id)
    assert row["complete"] and row["status"] == 200 and not row["error_class"]
    assert (row["input_tokens"], row["output_tokens"], row["usage_source"]) == (10, 8, "reported")
    assert row["stream"] is stream
    assert (reply.header("x-weir-translated") is None) == (client == provider)


def bare(block):
    return {name: value for name, value in block.items() if value is not None}


def test_what_a_dialect_has_alone_stays_in_its_own_answers(stack, contrarian):
    """Thinking with its signature, and reasoning with its encryption, as the provider made them."""
    lane = stack.lane({"url": contrarian.url, "scenario": "thinking+redacted"})
    usual = stack.claude("thinking+redacted")
    for stream in (True, False):
        blocks, _, _ = message_of(ask(lane, "claude", stream), stream)
        wanted, _, _ = message_of(ask(usual, "claude", stream), stream)
        assert [bare(block) for block in blocks] == [bare(block) for block in wanted]
        assert "redacted_thinking" in [block["type"] for block in blocks]
    account = {"platform": "openai_responses", "scenario": "thinking"}
    lane, usual = stack.lane({**account, "url": contrarian.url}), stack.lane(account)
    for stream in (True, False):
        given = [response_of(ask(one, "openai_responses", stream,
                                 include=["reasoning.encrypted_content"]), stream)
                 for one in (lane, usual)]
        made, wanted = ([item for item in one["output"] if item["type"] == "reasoning"]
                        for one in given)
        assert made[0].pop("id").startswith("rs_fake_") and wanted[0].pop("id")
        assert made == wanted and wanted[0]["encrypted_content"]


SEARCHED = [  # each block as it begins, and its deltas
    ({"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}},
     [{"type": "input_json_delta", "partial_json": '{"query":'},
      {"type": "input_json_delta", "partial_json": ' "x"}'}]),
    ({"type": "web_search_tool_result", "tool_use_id": "s", "content": [{"url": "https://a"}]}, []),
    ({"type": "text", "text": ""},
     [{"type": "text_delta", "text": "hi"},
      {"type": "citations_delta", "citation": {"type": "char_location", "url": "https://a"}}]),
]


def message_stream(blocks, delta=None, usage=None):
    """Anthropic's events of these blocks; what the last delta says beside its end."""
    events = [{"type": "message_start", "message": {"model": "m", "usage": {"input_tokens": 4}}}]
    for index, (block, deltas) in enumerate(blocks):
        events.append({"type": "content_block_start", "index": index, "content_block": block})
        events += [{"type": "content_block_delta", "index": index, "delta": one} for one in deltas]
        events.append({"type": "content_block_stop", "index": index})
    events += [{"type": "message_delta", "delta": {"stop_reason": "end_turn", **(delta or {})},
                "usage": {"output_tokens": 3, **(usage or {})}}, {"type": "message_stop"}]
    return STREAM_HEAD + b"".join(
        chunk(f"event: {one['type']}\ndata: {json.dumps(one)}\n\n".encode())
        for one in events) + b"0\r\n\r\n"


def test_blocks_that_come_in_pieces_are_put_together(stack):
    lane = stack.lane({"url": Upstream(answer_with(message_stream(SEARCHED))).url})
    reply = lane.messages()
    assert reply.status == 200, reply.body
    call, found, text = reply.json()["content"]
    assert call == {**SEARCHED[0][0], "input": {"query": "x"}} and found == SEARCHED[1][0]
    assert (text["text"], text["citations"][0]["url"]) == ("hi", "https://a")
    row = stack.api.log_row(reply.request_id)
    assert row["complete"] and (row["input_tokens"], row["output_tokens"]) == (4, 3)


def test_what_a_message_says_of_itself_is_told(stack):
    container = {"id": "container_1", "expires_at": "2027-01-01T00:00:00Z"}
    tools = {"web_search_requests": 1}
    stream = message_stream(SEARCHED, {"container": container}, {"server_tool_use": tools})
    message = stack.lane({"url": Upstream(answer_with(stream)).url}).messages().json()
    assert message["container"] == container and message["usage"]["server_tool_use"] == tools
    assert (message["usage"]["input_tokens"], message["usage"]["output_tokens"]) == (4, 3)


def test_a_prompt_that_gemini_blocked_gets_no_candidate(stack):
    told = {"promptFeedback": {"blockReason": "OTHER"}, "usageMetadata": {"promptTokenCount": 3}}
    event = chunk(f"data: {json.dumps(told)}\r\n\r\n".encode())
    lane = stack.lane({"platform": "gemini",
                       "url": Upstream(answer_with(STREAM_HEAD + event + b"0\r\n\r\n")).url})
    reply = lane.gemini()
    assert reply.status == 200, reply.body
    assert reply.json()["promptFeedback"] == told["promptFeedback"]
    assert "candidates" not in reply.json()


def test_a_block_that_nobody_can_put_together_is_named(stack):
    blocks = [({"type": "of_tomorrow"}, [{"type": "of_tomorrow_delta", "more": 1}])]
    lane = stack.lane({"url": Upstream(answer_with(message_stream(blocks))).url})
    reply = lane.messages()
    assert reply.status == 502 and "of_tomorrow" in reply.json()["error"]["message"]
    assert stack.api.log_row(reply.request_id)["error_class"] == "upstream_malformed"
    assert lane.messages(stream=True).events()[-1][0] == "message_stop"


def test_an_array_that_comes_as_events_is_an_array(stack):
    event = {"candidates": [{"index": 0, "content": {"role": "model", "parts": [{"text": "hi"}]},
                             "finishReason": "STOP"}],
             "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 2}}
    upstream = Upstream(answer_with(
        STREAM_HEAD + chunk(f"data: {json.dumps(event)}\r\n\r\n".encode()) + chunk(b"")[:5]))
    lane = stack.lane({"platform": "gemini", "url": upstream.url})
    reply = lane.gemini("streamGenerateContent")
    assert reply.header("content-type").startswith("application/json")
    assert reply.json()[0]["candidates"][0]["content"]["parts"] == [{"text": "hi"}]
    assert stack.api.log_row(reply.request_id)["output_tokens"] == 2


CHUNK = chunk(b'data: {"choices":[{"index":0,"delta":{"content":"hi"}}]}\n\n')


@pytest.mark.parametrize("client", ["openai", "claude"])
@pytest.mark.parametrize("rest, word", [
    (chunk(b'data: {"choices":[{"index":0,"delta":"broken"}]}\n\n') + b"0\r\n\r\n", None),
    (chunk(b'data: {"error":{"message":"no"}}\n\n') + b"0\r\n\r\n", "stream_error"),
    (chunk(b'data: {"error":{"message":"no"}}\n\ndata: [DONE]\n\n') + b"0\r\n\r\n", "stream_error"),
    (b"0\r\n\r\n", "stream_incomplete"),
    (b"", "upstream_closed"),
], ids=["malformed", "an error", "an error, told to its end", "no end", "cut"])
def test_half_a_stream_is_no_whole_answer(stack, client, rest, word):
    upstream = Upstream(answer_with(STREAM_HEAD + CHUNK + rest, keep=False))
    lane = stack.lane({"platform": "openai", "url": upstream.url})
    reply = ask(lane, client, False, model="gpt-4o-mini")
    assert reply.status == 502 and reply.json()["error"]
    row = stack.api.log_row(reply.request_id)
    assert not row["complete"] and row["status"] == 502
    assert row["error_class"] == (word or row["error_class"]) and row["output_tokens"] > 0
    assert len(upstream.requests) == 1


@pytest.mark.parametrize("lingers", [False, True])
def test_a_stream_that_was_told_to_its_end_is_whole(stack, lingers):
    """Whether its sender cuts the connection then, or keeps it open."""
    end = (b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'
           b'data: {"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2}}\n\n'
           b"data: [DONE]\n\n")

    def handler(_recorded, connection):
        connection.sendall(STREAM_HEAD + CHUNK + chunk(end))
        if lingers:
            connection.recv(1)

    lane = stack.lane({"platform": "openai", "url": Upstream(handler).url})
    reply = ask(lane, "openai", False)
    assert told("openai", reply, False)[0] == "hi"
    row = stack.api.log_row(reply.request_id)
    assert row["complete"] and (row["input_tokens"], row["output_tokens"]) == (5, 2)


def test_a_client_that_left_before_its_whole_answer_has_got_none(stack):
    """Though the provider had said why it ends: its last event, and the figures, were to come."""

    def handler(_recorded, connection):
        end = b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'
        connection.sendall(STREAM_HEAD + CHUNK + chunk(end))
        connection.recv(1)

    upstream = Upstream(handler)
    lane = stack.lane({"platform": "openai", "url": upstream.url})
    with http_client.Connection(stack.relay_port) as connection:
        connection.send_request("POST", "/v1/chat/completions", lane.headers(),
                                harness.openai_body())
        upstream.wait_for(lambda: upstream.requests)
        time.sleep(0.3)  # for the relay to have read it
    row = eventually(lambda: stack.api.logs(f"key_id={lane.key_id}"), "the row")[0]
    assert (row["complete"], row["error_class"]) == (False, "client_gone")


def test_a_whole_answer_that_cannot_be_read_is_no_stream(stack):
    upstream = Upstream(answer_with(reply_bytes(200, [], b'{"object":"chat.completion"}')))
    lane = stack.lane({"platform": "openai", "url": upstream.url})
    reply = ask(lane, "openai", True)
    assert reply.status == 502
    assert stack.api.log_row(reply.request_id)["error_class"] == "upstream_malformed"


def test_several_answers_in_one_pass_as_they_come(stack):
    body = json.dumps({"choices": [{"index": i, "message": {"content": str(i)}} for i in range(2)],
                       "usage": {"prompt_tokens": 1, "completion_tokens": 2}}).encode()
    lane = stack.lane({"platform": "openai",
                       "url": Upstream(answer_with(reply_bytes(200, [], body))).url})
    reply = ask(lane, "openai", True, n=2)
    assert reply.status == 200 and reply.body == body


def test_the_cache_keeps_what_the_client_got(stack, contrarian):
    lane = stack.lane({"url": contrarian.url, "platform": "openai", "scenario": "text"}, cache=True)
    for client, stream in (("openai", True), ("openai", False), ("claude", True)):
        first, again = (ask(lane, client, stream, model="gpt-4o-mini") for _ in range(2))
        assert again.header("x-weir-cache") == "hit" and again.body == first.body
        assert again.header("content-type") == first.header("content-type")
