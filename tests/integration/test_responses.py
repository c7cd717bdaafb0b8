"""OpenAI Responses, native: passed on byte for byte, metered, governed; what is bound to one
account stays there."""

import json

import pytest

import http_client
from test_routing import route, upstream_bodies, upstream_body
from upstream import STREAM_HEAD, answer_with, chunk, reply_bytes

MODEL = "gpt-4o-mini"
TOOL = {"type": "function", "name": "get_weather", "strict": True, "parameters": {
    "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}


def data_of(reply):
    return [json.loads(text) for _, text in reply.events()]


def direct(stack, scenario, **body):
    """What the provider itself says to the same request."""
    headers = {"authorization": f"Bearer fake-key-{scenario}", "connection": "close",
               "content-type": "application/json"}
    return http_client.request(stack.fake_port, "POST", "/v1/responses", headers,
                               json.dumps({"model": MODEL, "input": "Say hello", **body}).encode())


def tokens(row):
    return tuple(row[name] for name in (
        "input_tokens", "cache_read_tokens", "cache_write_5m_tokens", "output_tokens",
        "reasoning_tokens"))


# --- byte for byte, and counted

@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("scenario", ["text", "thinking+text+parallel", "refusal", "unicode+crlf",
                                      "max_tokens", "split_utf8", "comments"])
def test_answers_pass_byte_for_byte(stack, scenario, stream):
    lane = stack.openai_responses(scenario)
    body = {"stream": stream, "tools": [TOOL], "include": ["reasoning.encrypted_content"],
            "store": False, "text": {"verbosity": "low"}, "client_metadata": {"x": "1"}}
    reply = lane.responses(**body)
    assert reply.status == 200
    assert reply.body == direct(stack, scenario, **body).body
    assert upstream_body(stack, reply) == {"model": MODEL, "input": "Say hello", **body}
    row = stack.api.log_row(reply.request_id)
    assert (row["protocol"], row["operation"]) == ("openai_responses", "responses")
    assert row["complete"] is True and row["usage_source"] == "reported", row


@pytest.mark.parametrize("stream", [False, True])
def test_figures_are_disjoint(stack, stream):
    lane = stack.openai_responses("in=100+cache_read=40+cache_5m=7+out=30+reason=12")
    row = stack.api.log_row(lane.responses(stream=stream).request_id)
    assert tokens(row) == (100, 40, 7, 30, 12)
    assert row["cost_nano_usd"] > 0


@pytest.mark.parametrize("stream", [False, True])
def test_what_is_not_told_is_estimated(stack, stream):
    lane = stack.openai_responses("no_usage")
    row = stack.api.log_row(lane.responses(stream=stream).request_id)
    assert (row["usage_source"], row["complete"]) == ("estimated", True)
    assert row["input_tokens"] > 10 and row["output_tokens"] > 10


def test_a_whole_answer_larger_than_its_last_event_may_seem(stack):
    lane = stack.openai_responses("huge=512+in=9+out=131072")
    reply = lane.responses(stream=True)
    row = stack.api.log_row(reply.request_id)
    assert tokens(row) == (9, 0, 0, 131072, 0)
    assert len(data_of(reply)[-1]["response"]["output"][0]["content"][0]["text"]) == 512 * 1024


def test_paths_without_the_version_and_the_count_of_input(stack):
    lane = stack.openai_responses("in=321")
    reply = http_client.request(stack.relay_port, "POST", "/responses",
                                {**lane.headers(), "connection": "close"},
                                json.dumps({"model": MODEL, "input": "hi"}).encode())
    assert reply.status == 200 and reply.json()["object"] == "response"
    reply = http_client.request(stack.relay_port, "POST", "/v1/responses/input_tokens",
                                {**lane.headers(), "connection": "close"},
                                json.dumps({"model": MODEL, "input": "hi"}).encode())
    assert reply.json() == {"object": "response.input_tokens", "input_tokens": 321}
    assert stack.api.log_row(reply.request_id)["cost_nano_usd"] == 0


def test_nothing_is_compressed_for_a_client_that_did_not_ask(stack):
    lane = stack.openai_responses("gzip")
    reply = lane.responses(stream=True)
    assert reply.header("content-encoding") is None
    assert data_of(reply)[-1]["type"] == "response.completed"


# --- what the gateway changes

def test_bounds_prompts_and_models_are_put_where_they_belong(stack):
    lane = stack.lane({"platform": "openai_responses"}, system_prompt="Be brief.")
    route(stack, lane, "fast", upstream_model=MODEL, max_tokens={"max": 200, "default": 100},
          temperature_default="0.5")
    body = upstream_body(stack, lane.responses(model="fast"))
    assert (body["model"], body["max_output_tokens"]) == (MODEL, 100)
    assert (body["instructions"], body["temperature"]) == ("Be brief.", 0.5)
    body = upstream_body(stack, lane.responses(
        model="fast", instructions="You are \"X\".", max_output_tokens=5000,
        reasoning={"effort": "low"}))
    assert body["max_output_tokens"] == 200
    assert body["instructions"] == "Be brief.\n\nYou are \"X\"."
    assert "temperature" not in body, "who reasons takes none"
    reply = lane.responses(model="fast", instructions=["x"])
    assert reply.status == 400 and "'instructions'" in reply.json()["error"]["message"]


def test_a_stream_may_be_forced_off(stack):
    lane = stack.openai_responses("text")
    route(stack, lane, MODEL, stream="off")
    reply = lane.responses(stream=True, stream_options={"include_obfuscation": False})
    body = upstream_body(stack, reply)
    assert (body["stream"], body["stream_options"]) == (False, None)
    assert reply.json()["status"] == "completed"


@pytest.mark.parametrize("body, word", [
    ({"background": True}, "'background'"), ({"max_output_tokens": "9"}, "'max_output_tokens'"),
    ({"previous_response_id": 7}, "'previous_response_id'"), ({"Model": "x"}, "'Model'"),
    ({"stream": "yes"}, "'stream'")])
def test_what_cannot_be_counted_is_refused(stack, body, word):
    lane = stack.openai_responses("text")
    reply = lane.responses(**body)
    assert reply.status == 400 and word in reply.json()["error"]["message"], reply.body
    assert reply.json()["error"]["type"] == "invalid_request_error"
    assert upstream_bodies(stack, reply) == []


def test_a_budget_ends_a_stream_as_incomplete(stack):
    lane = stack.lane({"scenario": "huge=64+pace=5", "platform": "openai_responses"},
                      key={"limits": {"usd_total": "0.003"}})
    reply = lane.responses(stream=True)
    events = data_of(reply)
    last = events[-1]
    assert last["type"] == "response.incomplete"
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    response = last["response"]
    assert response["id"] == events[0]["response"]["id"]
    assert response["incomplete_details"] == {"reason": "max_output_tokens"}
    row = stack.api.log_row(reply.request_id)
    assert row["error_class"] == "budget_exceeded"
    assert response["usage"]["output_tokens"] == row["output_tokens"]
    assert row["cost_nano_usd"] <= 3_000_000


# --- failures

@pytest.mark.parametrize("scenario", ["overload_first", "error_behind_start+one_chunk", "503", "429"])
def test_an_overloaded_account_gives_way(stack, scenario):
    lane = stack.openai_responses(scenario, "text")
    reply = lane.responses(stream=True)
    assert data_of(reply)[-1]["type"] == "response.completed"
    assert stack.api.log_row(reply.request_id)["account_id"] == lane.accounts[1]["id"]


def test_an_answer_that_fails_half_way_is_told_as_it_came(stack):
    lane = stack.openai_responses("stream_error", "text")
    reply = lane.responses(stream=True)
    assert [event["type"] for event in data_of(reply)].count("response.failed") == 1
    assert data_of(reply)[-1]["type"] == "response.failed", "nothing is put behind it"
    row = stack.api.log_row(reply.request_id)
    assert (row["complete"], row["error_class"]) == (False, "stream_error")


@pytest.mark.parametrize("scenario, word", [("no_done", "stream_incomplete"), ("cut", None)])
def test_a_stream_without_its_end_ends_with_an_error_event(stack, scenario, word):
    lane = stack.openai_responses(scenario)
    reply = lane.responses(stream=True)
    events = data_of(reply)
    last = events[-1]
    assert reply.events()[-1][0] == "error"
    assert set(last) == {"type", "code", "message", "param", "sequence_number"}
    assert last["sequence_number"] == len(events) - 1
    row = stack.api.log_row(reply.request_id)
    assert row["complete"] is False
    assert word is None or row["error_class"] == word


def test_servers_that_leave_out_the_names_of_events(stack, upstream):
    events = [b'{"type":"response.created","response":{"id":"r"}}',
              b'{"sequence_number":1, "type": "response.output_text.delta","delta":"12345678"}',
              b'{"response":{"id":"r","type":"x","usage":{"input_tokens":5,"output_tokens":6}},'
              b'"type":"response.completed"}']
    upstream.handler = answer_with(STREAM_HEAD, *[chunk(b"data: " + e + b"\n\n") for e in events],
                                   b"0\r\n\r\n")
    lane = stack.lane({"url": upstream.url, "platform": "openai_responses"})
    row = stack.api.log_row(lane.responses(stream=True).request_id)
    assert row["complete"] is True
    assert (row["input_tokens"], row["output_tokens"]) == (5, 6)


def test_errors_of_the_gateway_have_openais_shape(stack):
    lane = stack.openai_responses("text")
    reply = http_client.request(stack.relay_port, "POST", "/v1/responses",
                                {"authorization": "Bearer nobody", "connection": "close"},
                                b'{"model":"m","input":"x"}')
    assert reply.status == 401 and reply.json()["error"]["code"] == "invalid_api_key"
    reply = lane.responses(model="claude-sonnet-4-5@none")
    assert reply.status in (400, 404) and "error" in reply.json()


# --- what is bound to an account

def test_a_stored_answer_is_asked_for_where_it_is(stack):
    lane = stack.openai_responses("family=1", "family=2")
    first = lane.responses(stream=True)
    stored = data_of(first)[-1]["response"]["id"]
    assert ".".join(stored.split(".")[:1]).endswith("fam1")
    # Known to this relay: straight to its account, though another would be as good.
    stack.api.patch(f"/api/v1/admin/accounts/{lane.accounts[0]['id']}", {"priority": 99})
    stack.api.wait_for_relays()
    reply = lane.responses(previous_response_id=stored)
    row = stack.api.log_row(reply.request_id)
    assert (row["status"], len(row["attempts"])) == (200, 1), row
    assert row["account_id"] == lane.accounts[0]["id"]
    # Whose account is gone cannot be gone on with.
    stack.api.post(f"/api/v1/admin/accounts/{lane.accounts[0]['id']}/disable")
    stack.api.wait_for_relays()
    reply = lane.responses(previous_response_id=stored)
    assert reply.status in (400, 503), reply.body


def test_one_that_is_not_known_here_is_asked_for_everywhere(stack):
    lane = stack.openai_responses("family=1", "family=2")
    reply = lane.responses(previous_response_id="resp_fake_fam2.0123")
    row = stack.api.log_row(reply.request_id)
    assert (row["status"], row["account_id"]) == (200, lane.accounts[1]["id"])
    reply = lane.responses(previous_response_id="resp_fake_fam3.0123")
    assert reply.status == 400
    assert reply.json()["error"]["code"] == "previous_response_not_found"
    assert stack.api.account(lane.accounts[0]["id"])["status"] == "normal"


@pytest.mark.parametrize("stream", [False, True])
def test_encrypted_reasoning_stays_with_its_account(stack, stream):
    lane = stack.openai_responses("family=1+thinking", "family=2+thinking")
    asked = {"include": ["reasoning.encrypted_content"], "store": False, "stream": stream,
             "prompt_cache_key": f"talk-{stream}"}
    reply = lane.responses(**asked)
    output = data_of(reply)[-1]["response"]["output"] if stream else reply.json()["output"]
    talk = [{"role": "user", "content": "Say hello"}, *output, {"role": "user", "content": "on"}]
    sent = upstream_body(stack, lane.responses(input=talk, **asked))
    assert sent["input"] == talk, "at home all of it goes back"
    stack.api.post(f"/api/v1/admin/accounts/{lane.accounts[0]['id']}/disable")
    stack.api.wait_for_relays()
    sent = upstream_body(stack, lane.responses(input=talk, **asked))
    assert [item.get("type", "message") for item in sent["input"]] == ["message"] * 3


def test_what_an_account_cannot_decrypt_is_left_out_at_its_word(stack):
    lane = stack.openai_responses("family=1")
    foreign = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "fam9.x"}
    reply = lane.responses(input=[foreign, {"role": "user", "content": "hi"}])
    assert reply.status == 200
    bodies = upstream_bodies(stack, reply)
    assert [len(body["input"]) for body in bodies] == [2, 1]
