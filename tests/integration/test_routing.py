"""Which model serves a request: mapping, rules, fallbacks, bounds, prompts, forced streams."""

import concurrent.futures
import json
import threading
import time

import pytest

import http_client
from upstream import reply_bytes

SONNET = "claude-sonnet-4-5"
OPUS = "claude-opus-4-5"
HAIKU = "claude-haiku-4-5"


def upstream_bodies(stack, reply):
    """What the provider got for this request, as JSON, attempt by attempt."""
    requests = http_client.request(stack.fake_port, "GET", "/__fake/requests").json()
    return [json.loads(request["body"]) for request in requests
            if ["x-request-id", reply.request_id] in request["headers"]]


def upstream_body(stack, reply):
    assert reply.status == 200, reply
    bodies = upstream_bodies(stack, reply)
    assert len(bodies) == 1, bodies
    return bodies[0]


def route(stack, lane, model, **fields):
    return stack.api.add_route(model, group_ids=[lane.group["id"]], **fields)


# --- mapping

def test_each_level_maps_what_the_level_above_gave(stack):
    lane = stack.lane({"scenario": "text", "model_mapping": {OPUS: SONNET}},
                      model_mapping={"family:haiku": OPUS})
    route(stack, lane, "fast", upstream_model=HAIKU)
    reply = lane.messages(model="fast")
    assert upstream_body(stack, reply)["model"] == SONNET
    row = stack.api.log_row(reply.request_id)
    assert (row["model"], row["served_model"]) == ("fast", SONNET)
    assert row["cost_nano_usd"] > 0


def test_aliases_are_listed(stack):
    lane = stack.lane({"scenario": "text", "models": [SONNET]}, model_mapping={"mine": SONNET},
                      key={"allowed_models": ["fast", "mine", "lost"]})
    route(stack, lane, "fast", upstream_model=SONNET)
    route(stack, lane, "lost", upstream_model=OPUS)  # nobody here serves it
    listed = http_client.request(stack.relay_port, "GET", "/v1/models",
                                 {"authorization": f"Bearer {lane.key}", "connection": "close"})
    assert sorted(row["id"] for row in listed.json()["data"]) == ["fast", "mine"]


@pytest.mark.parametrize("asked, served", [
    (HAIKU, SONNET),                         # the name
    ("claude-haiku-5-5", OPUS),              # the longest head
    ("claude-3-haiku", "claude-opus-4-6"),   # the shorter one
    ("my-haiku", "claude-opus-4-7"),         # the family
])
def test_the_most_telling_pattern_wins(stack, asked, served):
    lane = stack.claude("text")
    for model, upstream in (("family:haiku", "claude-opus-4-7"), ("claude-*", "claude-opus-4-6"),
                            ("claude-haiku-*", OPUS), (HAIKU, SONNET)):
        route(stack, lane, model, upstream_model=upstream)
    assert upstream_body(stack, lane.messages(model=asked))["model"] == served


def test_a_keys_models_are_those_it_may_ask_for(stack):
    lane = stack.lane({"scenario": "text"}, key={"allowed_models": ["family:haiku"]})
    route(stack, lane, HAIKU, upstream_model=OPUS)
    assert upstream_body(stack, lane.messages(model=HAIKU))["model"] == OPUS
    assert lane.messages(model=OPUS).status == 403


def test_a_change_reaches_the_relay_without_a_restart(stack):
    lane = stack.claude("text")
    made = route(stack, lane, SONNET, upstream_model=OPUS)
    assert upstream_body(stack, lane.messages())["model"] == OPUS
    stack.api.patch(f"/api/v1/admin/models/{made['id']}", {"upstream_model": HAIKU})
    stack.api.wait_for_relays()
    assert upstream_body(stack, lane.messages())["model"] == HAIKU
    stack.api.delete(f"/api/v1/admin/models/{made['id']}")
    stack.api.wait_for_relays()
    assert upstream_body(stack, lane.messages())["model"] == SONNET


# --- rules

def test_rules_by_size_thinking_tools_and_images(stack):
    lane = stack.claude("text")
    route(stack, lane, "smart", upstream_model=HAIKU, rules=[
        {"input_tokens_above": 5000, "upstream_model": OPUS},
        {"thinking": "present", "tools": "absent", "upstream_model": "claude-opus-4-6"},
        {"tools": "present", "upstream_model": SONNET},
        {"images": "present", "upstream_model": "claude-opus-4-7"},
    ])
    tool = {"name": "t", "description": "d", "input_schema": {"type": "object", "properties": {}}}
    image = [{"role": "user", "content": [
        {"type": "text", "text": "what is it?"},
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}}]}]
    thinking = {"type": "enabled", "budget_tokens": 1024}

    def served(**body):
        return upstream_body(stack, lane.messages(model="smart", **body))["model"]

    assert served() == HAIKU
    assert served(text="x" * 30_000) == OPUS
    assert served(thinking=thinking, max_tokens=2000) == "claude-opus-4-6"
    assert served(tools=[tool]) == SONNET
    assert served(thinking=thinking, max_tokens=2000, tools=[tool]) == SONNET
    assert served(messages=image) == "claude-opus-4-7"
    assert served(text='an "image"') == HAIKU


# --- fallbacks

@pytest.mark.parametrize("broken", ["429", "529", "500"])
def test_another_model_answers_when_all_accounts_of_the_first_fail(stack, broken):
    lane = stack.lane({"scenario": broken, "models": [OPUS], "priority": 1},
                      {"scenario": broken, "models": [OPUS], "priority": 2},
                      {"scenario": "in=7+out=3", "models": [HAIKU], "priority": 1},
                      fallbacks=["claude-3-opus", HAIKU])
    reply = lane.messages(model=OPUS)
    assert reply.status == 200, reply
    row = stack.api.log_row(reply.request_id)
    assert (row["model"], row["served_model"]) == (OPUS, HAIKU)
    assert (row["input_tokens"], row["output_tokens"], row["status"]) == (7, 3, 200)
    assert [body["model"] for body in upstream_bodies(stack, reply)] == [OPUS, OPUS, HAIKU]
    assert [attempt["served_model"] for attempt in row["attempts"]] == [OPUS, OPUS, HAIKU]


def test_another_model_answers_when_nobody_serves_the_first(stack):
    lane = stack.lane({"scenario": "text", "models": [HAIKU]})
    route(stack, lane, OPUS, fallbacks=["no-such-model", HAIKU])
    assert upstream_body(stack, lane.messages(model=OPUS))["model"] == HAIKU
    # Without a price nothing is served for free, but there may be another model.
    everything = stack.lane({"scenario": "text"}, fallbacks=[HAIKU])
    assert upstream_body(stack, everything.messages(model="unpriced-model"))["model"] == HAIKU


def test_the_callers_own_mistake_ends_it(stack):
    lane = stack.lane({"scenario": "400", "models": [OPUS]}, {"scenario": "text", "models": [HAIKU]},
                      fallbacks=[HAIKU])
    reply = lane.messages(model=OPUS)
    assert reply.status == 400
    assert len(upstream_bodies(stack, reply)) == 1


def test_when_all_models_fail_the_last_answer_is_told(stack):
    lane = stack.lane({"scenario": "529", "models": [OPUS]}, {"scenario": "529", "models": [HAIKU]},
                      fallbacks=[HAIKU])
    reply = lane.messages(model=OPUS, stream=True)
    assert reply.status == 529
    assert len(stack.api.log_row(reply.request_id)["attempts"]) == 2


def test_who_finds_all_models_busy_is_told_when_the_first_is_free(stack, upstream):
    """Whichever model that is: the one asked for, or one to fall back to."""
    answer = threading.Event()

    def handler(_recorded, connection):
        assert answer.wait(20)
        connection.sendall(reply_bytes(200, (), b'{"type":"message","content":[]}'))
        return True

    upstream.handler = handler
    lane = stack.lane({"url": upstream.url, "models": [OPUS], "limits": {"concurrency": 1}},
                      {"scenario": "text", "models": [HAIKU], "limits": {"rpm": 1}},
                      fallbacks=[HAIKU])
    assert lane.messages(model=HAIKU).status == 200
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        slow = pool.submit(lane.messages, model=OPUS)
        upstream.wait_for(lambda: len(upstream.requests) == 1)
        reply = lane.messages(model=OPUS)
        answer.set()
        assert reply.status == 529 and reply.header("retry-after") == "1", reply
        assert slow.result().status == 200


def test_who_finds_all_models_resting_is_told_when_the_first_is_back(stack):
    lane = stack.lane({"scenario": "429+retry_after=300", "models": [OPUS]},
                      {"scenario": "429+retry_after=20", "models": [HAIKU]}, fallbacks=[HAIKU])
    for _ in range(2):
        reply = lane.messages(model=OPUS)
        assert reply.status in (429, 529) and int(reply.header("retry-after")) <= 20, reply
    missing = stack.lane({"scenario": "429+retry_after=20", "models": [HAIKU]}, fallbacks=[HAIKU])
    missing.messages(model=OPUS)
    reply = missing.messages(model=OPUS)
    assert reply.status == 529 and 0 < int(reply.header("retry-after")) <= 20, \
        "nobody serves the first, but waiting is of use"


# --- bounds and defaults

def test_tokens_are_bounded(stack):
    lane = stack.claude("text")
    route(stack, lane, SONNET, max_tokens={"min": 100, "max": 4000, "default": 500})
    assert upstream_body(stack, lane.messages(max_tokens=9000))["max_tokens"] == 4000
    assert upstream_body(stack, lane.messages(max_tokens=5))["max_tokens"] == 100
    assert upstream_body(stack, lane.messages(max_tokens=700))["max_tokens"] == 700
    assert upstream_body(stack, lane.messages(max_tokens=None))["max_tokens"] == 500
    body = upstream_body(stack, lane.messages(
        max_tokens=9000, thinking={"type": "enabled", "budget_tokens": 8000}))
    assert body["thinking"] == {"type": "enabled", "budget_tokens": 3999}
    chat = stack.openai("text")
    route(stack, chat, "gpt-4o-mini", max_tokens={"default": 500})
    assert upstream_body(stack, chat.chat())["max_tokens"] == 500


def test_a_default_temperature(stack):
    lane = stack.claude("text")
    route(stack, lane, SONNET, temperature_default="0.3")
    assert upstream_body(stack, lane.messages())["temperature"] == 0.3
    assert upstream_body(stack, lane.messages(temperature=1))["temperature"] == 1
    thinks = lane.messages(max_tokens=2000, thinking={"type": "enabled", "budget_tokens": 1024})
    assert "temperature" not in upstream_body(stack, thinks)
    # This version refuses any.
    newer = lane.messages(more_headers={"anthropic-version": "2026-10-21"})
    assert "temperature" not in upstream_body(stack, newer)


@pytest.mark.parametrize("asked", [None, False])
def test_streams_can_be_forced_on(stack, asked):
    lane = stack.claude("in=10+out=5")
    route(stack, lane, SONNET, stream="on")
    reply = lane.messages(**({} if asked is None else {"stream": asked}))
    assert upstream_body(stack, reply)["stream"] is True
    assert reply.header("content-type").startswith("text/event-stream")
    row = stack.api.log_row(reply.request_id)
    assert (row["stream"], row["output_tokens"], row["complete"]) == (True, 5, True)


def test_streams_can_be_forced_off(stack):
    lane = stack.openai("in=10+out=5")
    route(stack, lane, "gpt-4o-mini", stream="off")
    reply = lane.chat(stream=True, stream_options={"include_usage": True})
    body = upstream_body(stack, reply)
    assert body["stream"] is False and body["stream_options"] is None
    assert reply.json()["usage"]["completion_tokens"] == 5


def test_timeouts_and_attempts_of_a_route(stack):
    lane = stack.lane({"scenario": "nothing", "priority": 1}, {"scenario": "nothing", "priority": 2},
                      {"scenario": "text", "priority": 3})
    route(stack, lane, SONNET, timeouts={"first_byte_ms": 300}, attempts_max=2)
    start = time.monotonic()
    reply = lane.messages()
    assert reply.status >= 500
    assert 0.5 < time.monotonic() - start < 5
    assert len(stack.api.log_row(reply.request_id)["attempts"]) == 2


# --- prompts

@pytest.fixture
def everybodys_prompt(stack):
    settings = stack.api.get("/api/v1/admin/settings")
    stack.api.put("/api/v1/admin/settings", {**settings, "system_prompt": 'For "all".\n'})
    yield
    stack.api.put("/api/v1/admin/settings",
                  {**stack.api.get("/api/v1/admin/settings"), "system_prompt": ""})
    stack.api.wait_for_relays()


def test_prompts_of_three_levels(stack, everybodys_prompt):
    prompt = 'For "all".\n\n\nFor the team: grüße.\n\nFor the key.'
    levels = {"system_prompt": "For the team: grüße.", "key": {"system_prompt": "For the key."}}
    lane = stack.lane({"scenario": "text"}, {"scenario": "text", "platform": "openai"}, **levels)
    assert upstream_body(stack, lane.messages())["system"] == prompt
    assert upstream_body(stack, lane.messages(system="Own."))["system"] == prompt + "\n\nOwn."
    own = {"type": "text", "text": "Own.", "cache_control": {"type": "ephemeral"}}
    header = {"type": "text", "text": "x-anthropic-billing-header: cc_version=2.1.329.136;"}
    assert upstream_body(stack, lane.messages(system=[own]))["system"] == [
        {"type": "text", "text": prompt}, own]
    assert upstream_body(stack, lane.messages(system=[header, own]))["system"] == [
        header, {"type": "text", "text": prompt}, own]
    assert upstream_body(stack, lane.chat())["messages"] == [
        {"role": "system", "content": prompt}, {"role": "user", "content": "Say hello"}]


@pytest.mark.parametrize("post, fields, named", [
    ("messages", {"system": {"type": "text", "text": "Own."}}, "system"),
    ("messages", {"system": 5}, "system"),
    ("chat", {"messages": {"role": "user", "content": "hi"}}, "messages"),
    ("chat", {"messages": "hi"}, "messages"),
])
def test_no_request_leaves_a_prompt_behind(stack, post, fields, named):
    accounts = [{"scenario": "text"}, {"scenario": "text", "platform": "openai"}]
    lane = stack.lane(*accounts, system_prompt="For the team.")
    reply = getattr(lane, post)(**fields)
    assert reply.status == 400 and f"'{named}'" in reply.json()["error"]["message"], reply
    assert stack.api.log_row(reply.request_id)["error_class"] == "bad_parameter"
    # Where nothing is added to it, its provider decides.
    reply = getattr(stack.lane(*accounts), post)(**fields)
    assert stack.api.log_row(reply.request_id)["account_id"] != 0


def test_a_field_in_other_capitals_is_refused(stack):
    lane = stack.claude("text")
    reply = lane.messages(MODEL=OPUS)
    assert reply.status == 400 and "'MODEL' must be written 'model'" in reply.json()["error"]["message"]
    assert lane.messages(Unknown=1).status == 200


def test_what_is_not_configured_changes_nothing(stack):
    lane = stack.claude("text")
    body = b'{ "model" : "claude-sonnet-4-5", "max_tokens":64 ,"messages":[{"role":"user",' \
           b'"content":"a \\u00fc \xc3\xbc"}],"unknown": {"x" : 1.50}}'
    reply = http_client.request(stack.relay_port, "POST", "/v1/messages",
                                {**lane.headers(), "connection": "close"}, body)
    assert reply.status == 200
    requests = http_client.request(stack.fake_port, "GET", "/__fake/requests").json()
    got = [request["body"] for request in requests
           if ["x-request-id", reply.request_id] in request["headers"]]
    assert got == [body.decode()]
