"""Nothing gets past the relay by being read in two ways: bytes from clients, and from upstreams."""

import pytest

import harness
import http_client
import smuggling_corpus
from admin_client import eventually
from upstream import STREAM_HEAD, answer_with, chunk, reply_bytes

ANSWER = reply_bytes(body=b'{"type":"message","usage":{"input_tokens":1,"output_tokens":1}}')
BODY = harness.anthropic_body(text="the first")
CANARY = harness.anthropic_body(text="the second")


@pytest.fixture(scope="module")
def watched(stack):
    """An upstream that remembers, and a lane on it."""
    import upstream as upstream_module
    made = upstream_module.Upstream(answer_with(ANSWER))
    yield made, stack.lane({"url": made.url})
    made.close()


def canary(lane):
    return (b"POST /v1/messages HTTP/1.1\r\nhost: a\r\nx-api-key: %s\r\ncontent-length: %d\r\n\r\n%s"
            % (lane.key.encode(), len(CANARY), CANARY))


def bytes_of(case, lane):
    values = {b"key": lane.key.encode(), b"body": BODY, b"size": len(BODY), b"hex": len(BODY)}
    return case.raw % values


def replies_to(connection, data):
    """Sends all at once; every answer until the relay closes or the second one has come."""
    try:
        connection.send(data)
    except ConnectionError:
        pass  # refused while we were still sending
    replies = []
    try:
        while len(replies) < 2:
            replies.append(connection.read_reply())
    except http_client.ClosedEarly:
        pass
    return replies


@pytest.mark.parametrize("case", smuggling_corpus.CASES, ids=lambda case: case.name)
def test_a_request_of_the_corpus(stack, watched, case):
    upstream, lane = watched
    upstream.requests.clear()
    with http_client.Connection(stack.relay_port) as connection:
        replies = replies_to(connection, bytes_of(case, lane) + canary(lane))
    assert replies, "no answer at all"
    assert replies[0].status == case.status, replies[0].body
    if case.reaches is None:
        assert len(replies) == 1, "the connection went on behind a refused request"
        assert not upstream.requests, f"reached the upstream: {upstream.requests[0].body[:80]}"
        return
    # HTTP/1.0 ends with its answer; in HTTP/1.1 the second request has its turn.
    bodies = [recorded.body for recorded in upstream.requests]
    assert bodies == [BODY, CANARY][:len(replies)]
    for recorded in upstream.requests:
        assert recorded.header_names() <= {
            "host", "x-api-key", "content-type", "content-length", "accept", "accept-encoding",
            "anthropic-version", "user-agent", "x-request-id", "connection"}
        assert recorded.header("content-length") == str(len(recorded.body))


def test_the_corpus_has_what_it_should():
    names = [case.name for case in smuggling_corpus.CASES]
    assert len(names) == len(set(names)) and len(names) > 120


@pytest.mark.parametrize("size", [1, 2, 3, 7, 50])
def test_cutting_a_refused_request_into_packets_changes_nothing(stack, watched, size):
    upstream, lane = watched
    upstream.requests.clear()
    case = next(case for case in smuggling_corpus.CASES if case.name == "length and chunked")
    data = bytes_of(case, lane) + canary(lane)
    with http_client.Connection(stack.relay_port) as connection:
        try:
            for at in range(0, len(data), size):
                connection.send(data[at:at + size])
        except ConnectionError:
            pass
        assert connection.read_reply().status == 400
        assert connection.is_closed_by_peer()
    assert not upstream.requests


# --- what an upstream answers

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
OTHERS = reply_bytes(body=b'{"type":"message","id":"of another caller"}')
BAD_HEADS = {
    "length and chunked": HEAD + b"content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "two lengths": HEAD + b"content-length: 2\r\ncontent-length: 3\r\n\r\n{}",
    "two lengths that agree": HEAD + b"content-length: 2\r\ncontent-length: 2\r\n\r\n{}",
    "a length with a sign": HEAD + b"content-length: +2\r\n\r\n{}",
    "gzip and chunked": HEAD + b"transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "a folded line": HEAD + b"x: a\r\n b\r\ncontent-length: 2\r\n\r\n{}",
    "a space before the colon": HEAD + b"content-length : 2\r\n\r\n{}",
    "a bare LF": HEAD + b"x: a\ny: b\r\ncontent-length: 2\r\n\r\n{}",
    "a bare CR in the reason": b"HTTP/1.1 200 O\rK\r\ncontent-length: 2\r\n\r\n{}",
    "a NUL": HEAD + b"x: \x00\r\ncontent-length: 2\r\n\r\n{}",
    "HTTP/2": b"HTTP/2 200 OK\r\ncontent-length: 2\r\n\r\n{}",
    "a status of four digits": b"HTTP/1.1 2000 OK\r\ncontent-length: 2\r\n\r\n{}",
    "status 0": b"HTTP/1.1 000 OK\r\ncontent-length: 2\r\n\r\n{}",
    "200 fields": HEAD + b"x: a\r\n" * 200 + b"content-length: 2\r\n\r\n{}",
    "a head without end": HEAD + b"x: a\r\n" * 30_000,
    "a line without end": b"HTTP/1.1 200 " + b"O" * 200_000,
    "interim answers without end": b"HTTP/1.1 100 Continue\r\n\r\n" * 5_000,
    "interim answers with fields": (b"HTTP/1.1 103 Early Hints\r\n" + b"link: a\r\n" * 100 + b"\r\n") * 300,
}


@pytest.mark.parametrize("name", BAD_HEADS)
def test_a_head_that_can_be_read_in_two_ways_is_no_answer(stack, upstream, name):
    upstream.handler = answer_with(BAD_HEADS[name])
    lane = stack.lane({"url": upstream.url, "timeouts": {"first_byte_ms": 4000}})
    reply = lane.messages()
    assert reply.status == 502, reply.body
    row = stack.api.log_row(reply.request_id)
    assert row["error_class"] == "upstream_malformed" and row["cost_nano_usd"] == 0


@pytest.mark.parametrize("answer", [
    HEAD + b"content-length: 2\r\n\r\n{}" + OTHERS,
    HEAD + b"transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n" + OTHERS,
    b"HTTP/1.1 204 No Content\r\n\r\n" + OTHERS,
    b"HTTP/1.1 304 Not Modified\r\ncontent-length: 40\r\n\r\n" + OTHERS,
], ids=["longer than its length", "behind the last chunk", "behind a 204", "behind a 304"])
def test_bytes_behind_an_answer_are_nobodys_answer(stack, upstream, answer):
    """Two callers share upstream connections: what one answer brought too much is not the next one's."""
    upstream.handler = answer_with(answer)
    lane = stack.lane({"url": upstream.url})
    first = lane.messages()
    assert b"another caller" not in first.body
    upstream.handler = answer_with(ANSWER)
    for _ in range(3):
        second = lane.messages()
        assert b"another caller" not in second.body
    assert second.status == 200 and second.body == ANSWER.split(b"\r\n\r\n", 1)[1]


def test_a_length_that_promises_too_much_is_no_whole_answer(stack, upstream):
    upstream.handler = answer_with(HEAD + b"content-length: 500\r\n\r\n" + b'{"type":"message"}')
    lane = stack.lane({"url": upstream.url, "timeouts": {"idle_ms": 700}})
    with pytest.raises(http_client.ClosedEarly):
        lane.messages()
    row = eventually(lambda: stack.api.logs(f"key_id={lane.key_id}"), "a row")[0]
    assert row["complete"] is False and row["error_class"] == "upstream_timeout"


@pytest.mark.parametrize("framed", [b"5 \r\nhello\r\n", b"+5\r\nhello\r\n", b"5\nhello\n", b"5\r\nhelloX\r\n",
                                    b"ffffffffffffffffff\r\n", b"\r\n", b"5;a\nb\r\nhello\r\n"])
def test_a_malformed_chunk_ends_the_stream_with_an_error(stack, upstream, framed):
    start = chunk(b'event: message_start\ndata: {"type":"message_start","message":{"usage":'
                  b'{"input_tokens":9,"output_tokens":1}}}\n\n')
    upstream.handler = answer_with(STREAM_HEAD + start + framed + chunk(b"event: x\ndata: y\n\n"))
    lane = stack.lane({"url": upstream.url})
    reply = lane.messages(stream=True)
    names = [name for name, _ in reply.events()]
    assert names == ["message_start", "error"]
    row = stack.api.log_row(reply.request_id)
    assert row["complete"] is False and row["input_tokens"] == 9
