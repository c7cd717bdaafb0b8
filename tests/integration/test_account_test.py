"""The test of an account: one real request the way that traffic takes, by a relay, told part by part."""

import json
import socket
import threading

import pytest

import harness
import http_client
import ports
from admin_client import eventually
from proxies import KINDS, Proxy
from upstream import STREAM_HEAD, Upstream, answer_with, chunk, reply_bytes

PHASES = ("resolve_us", "connect_us", "first_byte_us", "first_text_us")


def path_of(lane):
    return f"/api/v1/admin/accounts/{lane.accounts[0]['id']}/test"


def run(stack, lane, **wanted):
    return stack.api.post(path_of(lane), {"model": "claude-sonnet-4-5", **wanted})


def told(stack, lane, **wanted):
    """As events; the whole answer is read."""
    reply = stack.api.raw("POST", path_of(lane), {"model": "claude-sonnet-4-5", **wanted},
                          {"accept": "text/event-stream"})
    assert reply.status == 200 and reply.header("content-type") == "text/event-stream", reply.body
    blocks = [block for block in reply.body.decode().split("\n\n")
              if block and not block.startswith(":")]
    events = []
    for block in blocks:
        name, data = block.split("\n")
        events.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return events


@pytest.fixture
def upstream():
    made = Upstream()
    yield made
    made.close()


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("platform, protocol, model", [
    ("claude", "anthropic_messages", "claude-sonnet-4-5"), ("openai", "openai_chat", "gpt-4o-mini"),
    ("openai_responses", "openai_responses", "gpt-4o-mini"),
    ("gemini", "gemini", "gemini-2.5-flash")])
def test_every_platform_answers(stack, platform, protocol, model, stream):
    lane = stack.lane({"scenario": "text", "platform": platform})
    found = run(stack, lane, model=model, stream=stream)
    assert found["ok"] and found["reason"] is None, found
    assert found["protocol"] == protocol and found["upstream_model"] == model, found
    assert found["status"] == 200 and found["text"], found
    assert found["signal"] == "good" and found["stop_reason"] == "end", found
    usage = found["usage"]
    assert usage["source"] == "reported" and usage["output_tokens"] > 0, usage
    times = [found["timings"][name] for name in PHASES]
    assert times == sorted(times) and times[-1] <= found["timings"]["total_us"], found["timings"]
    assert found["timings"]["tls_us"] is None and found["timings"]["proxy_us"] is None


def test_it_is_told_as_it_goes(stack):
    lane = stack.claude("text")
    events = told(stack, lane)
    names = [name for name, _ in events]
    assert names[-1] == "result" and names.count("result") == 1, names
    phases = [data["phase"] for name, data in events if name == "phase"]
    assert phases == ["resolve", "connect", "first_byte", "first_text"], phases
    texts = "".join(data["text"] for name, data in events if name == "text")
    assert texts and texts == events[-1][1]["text"]
    assert events[-1][1]["ok"], events[-1]


def test_what_goes_out_is_small_and_says_who_asks(stack, upstream):
    upstream.handler = answer_with(reply_bytes(
        headers=[("anthropic-ratelimit-requests-remaining", "7"), ("request-id", "req_1")],
        body=b'{"type":"message","model":"m-1","role":"assistant","content":[{"type":"text",'
             b'"text":"hi"}],"stop_reason":"max_tokens","usage":{"input_tokens":5,'
             b'"cache_read_input_tokens":2,"output_tokens":1}}'))
    lane = stack.lane({"url": upstream.url, "secret": "sk-secret-of-test",
                       "model_mapping": {"claude-sonnet-4-5": "m-1"}, "headers": {"x-mine": "1"}})
    found = run(stack, lane, prompt="Are you \"there\"?\nSay.", max_tokens=9)
    sent = json.loads(upstream.last().body)
    assert sent["model"] == "m-1" and sent["max_tokens"] == 9, sent
    said = sent["messages"][0]["content"]
    assert (said if isinstance(said, str) else said[0]["text"]) == "Are you \"there\"?\nSay."
    assert upstream.last().header("x-api-key") == "sk-secret-of-test"
    assert upstream.last().header("x-mine") == "1"
    assert upstream.last().header("user-agent").startswith("weir/")
    assert found["served_model"] == "m-1" and found["stop_reason"] == "max_tokens", found
    assert found["usage"] == {"input_tokens": 5, "cache_read_tokens": 2, "cache_write_tokens": 0,
                              "output_tokens": 1, "source": "reported"}
    assert found["upstream_request_id"] == "req_1"
    assert found["rate_limits"] == {"anthropic-ratelimit-requests-remaining": "7"}


def test_no_key_pays_and_the_account_stays_as_it_is(stack, upstream):
    upstream.handler = answer_with(reply_bytes(
        401, body=b'{"type":"error","error":{"type":"authentication_error",'
                  b'"message":"invalid x-api-key: sk-very-secret"}}'))
    lane = stack.lane({"url": upstream.url, "secret": "sk-very-secret"})
    found = run(stack, lane)
    assert not found["ok"] and found["status"] == 401, found
    assert found["reason"] == "credential_rejected" and found["signal"] == "credential", found
    assert found["message"] == "invalid x-api-key: ***" and found["consequence"], found
    assert stack.api.account(lane.accounts[0]["id"])["status"] == "normal"
    assert stack.api.logs(f"key_id={lane.key_id}") == []
    row = stack.api.log_row(found["request_id"])
    assert (row["source"], row["status"], row["error_class"]) == ("test", 401, "credential_rejected")
    assert row["key_id"] == 0 and row["cost_nano_usd"] == 0, row
    for service in (stack.admin, stack.relay):
        assert "sk-very-secret" not in service.log()
    rows = stack.api.get(f"/api/v1/admin/audit?resource=account&action=test&resource_id="
                         f"{lane.accounts[0]['id']}")["data"]
    assert len(rows) == 1 and rows[0]["user_id"] == 1, rows


@pytest.mark.parametrize("answer, reason, status", [
    (reply_bytes(429, [("retry-after", "7")], b'{"error":{"message":"slow down"}}'),
     "upstream_rate_limited", 429),
    (reply_bytes(529, body=b'{"type":"error","error":{"type":"overloaded_error","message":"x"}}'),
     "upstream_overloaded", 529),
    (reply_bytes(500, body=b"<html>", content_type="text/html"), "upstream_error", 500),
    (reply_bytes(404, body=b'{"type":"error","error":{"type":"not_found_error","message":'
                           b'"model: claude-sonnet-4-5"}}'), "model_refused", 404),
    (reply_bytes(200, body=b"<html>hello", content_type="text/html"), "upstream_closed", 200),
    (b"SSH-2.0-OpenSSH\r\n", "upstream_malformed", None), (b"", "upstream_closed", None)])
def test_what_is_wrong_is_named(stack, upstream, answer, reason, status):
    upstream.handler = answer_with(answer, keep=False)
    lane = stack.lane({"url": upstream.url})
    found = run(stack, lane)
    assert (found["ok"], found["reason"], found["status"]) == (False, reason, status), found
    assert found["message"], found


def test_an_error_in_a_stream_and_a_stream_cut_short(stack, upstream):
    begin = (b'event: message_start\ndata: {"type":"message_start","message":{"id":"m","model":"m",'
             b'"usage":{"input_tokens":3,"output_tokens":1}}}\n\n'
             b'event: content_block_start\ndata: {"type":"content_block_start","index":0,'
             b'"content_block":{"type":"text","text":""}}\n\n'
             b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,'
             b'"delta":{"type":"text_delta","text":"Hel"}}\n\n')
    error = (b'event: error\ndata: {"type":"error","error":{"type":"overloaded_error",'
             b'"message":"Overloaded"}}\n\n')
    lane = stack.lane({"url": upstream.url})
    upstream.handler = answer_with(STREAM_HEAD + chunk(begin) + chunk(error) + chunk(b""))
    found = run(stack, lane, stream=True)
    assert found["reason"] == "stream_error" and found["message"] == "Overloaded", found
    assert found["text"] == "Hel"
    upstream.handler = answer_with(STREAM_HEAD + chunk(begin), keep=False)
    found = run(stack, lane, stream=True)
    assert found["reason"] == "stream_incomplete" and found["text"] == "Hel", found
    upstream.handler = answer_with(STREAM_HEAD + chunk(error) + chunk(b""))
    found = run(stack, lane, stream=True)
    assert found["reason"] == "upstream_overloaded", found


def test_no_connection(stack):
    lane = stack.lane({"url": f"http://127.0.0.1:{ports.free_port()}"})
    found = run(stack, lane)
    assert found["reason"] == "upstream_connect" and "nobody takes" in found["message"], found
    assert found["timings"]["resolve_us"] is not None and found["timings"]["connect_us"] is None
    lane = stack.lane({"url": "http://no-such-host.invalid"})
    found = run(stack, lane)
    assert found["reason"] == "upstream_connect" and "name" in found["message"], found


@pytest.mark.parametrize("answers", [True, False])
def test_tls_where_there_is_none(stack, answers):
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        connection, _ = listener.accept()
        with connection:
            connection.recv(1)
            if answers:
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            while connection.recv(4096):
                pass

    threading.Thread(target=serve, daemon=True).start()
    try:
        lane = stack.lane({"url": f"https://127.0.0.1:{listener.getsockname()[1]}",
                           "timeouts": {"connect_ms": 1000}})
        found = run(stack, lane)
    finally:
        listener.close()
    assert found["reason"] == "upstream_connect" and "TLS" in found["message"], found
    assert found["timings"]["connect_us"] is not None and found["timings"]["tls_us"] is None


def test_time_is_bounded(stack):
    silent = socket.create_server(("127.0.0.1", 0))
    try:
        lane = stack.lane({"url": f"http://127.0.0.1:{silent.getsockname()[1]}"})
        found = run(stack, lane, timeout_ms=1000)
        assert found["reason"] == "upstream_timeout", found
        assert 900_000 <= found["timings"]["total_us"] < 3_000_000, found["timings"]
    finally:
        silent.close()


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_through_the_accounts_proxy(stack, kind):
    proxy = Proxy(KINDS[kind], password="user:pass")
    try:
        lane = stack.lane({"scenario": "text",
                           "proxy_url": f"{kind}://user:pass@127.0.0.1:{proxy.port}"})
        found = run(stack, lane)
        assert found["ok"] and found["timings"]["proxy_us"] is not None, found
        assert proxy.targets == [f"127.0.0.1:{stack.fake_port}"]
    finally:
        proxy.close()


def test_who_leaves_ends_it(stack, upstream):
    asked = threading.Event()

    def hang(_recorded, connection):
        asked.set()
        connection.settimeout(20)
        assert connection.recv(1) == b"", "the relay hangs up"
        return False

    upstream.handler = hang
    lane = stack.lane({"url": upstream.url})
    body = json.dumps({"model": "claude-sonnet-4-5", "timeout_ms": 60_000}).encode()
    with http_client.Connection(stack.admin_port) as connection:
        connection.send_request("POST", path_of(lane), {
            "authorization": f"Bearer {stack.api._token}", "accept": "text/event-stream",
            "content-type": "application/json"}, body)
        assert asked.wait(10)
        assert upstream.open_connections == 1
    eventually(lambda: upstream.open_connections == 0, "the upstream is let go", timeout=15)


@pytest.mark.parametrize("change, field", [
    ({"max_tokens": 0}, "max_tokens"), ({"max_tokens": 5000}, "max_tokens"),
    ({"prompt": ""}, "prompt"), ({"prompt": "x" * 20_000}, "prompt"),
    ({"protocol": "soap"}, "protocol"), ({"timeout_ms": 1}, "timeout_ms"),
    ({"model": "a\nb"}, "model"), ({"stream": "yes"}, "stream"), ({"temperature": 1}, "temperature")])
def test_what_cannot_be_is_refused(stack, change, field):
    lane = stack.claude("text")
    reply = stack.api.raw("POST", path_of(lane), {"model": "claude-sonnet-4-5", **change})
    assert reply.status == 400 and field in reply.json()["fields"], reply.json()


def test_a_protocol_that_the_account_does_not_speak(stack):
    lane = stack.claude("text")
    found = run(stack, lane, protocol="openai_chat")
    assert found["reason"] == "bad_parameter" and "protocol" in found["message"], found


def test_the_model_may_be_left_out(stack):
    lane = stack.lane({"scenario": "text", "models": ["claude-*", "claude-opus-4-5"]})
    assert stack.api.post(path_of(lane), {})["model"] == "claude-opus-4-5"
    lane = stack.lane({"scenario": "text", "models": ["x-*"]})
    reply = stack.api.raw("POST", path_of(lane), {})
    assert reply.status == 400 and "model" in reply.json()["fields"], reply.json()


def test_a_disabled_account_and_a_relay_of_ones_choice(stack):
    lane = stack.claude("text")
    stack.api.post(f"/api/v1/admin/accounts/{lane.accounts[0]['id']}/disable")
    relay = stack.api.get("/api/v1/status")["relays"][0]["id"]
    found = run(stack, lane, relay_id=relay)
    assert found["ok"] and found["relay_id"] == relay, found
    assert stack.api.account(lane.accounts[0]["id"])["status"] == "disabled"
    reply = stack.api.raw("POST", path_of(lane), {"model": "m", "relay_id": "nobody"})
    assert reply.status == 404, reply.json()


def test_without_a_relay(fresh_stack):
    stack = fresh_stack
    lane = stack.claude("text")
    stack.relay.stop()
    reply = stack.api.raw("POST", path_of(lane), {"model": "claude-sonnet-4-5"})
    assert reply.status == 503 and reply.json()["reason"] == "service_away", reply.json()
    stack.start_relay()
    eventually(lambda: stack.api.raw("POST", path_of(lane),
                                     {"model": "claude-sonnet-4-5"}).status == 200, "it is back")


def hanging(upstream):
    """Makes the upstream take requests and say nothing; set once one has come."""
    asked = threading.Event()

    def hang(_recorded, connection):
        asked.set()
        connection.settimeout(30)
        connection.recv(1)
        return False

    upstream.handler = hang
    return asked


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
def test_the_relay_goes_in_the_middle(fresh_stack, upstream, accept):
    stack = fresh_stack
    asked = hanging(upstream)
    lane = stack.lane({"url": upstream.url})
    answers = []
    body = {"model": "claude-sonnet-4-5", "timeout_ms": 60_000}
    caller = threading.Thread(target=lambda: answers.append(
        stack.api.raw("POST", path_of(lane), body, {"accept": accept})))
    caller.start()
    assert asked.wait(10)
    stack.relay.kill9()
    caller.join(20)
    assert answers, "who waits is told at once, not when the time is up"
    if accept == "application/json":
        assert answers[0].status == 503 and answers[0].json()["reason"] == "service_away"
        assert "gone" in answers[0].json()["error"], answers[0].json()
        return
    block = [block for block in answers[0].body.decode().split("\n\n") if "result" in block][-1]
    result = json.loads(block.split("data: ", 1)[1])
    assert not result["ok"] and result["reason"] == "service_away", result


def test_a_relay_that_stops_lets_go_of_its_tests(fresh_stack, upstream):
    stack = fresh_stack
    asked = hanging(upstream)
    lane = stack.lane({"url": upstream.url})
    answers = []
    caller = threading.Thread(target=lambda: answers.append(stack.api.raw(
        "POST", path_of(lane), {"model": "claude-sonnet-4-5", "timeout_ms": 60_000})))
    caller.start()
    assert asked.wait(10)
    assert stack.relay.stop(timeout=20) == 0
    caller.join(20)
    assert answers and answers[0].status == 503, answers


def test_of_two_relays_the_one_that_is_asked_for(fresh_stack, upstream):
    stack = fresh_stack
    port = ports.free_range(2)
    (stack.folder / "relay-2").mkdir()
    second = harness.Service("relay", stack.build_dir, stack.folder / "relay-2", (), {
        **stack.relay.settings, "WEIR_RELAY_LISTEN": f"127.0.0.1:{port}",
        "WEIR_RELAY_OPS_LISTEN": f"127.0.0.1:{port + 1}", "WEIR_RELAY_RELAY_ID": "second",
        "WEIR_RELAY_DATA_DIR": stack.folder / "relay-2"})
    second.start().wait_ready(port + 1)
    try:
        lane = stack.claude("text")
        relays = [relay["id"] for relay in stack.api.get("/api/v1/status")["relays"]]
        assert len(relays) == 2 and "second" in relays, relays
        for relay in relays:
            found = run(stack, lane, relay_id=relay)
            assert found["ok"] and found["relay_id"] == relay, found
        assert run(stack, lane)["relay_id"] in relays
        # The other goes on when one goes.
        second.stop()
        eventually(lambda: stack.api.raw("POST", path_of(lane), {
            "model": "m", "relay_id": "second"}).status == 404, "it is seen to be gone")
        found = run(stack, lane)
        assert found["ok"] and found["relay_id"] != "second", found
    finally:
        second.stop()


def test_tests_are_bounded(fresh_stack, upstream):
    stack = fresh_stack
    asked = hanging(upstream)
    lane = stack.lane({"url": upstream.url})
    answers = []
    callers = [threading.Thread(target=lambda: answers.append(stack.api.raw(
        "POST", path_of(lane), {"model": "claude-sonnet-4-5", "timeout_ms": 3000}))) for _ in range(9)]
    for caller in callers:
        caller.start()
    assert asked.wait(10)
    for caller in callers:
        caller.join(20)
    statuses = sorted(answer.status for answer in answers)
    assert statuses == [200] * 8 + [503], statuses


@pytest.mark.parametrize("stream", [False, True])
def test_what_it_costs_is_in_the_ledger(stack, stream):
    lane = stack.claude("text")
    found = run(stack, lane, stream=stream)
    row = stack.api.log_row(found["request_id"])
    assert row["source"] == "test" and row["operation"] == "account_test", row
    assert row["account_id"] == lane.accounts[0]["id"] and row["user_id"] == row["key_id"] == 0, row
    assert row["status"] == 200 and row["complete"] and row["stream"] == stream, row
    assert row["input_tokens"] == found["usage"]["input_tokens"], row
    assert row["output_tokens"] == found["usage"]["output_tokens"] > 0, row
    assert row["cost_nano_usd"] > 0, "the provider bills it"
    assert len(row["attempts"]) == 1 and row["usage_source"] == "reported", row
    assert stack.api.get(f"/api/v1/usage/summary?by=key&account_id={row['account_id']}")["data"]
    assert lane.messages().status == 200
    rows = eventually(lambda: stack.api.logs(f"key_id={lane.key_id}"), "a client's is there, too")
    assert [row["source"] for row in rows] == ["request"], rows


def test_nothing_sent_is_nothing_in_the_ledger(stack):
    lane = stack.lane({"url": f"http://127.0.0.1:{ports.free_port()}"})
    assert run(stack, lane)["request_id"] is None


def test_who_leaves_pays_what_passed(stack, upstream):
    asked = hanging(upstream)
    lane = stack.lane({"url": upstream.url})
    body = json.dumps({"model": "claude-sonnet-4-5", "timeout_ms": 60_000}).encode()
    with http_client.Connection(stack.admin_port) as connection:
        connection.send_request("POST", path_of(lane), {
            "authorization": f"Bearer {stack.api._token}", "accept": "text/event-stream",
            "content-type": "application/json"}, body)
        assert asked.wait(10)
    row = eventually(lambda: stack.api.logs(f"account_id={lane.accounts[0]['id']}"), "it is there")[0]
    assert (row["status"], row["error_class"], row["source"]) == (499, "client_gone", "test"), row


def test_a_credential_that_is_said_in_two_events_is_masked(stack, upstream):
    def delta(text):
        return (b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":'
                b'{"type":"text_delta","text":"%s"}}\n\n' % text)

    begin = (b'event: message_start\ndata: {"type":"message_start","message":{"id":"m","model":"m",'
             b'"usage":{"input_tokens":3,"output_tokens":1}}}\n\n'
             b'event: content_block_start\ndata: {"type":"content_block_start","index":0,'
             b'"content_block":{"type":"text","text":""}}\n\n')
    end = (b'event: content_block_stop\ndata: {"type":"content_block_stop","index":0}\n\n'
           b'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn"},'
           b'"usage":{"output_tokens":9}}\n\nevent: message_stop\ndata: {"type":"message_stop"}\n\n')
    upstream.handler = answer_with(
        STREAM_HEAD, *[chunk(part) for part in (
            begin, delta(b"It is sk-split-"), delta(b"in-two-pie"), delta(b"ces, so sk"), end, b"")],
        gap=0.05)
    lane = stack.lane({"url": upstream.url, "secret": "sk-split-in-two-pieces"})
    found = run(stack, lane, stream=True)
    assert found["ok"] and found["text"] == "It is ***, so sk", found
    assert "in-two" not in str(told(stack, lane, stream=True))
