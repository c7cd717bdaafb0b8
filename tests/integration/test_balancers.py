"""Behind nginx and Caddy with the repository's own configurations: streams pass as they come; behind nginx relays are replaced under load."""

import contextlib
import json
import signal
import time

import pytest

import harness
import http_client
import ports
from admin_client import eventually
from caddy import Caddy
from link import Link
from load import Load
from nginx import Nginx
from stream_crowd import StreamCrowd

STREAMS = 500
RELAY_HOST = "relay.weir.example.com"


@pytest.fixture(scope="module")
def own(build_dir):
    made = harness.Stack(build_dir, settings={"WEIR_RELAY_TRUSTED_PROXIES": "127.0.0.1", "WEIR_RELAY_DRAIN_IDLE_MS": 3000})
    try:
        yield made.start()
    finally:
        made.close()


@pytest.fixture(scope="module")
def second(own):
    relay = own.second_relay()
    relay.start().wait_ready(relay.ops)
    yield relay
    if relay.is_running():
        relay.stop()


def make_nginx(own, second):
    return Nginx([own.relay_port, second.port], own.admin_port)


def make_caddy(own, _):
    return Caddy(own.relay_port, own.relay_ops, own.admin_port)


@pytest.fixture(scope="module", params=[make_nginx, make_caddy])
def balancer(request, own, second):
    made = request.param(own, second)
    try:
        yield made.start()
    finally:
        made.close()


@pytest.fixture(scope="module")
def nginx(own, second):
    made = make_nginx(own, second)
    try:
        yield made.start()
    finally:
        made.close()


def test_nginx_takes_the_configuration(nginx):
    assert "test is successful" in nginx.check()


def test_events_pass_as_they_come(own, balancer):
    lane = own.claude("events=6+pace=300+in=6+out=4")
    body = json.dumps({"model": "claude-sonnet-4-5", "max_tokens": 9, "stream": True,
                       "messages": [{"role": "user", "content": "hi"}]}).encode()
    with http_client.Connection(balancer.port, timeout=20) as connection:
        connection.send_request("POST", "/v1/messages", lane.headers({"host": RELAY_HOST}), body)
        head = connection.read_head()
        times = [time.monotonic() for _ in connection.read_body(head)]
    assert times[-1] - times[0] > 1.0, "the answer came at once: something holds it back"


def test_the_log_has_the_clients_address_and_clients_cannot_forge_it(own, balancer):
    lane = own.claude("text")
    with http_client.Connection(balancer.port, source="127.0.0.77") as connection:
        reply = lane.messages(connection=connection, more_headers={"host": RELAY_HOST, "x-forwarded-for": "203.0.113.9"})
    assert own.api.log_row(reply.request_id)["client_ip"] == "127.0.0.77"


def test_the_console_is_there_and_metrics_are_not(balancer):
    ask = lambda path: http_client.request(balancer.port, "GET", path, {"host": "weir.example.com", "connection": "close"})
    assert ask("/api/v1/public").status == 200
    assert ask("/metrics").status == 404


def test_a_reload_cuts_no_stream(own, nginx):
    crowd = StreamCrowd(nginx.port, own.claude("events=10+pace=100+in=6+out=4").key, 20).start()
    try:
        eventually(lambda: crowd.open == 20, "the streams are open")
        nginx.reload()
        eventually(lambda: len(crowd.whole) > 60, "streams go on after it")
    finally:
        crowd.stop()
    assert not crowd.failed


class ThroughNginx:
    """A lane whose requests go to nginx."""

    def __init__(self, lane, nginx):
        self.relay_port = nginx.port
        self._lane = lane

    def messages(self, **arguments):
        return self._lane.messages(more_headers={"host": RELAY_HOST}, **arguments)


def test_a_machine_that_vanished_costs_no_request(own):
    """Its packets go nowhere, so that nobody refuses a connection: nginx gives up and asks the other relay."""
    with contextlib.closing(Link()) as link:
        gone = ports.free_range(1)
        link.dead_ports = {gone}
        with contextlib.closing(Nginx([link.at(gone), own.relay_port], own.admin_port)) as nginx:
            nginx.start()
            with Load(ThroughNginx(own.claude("text"), nginx), threads=8) as load:
                load.wait_for(100)
            lines = [line for line in nginx.errors().splitlines() if "upstream timed out" in line]
    assert not load.failures, load.failures[:3]
    assert any("while connecting to upstream" in line and '"POST /v1/messages' in line for line in lines), "none met the relay that vanished"


def test_a_post_whose_answer_is_late_is_sent_once(own, second):
    lane = own.claude("slow_headers=4")
    attempts = lambda: served(own.relay_ops) + served(second.ops)
    with contextlib.closing(Nginx([own.relay_port, second.port], own.admin_port,
                                  [("proxy_read_timeout 3600s;", "proxy_read_timeout 1s;")])) as nginx:
        nginx.start()
        before = attempts()
        with http_client.Connection(nginx.port) as connection:
            assert lane.messages(connection=connection, more_headers={"host": RELAY_HOST}).status == 504
    eventually(lambda: own.api.logs(f"key_id={lane.key_id}"), "the request is in the ledger")
    assert attempts() == before + 1
    assert len(own.api.logs(f"key_id={lane.key_id}")) == 1


def served(port):
    text = http_client.request(port, "GET", "/metrics", {"connection": "close"}).body.decode()
    return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith("weir_relay_upstream_attempts_total"))


def replace(relay, ops, other_ops, crowd, nginx):
    """SIGTERM, until the answers under way have ended; a new one in its place, until it gets requests."""
    before = served(other_ops)
    relay.signal(signal.SIGTERM)
    eventually(lambda: served(other_ops) > before + 20, "new requests go to the other relay", timeout=20)
    assert relay.wait(90) == 0
    assert crowd.open > STREAMS / 2, f"the streams of the other relay end: {crowd.failed}\n{nginx.errors()[-2000:]}"
    relay.start().wait_ready(ops)
    eventually(lambda: served(ops) > 20, "the new relay is used", timeout=30)


def test_relays_are_replaced_under_streams(own, second, nginx):
    lane = own.claude("events=20+pace=600+in=6+out=4")
    short = own.claude("text")
    crowd = StreamCrowd(nginx.port, lane.key, STREAMS).start()
    eventually(lambda: crowd.open >= STREAMS * 0.95, "the streams are open", timeout=30)
    with Load(ThroughNginx(short, nginx), threads=2) as load:
        replace(own.relay, own.relay_ops, second.ops, crowd, nginx)
        replace(second, second.ops, own.relay_ops, crowd, nginx)
        load.wait_for(50)
    crowd.stop()
    assert not crowd.failed, f"{crowd.failed}\n{nginx.errors()[-2000:]}"
    assert not load.failures, f"{load.failures} of {len(load.answered)}\n{nginx.errors()[-2000:]}"
    assert len(crowd.whole) > 2 * STREAMS, "too few streams to say anything"
    recorded = lambda: sorted(row["request_id"] for row in own.api.logs(f"key_id={lane.key_id}"))
    eventually(lambda: recorded() == sorted(crowd.whole), "each stream is in the ledger once", timeout=30, pause=1)
