"""Gemini as another protocol's provider, and its clients on other providers, end to end."""

import json

import pytest

import http_client
from test_translation import TOOL, message_of, upstream_bodies
from test_translation_responses import TOOL as FLAT_TOOL
from test_translation_responses import response_of, text_of

MODEL = "gemini-2.5-flash"
CHAT_TOOL = {"type": "function", "function": {
    "name": "get_weather", "parameters": TOOL["input_schema"]}}
UPSTREAMS = {"openai": ("gpt-4o-mini", "openai_chat"),
             "claude": ("claude-sonnet-4-5", "anthropic_messages"),
             "responses": ("gpt-4o-mini", "openai_responses")}
FUNCTIONS = [{"functionDeclarations": [{"name": "get_weather", "parameters": {
    "type": "OBJECT", "properties": {"city": {"type": "STRING"}}, "required": ["city"]}}]}]
THINK = {"thinkingConfig": {"includeThoughts": True, "thinkingBudget": 2048}}


@pytest.fixture(params=sorted(UPSTREAMS))
def upstream(request):
    return request.param


def lane_of(stack, upstream, scenario):
    return {"openai": stack.openai, "claude": stack.claude,
            "responses": stack.openai_responses}[upstream](scenario)


def ask(lane, stream, **body):
    return lane.gemini_stream(**body) if stream else lane.gemini(**body)


def answer_of(reply, stream):
    """The parts, the reason why it ended, and the last figures."""
    assert reply.status == 200, reply.body
    chunks = [json.loads(text) for _, text in reply.events()] if stream else [reply.json()]
    candidates = [chunk["candidates"][0] for chunk in chunks]
    parts = [part for one in candidates for part in one["content"]["parts"]]
    assert all(one["content"]["role"] == "model" for one in candidates)
    assert [one for one in candidates if "finishReason" in one] == candidates[-1:]
    return parts, candidates[-1]["finishReason"], chunks[-1]["usageMetadata"]


def said(parts):
    return "".join(part.get("text", "") for part in parts if not part.get("thought"))


class TestOnGemini:
    @pytest.mark.parametrize("stream", [False, True])
    def test_text_and_figures(self, stack, stream):
        lane = stack.gemini("in=10+out=8+cache_read=30+reason=3")
        reply = lane.messages(model=MODEL, stream=stream, system="Be brief", max_tokens=50)
        assert reply.status == 200, reply.body
        content, usage, stop = message_of(reply, stream)
        assert [block["type"] for block in content] == ["text"] and stop == "end_turn"
        assert (usage["input_tokens"], usage["cache_read_input_tokens"],
                usage["output_tokens"]) == (10, 30, 8)
        entry, body = upstream_bodies(stack, reply)[0]
        verb = "streamGenerateContent?alt=sse" if stream else "generateContent"
        assert entry["path"] == f"/v1beta/models/{MODEL}:{verb}"
        assert body["systemInstruction"] == {"parts": [{"text": "Be brief"}]}
        assert body["generationConfig"] == {"maxOutputTokens": 50}
        assert reply.header("x-weir-translated") == "gemini"
        row = stack.api.log_row(reply.request_id)
        assert (row["input_tokens"], row["cache_read_tokens"], row["output_tokens"],
                row["reasoning_tokens"]) == (10, 30, 8, 3)
        assert row["complete"] and row["cost_nano_usd"] > 0

    @pytest.mark.parametrize("stream", [False, True])
    def test_tools_thinking_and_signatures_there_and_back(self, stack, stream):
        lane = stack.gemini("parallel+thinking")
        ask = {"model": MODEL, "tools": [TOOL], "stream": stream, "max_tokens": 4000,
               "thinking": {"type": "enabled", "budget_tokens": 2048}}
        content, _, stop = message_of(lane.messages(**ask), stream)
        calls = [block for block in content if block["type"] == "tool_use"]
        assert len(calls) == 2 and stop == "tool_use"
        assert len({call["id"] for call in calls}) == 2
        results = [{"type": "tool_result", "tool_use_id": call["id"], "content": "sunny"}
                   for call in calls]
        answered = lane.messages(**ask, messages=[
            {"role": "user", "content": "Weather?"}, {"role": "assistant", "content": content},
            {"role": "user", "content": results}])
        assert answered.status == 200, answered.body
        assert message_of(answered, stream)[0][-1]["text"]
        contents = upstream_bodies(stack, answered)[0][1]["contents"]
        sent = [part for part in contents[1]["parts"] if "functionCall" in part]
        assert [part["functionCall"]["name"] for part in sent] == ["get_weather"] * 2
        # As the provider signed them, and nothing of the gateway's.
        assert sent[0]["thoughtSignature"] and "gw1" not in json.dumps(contents)
        assert [part["functionResponse"]["response"] for part in contents[2]["parts"]] == [
            {"output": "sunny"}] * 2

    @pytest.mark.parametrize("stream", [False, True])
    def test_chat_clients(self, stack, stream):
        lane = stack.gemini("text+tool+thinking")
        reply = lane.chat(model=MODEL, tools=[CHAT_TOOL], stream=stream, reasoning_effort="low",
                          stream_options={"include_usage": True} if stream else None)
        assert reply.status == 200, reply.body
        if not stream:
            choice = reply.json()["choices"][0]
            assert choice["finish_reason"] == "tool_calls"
            call = choice["message"]["tool_calls"][0]["function"]
            assert (call["name"], json.loads(call["arguments"])) == ("get_weather", {"city": "fake"})
            assert choice["message"]["reasoning_content"] and choice["message"]["content"]
            return
        texts = [text for _, text in reply.events()]
        assert texts[-1] == "[DONE]"
        chunks = [json.loads(text) for text in texts[:-1]]
        assert chunks[-1]["usage"]["completion_tokens"] > 0
        assert [choice["finish_reason"] for chunk in chunks for choice in chunk["choices"]
                if choice["finish_reason"]] == ["tool_calls"]

    @pytest.mark.parametrize("stream", [False, True])
    def test_responses_clients_there_and_back(self, stack, stream):
        lane = stack.gemini("tool+thinking")
        ask = {"model": MODEL, "tools": [FLAT_TOOL], "stream": stream, "store": False,
               "reasoning": {"effort": "low"}}
        output = response_of(lane.responses(**ask), stream)["output"]
        call = output[-1]
        assert [item["type"] for item in output][-1] == "function_call"
        answered = lane.responses(**ask, input=[
            {"role": "user", "content": "Weather?"}, *output,
            {"type": "function_call_output", "call_id": call["call_id"], "output": "sunny"}])
        assert text_of(response_of(answered, stream)["output"][-1])
        contents = upstream_bodies(stack, answered)[0][1]["contents"]
        assert [part for part in contents[1]["parts"] if part.get("thoughtSignature")]

    @pytest.mark.parametrize("scenario, status, word", [
        ("400", 400, "invalid_request_error"), ("404", 404, "not_found_error")])
    def test_refusals_are_in_the_callers_words(self, stack, scenario, status, word):
        reply = stack.gemini(scenario).messages(model=MODEL)
        assert (reply.status, reply.json()["error"]["type"]) == (status, word)

    @pytest.mark.parametrize("scenario", ["stream_error", "no_done", "malformed", "cut"])
    def test_a_stream_that_breaks_off(self, stack, scenario):
        reply = stack.gemini(scenario).messages(model=MODEL, stream=True)
        names = [name for name, _ in reply.events()]
        assert names[-1] == "error" and "message_stop" not in names
        assert stack.api.log_row(reply.request_id)["complete"] is False

    def test_every_byte_a_packet(self, stack):
        lane = stack.gemini("thinking+tool+text+unicode+tiny+crlf")
        content, _, stop = message_of(lane.messages(
            model=MODEL, stream=True, tools=[TOOL], max_tokens=4000,
            thinking={"type": "enabled", "budget_tokens": 2048}), True)
        assert stop == "tool_use" and content[-1]["input"] == {"city": "fake"}

    def test_a_picture_by_its_address_is_a_400(self, stack):
        lane = stack.gemini("text")
        reply = lane.messages(model=MODEL, messages=[{"role": "user", "content": [
            {"type": "image", "source": {"type": "url", "url": "https://a/b.png"}}]}])
        assert reply.status == 400 and "base64" in reply.json()["error"]["message"]
        assert not upstream_bodies(stack, reply)

    def test_a_budget_ends_a_stream_in_the_clients_words(self, stack):
        lane = stack.lane({"scenario": "huge=64+pace=5", "platform": "gemini"},
                          key={"limits": {"usd_total": "0.01"}})
        reply = lane.messages(model=MODEL, stream=True, max_tokens=100000)
        _, usage, stop = message_of(reply, True)
        row = stack.api.log_row(reply.request_id)
        assert stop == "max_tokens" and row["error_class"] == "budget_exceeded"
        assert usage["output_tokens"] == row["output_tokens"]

    def test_counting_is_done_here(self, stack):
        lane = stack.gemini("in=7")
        reply = http_client.request(
            stack.relay_port, "POST", "/v1/messages/count_tokens",
            {**lane.headers(), "connection": "close"},
            json.dumps({"model": MODEL, "messages": [{"role": "user", "content": "hi"}]}).encode())
        assert reply.header("x-weir-token-count") == "estimate" and reply.json()["input_tokens"] > 4


class TestGeminiClients:
    @pytest.mark.parametrize("stream", [False, True])
    def test_text_and_figures(self, stack, upstream, stream):
        model, dialect = UPSTREAMS[upstream]
        lane = lane_of(stack, upstream, "in=10+out=5+cache_read=30")
        reply = ask(lane, stream, model=model, systemInstruction={"parts": [{"text": "Be brief"}]},
                    generationConfig={"maxOutputTokens": 64, "seed": 1})
        parts, reason, usage = answer_of(reply, stream)
        assert said(parts) and reason == "STOP"
        assert (usage["promptTokenCount"], usage["cachedContentTokenCount"],
                usage["candidatesTokenCount"], usage["totalTokenCount"]) == (40, 30, 5, 45)
        field = "max_output_tokens" if upstream == "responses" else "max_tokens"
        assert upstream_bodies(stack, reply)[0][1][field] == 64
        assert reply.header("x-weir-translated") == dialect
        assert reply.header("x-weir-dropped") == "generationConfig.seed"
        row = stack.api.log_row(reply.request_id)
        assert (row["input_tokens"], row["cache_read_tokens"], row["output_tokens"]) == (10, 30, 5)
        assert row["protocol"] == "gemini" and row["complete"]

    @pytest.mark.parametrize("stream", [False, True])
    def test_tools_and_thinking_there_and_back(self, stack, upstream, stream):
        model = UPSTREAMS[upstream][0]
        lane = lane_of(stack, upstream, "parallel+thinking")
        config = {"model": model, "tools": FUNCTIONS, "generationConfig": THINK}
        parts, reason, _ = answer_of(ask(lane, stream, **config), stream)
        calls = [part for part in parts if "functionCall" in part]
        assert [call["functionCall"]["args"] for call in calls] == [{"city": "fake"}] * 2
        assert reason == "STOP" and [part for part in parts if part.get("thought")]
        assert calls[0]["thoughtSignature"]
        results = [{"functionResponse": {"name": "get_weather", "response": {"output": "sunny"}}}
                   for _ in calls]
        kept = [part for part in parts if part.get("text") != "" and not part.get("thought")]
        answered = ask(lane, stream, **config, contents=[
            {"role": "user", "parts": [{"text": "Weather?"}]}, {"role": "model", "parts": kept},
            {"role": "user", "parts": results}])
        assert said(answer_of(answered, stream)[0])
        body = upstream_bodies(stack, answered)[0][1]
        messages = body.get("messages")
        if upstream == "responses":
            assert [item["type"] for item in body["input"] if item["type"] != "message"] == [
                "reasoning", *["function_call"] * 2, *["function_call_output"] * 2]
        elif upstream == "openai":
            assert [message["role"] for message in messages] == ["user", "assistant", "tool", "tool"]
            assert messages[1]["reasoning_content"]
        else:
            assert [[block["type"] for block in message["content"]] for message in messages] == [
                ["text"], ["thinking", "tool_use", "tool_use"], ["tool_result", "tool_result"]]

    def test_thoughts_are_for_who_asks(self, stack, upstream):
        lane = lane_of(stack, upstream, "thinking+text")
        parts, _, _ = answer_of(ask(lane, True, model=UPSTREAMS[upstream][0]), True)
        assert not [part for part in parts if part.get("thought")] and said(parts)

    def test_a_stream_without_events_is_one_array(self, stack, upstream):
        lane = lane_of(stack, upstream, "tool+text+in=10+out=5")
        reply = lane.gemini("streamGenerateContent", model=UPSTREAMS[upstream][0], tools=FUNCTIONS)
        assert reply.status == 200, reply.body
        assert reply.header("content-type") == "application/json"
        items = [item["candidates"][0] for item in reply.json()]
        parts = [part for item in items for part in item["content"]["parts"]]
        assert len(items) > 3 and said(parts) and items[-1]["finishReason"] == "STOP"
        assert [part["functionCall"]["args"] for part in parts if "functionCall" in part] == [
            {"city": "fake"}]
        assert upstream_bodies(stack, reply)[0][1]["stream"] is True
        row = stack.api.log_row(reply.request_id)
        assert (row["input_tokens"], row["output_tokens"], row["complete"]) == (10, 5, True)

    def test_an_array_grows_while_the_provider_speaks(self, stack, upstream):
        lane = lane_of(stack, upstream, "events=3+stall=60")
        with http_client.Connection(stack.relay_port) as connection:
            connection.send_request(
                "POST", f"/v1beta/models/{UPSTREAMS[upstream][0]}:streamGenerateContent",
                {"x-goog-api-key": lane.key, "content-type": "application/json"},
                json.dumps({"contents": [{"parts": [{"text": "Say hello"}]}]}).encode())
            pieces = connection.read_body(connection.read_head())
            begun = b""
            while b'"text":"' not in begun:
                begun += next(pieces)
        assert begun.startswith(b'[{"candidates":')

    @pytest.mark.parametrize("scenario", ["stream_error", "no_done", "malformed", "cut"])
    def test_an_array_that_breaks_off_ends_with_its_error(self, stack, upstream, scenario):
        reply = lane_of(stack, upstream, scenario).gemini(
            "streamGenerateContent", model=UPSTREAMS[upstream][0])
        items = reply.json()
        if (upstream, scenario) == ("openai", "no_done"):  # it has said before why it ends
            assert items[-1]["candidates"][0]["finishReason"] == "STOP"
            return
        assert items[-1]["error"]["code"] >= 500 and items[-1]["error"]["status"]
        assert len(items) > 1 and not [item for item in items[:-1] if "error" in item]
        assert stack.api.log_row(reply.request_id)["complete"] is False

    def test_an_array_is_kept_and_given_again_as_one(self, stack):
        lane = stack.lane({"scenario": "text", "platform": "openai"}, key={"cache": True})
        first, again = (lane.gemini("streamGenerateContent", model="gpt-4o-mini") for _ in range(2))
        assert (first.header("x-weir-cache"), again.header("x-weir-cache")) == ("miss", "hit")
        assert again.body == first.body and len(again.json()) > 1
        assert again.header("content-type") == "application/json"

    def test_every_byte_a_packet(self, stack, upstream):
        lane = lane_of(stack, upstream, "thinking+tool+text+unicode+tiny+crlf+comments")
        reply = ask(lane, True, model=UPSTREAMS[upstream][0], tools=FUNCTIONS, generationConfig=THINK)
        assert answer_of(reply, True)[0][-2]["functionCall"]["args"] == {"city": "fake"}
        assert not [line for line in reply.body.splitlines() if line.startswith(b":")]

    @pytest.mark.parametrize("scenario, status, word", [
        ("400", 400, "INVALID_ARGUMENT"), ("404", 404, "NOT_FOUND")])
    def test_refusals_have_googles_shape(self, stack, upstream, scenario, status, word):
        reply = lane_of(stack, upstream, scenario).gemini(model=UPSTREAMS[upstream][0])
        error = reply.json()["error"]
        assert (reply.status, error["code"], error["status"]) == (status, status, word)

    @pytest.mark.parametrize("scenario", ["stream_error", "no_done", "malformed"])
    def test_a_stream_that_breaks_off(self, stack, upstream, scenario):
        reply = ask(lane_of(stack, upstream, scenario), True, model=UPSTREAMS[upstream][0])
        chunks = [json.loads(text) for _, text in reply.events()]
        if (upstream, scenario) == ("openai", "no_done"):  # it has said before why it ends
            assert chunks[-1]["candidates"][0]["finishReason"] == "STOP"
            return
        assert chunks[-1]["error"]["code"] >= 500 and chunks[-1]["error"]["status"]
        assert not [chunk for chunk in chunks[:-1] if "finishReason" in json.dumps(chunk)]
        assert stack.api.log_row(reply.request_id)["complete"] is False

    def test_broken_json_in_a_schema_is_a_400_that_names_it(self, stack, upstream):
        lane = lane_of(stack, upstream, "text")
        body = json.dumps({"contents": [{"parts": [{"text": "hi"}]}], "tools": FUNCTIONS})
        reply = http_client.request(
            stack.relay_port, "POST", f"/v1beta/models/{UPSTREAMS[upstream][0]}:generateContent",
            {"x-goog-api-key": lane.key, "content-type": "application/json", "connection": "close"},
            body.replace('"required": ["city"]', '"required": ["city",]').encode())
        error = reply.json()["error"]
        assert (reply.status, error["status"]) == (400, "INVALID_ARGUMENT")
        assert "tools[0].functionDeclarations[0].parameters" in error["message"]
        assert not upstream_bodies(stack, reply)

    def test_what_is_stored_at_google_is_a_400(self, stack, upstream):
        lane = lane_of(stack, upstream, "text")
        reply = lane.gemini(model=UPSTREAMS[upstream][0], cachedContent="cachedContents/1")
        error = reply.json()["error"]
        assert (reply.status, error["status"]) == (400, "INVALID_ARGUMENT")
        assert "cachedContent" in error["message"] and not upstream_bodies(stack, reply)

    def test_counting(self, stack, upstream):
        lane = lane_of(stack, upstream, "in=7")
        for body in ({}, {"contents": None, "generateContentRequest": {
                "model": f"models/{UPSTREAMS[upstream][0]}",
                "contents": [{"parts": [{"text": "Say hello"}]}]}}):
            reply = lane.gemini("countTokens", model=UPSTREAMS[upstream][0], **body)
            assert reply.status == 200, reply.body
            assert list(reply.json()) == ["totalTokens"] and reply.json()["totalTokens"] > 5
            assert reply.header("x-weir-token-count") in ("exact", "estimate")


def test_own_accounts_come_first(stack):
    lane = stack.lane({"scenario": "503", "platform": "gemini", "priority": 20},
                      {"scenario": "text", "platform": "openai", "priority": 10,
                       "model_mapping": {MODEL: "gpt-4o-mini"}})
    reply = lane.gemini_stream(model=MODEL)
    parts, reason, _ = answer_of(reply, True)
    assert said(parts) and reason == "STOP"
    attempts = stack.api.log_row(reply.request_id)["attempts"]
    assert [attempt["account_id"] for attempt in attempts] == [
        account["id"] for account in lane.accounts]
