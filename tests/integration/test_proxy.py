"""Accounts behind a proxy: HTTP CONNECT and SOCKS5, with and without a password. Whatever the proxy does,
the provider is never called directly."""

import socket
import time

import pytest

import http_client
from admin_client import eventually
from proxies import KINDS, Proxy, hangs, says
from upstream import Upstream, answer_with, reply_bytes

ANSWER = reply_bytes(body=b'{"type":"message","usage":{"input_tokens":3,"output_tokens":2}}')


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


@pytest.fixture
def proxy_of():
    """Makes proxies that are closed at the end."""
    made = []

    def make(handler, password=None):
        made.append(Proxy(handler, password))
        return made[-1]

    yield make
    for proxy in made:
        proxy.close()


@pytest.fixture
def provider():
    made = Upstream(answer_with(ANSWER))
    yield made
    made.close()


def url_of(kind, proxy, user=""):
    return f"{kind}://{user}127.0.0.1:{proxy.port}"


def lane_behind(stack, provider, kind, proxy, user="", **fields):
    return stack.lane({"url": provider.url, "proxy_url": url_of(kind, proxy, user), **fields})


def check_refused(stack, lane, provider):
    """502, no account to blame but the connection, and not one direct call."""
    reply = lane.messages()
    assert reply.status == 502, reply.body
    assert not provider.requests, "the provider was called directly"
    row = stack.api.log_row(reply.request_id)
    assert row["error_class"] == "upstream_connect" and row["cost_nano_usd"] == 0


@pytest.mark.parametrize("password", [None, "weir:p@ss"])
def test_requests_go_through_the_proxy(stack, kind, proxy_of, password):
    proxy = proxy_of(KINDS[kind], password)
    lane = stack.claude("", proxy_url=url_of(kind, proxy, "" if password is None else "weir:p%40ss@"))
    for stream in (False, True):
        reply = lane.messages(stream=stream)
        assert reply.status == 200, reply.body
    assert proxy.targets and set(proxy.targets) == {stack.fake_url.split("//")[1]}
    row = stack.api.log_row(reply.request_id)
    assert row["complete"] and row["output_tokens"] > 0


def test_a_wrong_password(stack, kind, proxy_of, provider):
    proxy = proxy_of(KINDS[kind], "weir:right")
    check_refused(stack, lane_behind(stack, provider, kind, proxy, "weir:wrong@"), provider)
    assert not proxy.targets


def test_no_password_where_one_is_asked_for(stack, kind, proxy_of, provider):
    proxy = proxy_of(KINDS[kind], "weir:right")
    check_refused(stack, lane_behind(stack, provider, kind, proxy), provider)
    assert not proxy.targets


def test_a_proxy_that_is_away(stack, kind, provider):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    lane = stack.lane({"url": provider.url, "proxy_url": f"{kind}://127.0.0.1:{port}"})
    check_refused(stack, lane, provider)


@pytest.mark.parametrize("answer", [
    b"", b"garbage\r\n\r\n", b"\x00" * 600, b"HTTP/1.1 403 Forbidden\r\n\r\n", b"\x05\xff", b"\x04\x00",
    b"\x05\x00\x05\x01\x00\x01\x7f\x00\x00\x01\x00\x00", b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 20_000,
], ids=["closes", "garbage", "zeros", "forbids", "no method", "socks4", "refuses", "endless head"])
def test_a_proxy_that_answers_anything_else(stack, kind, proxy_of, provider, answer):
    proxy = proxy_of(says(answer))
    check_refused(stack, lane_behind(stack, provider, kind, proxy), provider)


def test_a_proxy_that_says_nothing_costs_the_connect_time(stack, kind, proxy_of, provider):
    proxy = proxy_of(hangs)
    lane = lane_behind(stack, provider, kind, proxy, timeouts={"connect_ms": 700})
    start = time.monotonic()
    check_refused(stack, lane, provider)
    assert 0.6 < time.monotonic() - start < 5


def test_the_next_account_answers_when_a_proxy_is_away(stack, kind, proxy_of, provider):
    bad, good = proxy_of(says(b"")), proxy_of(KINDS[kind])
    lane = stack.lane(
        {"url": provider.url, "proxy_url": url_of(kind, bad), "priority": 10},
        {"url": provider.url, "proxy_url": url_of(kind, good), "priority": 20})
    assert lane.messages().status == 200
    assert len(good.targets) == 1


def test_an_administrator_changes_the_proxy_while_requests_run(stack, kind, proxy_of, provider):
    """Also kept connections of the old way are used no more."""
    first, second = proxy_of(KINDS[kind]), proxy_of(KINDS[kind], "weir:secret-word")
    lane = lane_behind(stack, provider, kind, first)
    path = f"/api/v1/admin/accounts/{lane.accounts[0]['id']}"
    with http_client.Connection(stack.relay_port) as connection:
        def ask():
            reply = lane.messages(connection=connection)
            assert reply.status == 200, reply.body
            return provider.last().peer

        used = ask()
        assert used in first.opened and not second.targets
        stack.api.patch(path, {"proxy_url": url_of(kind, second, "weir:secret-word@")})
        eventually(lambda: ask() in second.opened, "the second proxy is used", timeout=5)
        for _ in range(5):
            assert ask() in second.opened, "a connection of the first proxy was used again"
        stack.api.patch(path, {"proxy_url": ""})
        eventually(lambda: ask() not in first.opened | second.opened, "no proxy is used", timeout=5)
        for _ in range(5):
            assert ask() not in first.opened | second.opened
    for service in stack.services():
        assert "secret-word" not in service.log()


def test_accounts_of_one_provider_keep_to_their_own_proxies(stack, kind, proxy_of, provider):
    proxies = [proxy_of(KINDS[kind]) for _ in range(2)]
    lanes = [lane_behind(stack, provider, kind, proxy) for proxy in proxies]
    with http_client.Connection(stack.relay_port) as connection:  # one loop, one pool
        for _ in range(4):
            for lane, proxy in zip(lanes, proxies):
                assert lane.messages(connection=connection).status == 200
                assert provider.last().peer in proxy.opened
    assert [len(proxy.targets) for proxy in proxies] == [1, 1], "the tunnels were kept"
