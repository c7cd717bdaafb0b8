"""SIGTERM: streams finish, new connections are refused, everything is metered, exit code 0."""

import json
import signal
import threading
import time

import harness
import http_client
from admin_client import eventually


def stream_body():
    return json.dumps({"model": "claude-sonnet-4-5", "max_tokens": 9, "stream": True,
                       "messages": [{"role": "user", "content": "hi"}]}).encode()


def open_stream(stack, lane):
    connection = http_client.Connection(stack.relay_port, timeout=30)
    connection.send_request("POST", "/v1/messages", lane.headers(), stream_body())
    return connection, connection.read_head()


def refused(port):
    try:
        http_client.Connection(port, timeout=1).close()
    except OSError:
        return True
    return False


def test_streams_finish_and_are_metered(fresh_stack):
    stack = fresh_stack
    lane = stack.claude("events=40+pace=50+in=6+out=4")
    streams = [open_stream(stack, lane) for _ in range(20)]
    stack.relay.signal(signal.SIGTERM)
    eventually(lambda: refused(stack.relay_port), "no new connections", timeout=3)
    for connection, head in streams:
        body = b"".join(connection.read_body(head))
        assert http_client.parse_events(body)[-1][0] == "message_stop"
        connection.close()
    assert stack.relay.wait(10) == 0
    for _, head in streams:
        row = stack.api.log_row(head.request_id)
        assert (row["complete"], row["output_tokens"]) == (True, 4)


def test_a_request_in_its_body_is_still_served(fresh_stack):
    stack = fresh_stack
    lane = stack.claude("text")
    body = json.dumps({"model": "claude-sonnet-4-5", "max_tokens": 9,
                       "messages": [{"role": "user", "content": "hi"}]}).encode()
    with http_client.Connection(stack.relay_port) as connection:
        connection.send_request("POST", "/v1/messages",
                                lane.headers({"content-length": str(len(body))}), body[:10])
        time.sleep(0.2)
        stack.relay.signal(signal.SIGTERM)
        time.sleep(0.3)
        connection.send(body[10:])
        reply = connection.read_reply()
        assert reply.status == 200
        assert reply.header("connection") == "close"
    assert stack.relay.wait(10) == 0


def test_idle_connections_do_not_hold_it_up(fresh_stack):
    stack = fresh_stack
    lane = stack.claude("text")
    idle = [http_client.Connection(stack.relay_port) for _ in range(5)]
    lane.messages(connection=idle[0])
    start = time.monotonic()
    assert stack.relay.stop(10) == 0
    assert time.monotonic() - start < 5
    assert all(connection.is_closed_by_peer() for connection in idle)


def test_not_ready_while_it_drains(fresh_stack):
    stack = fresh_stack
    lane = stack.claude("events=40+pace=50")
    connection, head = open_stream(stack, lane)
    stack.relay.signal(signal.SIGTERM)
    eventually(lambda: _ready(stack) != 200, "not ready while draining", timeout=2)
    assert http_client.parse_events(b"".join(connection.read_body(head)))[-1][0] == "message_stop"
    connection.close()
    assert stack.relay.wait(10) == 0


def test_a_balancer_hears_of_it_before_connections_are_refused(build_dir):
    stack = harness.Stack(build_dir, settings={"WEIR_RELAY_DRAIN_DELAY_MS": 2000})
    try:
        lane = stack.start().claude("text")
        stack.relay.signal(signal.SIGTERM)
        eventually(lambda: _ready(stack) == 503, "not ready at once", timeout=1)
        with http_client.Connection(stack.relay_port) as connection:
            reply = lane.messages(connection=connection)
        assert reply.status == 200 and reply.header("connection") == "close"
        assert stack.relay.wait(10) == 0
        stack.api.log_row(reply.request_id)
    finally:
        stack.close()


def _ready(stack):
    try:
        return http_client.request(stack.relay_ops, "GET", "/ready", {"connection": "close"}).status
    except (OSError, http_client.ClosedEarly):
        return None


def _connections_counted(stack):
    text = http_client.request(stack.relay_ops, "GET", "/metrics",
                               {"connection": "close"}, timeout=5).body.decode()
    return next(float(line.split()[1]) for line in text.splitlines()
                if line.startswith("weir_relay_connections_total "))


def test_metrics_are_whole_until_they_end(fresh_stack):
    """While the relay waits for usage to take its spool, the loops that were counted are gone."""
    stack = fresh_stack
    stack.usage.kill9()
    lane = stack.claude("text")
    for _ in range(3):
        lane.messages()
    counted = [_connections_counted(stack)]
    assert counted[0] >= 3
    stack.relay.signal(signal.SIGTERM)
    while stack.relay.is_running():
        try:
            counted.append(_connections_counted(stack))
        except (OSError, http_client.ClosedEarly):
            break
    assert counted == sorted(counted), "a counter fell"
    assert stack.relay.wait(15) == 0


def test_a_second_instance_takes_over_without_a_refused_request(fresh_stack):
    """Restart under load: a client that tries again once sees no failure longer than the restart."""
    stack = fresh_stack
    lane = stack.claude("in=2+out=1")
    answered, done = [], threading.Event()

    def client():
        while not done.is_set():
            try:
                reply = lane.messages()
            except (OSError, http_client.ClosedEarly):
                time.sleep(0.02)
                continue
            assert reply.status == 200
            answered.append(reply.request_id)

    thread = threading.Thread(target=client)
    thread.start()
    eventually(lambda: len(answered) > 20, "load")
    assert stack.relay.stop(10) == 0
    stack.start_relay()
    count = len(answered)
    eventually(lambda: len(answered) > count + 20, "load after the restart")
    done.set()
    thread.join()
    for request_id in answered:
        stack.api.log_row(request_id)


def test_admin_and_usage_end_in_order(fresh_stack):
    stack = fresh_stack
    stack.claude("text").messages()
    assert stack.relay.stop(10) == 0
    assert stack.admin.stop(10) == 0
    assert stack.usage.stop(10) == 0
