"""Anthropic and OpenAI Chat clients on providers that speak OpenAI Responses, end to end."""

import json

import pytest

import http_client

from test_translation import FUNCTION, TOOL, completion_of, message_of, upstream_bodies

MODEL = "gpt-4o-mini"
CLIENTS = ("messages", "chat")


@pytest.fixture(params=CLIENTS)
def client(request):
    return request.param


def ask(lane, client, stream=False, **fields):
    options = {"stream_options": {"include_usage": True}} if stream and client == "chat" else {}
    return getattr(lane, client)(model=MODEL, stream=stream, **options, **fields)


def said(reply, client, stream):
    """Thinking, text, calls as (id, name, arguments), usage as (input, cached, output), the end."""
    if client == "messages":
        blocks, usage, stop = message_of(reply, stream)
        texts = {kind: "".join(block.get(kind, "") for block in blocks)
                 for kind in ("thinking", "text")}
        calls = [(block["id"], block["name"], block["input"]) for block in blocks
                 if block["type"] == "tool_use"]
        counts = (usage["input_tokens"] + usage["cache_read_input_tokens"],
                  usage["cache_read_input_tokens"], usage["output_tokens"])
    else:
        message, usage, stop = completion_of(reply, stream)
        texts = {"thinking": message.get("reasoning_content", ""),
                 "text": message.get("content") or message.get("refusal") or ""}
        calls = [(call["id"], call["function"]["name"], json.loads(call["function"]["arguments"]))
                 for call in message.get("tool_calls", [])]
        counts = (usage["prompt_tokens"], usage["prompt_tokens_details"]["cached_tokens"],
                  usage["completion_tokens"])
    return texts["thinking"], texts["text"], calls, counts, stop


@pytest.mark.parametrize("stream", [False, True])
def test_text_and_figures(stack, client, stream):
    lane = stack.openai_responses("in=10+out=5+cache_read=30")
    reply = ask(lane, client, stream, max_tokens=5)
    assert reply.status == 200, reply.body
    _, text, calls, counts, stop = said(reply, client, stream)
    assert text and not calls and counts == (40, 30, 5)
    assert stop == ("end_turn" if client == "messages" else "stop")
    entry, body = upstream_bodies(stack, reply)[0]
    assert entry["path"] == "/v1/responses"
    assert body["input"] == [{"type": "message", "role": "user", "content": [
        {"type": "input_text", "text": "Say hello"}]}]
    assert body["store"] is False and body["max_output_tokens"] == 16
    row = stack.api.log_row(reply.request_id)
    assert (row["input_tokens"], row["cache_read_tokens"], row["output_tokens"]) == (10, 30, 5)
    assert row["complete"] and reply.header("x-weir-translated") == "openai_responses"


@pytest.mark.parametrize("stream", [False, True])
def test_tools_there_and_back(stack, client, stream):
    lane = stack.openai_responses("parallel+thinking")
    thinking = ({"thinking": {"type": "enabled", "budget_tokens": 1024}, "tools": [TOOL]}
                if client == "messages" else {"reasoning_effort": "low", "tools": [FUNCTION]})
    reply = ask(lane, client, stream, **thinking)
    thought, _, calls, _, stop = said(reply, client, stream)
    assert thought and stop == ("tool_use" if client == "messages" else "tool_calls")
    assert [call[1:] for call in calls] == [("get_weather", {"city": "fake"})] * 2
    if client == "messages":
        content, _, _ = message_of(reply, stream)
        history = [{"role": "assistant", "content": content}, {"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": call[0], "content": "sunny"}
            for call in calls]}]
    else:
        message, _, _ = completion_of(reply, stream)
        history = [{"role": "assistant", **message}] + [
            {"role": "tool", "tool_call_id": call[0], "content": "sunny"} for call in calls]
    answered = ask(lane, client, stream, **thinking,
                   messages=[{"role": "user", "content": "Weather?"}, *history])
    assert answered.status == 200, answered.body
    _, body = upstream_bodies(stack, answered)[0]
    kinds = [item["type"] for item in body["input"]]
    own = ["reasoning"] if client == "messages" else []  # Chat has no place for it
    assert kinds == ["message", *own, "function_call", "function_call",
                     "function_call_output", "function_call_output"]
    assert body["include"] == ["reasoning.encrypted_content"]
    assert body["reasoning"] == {"effort": "low", "summary": "auto"}
    assert body["tools"][0]["name"] == "get_weather" and body["tools"][0]["strict"] is False
    assert said(answered, client, stream)[1]


def test_every_byte_a_packet(stack, client):
    lane = stack.openai_responses("thinking+tool+text+unicode+tiny+crlf+comments")
    thought, text, calls, _, _ = said(
        ask(lane, client, True, tools=[TOOL if client == "messages" else FUNCTION]), client, True)
    assert thought and text and len(calls) == 1


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("scenario,stops", [("max_tokens", ("max_tokens", "length")),
                                            ("refusal", ("refusal", "content_filter"))])
def test_how_it_ended(stack, client, stream, scenario, stops):
    reply = ask(stack.openai_responses(scenario), client, stream)
    _, text, _, _, stop = said(reply, client, stream)
    assert text and stop == stops[CLIENTS.index(client)]


@pytest.mark.parametrize("scenario,status", [("400", 400), ("404", 404), ("413", 413),
                                             ("422", 422)])
def test_refusals_are_in_the_callers_words(stack, client, scenario, status):
    reply = ask(stack.openai_responses(scenario), client)
    assert reply.status == status, reply.body
    assert reply.json()["error"]["message"] and reply.json()["error"]["type"]
    assert ("type" in reply.json()) == (client == "messages")


def test_an_overloaded_provider(stack, client):
    reply = ask(stack.openai_responses("503"), client)
    assert reply.status == (529 if client == "messages" else 503)


def test_an_error_in_the_stream(stack, client):
    reply = ask(stack.openai_responses("stream_error+events=4"), client, True)
    name, data = reply.events()[-1]
    assert json.loads(data)["error"]["message"]
    assert client == "chat" or name == "error"
    row = stack.api.log_row(reply.request_id)
    assert not row["complete"]


@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_that_breaks_off(stack, client, stream):
    reply = ask(stack.openai_responses("malformed"), client, stream)
    if stream:
        assert "error" in json.loads(reply.events()[-1][1])
    else:
        assert reply.status == 502 and reply.json()["error"]
    assert not stack.api.log_row(reply.request_id)["complete"]


@pytest.mark.parametrize("stream", [False, True])
def test_encrypted_reasoning_stays_with_its_family(stack, stream):
    """The conversation moves to another organization's account, which could not decrypt it."""
    lane = stack.lane(*[{"scenario": f"thinking+family={number}", "platform": "openai_responses",
                         "priority": number} for number in (1, 2)])
    thinking = {"thinking": {"type": "enabled", "budget_tokens": 1024}}
    content, _, _ = message_of(ask(lane, "messages", stream, **thinking), stream)
    assert content[0]["signature"].startswith("gw1.openai_responses.")
    history = [{"role": "user", "content": "a"}, {"role": "assistant", "content": content},
               {"role": "user", "content": "b"}]

    def go_on():
        reply = ask(lane, "messages", stream, **thinking, messages=history)
        assert reply.status == 200, reply.body
        (_, body), = upstream_bodies(stack, reply)
        return [item["type"] for item in body["input"]], stack.api.log_row(reply.request_id)

    kinds, row = go_on()
    assert kinds == ["message", "reasoning", "message", "message"]
    assert row["account_id"] == lane.accounts[0]["id"]
    stack.api.post(f"/api/v1/admin/accounts/{lane.accounts[0]['id']}/disable")
    stack.api.wait_for_relays()
    kinds, row = go_on()
    assert kinds == ["message", "message", "message"]
    assert row["account_id"] == lane.accounts[1]["id"]


def test_tokens_are_counted_here(stack):
    reply = http_client.request(
        stack.relay_port, "POST", "/v1/messages/count_tokens",
        stack.openai_responses("text").headers({"connection": "close"}),
        json.dumps({"model": MODEL, "messages": [{"role": "user", "content": "a"}]}).encode())
    assert reply.status == 200, reply.body
    assert reply.json()["input_tokens"] > 0 and reply.header("x-weir-token-count") == "exact"
