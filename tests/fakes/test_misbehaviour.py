"""Proves that the fake provider misbehaves as its README says, down to the bytes on the wire."""

import http.client
import json
import socket
import time
import zlib

import pytest
from fake_process import events_of, names_of


def test_errors_inside_a_stream(fake):
    events = events_of(fake.messages("m@stream_error", stream=True)[2])
    assert events[0][0] == "message_start" and events[-1][0] == "error"
    assert events[-1][1]["error"]["type"] == "overloaded_error"
    status, _, body = fake.messages("m@overload_first", stream=True)
    assert status == 200 and names_of(events_of(body)) == ["error"]
    assert fake.messages("m@overload_first")[0] == 529
    assert "error" in events_of(fake.chat("m@stream_error", stream=True)[2])[-1][1]
    events = events_of(fake.messages("m@no_done", stream=True)[2])
    assert events[-1][0] == "message_delta"
    assert b"[DONE]" not in fake.chat("m@no_done", stream=True)[2]
    assert events_of(fake.responses("m@overload_first", stream=True)[2])[0][0] == "error"
    assert fake.responses("m@overload_first")[0] == 503
    name, data = events_of(fake.responses("m@stream_error", stream=True)[2])[-1]
    assert name == "response.failed" and data["response"]["error"]["code"]
    names = names_of(events_of(fake.responses("m@error_behind_start", stream=True)[2]))
    assert names == ["response.created", "response.failed"]
    names = names_of(events_of(fake.responses("m@no_done", stream=True)[2]))
    assert names[-1] == "response.output_item.done"
    with pytest.raises(json.JSONDecodeError):
        events_of(fake.messages("m@malformed", stream=True)[2])
    with pytest.raises(json.JSONDecodeError):
        json.loads(fake.messages("m@malformed")[2])


def test_errors_under_a_200(fake):
    status, _, body = fake.messages("m@error_behind_start", stream=True)
    assert status == 200 and names_of(events_of(body)) == ["message_start", "error"]
    status, _, body = fake.messages("m@error_200")
    assert status == 200 and json.loads(body)["error"]["type"] == "overloaded_error"
    status, _, body = fake.chat("m@error_200")
    assert status == 200 and "error" in json.loads(body)


def test_what_is_left_of_the_limits(fake):
    _, headers, _ = fake.messages("m@requests_left=3+reset_in=5")
    assert headers["anthropic-ratelimit-requests-remaining"] == "3"
    assert headers["anthropic-ratelimit-tokens-remaining"] == "499000"
    _, headers, _ = fake.chat("m@tokens_left=0+reset_in=5")
    assert headers["x-ratelimit-remaining-tokens"] == "0"
    assert headers["x-ratelimit-reset-tokens"] == "5s"
    assert headers["x-ratelimit-remaining-requests"] == "4999"


def test_usage_twice(fake):
    events = events_of(fake.messages("m@usage_twice+out=10", stream=True)[2])
    counts = [d["usage"]["output_tokens"] for name, d in events if name == "message_delta"]
    assert counts == [5, 10]
    events = events_of(fake.chat("m@usage_twice+out=10", stream=True,
                                 stream_options={"include_usage": True})[2])
    counts = [d["usage"]["completion_tokens"] for _, d in events[:-1] if d["usage"]]
    assert counts == [5, 10]


def test_sizes(fake):
    assert len(json.loads(fake.messages("m@huge=64")[2])["content"][0]["text"]) == 64 * 1024
    events = events_of(fake.messages("m@events=50", stream=True)[2])
    assert sum(1 for name, _ in events if name == "content_block_delta") == 50


def test_tiny_sends_single_bytes_and_the_same_answer(fake):
    # How many packets arrive is the kernel's choice; the framing is not.
    head, _, chunks = b"".join(fake.raw("m@tiny")).partition(b"\r\n\r\n")
    assert b"transfer-encoding: chunked" in head
    assert chunks.startswith(b"1\r\ne\r\n1\r\nv\r\n"), "one byte a chunk"
    body, _, end = chunks.rpartition(b"0\r\n\r\n")
    assert end == b"" and len(body) > 300 and len(body) % 6 == 0
    assert all(body[i:i + 3] == b"1\r\n" for i in range(0, len(body), 6))
    assert names_of(events_of(fake.messages("m@tiny", stream=True)[2]))[-1] == "message_stop"


def test_one_chunk_and_split_characters(fake):
    body = b"".join(fake.raw("m@one_chunk")).partition(b"\r\n\r\n")[2]
    assert int(body.split(b"\r\n")[0], 16) == len(body) - len(body.split(b"\r\n")[0]) - 9
    body = b"".join(fake.raw("m@split_utf8")).partition(b"\r\n\r\n")[2]
    assert b"\xc3\r\n" in body, "a chunk ends inside a character"
    text = "".join(d["delta"]["text"] for name, d in events_of(
        fake.messages("m@split_utf8", stream=True)[2]) if name == "content_block_delta")
    assert "Grüße" in text and "🌊" in text


def test_lines_and_comments(fake):
    body = fake.messages("m@crlf+comments", stream=True)[2]
    assert b"\n" not in body.replace(b"\r\n", b"")
    assert body.startswith(b": keep-alive\r\n\r\nevent: message_start\r\n")


def test_gzip(fake):
    for stream in (True, False):
        _, headers, body = fake.messages("m@gzip", stream=stream)
        assert headers["content-encoding"] == "gzip"
        assert b"message" in zlib.decompress(body, 31)


def test_close_delimited(fake):
    head, _, body = b"".join(fake.raw("m@close_delimited")).partition(b"\r\n\r\n")
    assert b"transfer-encoding" not in head and b"content-length" not in head
    assert names_of(events_of(body))[-1] == "message_stop"


@pytest.mark.parametrize("stream", [True, False])
def test_cut_ends_half_way(fake, stream):
    with pytest.raises(http.client.IncompleteRead) as caught:
        fake.messages("m@cut", stream=stream)
    assert caught.value.partial
    assert fake.records()[-1]["outcome"] == "cut"


def test_rst_lying_length_and_garbage(fake):
    with pytest.raises((ConnectionResetError, http.client.IncompleteRead)):
        fake.messages("m@rst", stream=True)
    with pytest.raises(http.client.IncompleteRead):
        fake.messages("m@cl_lie")
    with pytest.raises(http.client.BadStatusLine):
        fake.messages("m@garbage")
    assert len(b"".join(fake.raw("m@huge_headers")).partition(b"\r\n\r\n")[0]) > 100_000


@pytest.mark.parametrize("token, head_waits", [("slow_headers=0.4", True), ("slow=0.4", False),
                                               ("stall=0.4", False)])
def test_times(fake, token, head_waits):
    started = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", fake.port, timeout=20)
    connection.request("POST", "/v1/messages", json.dumps({
        "model": "m@" + token, "stream": True, "max_tokens": 1,
        "messages": [{"role": "user", "content": "hi"}]}))
    answer = connection.getresponse()
    head_at = time.monotonic() - started
    body = answer.read()
    assert (head_at > 0.35) == head_waits
    assert 0.35 < time.monotonic() - started < 10
    assert names_of(events_of(body))[-1] == "message_stop"
    connection.close()


def test_pace(fake):
    started = time.monotonic()
    fake.messages("m@events=10+pace=30", stream=True)
    assert time.monotonic() - started >= 0.03 * 14


@pytest.mark.parametrize("token", ["nothing", "pace=200", "stall=30"])
def test_a_client_that_leaves_is_seen(fake, token):
    body = json.dumps({"model": "m@" + token, "stream": True, "max_tokens": 1,
                       "messages": [{"role": "user", "content": "hi"}]})
    with socket.create_connection(("127.0.0.1", fake.port)) as connection:
        connection.sendall((f"POST /v1/messages HTTP/1.1\r\nHost: f\r\n"
                            f"Content-Length: {len(body)}\r\n\r\n{body}").encode())
        time.sleep(0.2)
        assert fake.stats()["open"] == 1
    deadline = time.monotonic() + 5
    while fake.stats()["client_gone"] != 1:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert fake.records()[-1]["outcome"] == "client_gone"
