"""Streams that go wrong, streams in odd framing, and clients that leave."""

import json
import time

import pytest

import http_client
from admin_client import eventually
from upstream import STREAM_HEAD, Upstream, answer_with, chunk

START = (b'event: message_start\ndata: {"type":"message_start","message":{"id":"m","type":"message",'
         b'"role":"assistant","model":"claude-sonnet-4-5","content":[],"stop_reason":null,'
         b'"usage":{"input_tokens":25,"output_tokens":1}}}\n\n')
DELTA = (b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,'
         b'"delta":{"type":"text_delta","text":"water "}}\n\n')


def row_of(stack, lane):
    """The only row of a lane: the answer may have broken before its id was seen."""
    return eventually(lambda: stack.api.logs(f"key_id={lane.key_id}"), "the row")[0]


def read_all(lane, send):
    """Events of a stream, also of one whose connection breaks."""
    try:
        return getattr(lane, send)(stream=True).events()
    except http_client.ClosedEarly as error:
        return http_client.parse_events(error.body)


@pytest.mark.parametrize("broken", ["cut", "rst", "no_done", "stream_error"])
def test_a_broken_anthropic_stream_ends_with_an_error_event(stack, broken):
    lane = stack.claude(f"{broken}+in=100+out=40")
    events = read_all(lane, "messages")
    assert events[0][0] == "message_start"
    assert "message_stop" not in [name for name, _ in events], "a made-up end"
    name, data = events[-1]
    assert name == "error", events[-3:]
    assert json.loads(data)["type"] == "error"
    assert [name for name, _ in events].count("error") == 1
    row = row_of(stack, lane)
    assert row["complete"] is False
    assert row["error_class"] in ("stream_incomplete", "stream_error", "upstream_closed")
    assert row["input_tokens"] == 100, "what the stream told before it broke is metered"
    assert row["cost_nano_usd"] > 0


@pytest.mark.parametrize("broken", ["cut", "rst", "stream_error"])
def test_a_broken_chat_stream_ends_with_an_error(stack, broken):
    lane = stack.openai(f"{broken}+in=100+out=40")
    events = read_all(lane, "chat")
    assert events[-1][1] != "[DONE]", "a made-up end"
    assert "error" in json.loads(events[-1][1]), events[-3:]
    row = row_of(stack, lane)
    assert row["complete"] is False
    assert row["cost_nano_usd"] > 0, "estimated when the provider never told"


WORDS = chunk(b'data: {"choices":[{"index":0,"delta":{"content":"hi"},"finish_reason":null}]}\n\n')
WHY = chunk(b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n')
USAGE = chunk(b'data: {"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":3}}\n\n')
LAST = b"0\r\n\r\n"


@pytest.mark.parametrize("client", ["chat", "messages", "responses", "whole chat", "whole messages"])
@pytest.mark.parametrize("rest, tokens", [
    ([WHY, USAGE, LAST], (7, 3)), ([WHY, LAST], None), ([WHY, USAGE], (7, 3)), ([WHY], None),
], ids=["a clean end", "without usage", "cut", "cut without usage"])
def test_a_chat_stream_that_said_why_it_ends_is_whole_without_done(stack, rest, tokens, client):
    """Many servers leave [DONE] out. Translated the client gets its own protocol's end; natively
    what came, as it came."""
    sent = [WORDS, *rest]
    upstream = Upstream(answer_with(STREAM_HEAD + b"".join(sent), keep=False))
    lane = stack.lane({"platform": "openai", "url": upstream.url})
    whole = client.startswith("whole ")
    reply = getattr(lane, client.removeprefix("whole "))(model="gpt-4o-mini", stream=not whole)
    assert reply.status == 200 and b"error\"" not in reply.body.replace(b'"error":null', b"")
    if whole:
        assert "hi" in reply.body.decode() and reply.json()
    elif client == "chat":
        assert reply.events() == http_client.parse_events(
            b"".join(part.split(b"\r\n")[1] for part in (WORDS, WHY)))
    else:
        end = {"messages": "message_stop", "responses": "response.completed"}[client]
        assert reply.events()[-1][0] == end
    row = stack.api.log_row(reply.request_id)
    assert (row["complete"], row["error_class"], row["status"]) == (True, "", 200)
    if tokens:
        assert (row["input_tokens"], row["output_tokens"]) == tokens
    assert row["usage_source"] == ("reported" if tokens else "estimated")


def test_a_chat_stream_of_which_one_answer_is_missing_is_broken_off(stack):
    upstream = Upstream(answer_with(STREAM_HEAD + WORDS + WHY + LAST, keep=False))
    reply = stack.lane({"platform": "openai", "url": upstream.url}).chat(stream=True, n=2)
    assert "error" in json.loads(reply.events()[-1][1])
    assert stack.api.log_row(reply.request_id)["error_class"] == "stream_incomplete"


def test_a_chat_stream_without_usage_is_estimated_and_says_so(stack):
    lane = stack.openai("cut+events=50")
    read_all(lane, "chat")
    row = row_of(stack, lane)
    assert row["usage_source"] == "estimated"
    assert row["output_tokens"] > 0


@pytest.mark.parametrize("send", ["messages", "chat"])
def test_a_malformed_event_passes_and_the_rest_is_metered(stack, send):
    lane = stack.claude("malformed+in=9+out=7") if send == "messages" \
        else stack.openai("malformed+in=9+out=7")
    reply = getattr(lane, send)(stream=True)
    assert reply.status == 200
    row = stack.api.log_row(reply.request_id)
    assert row["complete"] is True
    assert row["output_tokens"] == 7


@pytest.mark.parametrize("framing", ["crlf", "tiny", "split_utf8", "one_chunk", "comments",
                                     "close_delimited", "crlf+tiny+unicode", "huge=2048",
                                     "events=2000", "usage_twice", "thinking+tool+text", "parallel"])
@pytest.mark.parametrize("send", ["messages", "chat"])
def test_any_framing_is_metered_exactly(stack, framing, send):
    make = stack.claude if send == "messages" else stack.openai
    lane = make(f"{framing}+in=77+out=33+cache_read=5")
    reply = getattr(lane, send)(stream=True)
    assert reply.status == 200, reply
    if send == "messages":
        assert reply.events()[-1][0] == "message_stop"
    else:
        assert reply.events()[-1] == (None, "[DONE]")
    row = stack.api.log_row(reply.request_id)
    assert (row["input_tokens"], row["output_tokens"], row["cache_read_tokens"]) == (77, 33, 5)
    assert row["complete"] is True


def test_a_gzip_stream_reaches_a_client_that_asked_for_none(stack):
    lane = stack.claude("gzip+in=7+out=3")
    reply = lane.messages(stream=True)
    assert reply.status == 200
    assert reply.header("content-encoding") is None
    assert reply.events()[-1][0] == "message_stop"
    assert stack.api.log_row(reply.request_id)["output_tokens"] == 3


def test_events_arrive_as_they_are_made(stack):
    lane = stack.claude("events=20+pace=50")
    with http_client.Connection(stack.relay_port) as connection:
        connection.send_request("POST", "/v1/messages", lane.headers(), _stream_body())
        head = connection.read_head()
        arrivals = [time.monotonic() for _ in connection.read_body(head)]
    assert len(arrivals) >= 10, "the stream was held back and sent in one"
    assert arrivals[-1] - arrivals[0] > 0.7


def _stream_body():
    return json.dumps({"model": "claude-sonnet-4-5", "max_tokens": 9, "stream": True,
                       "messages": [{"role": "user", "content": "hi"}]}).encode()


def test_stream_headers(stack):
    reply = stack.claude("text").messages(stream=True)
    assert reply.header("cache-control") == "no-cache"
    assert reply.header("x-accel-buffering") == "no"
    assert reply.header("content-length") is None


def test_a_client_that_leaves_cancels_the_upstream_at_once_and_is_metered(stack, upstream):
    def endless(_recorded, connection):
        connection.sendall(STREAM_HEAD + chunk(START))
        for _ in range(5):
            connection.sendall(chunk(DELTA))
        # Silent from now on: only the relay's closing ends this.
        connection.settimeout(20)
        assert connection.recv(1) == b""
        return False

    upstream.handler = endless
    lane = stack.lane({"url": upstream.url})
    connection = http_client.Connection(stack.relay_port)
    connection.send_request("POST", "/v1/messages", lane.headers(), _stream_body())
    head = connection.read_head()
    pieces = connection.read_body(head)
    next(pieces)
    assert upstream.open_connections == 1
    left = time.monotonic()
    connection.close()
    upstream.wait_for(lambda: upstream.open_connections == 0, timeout=3)
    assert time.monotonic() - left < 1.5
    row = stack.api.log_row(head.request_id)
    assert row["complete"] is False
    assert row["error_class"] == "client_gone"
    assert row["input_tokens"] == 25
    assert row["output_tokens"] >= 1
    assert row["cost_nano_usd"] > 0


def test_a_client_that_leaves_before_the_answer_cancels_too(stack, upstream):
    def silent(_recorded, connection):
        connection.settimeout(20)
        assert connection.recv(1) == b""
        return False

    upstream.handler = silent
    lane = stack.lane({"url": upstream.url})
    with http_client.Connection(stack.relay_port) as connection:
        connection.send_request("POST", "/v1/messages", lane.headers(), _stream_body())
        upstream.wait_for(lambda: len(upstream.requests) == 1)
    upstream.wait_for(lambda: upstream.open_connections == 0, timeout=3)
    row = row_of(stack, lane)
    assert row["error_class"] == "client_gone"


def test_a_slow_client_slows_the_upstream(stack, upstream):
    """Memory stays bounded while a client reads nothing: the relay stops reading the upstream."""
    sent = []

    def flood(_recorded, connection):
        connection.sendall(STREAM_HEAD + chunk(START))
        connection.settimeout(3)
        piece = chunk(DELTA * 500)
        try:
            for _ in range(1500):
                connection.sendall(piece)
                sent.append(len(piece))
        except TimeoutError:
            pass
        return False

    upstream.handler = flood
    lane = stack.lane({"url": upstream.url})
    before = stack.relay.rss_kib()
    with http_client.Connection(stack.relay_port) as connection:
        connection.send_request("POST", "/v1/messages", lane.headers(), _stream_body())
        connection.read_head()
        upstream.wait_for(lambda: upstream.open_connections == 0, timeout=30)
        assert sum(sent) < 32 * 1024 * 1024, "the upstream was never slowed"
        assert stack.relay.rss_kib() - before < 16 * 1024


def test_many_streams_at_once_are_all_whole(stack):
    lane = stack.claude("events=30+pace=10+in=3+out=2")
    connections = []
    try:
        for _ in range(200):
            connection = http_client.Connection(stack.relay_port, timeout=60)
            connections.append(connection)
            connection.send_request("POST", "/v1/messages", lane.headers(), _stream_body())
        replies = [connection.read_reply() for connection in connections]
    finally:
        for connection in connections:
            connection.close()
    assert all(reply.status == 200 for reply in replies)
    assert all(reply.events()[-1][0] == "message_stop" for reply in replies)
    ids = {reply.request_id for reply in replies}
    assert len(ids) == 200
    rows = eventually(lambda: (found := stack.api.logs(f"key_id={lane.key_id}"))
                      and len(found) >= 200 and found, "all rows", timeout=30)
    assert {row["request_id"] for row in rows} == ids
    assert all(row["output_tokens"] == 2 for row in rows)
