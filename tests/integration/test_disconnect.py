"""What a client's leaving does: its upstream is cancelled, or read on within caps of time and money."""

import gzip
import json
import time

import pytest

import harness
import http_client
from admin_client import eventually
from upstream import STREAM_HEAD, answer_with, chunk, reply_bytes

START = (b'event: message_start\ndata: {"type":"message_start","message":{"id":"m","type":"message",'
         b'"role":"assistant","model":"claude-sonnet-4-5","content":[],"stop_reason":null,'
         b'"usage":{"input_tokens":25,"output_tokens":1}}}\n\n')
DELTA = (b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,'
         b'"delta":{"type":"text_delta","text":"water water water water water water water "}}\n\n')
END = (b'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn"},'
       b'"usage":{"output_tokens":77}}\n\nevent: message_stop\ndata: {"type":"message_stop"}\n\n')
LAST = b"0\r\n\r\n"


def policy(stack, **fields):
    """What is not named has its default again. The next lane's snapshot has it."""
    stack.api.put("/api/v1/admin/settings", {"on_disconnect": "abort", "drain_ms_max": None,
                                             "drain_usd_max": None, **fields})


@pytest.fixture
def drain(stack):
    policy(stack, on_disconnect="drain")


def body_of(send, stream=True):
    make = harness.anthropic_body if send == "messages" else harness.openai_body
    return make(stream=stream)


def begin(stack, lane, send="messages", stream=True):
    """A connection with the request sent."""
    connection = http_client.Connection(stack.relay_port)
    path = "/v1/messages" if send == "messages" else "/v1/chat/completions"
    connection.send_request("POST", path, lane.headers(), body_of(send, stream))
    return connection


def leave_after_first_piece(stack, lane, send="messages"):
    with begin(stack, lane, send) as connection:
        head = connection.read_head()
        next(connection.read_body(head))
    return head.request_id


def row_of(stack, lane):
    """The only row of a lane: the answer may never have begun."""
    rows = eventually(lambda: stack.api.logs(f"key_id={lane.key_id}"), "the row", timeout=30)
    assert len(rows) == 1, "billed once"
    return rows[0]


def endless(_recorded, connection):
    connection.sendall(STREAM_HEAD + chunk(START))
    connection.settimeout(20)
    try:
        for _ in range(2_000):
            connection.sendall(chunk(DELTA))
            time.sleep(0.01)
    except OSError:
        pass
    return False


@pytest.mark.parametrize("send", ["messages", "chat"])
def test_a_drained_stream_is_metered_by_what_was_reported(stack, drain, send):
    make = stack.claude if send == "messages" else stack.openai
    lane = make("events=40+pace=10+in=100+out=4321")
    request_id = leave_after_first_piece(stack, lane, send)
    row = row_of(stack, lane)
    assert row["request_id"] == request_id
    assert (row["input_tokens"], row["output_tokens"]) == (100, 4321)
    assert row["usage_source"] == "reported"
    assert (row["error_class"], row["complete"]) == ("client_gone", False)
    assert row["cost_nano_usd"] > 0


@pytest.mark.parametrize("send", ["messages", "chat"])
def test_abort_is_the_default_and_cancels_at_once(stack, send):
    policy(stack)
    make = stack.claude if send == "messages" else stack.openai
    lane = make("events=400+pace=10+in=100+out=4321")
    left = time.monotonic()
    leave_after_first_piece(stack, lane, send)
    row = row_of(stack, lane)
    assert time.monotonic() - left < 3.5, "it was read on"
    assert row["usage_source"] == "estimated"
    assert row["output_tokens"] < 4321
    assert row["error_class"] == "client_gone"


def test_time_is_capped(stack, upstream):
    policy(stack, on_disconnect="drain", drain_ms_max=300)
    upstream.handler = endless
    lane = stack.lane({"url": upstream.url})
    leave_after_first_piece(stack, lane)
    left = time.monotonic()
    upstream.wait_for(lambda: upstream.open_connections == 0, timeout=10)
    assert 0.2 < time.monotonic() - left < 5
    row = row_of(stack, lane)
    assert (row["usage_source"], row["error_class"]) == ("estimated", "client_gone")
    assert row["input_tokens"] == 25
    assert row["output_tokens"] > 1


def test_money_is_capped(stack, upstream):
    # Sonnet's output is USD 15 per million tokens: about 100 tokens, ten deltas.
    policy(stack, on_disconnect="drain", drain_usd_max="0.0015")
    upstream.handler = endless
    lane = stack.lane({"url": upstream.url})
    leave_after_first_piece(stack, lane)
    upstream.wait_for(lambda: upstream.open_connections == 0, timeout=10)
    row = row_of(stack, lane)
    assert 1_500_000 <= row["cost_nano_usd"] < 10_000_000
    assert row["error_class"] == "client_gone"


def test_a_client_that_leaves_before_the_head_is_drained_too(stack, drain, upstream):
    def late(_recorded, connection):
        time.sleep(0.6)
        connection.sendall(STREAM_HEAD + chunk(START) + chunk(DELTA) + chunk(END) + LAST)
        return True

    upstream.handler = late
    lane = stack.lane({"url": upstream.url})
    with begin(stack, lane):
        upstream.wait_for(lambda: len(upstream.requests) == 1)
    row = row_of(stack, lane)
    assert (row["input_tokens"], row["output_tokens"]) == (25, 77)
    assert (row["status"], row["error_class"]) == (499, "client_gone")
    assert row["usage_source"] == "reported"


def test_without_a_head_the_time_is_capped_as_well(stack, upstream):
    policy(stack, on_disconnect="drain", drain_ms_max=300)

    def silent(_recorded, connection):
        connection.settimeout(20)
        assert connection.recv(1) == b""
        return False

    upstream.handler = silent
    lane = stack.lane({"url": upstream.url})
    with begin(stack, lane):
        upstream.wait_for(lambda: len(upstream.requests) == 1)
    upstream.wait_for(lambda: upstream.open_connections == 0, timeout=5)
    row = row_of(stack, lane)
    assert (row["status"], row["error_class"]) == (499, "client_gone")


def test_no_other_account_is_asked_for_nobody(stack, drain, upstream):
    def refuse(_recorded, connection):
        time.sleep(0.5)
        connection.sendall(reply_bytes(status=529, body=b"{}"))
        return True

    upstream.handler = refuse
    lane = stack.lane({"url": upstream.url, "priority": 1}, {"scenario": "text", "priority": 2})
    with begin(stack, lane):
        upstream.wait_for(lambda: len(upstream.requests) == 1)
    assert row_of(stack, lane)["error_class"] == "client_gone"
    assert row_of(stack, lane)["account_id"] == lane.accounts[0]["id"]


def test_an_answer_that_is_no_stream_is_drained(stack, drain, upstream):
    message = json.dumps({"type": "message", "usage": {"input_tokens": 3, "output_tokens": 4},
                          "content": [{"type": "text", "text": "x" * 1000}]}).encode()

    def slow(_recorded, connection):
        head = (b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: "
                + str(len(message)).encode() + b"\r\n\r\n")
        connection.sendall(head + message[:-50])
        time.sleep(0.5)
        connection.sendall(message[-50:])
        return True

    upstream.handler = slow
    lane = stack.lane({"url": upstream.url})
    with begin(stack, lane, stream=False) as connection:
        connection.read_head()
    row = row_of(stack, lane)
    assert (row["input_tokens"], row["output_tokens"]) == (3, 4)
    assert (row["usage_source"], row["error_class"]) == ("reported", "client_gone")


def test_a_drained_stream_that_breaks_says_so(stack, drain):
    lane = stack.claude("cut+events=40+pace=10+in=100+out=40")
    leave_after_first_piece(stack, lane)
    row = row_of(stack, lane)
    assert row["complete"] is False
    assert row["error_class"] in ("stream_incomplete", "upstream_closed")
    assert row["input_tokens"] == 100


def test_draining_keeps_nothing(stack, drain, upstream, no_sanitizer):
    """200 MB pass through a relay whose client has left: memory stays where it was."""
    piece = chunk(DELTA * 400)
    sent = []

    def flood(_recorded, connection):
        connection.sendall(STREAM_HEAD + chunk(START))
        total = 0
        while total < 200_000_000:
            connection.sendall(piece)
            total += len(piece)
        sent.append(total)
        connection.sendall(chunk(END) + LAST)
        return True

    upstream.handler = flood
    lane = stack.lane({"url": upstream.url})
    before = stack.relay.rss_kib()
    leave_after_first_piece(stack, lane)
    most = before
    end = time.monotonic() + 30
    while not sent and time.monotonic() < end:
        most = max(most, stack.relay.rss_kib())
        time.sleep(0.05)
    assert sent, "it was not read to its end"
    row = row_of(stack, lane)
    assert (row["output_tokens"], row["usage_source"]) == (77, "reported")
    assert most - before < 8 * 1024, f"{most - before} KiB more"


@pytest.mark.parametrize("how", ["abort", "drain"])
def test_clients_killed_at_every_stage_are_each_recorded_once(stack, how):
    policy(stack, on_disconnect=how)
    lane = stack.claude("events=30+pace=5+slow_headers=0.05+in=10+out=20")
    for stage in range(24):
        connection = begin(stack, lane)
        time.sleep(stage * 0.012)
        connection.close()
    rows = eventually(lambda: (found := stack.api.logs(f"key_id={lane.key_id}"))
                      and len(found) == 24 and found, "all rows", timeout=30)
    assert len({row["request_id"] for row in rows}) == 24
    known = {"client_gone", ""}
    assert {row["error_class"] for row in rows} <= known, rows
    if how == "drain":
        assert all(row["output_tokens"] in (0, 20) for row in rows), "reported, or never sent"
    eventually(lambda: _open_streams(stack) == 0, "no stream left behind")


def _open_streams(stack):
    page = http_client.request(stack.relay_ops, "GET", "/metrics", {"connection": "close"})
    for line in page.body.decode().splitlines():
        if line.startswith("weir_relay_streams "):
            return float(line.split()[1])
    raise AssertionError("no metric weir_relay_streams")


def test_a_relay_that_stops_ends_what_it_drains(build_dir, upstream):
    stack = harness.Stack(build_dir, settings={"WEIR_RELAY_DRAIN_TIMEOUT_MS": "700"})
    try:
        stack.start()
        policy(stack, on_disconnect="drain")
        upstream.handler = endless
        lane = stack.lane({"url": upstream.url})
        leave_after_first_piece(stack, lane)
        began = time.monotonic()
        assert stack.relay.stop() == 0
        assert time.monotonic() - began < 6
        assert row_of(stack, lane)["error_class"] == "client_gone"
    finally:
        stack.close()


def test_the_policy_is_checked(stack):
    for fields, wrong in (({"on_disconnect": "never"}, "on_disconnect"),
                          ({"drain_ms_max": 3_600_001}, "drain_ms_max"),
                          ({"drain_usd_max": "-1"}, "drain_usd_max")):
        reply = stack.api.raw("PUT", "/api/v1/admin/settings", fields)
        assert reply.status == 400, reply
        assert wrong in reply.json()["fields"]


def test_a_client_that_leaves_a_packed_answer_is_on_the_ledger(stack, upstream):
    """Forty megabytes come in one small read and are unpacked while the client goes."""
    body = json.dumps({"type": "message", "content": [{"type": "text", "text": "ab" * 20_000_000}],
                       "usage": {"input_tokens": 3, "output_tokens": 2}}).encode()
    packed = reply_bytes(body=gzip.compress(body), headers=[("content-encoding", "gzip")])
    upstream.handler = answer_with(packed)
    lane = stack.lane({"url": upstream.url})
    with begin(stack, lane, stream=False) as connection:
        assert connection.read_head().status == 200
    row = row_of(stack, lane)
    assert row["error_class"] == "client_gone"
    assert row["cost_nano_usd"] > 0


@pytest.mark.parametrize("settings, own, source", [("abort", "drain", "reported"),
                                                   ("drain", "abort", "estimated")])
def test_a_routes_own_policy_wins_for_its_model(stack, settings, own, source):
    policy(stack, on_disconnect=settings)
    lane = stack.claude("events=40+pace=10+in=100+out=4321")
    stack.api.add_route("claude-sonnet-4-5", group_ids=[lane.group["id"]], on_disconnect=own)
    stack.api.wait_for_relays()
    leave_after_first_piece(stack, lane)
    row = row_of(stack, lane)
    assert (row["usage_source"], row["error_class"]) == (source, "client_gone")
    assert (row["output_tokens"] == 4321) == (own == "drain")


def test_a_routes_own_cap_of_time_wins(stack, upstream):
    policy(stack, on_disconnect="drain", drain_ms_max=60_000)
    upstream.handler = endless
    lane = stack.lane({"url": upstream.url})
    stack.api.add_route("claude-sonnet-4-5", group_ids=[lane.group["id"]], on_disconnect="drain",
                        drain_ms_max=300)
    stack.api.wait_for_relays()
    leave_after_first_piece(stack, lane)
    left = time.monotonic()
    upstream.wait_for(lambda: upstream.open_connections == 0, timeout=10)
    assert 0.2 < time.monotonic() - left < 5
