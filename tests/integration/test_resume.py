"""Resumable streams: a client that lost its connection comes back for the rest, and pays once."""

import re
import time

import pytest

import harness
import http_client
from admin_client import eventually
from upstream import STREAM_HEAD, chunk

WINDOW_SECONDS = 2.0
OPT_IN = {"x-weir-resumable": "1"}


@pytest.fixture(scope="module")
def stack(build_dir):
    """A short window, a small ring, and two loops whatever the machine has."""
    made = harness.Stack(build_dir, settings={
        "WEIR_RELAY_RESUME_WINDOW_MS": str(int(WINDOW_SECONDS * 1000)),
        "WEIR_RELAY_RESUME_STREAM_BYTES": "65536", "WEIR_RELAY_THREADS": "2"})
    try:
        made.start()
        yield made
        assert made.relay.is_running(), made.relay.log_tail()
    finally:
        codes = made.close()
    assert codes == {name: 0 for name in codes}, codes


def begin(stack, lane, send="messages", more=None):
    connection = http_client.Connection(stack.relay_port)
    path = "/v1/messages" if send == "messages" else "/v1/chat/completions"
    make = harness.anthropic_body if send == "messages" else harness.openai_body
    connection.send_request("POST", path, lane.headers({**OPT_IN, **(more or {})}), make(stream=True))
    return connection, connection.read_head()


def read_events(connection, head, count):
    """The bytes of at least `count` whole events."""
    seen = b""
    for piece in connection.read_body(head):
        seen += piece
        if seen.count(b"\n\n") >= count:
            return seen[:seen.rindex(b"\n\n") + 2]
    return seen


def ids_of(data):
    return [int(number) for number in re.findall(rb"^id: (\d+)$", data, re.MULTILINE)]


def resume(stack, lane, stream_id, after=None, headers=None, connection=None):
    path = f"/v1/streams/{stream_id}" + (f"?after={after}" if after is not None else "")
    more = lane.headers(headers)
    if connection is not None:
        connection.send_request("GET", path, more)
        return connection.read_head()
    return http_client.request(stack.relay_port, "GET", path, {**more, "connection": "close"})


@pytest.mark.parametrize("send", ["messages", "chat"])
def test_the_rest_comes_on_another_connection_and_is_billed_once(stack, send):
    make = stack.claude if send == "messages" else stack.openai
    lane = make("events=60+pace=10+in=100+out=40")
    connection, head = begin(stack, lane, send)
    with connection:
        first = read_events(connection, head, 10)
    last = ids_of(first)[-1]
    rest = resume(stack, lane, head.request_id, last)
    assert rest.status == 200, rest
    assert rest.header("content-type").startswith("text/event-stream")
    whole = first + rest.body
    assert ids_of(whole) == list(range(1, len(ids_of(whole)) + 1)), "each event once, in order"
    plain = getattr(lane, send)(stream=True)
    assert re.sub(rb"id: \d+\n", b"", whole) == plain.body, "ids are all that was added"
    row = stack.api.log_row(head.request_id)
    assert (row["input_tokens"], row["output_tokens"]) == (100, 40)
    assert (row["usage_source"], row["complete"], row["error_class"]) == ("reported", True, "")
    stack.api.log_row(plain.request_id)
    assert len(stack.api.logs(f"key_id={lane.key_id}")) == 2, "the other is the plain one"


def test_only_who_asks_for_it_gets_ids(stack):
    lane = stack.claude("text")
    reply = lane.messages(stream=True)
    assert b"\nid: " not in reply.body
    assert reply.header("x-weir-stream") is None
    assert resume(stack, lane, reply.request_id).status == 404
    assert lane.messages(more_headers=OPT_IN).header("x-weir-stream") is None, "no stream"


def test_the_relay_is_named_for_sticky_routing(stack):
    lane = stack.claude("text")
    connection, head = begin(stack, lane)
    with connection:
        body = b"".join(connection.read_body(head))
    relay, _, request_id = head.header("x-weir-stream").rpartition(".")
    assert relay and request_id == head.request_id
    again = resume(stack, lane, head.header("x-weir-stream"))
    assert again.status == 200 and again.body == body, "both forms of the id are taken"


def test_a_stream_that_has_ended_is_kept_for_the_window(stack):
    lane = stack.claude("in=5+out=5")
    connection, head = begin(stack, lane)
    with connection:
        body = b"".join(connection.read_body(head))
    assert resume(stack, lane, head.request_id, 0).body == body
    number = ids_of(body)[-2]
    tail = resume(stack, lane, head.request_id, headers={"last-event-id": str(number)})
    assert ids_of(tail.body) == [number + 1]
    assert resume(stack, lane, head.request_id, ids_of(body)[-1]).body == b""
    eventually(lambda: resume(stack, lane, head.request_id).status == 404, "its end", timeout=10)


def test_it_is_nobody_elses(stack):
    lane, other = stack.claude("in=5+out=5"), stack.claude("text")
    connection, head = begin(stack, lane)
    with connection:
        list(connection.read_body(head))
    reply = resume(stack, other, head.request_id)
    assert reply.status == 404
    assert reply.json()["error"]["code"] == "not_found"
    assert resume(stack, lane, "0192f1a0-0000-7000-8000-000000000000").status == 404
    missing = http_client.request(stack.relay_port, "GET", f"/v1/streams/{head.request_id}",
                                  {"connection": "close"})
    assert missing.status == 401
    wrong = http_client.request(stack.relay_port, "POST", f"/v1/streams/{head.request_id}",
                                {**lane.headers(), "connection": "close"}, b"{}")
    assert wrong.status == 405


@pytest.mark.parametrize("after", ["x", "-1", "99999999999999999999", "999"])
def test_a_place_that_cannot_be(stack, after):
    lane = stack.claude("in=5+out=5")
    connection, head = begin(stack, lane)
    with connection:
        list(connection.read_body(head))
    reply = resume(stack, lane, head.request_id, after)
    assert reply.status == (410 if after == "999" else 400), reply


def test_whoever_comes_last_takes_the_stream_over(stack):
    lane = stack.claude("events=200+pace=10+in=5+out=5")
    first, head = begin(stack, lane)
    second = http_client.Connection(stack.relay_port)
    with first, second:
        seen = read_events(first, head, 5)
        resumed = resume(stack, lane, head.request_id, 0, connection=second)
        assert resumed.status == 200
        assert read_events(second, resumed, 5).startswith(seen[:20])
        with pytest.raises(http_client.ClosedEarly):
            list(first.read_body(head))
        third = resume(stack, lane, head.request_id, 0)
        with pytest.raises(http_client.ClosedEarly):
            list(second.read_body(resumed))
    assert ids_of(third.body) == list(range(1, len(ids_of(third.body)) + 1))
    assert third.body.rstrip().split(b"\n")[-1].startswith(b"id: ")
    assert b"message_stop" in third.body
    row = stack.api.log_row(head.request_id)
    assert (row["complete"], row["output_tokens"]) == (True, 5)


def test_a_connection_that_is_stuck_is_taken_over(build_dir, upstream):
    """The first client's connection is dead and full: it must not hold the stream back."""
    event = (b'event: content_block_delta\ndata: {"type":"content_block_delta","delta":{"text":"'
             + b"x" * 900 + b'"}}\n\n')
    written = []

    def flood(_recorded, connection):
        connection.sendall(STREAM_HEAD)
        connection.settimeout(20)
        try:
            for _ in range(1_200):  # 24 MB, more than all buffers between here and the client
                connection.sendall(chunk(event * 20))
                written.append(1)
        except OSError:
            pass
        return False

    made = harness.Stack(build_dir, settings={"WEIR_RELAY_RESUME_STREAM_BYTES": str(32 << 20),
                                              "WEIR_RELAY_RESUME_BYTES": str(64 << 20)})
    try:
        made.start()
        upstream.handler = flood
        lane = made.lane({"url": upstream.url})
        stuck, head = begin(made, lane)
        with stuck, http_client.Connection(made.relay_port) as second:
            count = -1
            while count != len(written):  # until the upstream stands still
                count = len(written)
                time.sleep(0.4)
            assert count < 1_200
            resumed = resume(made, lane, head.request_id, 0, connection=second)
            assert resumed.status == 200
            body = b""
            for piece in second.read_body(resumed):
                body += piece
                if len(body) > 21_000_000:
                    break
        numbers = ids_of(body[:body.rindex(b"\n\n") + 2])
        assert numbers == list(range(1, len(numbers) + 1)) and len(numbers) > 20_000
    finally:
        made.close()


def test_nobody_comes_back(stack, upstream):
    def endless(_recorded, connection):
        connection.sendall(STREAM_HEAD + chunk(b"event: ping\ndata: {}\n\n"))
        connection.settimeout(20)
        assert connection.recv(1) == b""
        return False

    upstream.handler = endless
    lane = stack.lane({"url": upstream.url})
    connection, head = begin(stack, lane)
    with connection:
        read_events(connection, head, 1)
    left = time.monotonic()
    time.sleep(WINDOW_SECONDS / 2)
    assert upstream.open_connections == 1, "it waits for its client"
    upstream.wait_for(lambda: upstream.open_connections == 0, timeout=10)
    assert time.monotonic() - left > WINDOW_SECONDS * 0.9
    row = stack.api.log_row(head.request_id)
    assert (row["error_class"], row["complete"]) == ("client_gone", False)


def test_who_comes_back_in_time_starts_the_window_anew(stack):
    lane = stack.claude("events=70+pace=100+in=5+out=5")
    connection, head = begin(stack, lane)
    with connection:
        seen = read_events(connection, head, 2)
    for _ in range(3):
        time.sleep(WINDOW_SECONDS * 0.6)
        with http_client.Connection(stack.relay_port) as again:
            resumed = resume(stack, lane, head.request_id, ids_of(seen)[-1], connection=again)
            assert resumed.status == 200
            seen += read_events(again, resumed, 3)
    rest = resume(stack, lane, head.request_id, ids_of(seen)[-1])
    assert ids_of(seen + rest.body) == list(range(1, len(ids_of(seen + rest.body)) + 1))
    assert b"message_stop" in rest.body


def test_events_that_are_gone_are_said_to_be_gone(stack):
    lane = stack.claude("huge=400+in=5+out=5")  # 1,600 events, of which the ring holds the last 64 KiB
    connection, head = begin(stack, lane)
    with connection:
        body = b"".join(connection.read_body(head))
    reply = resume(stack, lane, head.request_id, 0)
    assert reply.status == 410
    assert reply.json()["error"]["details"]["error_code"] == "stream_lost"
    last = ids_of(body)[-1]
    assert ids_of(resume(stack, lane, head.request_id, last - 5).body) == list(range(last - 4, last + 1))


def test_an_error_inside_the_stream_is_replayed(stack):
    lane = stack.claude("stream_error+in=5+out=5")
    connection, head = begin(stack, lane)
    with connection:
        body = b"".join(connection.read_body(head))
    assert http_client.parse_events(body)[-1][0] == "error"
    assert resume(stack, lane, head.request_id, 0).body == body
    assert stack.api.log_row(head.request_id)["complete"] is False


def test_many_lose_their_connection_again_and_again(stack):
    lane = stack.claude("events=80+pace=10+in=3+out=2")
    streams = []
    for _ in range(20):
        connection, head = begin(stack, lane)
        streams.append([head.request_id, read_events(connection, head, 1)])
        connection.close()
    for _ in range(4):
        for stream in streams:
            with http_client.Connection(stack.relay_port) as connection:
                head = resume(stack, lane, stream[0], ids_of(stream[1])[-1], connection=connection)
                assert head.status == 200
                stream[1] += read_events(connection, head, 1)
    for stream in streams:
        stream[1] += resume(stack, lane, stream[0], ids_of(stream[1])[-1]).body
    bodies = {stream[1] for stream in streams}
    assert len(bodies) == 1, "all got the same stream, whole"
    body = bodies.pop()
    assert ids_of(body) == list(range(1, len(ids_of(body)) + 1))
    assert b"message_stop" in body
    rows = eventually(lambda: (found := stack.api.logs(f"key_id={lane.key_id}"))
                      and len(found) == 20 and found, "a row each")
    assert all(row["output_tokens"] == 2 and row["complete"] for row in rows)


def test_memory_is_given_back(stack):
    def kept():
        page = http_client.request(stack.relay_ops, "GET", "/metrics", {"connection": "close"})
        lines = dict(line.split() for line in page.body.decode().splitlines()
                     if line.startswith("weir_relay_resumable_"))
        return (float(lines["weir_relay_resumable_streams"]), float(lines["weir_relay_resumable_bytes"]))

    lane = stack.claude("in=5+out=5")
    connection, head = begin(stack, lane)
    with connection:
        list(connection.read_body(head))
    assert kept()[0] >= 1
    eventually(lambda: kept() == (0, 0), "all rings to be gone", timeout=15)


def test_an_answer_out_of_the_cache_can_be_resumed_too(stack):
    """Whether it was bought or kept is no difference to its client, but for the header that says so."""
    lane = stack.lane({"scenario": "events=200+in=100+out=40"}, cache=True)
    bought = lane.messages(stream=True)
    connection, head = begin(stack, lane)
    assert head.header("x-weir-cache") == "hit"
    with connection:
        first = read_events(connection, head, 10)
    last = ids_of(first)[-1]
    rest = resume(stack, lane, head.header("x-weir-stream"), last)
    assert rest.status == 200, rest
    whole = first + rest.body
    assert ids_of(whole) == list(range(1, len(ids_of(whole)) + 1)), "each event once, in order"
    assert re.sub(rb"id: \d+\n", b"", whole) == bought.body
    plain = lane.messages(stream=True)
    assert plain.header("x-weir-cache") == "hit" and plain.header("x-weir-stream") is None
    assert plain.body == bought.body
    row = stack.api.log_row(head.request_id)
    assert row["cache_hit"] is True and row["cost_nano_usd"] == 0


def test_a_kept_answer_that_was_bought_by_a_client_with_ids_has_none(stack):
    lane = stack.lane({"scenario": "in=100+out=40"}, cache=True)
    connection, head = begin(stack, lane)
    with connection:
        bought = b"".join(connection.read_body(head))
    assert head.header("x-weir-cache") == "miss" and ids_of(bought)
    plain = lane.messages(stream=True)
    assert plain.header("x-weir-cache") == "hit"
    assert plain.body == re.sub(rb"id: \d+\n", b"", bought)
