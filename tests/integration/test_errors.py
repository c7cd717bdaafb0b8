"""Bad input from either side: a status, and an error in the shape of the caller's protocol."""

import json
import socket
import time

import pytest

import harness
import http_client
from admin_client import eventually
from upstream import STREAM_HEAD, answer_with, chunk

MESSAGES, CHAT = "/v1/messages", "/v1/chat/completions"

ANTHROPIC_TYPES = {
    400: "invalid_request_error", 401: "authentication_error", 403: "permission_error",
    404: "not_found_error", 405: "invalid_request_error", 408: "timeout_error",
    413: "request_too_large", 429: "rate_limit_error", 500: "api_error", 502: "api_error",
    503: "api_error", 504: "timeout_error", 529: "overloaded_error",
}


def check_anthropic(reply, status, reason=None):
    """Anthropic's shape; `reason` is our own word for it."""
    assert reply.status == status, reply
    assert reply.header("content-type").startswith("application/json")
    body = reply.json()
    assert body["type"] == "error"
    assert body["error"]["type"] == ANTHROPIC_TYPES[status], body
    assert len(body["error"]["message"]) > 10, "says what is wrong and what to do"
    assert body.get("request_id") == reply.request_id
    if reason is not None:
        assert body["error"]["details"]["error_code"] == reason
    return body["error"]


def check_openai(reply, status, code=None):
    assert reply.status == status, reply
    assert reply.header("content-type").startswith("application/json")
    error = reply.json()["error"]
    assert set(error) >= {"message", "type", "param", "code"}
    assert len(error["message"]) > 10
    assert reply.request_id
    if code is not None:
        assert error["code"] == code
    return error


@pytest.fixture(scope="module")
def claude(stack):
    return stack.claude("text")


@pytest.fixture(scope="module")
def openai(stack):
    return stack.openai("text")


def post(stack, lane, path, body, headers=None):
    return http_client.request(stack.relay_port, "POST", path, lane.headers(headers), body)


def check_both(stack, claude, openai, status, make_body, headers=None):
    """The same mistake in both protocols."""
    check_anthropic(post(stack, claude, MESSAGES, make_body(harness.anthropic_body), headers), status)
    return check_openai(post(stack, openai, CHAT, make_body(harness.openai_body), headers), status)


# --- the body

@pytest.mark.parametrize("body", [
    b"", b"{", b"not json", b'{"model":"claude-sonnet-4-5"', b"[1,2]", b'"text"', b"null",
    b'{"model":"x",}', b'{"model":1,"messages":[]}', b'{"messages":[]}', b"\xff\xfe\x00",
    b'{"model":"a","model":', b"[" * 5000,
])
def test_malformed_json(stack, claude, openai, body):
    check_both(stack, claude, openai, 400, lambda _: body)


def test_a_body_over_the_limit_is_refused_before_it_is_sent(stack, claude):
    with http_client.Connection(stack.relay_port) as connection:
        headers = claude.headers({"content-length": str(33 * 1024 * 1024)})
        connection.send_request("POST", MESSAGES, headers)
        check_anthropic(connection.read_reply(), 413, "body_too_large")


def test_a_chunked_body_over_the_limit(stack, openai):
    with http_client.Connection(stack.relay_port, timeout=60) as connection:
        connection.send_request("POST", CHAT, openai.headers({"transfer-encoding": "chunked"}))
        piece = chunk(b" " * (1 << 20))
        try:
            for _ in range(34):
                connection.send(piece)
        except ConnectionError:
            pass  # the relay answered and closed while we were still sending
        check_openai(connection.read_reply(), 413)


def test_a_body_just_below_the_limit_passes(stack, claude):
    body = harness.anthropic_body(text="x" * (31 * 1024 * 1024))
    assert post(stack, claude, MESSAGES, body).status == 200


# --- the model and the path

def test_an_unknown_model(stack):
    claude = stack.lane({"scenario": "text", "models": ["claude-sonnet-4-5"]})
    openai = stack.lane({"scenario": "text", "platform": "openai", "models": ["gpt-4o-mini"]})
    error = check_both(stack, claude, openai, 404, lambda make: make(model="no-such-model"))
    assert error["code"] == "model_not_found"
    assert "no-such-model" in error["message"]


def test_an_unknown_path(stack, claude):
    reply = http_client.request(stack.relay_port, "POST", "/v1/nothing", claude.headers(), b"{}")
    assert reply.status == 404
    assert reply.json()["error"]["message"]


def test_a_wrong_method(stack, claude):
    reply = http_client.request(stack.relay_port, "GET", MESSAGES, claude.headers())
    assert reply.status == 405
    assert reply.json()["error"]["message"]


# --- the key

def send_with(stack, path, headers, body):
    headers = {"content-type": "application/json", **headers}
    return http_client.request(stack.relay_port, "POST", path, headers, body)


def test_no_key(stack):
    replies = [send_with(stack, MESSAGES, {}, harness.anthropic_body()),
               send_with(stack, CHAT, {}, harness.openai_body())]
    check_anthropic(replies[0], 401, "key_missing")
    check_openai(replies[1], 401, "invalid_api_key")
    check_not_retried(replies)


@pytest.mark.parametrize("key", ["ck_" + "A" * 43, "wrong", "ck_", "x" * 4000])
def test_an_unknown_key(stack, key):
    replies = [send_with(stack, MESSAGES, {"x-api-key": key}, harness.anthropic_body()),
               send_with(stack, CHAT, {"authorization": f"Bearer {key}"}, harness.openai_body())]
    check_anthropic(replies[0], 401, "key_unknown")
    check_openai(replies[1], 401, "invalid_api_key")
    check_not_retried(replies)


def check_not_retried(replies):
    """Claude Code tries a 401 again for minutes unless it is told not to."""
    assert [reply.header("x-should-retry") for reply in replies] == ["false"] * len(replies)


def wait_for_status(send, status):
    """A change of a key reaches the relay within moments."""
    return eventually(lambda: (reply := send()).status == status and reply,
                              f"status {status}")


def test_a_disabled_key_is_told_apart_from_a_wrong_one(stack):
    lane = stack.claude("text")
    stack.api.post(f"/api/v1/api-keys/{lane.key_id}/disable")
    reply = wait_for_status(lane.messages, 403)
    error = check_anthropic(reply, 403, "key_disabled")
    assert "disabled" in error["message"]
    stack.api.post(f"/api/v1/api-keys/{lane.key_id}/enable")
    wait_for_status(lane.messages, 200)


@pytest.mark.parametrize("whose", ["key", "user", "group"])
def test_a_key_of_another_address(stack, whose):
    user = stack.api.post("/api/v1/users", {"username": f"tied-{whose}", "password": "long enough 1"})
    lane = stack.lane({"scenario": "text"}, key={"user_id": user["id"]})
    path = {"key": f"/api/v1/api-keys/{lane.key_id}", "user": f"/api/v1/users/{user['id']}",
            "group": f"/api/v1/groups/{lane.group['id']}"}[whose]
    stack.api.patch(path, {"allowed_ips": ["192.0.2.0/24", "2001:db8::/32"]})
    check_anthropic(wait_for_status(lane.messages, 403), 403, "ip_not_allowed")
    changed = stack.api.patch(path, {"allowed_ips": ["192.0.2.0/24", "127.0.0.0/8"]})
    assert changed["allowed_ips"] == ["192.0.2.0/24", "127.0.0.0/8"]
    wait_for_status(lane.messages, 200)


def test_a_deleted_key_is_unknown(stack):
    lane = stack.claude("text")
    stack.api.delete(f"/api/v1/api-keys/{lane.key_id}")
    check_anthropic(wait_for_status(lane.messages, 401), 401)


def test_an_expired_key(stack):
    lane = stack.openai("text")
    soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 2))
    stack.api.patch(f"/api/v1/api-keys/{lane.key_id}", {"expires_at": soon})
    assert lane.chat().status == 200
    check_openai(wait_for_status(lane.chat, 403), 403, "key_expired")


def test_a_rotated_key(stack):
    lane = stack.claude("text")
    fresh = stack.api.post(f"/api/v1/api-keys/{lane.key_id}/rotate")["key"]
    check_anthropic(wait_for_status(lane.messages, 401), 401)
    lane.key = fresh
    assert lane.messages().status == 200


def test_a_key_without_accounts_says_so(stack):
    lane = stack.lane()
    assert lane.messages().status in (404, 503)
    assert lane.messages().json()["error"]["message"]


# --- the head

def raw(stack, data, timeout=20.0):
    with http_client.Connection(stack.relay_port, timeout=timeout) as connection:
        connection.send(data)
        return connection.read_reply()


def test_content_length_and_transfer_encoding_together(stack, claude):
    with http_client.Connection(stack.relay_port) as connection:
        headers = claude.headers({"content-length": "5", "transfer-encoding": "chunked"})
        connection.send_request("POST", MESSAGES, headers, b"0\r\n\r\n")
        reply = connection.read_reply()
        assert reply.status == 400, reply
        assert connection.is_closed_by_peer(), "what follows could be a smuggled request"


@pytest.mark.parametrize("head", [
    b"POST /v1/messages HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx",
    b"POST /v1/messages HTTP/1.1\r\nhost: a\r\ncontent-length : 2\r\n\r\n{}",
    b"POST /v1/messages HTTP/1.1\r\nhost: a\r\ncontent-length: -1\r\n\r\n",
    b"POST /v1/messages HTTP/1.1\r\nhost: a\r\ncontent-length: 0x2\r\n\r\n{}",
    b"POST /v1/messages HTTP/1.1\r\nhost: a\r\ntransfer-encoding: xchunked\r\n\r\n0\r\n\r\n",
    b"POST /v1/messages HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    b"POST /v1/messages HTTP/1.1\r\nhost: a\r\nbad header\r\n\r\n",
    b"POST /v1/messages HTTP/1.1\r\nhost: a\r\n folded: x\r\n\r\n",
    b"POST /v1/messages HTTP/1.1\r\nhost: a\r\nx: a\x00b\r\n\r\n",
    b"POST  /v1/messages HTTP/1.1\r\nhost: a\r\n\r\n",
    b"POST /v1/messages HTTP/9.9\r\nhost: a\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    b"garbage\r\n\r\n",
])
def test_malformed_heads(stack, head):
    with http_client.Connection(stack.relay_port) as connection:
        connection.send(head)
        reply = connection.read_reply()
        assert reply.status in (400, 505), reply
        assert connection.is_closed_by_peer()


@pytest.mark.parametrize("framed", [b"zz\r\nxx\r\n0\r\n\r\n", b"5\r\nabc\r\n0\r\n\r\n",
                                    b"ffffffffffffffffff\r\nx", b"-1\r\n\r\n"])
def test_a_malformed_chunk(stack, claude, framed):
    with http_client.Connection(stack.relay_port) as connection:
        connection.send_request("POST", MESSAGES,
                                claude.headers({"transfer-encoding": "chunked"}), framed)
        check_anthropic(connection.read_reply(), 400)


def test_a_header_block_over_64_kib(stack, claude):
    filler = b"".join(b"x-%d: %s\r\n" % (i, b"a" * 1000) for i in range(70))
    reply = raw(stack, b"POST /v1/messages HTTP/1.1\r\nhost: a\r\n" + filler + b"\r\n")
    assert reply.status == 431, reply
    one = raw(stack, b"GET /v1/models HTTP/1.1\r\nhost: a\r\nx: " + b"a" * 70000)
    assert one.status == 431, one


def test_a_long_but_good_head_passes(stack, claude):
    assert claude.messages(more_headers={"x-long": "a" * 30000}).status == 200


# --- the client's time

@pytest.fixture(scope="module")
def impatient(build_dir):
    """A relay that waits one second for a client."""
    made = harness.Stack(build_dir, settings={
        "WEIR_RELAY_REQUEST_HEAD_TIMEOUT_MS": 1000, "WEIR_RELAY_REQUEST_BODY_TIMEOUT_MS": 1000,
    })
    try:
        yield made.start()
    finally:
        made.close()


def test_a_client_that_stalls_in_the_head(impatient):
    with http_client.Connection(impatient.relay_port) as connection:
        connection.send(b"POST /v1/messages HTTP/1.1\r\nhost: a\r\nx-")
        assert connection.is_closed_by_peer(within=8)


def test_a_client_that_stalls_in_the_body(impatient):
    lane = impatient.claude("text")
    with http_client.Connection(impatient.relay_port) as connection:
        connection.send_request("POST", MESSAGES, lane.headers({"content-length": "100"}), b"{")
        check_anthropic(connection.read_reply(), 408, "request_timeout")


def test_an_idle_connection_costs_no_request(impatient):
    with http_client.Connection(impatient.relay_port) as idle:
        lane = impatient.claude("text")
        assert lane.messages().status == 200
        assert idle.socket.fileno() >= 0


# --- the upstream

def lanes_on(stack, upstream, **fields):
    return (stack.lane({"url": upstream.url, **fields}),
            stack.lane({"url": upstream.url, "platform": "openai", **fields}))


@pytest.mark.parametrize("data", [
    b"garbage\r\n\r\n", b"HTTP/1.1 abc OK\r\n\r\n", b"\x00\x01\x02\x03" * 100,
    b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n", b"HTTP/1.1 200 OK\r\nx y\r\n\r\n",
    b"HTTP/1.1 200 OK\r\n" + b"x: " + b"a" * 200_000 + b"\r\n\r\n",
], ids=["no status line", "no status", "binary", "two framings", "bad length", "bad field", "flood"])
def test_an_upstream_that_answers_garbage(stack, upstream, data):
    upstream.handler = answer_with(data, keep=False)
    claude, openai = lanes_on(stack, upstream)
    reply = claude.messages()
    check_anthropic(reply, 502)
    check_openai(openai.chat(), 502)
    row = stack.api.log_row(reply.request_id)
    assert row["status"] == 502
    assert row["error_class"] == "upstream_malformed"


def test_an_upstream_that_answers_nothing(stack, upstream):
    upstream.handler = answer_with(b"", keep=False)
    claude, openai = lanes_on(stack, upstream)
    reply = claude.messages()
    check_anthropic(reply, 502)
    check_openai(openai.chat(stream=True), 502)
    assert stack.api.log_row(reply.request_id)["error_class"] in ("upstream_closed",
                                                                  "upstream_malformed")


def test_an_upstream_that_never_answers(stack, upstream):
    upstream.handler = lambda _recorded, _connection: time.sleep(8)
    claude, openai = lanes_on(stack, upstream, timeouts={"first_byte_ms": 1000})
    start = time.monotonic()
    reply = claude.messages()
    check_anthropic(reply, 504)
    assert time.monotonic() - start < 6
    check_openai(openai.chat(), 504)
    assert stack.api.log_row(reply.request_id)["error_class"] == "upstream_timeout"


def test_an_upstream_that_stalls_in_the_stream(stack):
    lane = stack.claude("stall=30+in=8+out=4", timeouts={"idle_ms": 1000})
    start = time.monotonic()
    events = lane.messages(stream=True).events()
    assert time.monotonic() - start < 6
    assert events[-1][0] == "error"
    rows = eventually(lambda: stack.api.logs(f"key_id={lane.key_id}"), "a row")
    assert rows[0]["complete"] is False
    assert rows[0]["error_class"] == "upstream_timeout"


def test_an_upstream_that_is_not_there(stack):
    claude = stack.lane({"url": "http://127.0.0.1:1"})
    reply = claude.messages()
    check_anthropic(reply, 502)
    assert stack.api.log_row(reply.request_id)["error_class"] == "upstream_connect"


def test_an_answer_that_ends_early_is_no_good_answer(stack, upstream):
    upstream.handler = answer_with(
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{", keep=False)
    lane = stack.lane({"url": upstream.url})
    try:
        reply = lane.messages()
    except http_client.ClosedEarly:
        pass  # the head was out already: a broken connection tells the client
    else:
        check_anthropic(reply, 502)
    rows = eventually(lambda: stack.api.logs(f"key_id={lane.key_id}"), "a row")
    assert rows[0]["complete"] is False


def test_a_bad_chunk_from_upstream(stack, upstream):
    upstream.handler = answer_with(STREAM_HEAD, b"zz\r\n", keep=False)
    lane = stack.lane({"url": upstream.url})
    reply = None
    try:
        reply = lane.messages(stream=True)
    except http_client.ClosedEarly:
        pass
    if reply is not None and reply.status == 200:
        assert reply.events()[-1][0] == "error"
    rows = eventually(lambda: stack.api.logs(f"key_id={lane.key_id}"), "a row")
    assert rows[0]["complete"] is False


def test_html_from_a_front_end_becomes_the_callers_shape(stack):
    claude, openai = stack.claude("502+html"), stack.openai("502+html")
    check_anthropic(claude.messages(), 502)
    check_openai(openai.chat(), 502)


def test_every_failure_left_the_relay_whole(stack, claude, openai):
    """After all of the above: no connection of ours is open to the fake, and requests work."""
    assert claude.messages().status == 200
    assert openai.chat(stream=True).status == 200
    assert json.loads(claude.messages().body)["type"] == "message"


def test_a_body_that_nobody_reads_is_not_the_next_request(stack):
    """GET /v1/models with a body that comes late: the body must not be answered as a request."""
    lane = stack.claude("")
    smuggled = b"GET /v1/models HTTP/1.1\r\nhost: x\r\n\r\n"
    head = (f"GET /v1/models HTTP/1.1\r\nhost: x\r\nx-api-key: {lane.key}\r\n"
            f"content-length: {len(smuggled)}\r\n\r\n").encode()
    with socket.create_connection(("127.0.0.1", stack.relay_port), 10) as raw:
        raw.sendall(head)
        answer = raw.recv(65536)
        assert answer.startswith(b"HTTP/1.1 200"), answer
        assert b"connection: close" in answer
        raw.sendall(smuggled)
        rest = b""
        while more := raw.recv(65536):
            rest += more
        assert b"HTTP/1.1" not in rest, rest
