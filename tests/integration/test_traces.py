"""W3C trace context: to whom it is passed on."""

import json

import pytest

import harness
import http_client
import upstream as upstream_module

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE}-b7ad6b7169203331-01"


def answer(recorded, connection):
    body = json.dumps({"id": "msg_1", "type": "message", "role": "assistant", "model": "m",
                       "content": [{"type": "text", "text": "hello"}], "stop_reason": "end_turn",
                       "usage": {"input_tokens": 3, "output_tokens": 2}}).encode()
    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: "
                       + str(len(body)).encode() + b"\r\n\r\n" + body)
    return True


@pytest.fixture(scope="module")
def provider():
    made = upstream_module.Upstream(answer)
    yield made
    made.close()


@pytest.fixture(scope="module")
def passing(build_dir):
    """A relay that passes the client's trace on to upstreams at 127.0.0.1."""
    made = harness.Stack(build_dir, settings={"WEIR_RELAY_TRACE_PROPAGATE_TO": "*.internal, 127.0.0.1"})
    made.start()
    yield made
    made.close()


def heard(stack, provider, *fields, host="127.0.0.1"):
    """What the provider heard of a trace from a client that sent these fields."""
    lane = stack.lane({"url": f"http://{host}:{provider.port}"})
    headers = [*{**lane.headers(), "connection": "close"}.items(), *fields]
    reply = http_client.request(stack.relay_port, "POST", "/v1/messages", headers, harness.anthropic_body())
    assert reply.status == 200, reply.body
    return provider.last().header("traceparent"), provider.last().header("tracestate")


def test_nobody_hears_of_traces_unless_named(stack, provider):
    assert heard(stack, provider, ("traceparent", PARENT), ("tracestate", "a=1")) == (None, None)


def test_who_is_named_hears_of_the_clients(passing, provider):
    assert heard(passing, provider, ("traceparent", PARENT), ("tracestate", "a=1,b=x y"),
                 ("tracestate", "c=2")) == (PARENT, "a=1,b=x y,c=2")
    assert heard(passing, provider) == (None, None)


def test_others_do_not(passing, provider):
    assert heard(passing, provider, ("traceparent", PARENT), host="localhost") == (None, None)


@pytest.mark.parametrize("fields", [
    [("traceparent", PARENT.upper())],
    [("traceparent", PARENT + "-more")],
    [("traceparent", f"00-{'0' * 32}-b7ad6b7169203331-01")],
    [("traceparent", PARENT), ("traceparent", PARENT)],
    [("tracestate", "a=1")],
])
def test_what_is_malformed_goes_no_further(passing, provider, fields):
    assert heard(passing, provider, *fields, ("tracestate", "b=2")) == (None, None)


def test_a_setting_that_names_no_host_stops_the_start(passing):
    relay = passing.second_relay()
    relay.settings["WEIR_RELAY_TRACE_PROPAGATE_TO"] = "http://gpu.internal"
    assert relay.start().wait() == 1
    assert "trace_propagate_to: 'http://gpu.internal' is no host" in relay.log()
