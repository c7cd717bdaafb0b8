"""Clients of OpenAI Responses (Codex) on providers of other protocols, end to end."""

import json

import pytest

from test_translation import upstream_bodies

TOOL = {"type": "function", "name": "get_weather", "parameters": {
    "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}
PATCH = {"type": "custom", "name": "apply_patch", "description": "Edits files",
         "format": {"type": "grammar", "syntax": "lark", "definition": "start: x"}}
UPSTREAMS = {"openai": ("gpt-4o-mini", "openai_chat", "/v1/chat/completions"),
             "claude": ("claude-sonnet-4-5", "anthropic_messages", "/v1/messages")}


@pytest.fixture(params=sorted(UPSTREAMS))
def upstream(request):
    return request.param


def lane_of(stack, upstream, scenario):
    return stack.openai(scenario) if upstream == "openai" else stack.lane({"scenario": scenario})


def response_of(reply, stream=True):
    """The response; of a stream its last one, put together from its deltas as SDKs do."""
    if not stream:
        return reply.json()
    events = [json.loads(data) for _, data in reply.events()]
    assert [name for name, _ in reply.events()] == [event["type"] for event in events]
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    assert [event["type"] for event in events[:2]] == ["response.created", "response.in_progress"]
    items, texts = [], {}
    for event in events:
        index = event.get("output_index")
        if event["type"] == "response.output_item.added":
            assert index == len(items)
            items.append(None)
        elif event["type"].endswith(".delta"):
            assert event["item_id"] and items[index] is None
            texts[index] = texts.get(index, "") + event["delta"]
        elif event["type"] == "response.output_item.done":
            items[index] = event["item"]
    response = events[-1]["response"]
    assert response["output"] == items
    for index, text in texts.items():
        assert text == text_of(items[index])
    return response


def text_of(item):
    if item["type"] == "reasoning":
        return "".join(piece["text"] for piece in item["summary"])
    if item["type"] == "message":
        return "".join(piece.get("text") or piece["refusal"] for piece in item["content"])
    return item.get("arguments") or item["input"]


@pytest.mark.parametrize("stream", [False, True])
def test_text_and_figures(stack, upstream, stream):
    model, dialect, path = UPSTREAMS[upstream]
    lane = lane_of(stack, upstream, "in=10+out=5+cache_read=30")
    reply = lane.responses(model=model, instructions="Be brief", stream=stream, store=False,
                           max_output_tokens=64)
    assert reply.status == 200, reply.body
    response = response_of(reply, stream)
    assert (response["status"], response["object"]) == ("completed", "response")
    assert [item["type"] for item in response["output"]] == ["message"]
    assert text_of(response["output"][0])
    usage = response["usage"]
    assert (usage["input_tokens"], usage["input_tokens_details"]["cached_tokens"],
            usage["output_tokens"], usage["total_tokens"]) == (40, 30, 5, 45)
    entry, body = upstream_bodies(stack, reply)[0]
    assert entry["path"] == path and body["max_tokens"] == 64
    row = stack.api.log_row(reply.request_id)
    assert (row["input_tokens"], row["cache_read_tokens"], row["output_tokens"]) == (10, 30, 5)
    assert row["protocol"] == "openai_responses" and row["complete"]
    assert reply.header("x-weir-translated") == dialect
    assert reply.header("x-request-id") == reply.request_id


@pytest.mark.parametrize("stream", [False, True])
def test_tools_and_reasoning_there_and_back(stack, upstream, stream):
    model = UPSTREAMS[upstream][0]
    lane = lane_of(stack, upstream, "parallel+thinking")
    ask = {"model": model, "tools": [TOOL], "stream": stream, "store": False,
           "reasoning": {"effort": "low"}, "include": ["reasoning.encrypted_content"]}
    output = response_of(lane.responses(**ask), stream)["output"]
    assert [item["type"] for item in output] == ["reasoning", "function_call", "function_call"]
    assert output[0]["encrypted_content"].startswith(f"gw1.{UPSTREAMS[upstream][1]}.")
    assert all(json.loads(item["arguments"]) == {"city": "fake"} for item in output[1:])
    results = [{"type": "function_call_output", "call_id": item["call_id"], "output": "sunny"}
               for item in output[1:]]
    answered = lane.responses(**ask, input=[{"role": "user", "content": "Weather?"},
                                            *output, *results])
    assert answered.status == 200, answered.body
    _, body = upstream_bodies(stack, answered)[0]
    if upstream == "openai":
        roles = [message["role"] for message in body["messages"]]
        assert roles == ["user", "assistant", "tool", "tool"]
        assert body["messages"][1]["reasoning_content"] == text_of(output[0])
    else:
        kinds = [[block["type"] for block in message["content"]] for message in body["messages"]]
        assert kinds == [["text"], ["thinking", "tool_use", "tool_use"],
                         ["tool_result", "tool_result"]]
    assert text_of(response_of(answered, stream)["output"][-1])


@pytest.mark.parametrize("stream", [False, True])
def test_a_tool_that_takes_text(stack, upstream, stream):
    lane = lane_of(stack, upstream, "tool")
    reply = lane.responses(model=UPSTREAMS[upstream][0], tools=[PATCH, {"type": "web_search"}],
                           stream=stream)
    item = response_of(reply, stream)["output"][-1]
    assert (item["type"], item["name"]) == ("custom_tool_call", "apply_patch")
    assert item["input"] and item["status"] == "completed"
    assert reply.header("x-weir-dropped") == "tools[1]"


def test_every_byte_a_packet(stack, upstream):
    lane = lane_of(stack, upstream, "thinking+tool+text+unicode+tiny+crlf+comments")
    response = response_of(lane.responses(model=UPSTREAMS[upstream][0], stream=True, tools=[TOOL],
                                          reasoning={"effort": "low"}))
    assert [item["type"] for item in response["output"]] == ["reasoning", "message",
                                                             "function_call"]


@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_that_was_cut_off(stack, upstream, stream):
    reply = lane_of(stack, upstream, "max_tokens").responses(model=UPSTREAMS[upstream][0],
                                                             stream=stream)
    response = response_of(reply, stream)
    assert response["status"] == "incomplete"
    assert response["incomplete_details"] == {"reason": "max_output_tokens"}


@pytest.mark.parametrize("scenario,status", [("400", 400), ("404", 404), ("413", 413),
                                             ("422", 422)])
def test_refusals_are_in_the_callers_words(stack, upstream, scenario, status):
    reply = lane_of(stack, upstream, scenario).responses(model=UPSTREAMS[upstream][0])
    assert reply.status == status, reply.body
    assert reply.json()["error"]["type"] == "invalid_request_error"
    assert reply.json()["error"]["message"]


def test_an_error_in_the_stream(stack, upstream):
    reply = lane_of(stack, upstream, "stream_error+events=4").responses(
        model=UPSTREAMS[upstream][0], stream=True)
    events = [json.loads(data) for _, data in reply.events()]
    assert [event["type"] for event in events[-2:]] == ["error", "response.failed"]
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    assert events[-1]["response"]["error"]["code"] == events[-2]["code"]
    assert not stack.api.log_row(reply.request_id)["complete"]


@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_that_breaks_off(stack, upstream, stream):
    reply = lane_of(stack, upstream, "malformed").responses(model=UPSTREAMS[upstream][0],
                                                            stream=stream)
    if stream:
        events = [json.loads(data) for _, data in reply.events()]
        assert [event["type"] for event in events[-2:]] == ["error", "response.failed"]
        assert [event["sequence_number"] for event in events] == list(range(len(events)))
    else:
        assert reply.status == 502 and reply.json()["error"]["message"]
    assert not stack.api.log_row(reply.request_id)["complete"]


@pytest.mark.parametrize("field,value", [("previous_response_id", "resp_1"),
                                         ("conversation", "conv_1"), ("prompt", {"id": "p"})])
def test_what_is_stored_elsewhere_is_a_400(stack, upstream, field, value):
    reply = lane_of(stack, upstream, "text").responses(model=UPSTREAMS[upstream][0],
                                                       **{field: value})
    assert reply.status == 400
    assert field in reply.json()["error"]["message"]
    assert not upstream_bodies(stack, reply)


def test_own_accounts_come_first_and_reasoning_stays_apart(stack):
    lane = stack.lane({"scenario": "thinking", "priority": 10},
                      {"scenario": "thinking", "platform": "openai_responses", "priority": 20})
    native = lane.responses(model="gpt-4o-mini", include=["reasoning.encrypted_content"])
    assert native.status == 200 and native.header("x-weir-translated") is None
    own = {"type": "reasoning", "summary": [], "encrypted_content": "gw1.anthropic_messages.0.AAAA"}
    reply = lane.responses(model="gpt-4o-mini", input=[
        {"role": "user", "content": "a"}, own, {"role": "assistant", "content": "b"},
        {"role": "user", "content": "c"}])
    assert reply.status == 200, reply.body
    _, body = upstream_bodies(stack, reply)[0]
    assert not [item for item in body["input"] if item.get("type") == "reasoning"]
