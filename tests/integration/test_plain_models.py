"""POST /api/v1/models/{model}/chat: the model in the path, OpenAI's shapes, errors as the REST interface
says them; and GET /api/v1/models beside it."""

import json

import pytest

import http_client

MODEL, SONNET = "gpt-4o-mini", "claude-sonnet-4-5"


def post(stack, lane, model, body=None, method="POST", **headers):
    body = {"messages": [{"role": "user", "content": "Hi"}], **(body or {})}
    return http_client.request(stack.relay_port, method, f"/api/v1/models/{model}/chat",
                               {"authorization": f"Bearer {lane.key}", "connection": "close",
                                "content-type": "application/json", **headers},
                               json.dumps(body).encode())


def plain_error(reply, status, reason):
    assert reply.status == status, reply.body
    error = reply.json()
    assert sorted(error) == ["code", "error", "reason", "request_id"]
    assert (error["code"], error["reason"]) == (status * 100 + 1, reason)
    assert error["error"] and error["request_id"] == reply.header("x-request-id")
    return error["error"]


def sent(stack, reply):
    page = http_client.request(stack.fake_port, "GET", "/__fake/requests").json()
    return [entry for entry in page
            if ["x-request-id", reply.request_id] in [[n.lower(), v] for n, v in entry["headers"]]]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("named", [{}, {"model": MODEL}])
def test_the_path_names_the_model(stack, stream, named):
    lane = stack.openai("in=7+out=5")
    reply = post(stack, lane, MODEL, {"stream": stream, **named})
    assert reply.status == 200, reply.body
    entry, = sent(stack, reply)
    assert entry["path"] == "/v1/chat/completions"
    assert json.loads(entry["body"])["model"] == MODEL
    if stream:
        assert reply.body.endswith(b"data: [DONE]\n\n")
    else:
        assert reply.json()["object"] == "chat.completion"
    row = stack.api.log_row(reply.request_id)
    assert (row["model"], row["input_tokens"], row["output_tokens"]) == (MODEL, 7, 5)
    assert row["complete"] and row["cost_nano_usd"] > 0


def test_mappings_and_translation_hold(stack):
    lane = stack.lane({"scenario": "text"}, model_mapping={"fast": SONNET})
    reply = post(stack, lane, "fast", {"max_tokens": 9})
    assert reply.status == 200, reply.body
    assert reply.json()["object"] == "chat.completion"
    assert json.loads(sent(stack, reply)[0]["body"])["model"] == SONNET
    assert reply.header("x-weir-translated") == "anthropic_messages"


def test_a_model_with_a_slash(stack):
    stack.api.post("/api/v1/admin/prices", {"provider": "openai", "model": "org/m:1", "input": "1",
                                            "output": "1"})
    lane = stack.openai("text")
    for path in "org/m:1", "org%2Fm%3A1":
        reply = post(stack, lane, path)
        assert reply.status == 200, reply.body
        assert json.loads(sent(stack, reply)[0]["body"])["model"] == "org/m:1"


def test_what_the_request_does_wrong(stack):
    lane = stack.openai("text", models=[MODEL])
    told = plain_error(post(stack, lane, MODEL, {"model": "gpt-4o"}), 400, "bad_parameter")
    assert "'model'" in told
    plain_error(post(stack, lane, MODEL, {"stream": "x"}), 400, "bad_parameter")
    plain_error(post(stack, lane, "no-such-model"), 404, "model_not_found")
    plain_error(post(stack, lane, "a%zz"), 400, "bad_parameter")
    plain_error(post(stack, lane, "..%2F..%2Fx"), 400, "bad_parameter")
    plain_error(post(stack, lane, MODEL, method="PUT"), 405, "method_not_allowed")
    nobody = type(lane)(stack, lane.group, {"id": 0, "key": "ck_wrong"}, [])
    plain_error(post(stack, nobody, MODEL), 401, "key_unknown")
    assert http_client.request(stack.relay_port, "POST", "/api/v1/models/chat",
                               {"connection": "close"}, b"{}").status == 404


@pytest.mark.parametrize("platform,model", [("openai", MODEL), ("claude", SONNET)])
@pytest.mark.parametrize("scenario,status,reason", [
    ("400", 400, "upstream_rejected"), ("422", 422, "upstream_rejected")])
def test_an_upstreams_refusal(stack, platform, model, scenario, status, reason):
    lane = stack.lane({"scenario": scenario, "platform": platform})
    reply = post(stack, lane, model, {"max_tokens": 9})
    if platform == "claude" and status == 422:
        status = reply.status  # as translation tells it
    assert plain_error(reply, status, reason)
    if platform == "openai":
        assert reply.header("x-weir-translated") is None


def test_a_stream_that_breaks_off(stack):
    lane = stack.openai("cut")
    reply = post(stack, lane, MODEL, {"stream": True})
    last = json.loads(reply.body.decode().strip().split("\n\n")[-1].removeprefix("data: "))
    assert (last["code"], last["reason"]) == (50201, "stream_incomplete")


def test_the_list_beside_it(stack):
    lane = stack.lane({"scenario": "text", "platform": "openai", "models": [MODEL]})
    reply = http_client.request(stack.relay_port, "GET", "/api/v1/models",
                                {"authorization": f"Bearer {lane.key}", "connection": "close"})
    assert reply.json() == [{"name": MODEL, "provider": "openai"}]
    wrong = http_client.request(stack.relay_port, "GET", "/api/v1/models",
                                {"authorization": "Bearer no", "connection": "close"})
    assert wrong.json()["code"] == 40101
