"""Spans of requests, as an OpenTelemetry collector gets them."""

import time

import pytest

import collector as collector_module
import harness
import http_client
import packages
from admin_client import eventually
from authority import Authority
from collector import CLIENT, FAILED, SERVER
from upstream import STREAM_HEAD, Upstream, chunk

TRACE = "0af7651916cd43dd8448eb211c80319c"
SPAN = "b7ad6b7169203331"
SECRET = "sesame-of-the-collector"
QUEUE = 8
START = (b'event: message_start\ndata: {"type":"message_start","message":{"id":"m","type":"message",'
         b'"role":"assistant","model":"claude-sonnet-4-5","content":[],"stop_reason":null,'
         b'"usage":{"input_tokens":25,"output_tokens":1}}}\n\n')


def traced(build_dir, collector, **settings):
    """All services; the relay tells the collector of every request, upstreams at 127.0.0.1 hear of theirs."""
    stack = harness.Stack(build_dir, settings={
        "WEIR_RELAY_TRACE_ENDPOINT": collector.url, "WEIR_RELAY_TRACE_PROPAGATE_TO": "127.0.0.1", **settings})
    headers = stack.folder / "collector.headers"
    headers.write_text(f"x-vendor-key={SECRET}\n")
    headers.chmod(0o600)
    stack.relay.settings["WEIR_RELAY_TRACE_HEADERS_FILE"] = headers
    return stack.start()


@pytest.fixture(scope="module")
def collector(build_dir, tmp_path_factory):
    try:
        made = collector_module.Collector(build_dir, tmp_path_factory.mktemp("collector"))
    except packages.Unavailable as why:
        pytest.skip(str(why))
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def tracing(build_dir, collector):
    made = traced(build_dir, collector)
    yield made
    made.close()


def metric(stack, name, labels=""):
    text = http_client.request(stack.relay_ops, "GET", "/metrics", {"connection": "close"}).body.decode()
    return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith(name + labels))


def test_a_request_and_its_attempt(tracing, collector):
    lane = tracing.claude("in=10+out=5")
    reply = lane.messages()
    request, [attempt] = collector.trace_of(reply.request_id)
    assert (request["kind"], request["name"], request["parent"]) == (SERVER, "POST /v1/messages", "")
    assert request["trace_id"] == reply.request_id.replace("-", ""), "a new trace is named after its request"
    assert request["flags"] == 1 and request["status"] == 0
    said = request["attributes"]
    row = tracing.api.log_row(reply.request_id)
    assert said["http.response.status_code"] == 200 and said["http.route"] == "/v1/messages"
    assert said["weir.model"] == "claude-sonnet-4-5" and said["weir.key.id"] == lane.key_id
    assert said["weir.group.id"] == lane.group["id"] and said["weir.cost_nano_usd"] > 0
    assert "error.type" not in said and not [name for name in said if name.startswith("gen_ai")]
    assert (attempt["kind"], attempt["name"]) == (CLIENT, "chat claude-sonnet-4-5")
    assert attempt["trace_id"] == request["trace_id"]
    assert request["start"] <= attempt["start"] <= attempt["end"] <= request["end"]
    said = attempt["attributes"]
    assert said["gen_ai.operation.name"] == "chat" and said["gen_ai.provider.name"] == "anthropic"
    assert said["gen_ai.request.model"] == "claude-sonnet-4-5"
    assert (said["gen_ai.usage.input_tokens"], said["gen_ai.usage.output_tokens"]) == (10, 5)
    assert (said["server.address"], said["server.port"]) == ("127.0.0.1", tracing.fake_port)
    assert said["weir.account.id"] == lane.accounts[0]["id"] == row["account_id"]
    assert said["weir.account.name"] == lane.accounts[0]["name"] and said["weir.attempt.action"] == "served"


def test_nothing_of_prompts_or_keys_is_told(tracing, collector):
    lane = tracing.claude("text")
    reply = lane.messages(text="the secret of the lighthouse")
    collector.trace_of(reply.request_id)
    told = str(collector.spans())
    assert "lighthouse" not in told and lane.key not in told and "fake-key" not in told


def test_failover_has_a_span_for_each_attempt(tracing, collector):
    reply = tracing.claude("529", "in=10+out=5").messages()
    request, attempts = collector.trace_of(reply.request_id)
    first, second = (attempt["attributes"] for attempt in attempts)
    assert request["attributes"]["http.response.status_code"] == 200 and request["status"] == 0
    assert first["error.type"] == "upstream_overloaded" and first["http.response.status_code"] == 529
    assert first["weir.attempt.action"] == "failed_over" and attempts[0]["status"] == FAILED
    assert "gen_ai.usage.input_tokens" not in first
    assert second["weir.attempt.action"] == "served" and second["gen_ai.usage.input_tokens"] == 10
    assert attempts[0]["end"] <= attempts[1]["start"] + 2_000_000


def test_who_cannot_be_reached(tracing, collector):
    reply = tracing.lane({"url": "http://127.0.0.1:1"}).messages()
    request, [attempt] = collector.trace_of(reply.request_id)
    assert request["attributes"]["error.type"] == "upstream_connect" and request["status"] == FAILED
    assert attempt["attributes"]["error.type"] == "upstream_connect"
    assert "http.response.status_code" not in attempt["attributes"]


def test_a_stream_lasts_to_its_end(tracing, collector):
    reply = tracing.claude("events=10+pace=30").messages(stream=True)
    request, [attempt] = collector.trace_of(reply.request_id)
    assert request["attributes"]["weir.stream"] and attempt["attributes"]["gen_ai.request.stream"]
    assert request["attributes"]["weir.first_token_ms"] < 300
    assert request["end"] - request["start"] >= 300_000_000
    assert attempt["end"] - attempt["start"] >= 280_000_000


def test_a_client_that_leaves(tracing, collector):
    lane = tracing.claude("events=400+pace=20")
    with http_client.Connection(tracing.relay_port) as connection:
        connection.send_request("POST", "/v1/messages", lane.headers(), harness.anthropic_body(stream=True))
        head = connection.read_head()
        next(connection.read_body(head))
    request, [attempt] = collector.trace_of(head.request_id)
    assert request["attributes"]["error.type"] == "client_gone" and request["status"] == 0
    assert attempt["attributes"]["weir.attempt.action"] == "client_left"


def breaks_off(_recorded, connection):
    connection.sendall(STREAM_HEAD + chunk(START))
    return False


def test_a_stream_that_breaks_off(tracing, collector):
    upstream = Upstream(breaks_off)
    reply = tracing.lane({"url": upstream.url}).messages(stream=True)
    upstream.close()
    request, [attempt] = collector.trace_of(reply.request_id)
    assert request["attributes"]["error.type"] == "upstream_closed" and request["status"] == FAILED
    assert attempt["attributes"]["error.type"] == "upstream_closed" and attempt["status"] == FAILED
    assert attempt["attributes"]["weir.attempt.action"] == "broke_off"


def test_the_clients_trace_goes_on_through_the_attempts(tracing, collector):
    upstream = Upstream(breaks_off)
    lane = tracing.lane({"url": "http://127.0.0.1:1", "priority": 1}, {"url": upstream.url, "priority": 2})
    reply = lane.messages(stream=True, more_headers={"traceparent": f"00-{TRACE}-{SPAN}-01", "tracestate": "a=1"})
    heard = upstream.last()
    upstream.close()
    request, attempts = collector.trace_of(reply.request_id)
    assert (request["trace_id"], request["parent"], request["state"]) == (TRACE, SPAN, "a=1")
    assert {attempt["trace_id"] for attempt in attempts} == {TRACE}
    assert heard.header("traceparent") == f"00-{TRACE}-{attempts[1]['id']}-01"
    assert heard.header("tracestate") == "a=1"


def test_what_its_client_does_not_sample_is_not_told(tracing, collector):
    lane = tracing.claude("text")
    untold = lane.messages(more_headers={"traceparent": f"00-{TRACE}-{SPAN}-00"})
    told = lane.messages()
    collector.trace_of(told.request_id)
    assert untold.request_id not in {span["attributes"].get("weir.request.id") for span in collector.spans()}


def test_refusals_are_spans_and_strangers_none(tracing, collector):
    lane = tracing.claude("text")
    refused = lane.messages(max_tokens="many", model="")
    assert refused.status == 400
    strange = http_client.request(tracing.relay_port, "POST", "/v1/messages",
                                  {"x-api-key": "wrong", "connection": "close"}, harness.anthropic_body())
    assert strange.status == 401
    request, attempts = collector.trace_of(refused.request_id)
    assert attempts == [] and request["status"] == 0
    assert request["attributes"]["http.response.status_code"] == 400
    assert request["attributes"]["error.type"] == tracing.api.log_row(refused.request_id)["error_class"]
    assert strange.request_id not in str(collector.spans())


def test_the_collector_knows_who_tells_it_and_the_log_no_secret(tracing, collector):
    collector.trace_of(tracing.claude("text").messages().request_id)
    call = collector.calls()[-1]
    assert call["metadata"]["x-vendor-key"] == SECRET
    assert call["resource"]["service.name"] == "weir-relay" and call["resource"]["service.instance.id"]
    assert SECRET not in tracing.relay.log()
    assert metric(tracing, "weir_relay_trace_spans_sent_total") >= 2


def test_only_the_share_is_told(build_dir, collector):
    stack = traced(build_dir, collector, WEIR_RELAY_TRACE_SAMPLE_PPM="0")
    try:
        lane = stack.claude("text")
        untold = lane.messages()
        told = lane.messages(more_headers={"traceparent": f"00-{TRACE}-{SPAN}-01"})
        collector.trace_of(told.request_id)
        assert untold.request_id not in str(collector.spans())
    finally:
        stack.close()


def test_requests_do_not_feel_that_the_collector_is_away(build_dir, tmp_path):
    collector = collector_module.Collector(build_dir, tmp_path)
    stack = traced(build_dir, collector, WEIR_RELAY_TRACE_QUEUE_REQUESTS=str(QUEUE))
    try:
        lane = stack.claude("text")
        eventually(lambda: "does not take spans" in stack.relay.log(), "the log says so", timeout=20)
        for _ in range(4 * QUEUE):
            began = time.monotonic()
            assert lane.messages().status == 200
            assert time.monotonic() - began < 2
        assert metric(stack, "weir_relay_trace_spans_dropped_total", '{reason="queue_full"}') >= 2 * QUEUE
        assert stack.relay.log().count("does not take spans") == 1
        assert SECRET not in stack.relay.log()
        collector.start()
        eventually(lambda: metric(stack, "weir_relay_trace_spans_sent_total") > 0, "spans again", timeout=30)
        last = lane.messages()
        stack.relay.stop()  # what waits is handed over
        assert collector.trace_of(last.request_id)[1], "with its attempt"
        assert "takes spans again" in stack.relay.log()
    finally:
        stack.close()
        collector.stop()


def test_a_collector_over_tls_must_be_the_one_that_is_meant(build_dir, tmp_path):
    authority = Authority(tmp_path)
    collector = collector_module.Collector(build_dir, tmp_path, authority.sign("IP:127.0.0.1", "collector")).start()
    stack = traced(build_dir, collector, WEIR_RELAY_TRACE_CA_FILE=authority.certificate)
    try:
        lane = stack.claude("text")
        assert collector.trace_of(lane.messages().request_id)
        stack.relay.stop()
        stack.relay.settings["WEIR_RELAY_TRACE_CA_FILE"] = Authority(tmp_path, "somebody else").certificate
        stack.start_relay()
        stack.wait_for_snapshot(lane)
        untold = lane.messages()
        assert untold.status == 200
        eventually(lambda: "does not take spans" in stack.relay.log(), "the log says so", timeout=20)
        assert untold.request_id not in str(collector.spans()) and SECRET not in stack.relay.log()
    finally:
        stack.close()
        collector.stop()
