"""The cap on what the relay holds in memory: what does not fit is refused, and all recovers."""

import json
import select
import socket
import threading
import time

import pytest

import harness
import http_client
from admin_client import eventually
from upstream import STREAM_HEAD, answer_with, chunk, reply_bytes

MIB = 1 << 20
CAP = 64 * MIB
ANSWER = reply_bytes(body=b'{"type":"message","usage":{"input_tokens":1,"output_tokens":1}}')


@pytest.fixture(scope="module")
def capped(build_dir):
    made = harness.Stack(build_dir, settings={"WEIR_RELAY_BUFFERED_BYTES_MAX": CAP})
    try:
        yield made.start()
        assert made.relay.is_running()
    finally:
        made.close()


def gauge(stack, name):
    text = http_client.request(stack.relay_ops, "GET", "/metrics").body.decode()
    return float(next(line.split()[1] for line in text.splitlines() if line.startswith(name + " ")))


def send_large(stack, lane, size, replies, chunked):
    """One request with a body of that size, sent until there is an answer."""
    body = harness.anthropic_body(text="x" * size)
    with http_client.Connection(stack.relay_port, timeout=60) as connection:
        framing = {"transfer-encoding": "chunked"} if chunked else {"content-length": str(len(body))}
        try:
            connection.send_request("POST", "/v1/messages", lane.headers(framing))
            for at in range(0, len(body), MIB):
                if select.select([connection.socket], [], [], 0)[0]:
                    break  # there is an answer already
                piece = body[at:at + MIB]
                connection.send(chunk(piece) if chunked else piece)
                time.sleep(0.002)
            else:
                connection.send(b"0\r\n\r\n" if chunked else b"")
        except ConnectionError:
            pass  # refused, and closed, while we were still sending
        try:
            replies.append(connection.read_reply())
        except (http_client.ClosedEarly, OSError):
            replies.append(None)


def test_a_hundred_large_bodies_at_once(capped, upstream):
    def slow(recorded, connection):
        time.sleep(0.05)  # bodies pile up behind it
        return answer_with(ANSWER)(recorded, connection)

    upstream.handler = slow
    lane = capped.lane({"url": upstream.url})
    assert lane.messages().status == 200
    before = capped.relay.rss_kib()
    most, replies, done = [before], [], threading.Event()

    def watch():
        while not done.wait(0.02):
            most.append(capped.relay.rss_kib())

    watcher = threading.Thread(target=watch)
    watcher.start()
    clients = [threading.Thread(target=send_large,
                                args=(capped, lane, 30 * MIB, replies, number % 4 == 0))
               for number in range(100)]
    for client in clients:
        client.start()
    for client in clients:
        client.join(120)
    done.set()
    watcher.join()
    served = [reply for reply in replies if reply and reply.status == 200]
    refused = [reply for reply in replies if reply and reply.status == 503]
    assert served, "nobody was served"
    assert len(refused) > 20, f"{len(served)} served, {len(refused)} refused"
    assert {reply.status for reply in replies if reply} == {200, 503}
    for reply in refused:
        assert reply.header("retry-after") == "1"
        assert reply.json()["error"]["details"]["error_code"] == "overloaded_memory"
    # The cap, one copy while a chunked body grows, and what a loop keeps for the next body.
    assert max(most) - before < (CAP + 64 * MIB) / 1024, f"{(max(most) - before) / 1024:.0f} MiB"
    assert gauge(capped, "weir_relay_buffer_refusals_total") >= len(refused)
    row = capped.api.log_row(refused[0].request_id)
    assert row["status"] == 503 and row["error_class"] == "overloaded_memory"
    assert row["cost_nano_usd"] == 0


def test_afterwards_everything_is_served_again(capped):
    lane = capped.claude("text")
    replies = []
    for _ in range(3):
        send_large(capped, lane, 30 * MIB, replies, chunked=False)
    assert [reply.status for reply in replies] == [200] * 3
    eventually(lambda: gauge(capped, "weir_relay_buffered_bytes") < MIB, "nothing is held")
    assert gauge(capped, "weir_relay_buffered_bytes_max") == CAP


def test_bodies_that_are_announced_and_do_not_come_leave_room_when_they_end(capped):
    lane = capped.claude("text")
    waiting = []
    for _ in range(2):
        connection = http_client.Connection(capped.relay_port)
        connection.send_request("POST", "/v1/messages",
                                lane.headers({"content-length": str(31 * MIB)}))
        waiting.append(connection)
    eventually(lambda: gauge(capped, "weir_relay_buffered_bytes") > 60 * MIB, "both are charged")
    with http_client.Connection(capped.relay_port) as connection:
        connection.send_request("POST", "/v1/messages",
                                lane.headers({"content-length": str(31 * MIB)}))
        reply = connection.read_reply()
    assert reply.status == 503 and reply.header("retry-after") == "1"
    assert lane.messages().status == 200, "a small request still fits"
    for connection in waiting:
        connection.close()
    eventually(lambda: gauge(capped, "weir_relay_buffered_bytes") < MIB, "nothing is held")


def test_a_line_of_64_mib_is_passed_on_and_not_held(capped, upstream):
    """An event beyond 16 MiB passes unread, in parts."""
    size = 64 * MIB
    piece = chunk(b"x" * MIB)

    def one_line(_recorded, connection):
        connection.sendall(STREAM_HEAD + chunk(b"data: "))
        for _ in range(size // MIB):
            connection.sendall(piece)
        connection.sendall(chunk(b"\n\nevent: message_stop\ndata: {}\n\n") + b"0\r\n\r\n")
        return True

    upstream.handler = one_line
    lane = capped.lane({"url": upstream.url})
    before = capped.relay.rss_kib()
    with http_client.Connection(capped.relay_port, timeout=60) as connection:
        connection.send_request("POST", "/v1/messages", lane.headers(),
                                harness.anthropic_body(stream=True))
        reply = connection.read_head()
        received, most, tail = 0, before, b""
        for part in connection.read_body(reply):
            received += len(part)
            tail = (tail + part)[-64:]
            if received % (4 * MIB) < len(part):
                most = max(most, capped.relay.rss_kib())
    assert reply.status == 200 and received >= size
    assert tail.endswith(b"event: message_stop\ndata: {}\n\n")
    assert most - before < 64 * 1024, f"{(most - before) / 1024:.0f} MiB held"
    assert capped.api.log_row(reply.request_id)["complete"] is True


def test_parts_of_events_are_under_the_cap_too(capped, upstream):
    """Many upstreams that never end an event: the streams that do not fit end with an error."""
    def endless_event(_recorded, connection):
        connection.sendall(STREAM_HEAD + chunk(b"data: "))
        for _ in range(12):
            connection.sendall(chunk(b"x" * MIB))
        connection.settimeout(20)
        connection.recv(1)
        return False

    upstream.handler = endless_event
    lane = capped.lane({"url": upstream.url})
    connections = []
    for _ in range(10):
        connection = http_client.Connection(capped.relay_port, timeout=30)
        connection.send_request("POST", "/v1/messages", lane.headers(),
                                harness.anthropic_body(stream=True))
        connections.append(connection)
    rows = eventually(lambda: capped.api.logs(f"key_id={lane.key_id}"), "some are ended", timeout=20)
    assert {row["error_class"] for row in rows} == {"overloaded_memory"}
    assert gauge(capped, "weir_relay_buffered_bytes") <= CAP
    for connection in connections:
        connection.close()
    eventually(lambda: gauge(capped, "weir_relay_buffered_bytes") < MIB, "nothing is held")


def test_what_translated_streams_repeat_at_their_end_is_under_the_cap(capped, upstream):
    """OpenAI Responses tells the whole answer again in its last event, so it is held until then."""
    piece = json.dumps({"choices": [{"index": 0, "delta": {"content": "x" * (MIB // 16)}}]})
    event = chunk(b"data: " + piece.encode() + b"\n\n")

    def long_answer(_recorded, connection):
        connection.sendall(STREAM_HEAD)
        for _ in range(3 * 16):
            connection.sendall(event)
        connection.settimeout(30)
        connection.recv(1)
        return False

    def read(connection, ended):
        try:
            reply = connection.read_head()
            ended.append(b"".join(connection.read_body(reply)))
        except (http_client.ClosedEarly, OSError):
            pass  # closed by the test

    upstream.handler = long_answer
    lane = capped.lane({"url": upstream.url, "platform": "openai"})
    connections, ended, readers = [], [], []
    for _ in range(30):
        connection = http_client.Connection(capped.relay_port, timeout=30)
        connection.send_request("POST", "/v1/responses", lane.headers(),
                                harness.responses_body(stream=True))
        connections.append(connection)
        readers.append(threading.Thread(target=read, args=(connection, ended), daemon=True))
        readers[-1].start()
    eventually(lambda: ended, "some are ended", timeout=30)
    assert gauge(capped, "weir_relay_buffered_bytes") <= CAP
    assert all(b'"type":"error"' in body for body in ended)
    rows = eventually(lambda: capped.api.logs(f"key_id={lane.key_id}"), "they are on the ledger",
                      timeout=20)
    assert {row["error_class"] for row in rows} == {"overloaded_memory"}
    for connection in connections:
        connection.socket.shutdown(socket.SHUT_RDWR)
    for reader in readers:
        reader.join(30)
    eventually(lambda: gauge(capped, "weir_relay_buffered_bytes") < MIB, "nothing is held")


def test_a_slow_reader_of_a_large_stream_costs_little(build_dir, upstream):
    """Ten clients read 1 KiB now and then of 200 MB each: the relay stops reading their upstreams."""
    piece = chunk(b"event: x\ndata: " + b"y" * 1000 + b"\n\n") * 64

    def flood(_recorded, connection):
        connection.sendall(STREAM_HEAD)
        for _ in range(200_000_000 // len(piece)):
            connection.sendall(piece)
        return False

    upstream.handler = flood
    made = harness.Stack(build_dir)
    connections = []
    try:
        made.start()
        lane = made.lane({"url": upstream.url})
        warm = made.claude("text")
        assert warm.messages(stream=True).status == 200
        before = made.relay.rss_kib()
        for _ in range(10):
            connection = http_client.Connection(made.relay_port, timeout=30)
            connection.send_request("POST", "/v1/messages", lane.headers(),
                                    harness.anthropic_body(stream=True))
            assert connection.read_head().status == 200
            connections.append(connection)
        for _ in range(6):
            time.sleep(0.5)
            for connection in connections:
                connection.socket.recv(1024)
        each = (made.relay.rss_kib() - before) / len(connections)
        assert each < 256, f"{each:.0f} KiB each"
        assert warm.messages(stream=True).status == 200
    finally:
        for connection in connections:
            connection.close()
        made.close()


def test_a_json_answer_of_64_mib_in_one_line_is_read_as_it_passes(capped, upstream):
    size = 64 * MIB
    begin = b'{"type":"message","content":[{"type":"text","text":"'
    end = b'"}],"usage":{"input_tokens":7,"output_tokens":9}}'

    def one_line(_recorded, connection):
        length = len(begin) + size + len(end)
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
                           b"content-length: %d\r\n\r\n%s" % (length, begin))
        for _ in range(size // MIB):
            connection.sendall(b"x" * MIB)
        connection.sendall(end)
        return True

    upstream.handler = one_line
    lane = capped.lane({"url": upstream.url})
    before = capped.relay.rss_kib()
    with http_client.Connection(capped.relay_port, timeout=60) as connection:
        connection.send_request("POST", "/v1/messages", lane.headers(), harness.anthropic_body())
        reply = connection.read_head()
        received, tail = 0, b""
        for part in connection.read_body(reply):
            received += len(part)
            tail = (tail + part[-len(end):])[-len(end):]
    assert received == len(begin) + size + len(end) and tail == end
    assert capped.relay.rss_kib() - before < 16 * 1024, "it was held"
    row = capped.api.log_row(reply.request_id)
    assert (row["input_tokens"], row["output_tokens"], row["complete"]) == (7, 9, True)
