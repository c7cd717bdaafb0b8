"""What stands in the log, and how much of it: levels, lines about requests, shares of them."""

import json
import socket
import subprocess

import pytest

import harness
import http_client
from admin_client import eventually
from test_probes import probe

SHARE_PPM = 250_000
SLOW_MS = 400
REQUESTS = 120


@pytest.fixture(scope="module")
def logged(build_dir):
    made = harness.Stack(build_dir, settings={
        "WEIR_RELAY_ACCESS_LOG": "true", "WEIR_RELAY_ACCESS_LOG_PPM": str(SHARE_PPM),
        "WEIR_RELAY_ACCESS_LOG_SLOW_MS": str(SLOW_MS)})
    made.start()
    yield made
    made.close()


def level_of(build_dir, service, *words):
    environment = {name: str(value) for name, value in service.settings.items()}
    said = subprocess.run([build_dir / "bin" / f"weir-{service.name}", "log-level", *words],
                          env={"PATH": "/usr/bin:/bin", **environment}, capture_output=True, text=True, timeout=20,
                          check=False)
    return said.returncode, said.stdout.strip() or said.stderr.strip()


def lines(service, message="request"):
    """Those of a message; every line of the log is JSON."""
    found = [json.loads(line) for line in service.log().splitlines() if line]
    return [line for line in found if line["message"] == message]


def ids(service):
    return [line["request_id"] for line in lines(service)]


def is_in_share(request_id, ppm=SHARE_PPM):
    """As the docs say it: by the four bytes behind the ninth."""
    random = int.from_bytes(bytes.fromhex(request_id.replace("-", ""))[9:13], "big")
    return random * 1_000_000 >= (1_000_000 - ppm) << 32


def written(stack, request_id):
    """Waits for the line of that request, which has one: it comes a little after the answer."""
    eventually(lambda: request_id in ids(stack.relay), "the request's line")


def a_refusal(lane):
    reply = lane.messages(model="")
    assert reply.status == 400
    return reply.request_id


def test_the_share_is_exact_and_each_has_one_line(logged):
    lane = logged.claude("in=10+out=5")
    sent = [lane.messages().request_id for _ in range(REQUESTS)]
    share = {each for each in sent if is_in_share(each)}
    eventually(lambda: share <= set(ids(logged.relay)), "the lines of the share")
    written(logged, a_refusal(lane))
    slow = {line["request_id"] for line in lines(logged.relay) if line["took_ms"] >= SLOW_MS}  # on a busy machine
    assert len(slow) < REQUESTS / 2
    found = [each for each in ids(logged.relay) if each in set(sent) - slow]
    assert sorted(found) == sorted(share - slow)
    assert REQUESTS / 10 < len(found) < REQUESTS / 2


def test_a_line_says_what_the_ledger_says(logged):
    lane = logged.claude("529", "in=10+out=5")
    reply = next(filter(lambda reply: is_in_share(reply.request_id), (lane.messages() for _ in range(200))))
    written(logged, reply.request_id)
    line = next(line for line in lines(logged.relay) if line["request_id"] == reply.request_id)
    row = logged.api.log_row(reply.request_id)
    assert (line["level"], line["method"], line["path"]) == ("info", "POST", "/v1/messages")
    assert (line["status"], line["error_class"], line["complete"], line["stream"]) == (200, "", True, False)
    assert (line["input_tokens"], line["output_tokens"]) == (10, 5)
    assert line["account_id"] == row["account_id"] and line["key_id"] == lane.key_id
    assert line["model"] == line["served_model"] == "claude-sonnet-4-5" and line["client_ip"] == "127.0.0.1"
    assert lane.key not in logged.relay.log() and "Say hello" not in logged.relay.log()


def test_what_fails_always_has_a_line(logged):
    lane = logged.claude("400")
    strange = http_client.request(logged.relay_port, "POST", "/v1/messages",
                                  {"x-api-key": "sk-of-nobody", "connection": "close"}, harness.anthropic_body())
    unknown = http_client.request(logged.relay_port, "GET", "/v1/x?token=sk-1", {"connection": "close"})
    away = logged.lane({"url": "http://127.0.0.1:1"}).messages()
    passed_on = lane.messages()
    expected = {strange.request_id: (401, "key_unknown"), unknown.request_id: (404, "unknown_endpoint"),
                away.request_id: (502, "upstream_connect"), passed_on.request_id: (400, "upstream_rejected")}
    eventually(lambda: set(expected) <= set(ids(logged.relay)), "their lines")
    found = {line["request_id"]: (line["status"], line["error_class"]) for line in lines(logged.relay)}
    assert {request_id: found[request_id] for request_id in expected} == expected
    path = next(line["path"] for line in lines(logged.relay) if line["request_id"] == unknown.request_id)
    assert path == "/v1/x", "without its query"
    assert "sk-of-nobody" not in logged.relay.log() and "sk-1" not in logged.relay.log()


def test_what_is_slow_always_has_a_line(logged):
    lane = logged.claude("events=30+pace=20")
    slow = [lane.messages(stream=True).request_id for _ in range(3)]
    eventually(lambda: set(slow) <= set(ids(logged.relay)), "their lines")
    assert all(line["took_ms"] >= SLOW_MS for line in lines(logged.relay) if line["request_id"] in slow)


def test_a_clients_trace_stands_in_the_line(build_dir):
    trace = "0af7651916cd43dd8448eb211c80319c"
    stack = harness.Stack(build_dir, settings={"WEIR_RELAY_ACCESS_LOG": "true",
                                               "WEIR_RELAY_TRACE_PROPAGATE_TO": "gpu.internal"})
    try:
        lane = stack.start().claude("text")
        reply = lane.messages(more_headers={"traceparent": f"00-{trace}-b7ad6b7169203331-00"})
        written(stack, reply.request_id)
        assert [line["trace_id"] for line in lines(stack.relay) if line["request_id"] == reply.request_id] == [trace]
    finally:
        stack.close()


def test_the_relays_level_changes_under_traffic(logged, build_dir):
    lane = logged.claude("text")
    shown = a_refusal(lane)
    written(logged, shown)
    assert level_of(build_dir, logged.relay, "warning") == (0, "warning")
    hidden = [a_refusal(lane) for _ in range(5)]
    assert level_of(build_dir, logged.relay, "info") == (0, "info")
    written(logged, a_refusal(lane))
    assert not set(hidden) & set(ids(logged.relay))
    changes = [(line["from"], line["to"]) for line in lines(logged.relay, "log level changed")]
    assert changes[-2:] == [("info", "warning"), ("warning", "info")]


@pytest.mark.parametrize("name", ["relay", "admin", "usage"])
def test_each_service_takes_a_level(logged, build_dir, name):
    service = getattr(logged, name)
    assert level_of(build_dir, service) == (0, "info")
    assert level_of(build_dir, service, "debug") == (0, "debug")
    assert level_of(build_dir, service) == (0, "debug")
    code, said = level_of(build_dir, service, "loud")
    assert code == 1 and "debug, info, warning or error" in said
    assert level_of(build_dir, service, "info") == (0, "info")
    assert probe(build_dir, service, "ready").returncode == 0


def own_address():
    """Of this machine, but not of loopback; None where there is none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            asking.connect(("192.0.2.1", 9))  # sends nothing
        except OSError:
            return None
        address = asking.getsockname()[0]
    return None if address.startswith("127.") else address


def test_nobody_elsewhere_sets_it(build_dir):
    address = own_address()
    if address is None:
        pytest.skip("no address but loopback")
    stack = harness.Stack(build_dir)
    stack.usage.settings["WEIR_USAGE_OPS_LISTEN"] = f"0.0.0.0:{stack.usage_ops}"
    try:
        stack.start_usage()

        def ask(method, body=None, host=address, source=None):
            with http_client.Connection(stack.usage_ops, host=host, source=source) as connection:
                return connection.request(method, "/log-level", {"content-type": "text/plain"}, body)

        # From one address to another, as who is elsewhere has to.
        refused = ask("PUT", b"error", host="127.0.0.1", source=address)
        assert refused.status == 403 and b"own machine" in refused.body
        assert ask("GET").body == b"info\n"
        assert ask("PUT", b"error", host="127.0.0.1").status == 200
        assert ask("GET").body == b"error\n"
        assert ask("PUT", b"info").status == 200, "a port that listens on the machine's own address alone is asked there"
        assert ask("GET").body == b"info\n"
    finally:
        stack.close()
