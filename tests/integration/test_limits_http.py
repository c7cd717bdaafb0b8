"""What a client may do to the HTTP side: pipelining, HEAD, Expect, many connections, odd heads."""

import pathlib
import subprocess

import http_client
import harness
from admin_client import eventually
from upstream import answer_with, reply_bytes


def test_pipelined_requests_are_answered_in_order(stack):
    lane = stack.claude("in=4+out=2")
    with http_client.Connection(stack.relay_port) as connection:
        for number in range(5):
            connection.send_request("POST", "/v1/messages", lane.headers(),
                                    harness.anthropic_body(text=f"number {number}"))
        replies = [connection.read_reply() for _ in range(5)]
    assert [reply.status for reply in replies] == [200] * 5
    assert len({reply.request_id for reply in replies}) == 5


def test_expect_100_continue(stack):
    lane = stack.claude("text")
    body = harness.anthropic_body()
    with http_client.Connection(stack.relay_port) as connection:
        headers = lane.headers({"expect": "100-continue", "content-length": str(len(body))})
        connection.send_request("POST", "/v1/messages", headers)
        assert connection.read_head().status == 100
        connection.send(body)
        assert connection.read_reply().status == 200


def test_connection_close_is_kept(stack):
    lane = stack.claude("text")
    with http_client.Connection(stack.relay_port) as connection:
        reply = lane.messages(connection=connection, more_headers={"connection": "close"})
        assert reply.status == 200
        assert connection.is_closed_by_peer(within=2)


def test_http_1_0_gets_an_answer_and_the_end(stack):
    lane = stack.claude("text")
    body = harness.anthropic_body(stream=True)
    with http_client.Connection(stack.relay_port) as connection:
        connection.send(b"POST /v1/messages HTTP/1.0\r\nx-api-key: %s\r\ncontent-type: application/json\r\n"
                        b"content-length: %d\r\n\r\n%s" % (lane.key.encode(), len(body), body))
        reply = connection.read_reply()
        assert reply.status == 200
        assert reply.header("transfer-encoding") is None, "HTTP/1.0 knows no chunks"
        assert reply.events()[-1][0] == "message_stop"


def test_a_head_in_single_bytes(stack):
    lane = stack.claude("text")
    body = harness.anthropic_body()
    head = (f"POST /v1/messages HTTP/1.1\r\nhost: a\r\nx-api-key: {lane.key}\r\n"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n").encode()
    with http_client.Connection(stack.relay_port) as connection:
        for byte in head + body:
            connection.send(bytes([byte]))
        assert connection.read_reply().status == 200


def test_the_key_of_another_header_does_not_leak_between_requests(stack):
    """Two keys in turn on one connection: each is authenticated anew."""
    first, second = stack.claude("text"), stack.claude("text")
    with http_client.Connection(stack.relay_port) as connection:
        for lane in (first, second, first):
            reply = lane.messages(connection=connection)
            assert stack.api.log_row(reply.request_id)["key_id"] == lane.key_id
        bad = connection.request("POST", "/v1/messages", {"content-type": "application/json"},
                                 harness.anthropic_body())
        assert bad.status == 401


def test_many_idle_connections(stack):
    lane = stack.claude("text")
    idle = [http_client.Connection(stack.relay_port) for _ in range(500)]
    try:
        assert lane.messages().status == 200
        assert lane.messages(connection=idle[-1]).status == 200
        assert lane.messages(connection=idle[0]).status == 200
    finally:
        for connection in idle:
            connection.close()


def test_upstream_connections_are_kept_and_used_again(stack, upstream):
    opened = set()

    def handler(recorded, connection):
        opened.add(connection.getpeername())
        body = b'{"type":"message","usage":{"input_tokens":1,"output_tokens":1}}'
        return answer_with(reply_bytes(body=body))(recorded, connection)

    upstream.handler = handler
    lane = stack.lane({"url": upstream.url})
    with http_client.Connection(stack.relay_port) as connection:
        for _ in range(20):
            assert lane.messages(connection=connection).status == 200
    assert len(opened) <= 2, f"{len(opened)} upstream connections for 20 requests in a row"


def test_a_kept_upstream_connection_that_died_is_no_failure(stack, upstream):
    """The upstream closes each connection right after it promised to keep it."""
    body = b'{"type":"message","usage":{"input_tokens":1,"output_tokens":1}}'
    upstream.handler = answer_with(reply_bytes(body=body), keep=False)
    lane = stack.lane({"url": upstream.url})
    with http_client.Connection(stack.relay_port) as connection:
        for _ in range(20):
            assert lane.messages(connection=connection).status == 200


def test_metrics_and_health(stack):
    for port in (stack.relay_ops, stack.admin_ops, stack.usage_ops):
        assert http_client.request(port, "GET", "/health").status == 200
        metrics = http_client.request(port, "GET", "/metrics")
        assert metrics.status == 200
        assert b"# TYPE weir_" in metrics.body


def test_logs_hold_no_key_and_no_body(stack):
    lane = stack.lane({"secret": "sk-seen-nowhere", "scenario": None})
    reply = lane.messages(text="a prompt that no log may hold")
    assert reply.status == 200
    lane.messages(model="unknown-model-x")
    stack.api.log_row(reply.request_id)
    for service in (stack.relay, stack.admin, stack.usage):
        log = service.log()
        assert lane.key not in log
        assert "sk-seen-nowhere" not in log
        assert "a prompt that no log may hold" not in log


def test_a_change_reaches_the_relay_within_a_second(stack):
    lane = stack.claude("text")
    stack.api.post(f"/api/v1/api-keys/{lane.key_id}/disable")
    eventually(lambda: lane.messages().status == 403, "the key is refused", timeout=1.0, pause=0.01)


def test_bursts_of_connections_find_room(stack):
    """Each loop's socket asks the kernel for 4,096 waiting connections; ss shows what it got."""
    most = int(pathlib.Path("/proc/sys/net/core/somaxconn").read_text())
    shown = subprocess.run(["ss", "-ltnH", f"sport = :{stack.relay_port}"], check=True,
                           capture_output=True, text=True, timeout=10).stdout
    backlogs = [int(line.split()[2]) for line in shown.splitlines()]
    assert backlogs and set(backlogs) == {min(4096, most)}, shown
