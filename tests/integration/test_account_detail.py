"""What an account's page shows of how the account is on the relays: errors, windows, in flight."""

import calendar
import time

import pytest

import harness
import http_client
import ports
from admin_client import eventually
from upstream import answer_with, reply_bytes

SECRET = "sk-secret-of-detail"


def account_of(stack, lane, number=0):
    return stack.api.account(lane.accounts[number]["id"])


def test_nothing_has_gone_wrong_yet(stack):
    account = account_of(stack, stack.claude("text"))
    eventually(lambda: account_of_id(stack, account)["in_flight"] == 0, "the relay has told")
    account = account_of_id(stack, account)
    assert account["last_error"] is None and account["windows"] == []
    assert account["failures"] == {"n": 0, "of": 5} and account["next_probe_at"] is None


def account_of_id(stack, account):
    return stack.api.account(account["id"])


def test_the_last_error_says_what_when_and_in_which_request(stack, upstream):
    upstream.handler = answer_with(reply_bytes(
        429, [("retry-after", "30")], b'{"type":"error","error":{"type":"rate_limit_error",'
        b'"message":"slow down, %s"}}' % SECRET.encode()))
    lane = stack.lane({"url": upstream.url, "secret": SECRET})
    before = time.time()
    reply = lane.messages()
    assert reply.status == 429
    account = eventually(lambda: account_of(stack, lane)["last_error"] and account_of(stack, lane),
                         "it is told")
    error = account["last_error"]
    assert error["status"] == 429 and error["class"] == "upstream_rate_limited", error
    assert error["request_id"] == reply.request_id
    assert error["message"] == "slow down, ***", error
    assert account["next_probe_at"] is not None
    assert account["next_probe_at"] in [account["cooldown_until"],
                                        *[one["until"] for one in account["model_cooldowns"]]]
    assert before - 5 < http_time(error["at"]) < time.time() + 5


def http_time(text):
    return calendar.timegm(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S"))


def test_another_credential_begins_with_nothing_said_of_it(stack, upstream):
    upstream.handler = answer_with(reply_bytes(
        429, [("anthropic-ratelimit-unified-status", "rejected"), ("anthropic-ratelimit-unified-5h-utilization", "1.0"),
              ("anthropic-ratelimit-unified-5h-reset", str(int(time.time()) + 3600)), ("retry-after", "1")],
        b'{"type":"error","error":{"type":"rate_limit_error","message":"it is spent"}}'))
    lane = stack.lane({"url": upstream.url, "secret": SECRET})
    lane.messages()
    eventually(lambda: account_of(stack, lane)["last_error"] and account_of(stack, lane)["windows"], "it is told")
    account = stack.api.patch(f"/api/v1/admin/accounts/{lane.accounts[0]['id']}", {"weight": 7})
    assert account["last_error"] and account["windows"], "the same credential at the same place"
    account = stack.api.patch(f"/api/v1/admin/accounts/{account['id']}", {"secret_key": "sk-other"})
    assert account["last_error"] is None and account["windows"] == [], account


def test_failures_on_the_way_to_a_rest_are_counted(stack):
    lane = stack.claude("500")
    for _ in range(3):
        assert lane.messages().status >= 500
    eventually(lambda: account_of(stack, lane)["failures"]["n"] >= 3, "it is told")
    assert account_of(stack, lane)["failures"]["of"] == 5


def test_a_subscriptions_windows(stack):
    lane = stack.claude("unified")
    assert lane.messages().status == 200
    windows = eventually(lambda: account_of(stack, lane)["windows"], "they are told")
    assert [(window["name"], window["used_pct"]) for window in windows] == [("5h", 25), ("7d", 10)]
    assert all(http_time(window["resets_at"]) > time.time() for window in windows)
    spent = stack.claude("429+unified")
    assert spent.messages().status == 429
    windows = eventually(lambda: account_of(stack, spent)["windows"], "a refusal tells them too")
    assert windows[0]["used_pct"] == 100


def open_stream(port, lane):
    connection = http_client.Connection(port)
    connection.send_request("POST", "/v1/messages", lane.headers(), harness.anthropic_body(stream=True))
    assert connection.read_head().status == 200
    return connection


@pytest.fixture
def second_relay(stack, build_dir):
    port = ports.free_range(2)
    folder = stack.folder / f"relay-detail-{port}"
    folder.mkdir()
    made = harness.Service("relay", build_dir, folder, (), {
        **stack.relay.settings, "WEIR_RELAY_LISTEN": f"127.0.0.1:{port}",
        "WEIR_RELAY_OPS_LISTEN": f"127.0.0.1:{port + 1}", "WEIR_RELAY_DATA_DIR": folder})
    made.start().wait_ready(port + 1)
    made.port = port
    yield made
    made.stop()


def test_in_flight_adds_up_over_relays(stack, second_relay):
    lane = stack.claude("stall=20+huge=8")
    stack.api.wait_for_relays()
    held = [open_stream(port, lane) for port in (stack.relay_port, stack.relay_port,
                                                 second_relay.port)]
    eventually(lambda: account_of(stack, lane)["in_flight"] == 3, "both have told")
    held.pop().close()
    eventually(lambda: account_of(stack, lane)["in_flight"] == 2, "one has ended")
    second_relay.kill9()
    for connection in held:
        connection.close()
    eventually(lambda: account_of(stack, lane)["in_flight"] == 0, "all have ended")
    second_relay.start()


def test_the_minute_is_counted_over_relays_where_there_is_a_limit(stack, second_relay):
    lane = stack.claude("text", limits={"rpm": 1000, "tpm": 1_000_000})
    stack.api.wait_for_relays()
    eventually(lambda: account_of(stack, lane)["requests_last_minute"] == 0, "both tell")
    for port in (stack.relay_port, stack.relay_port, second_relay.port):
        reply = http_client.request(port, "POST", "/v1/messages", lane.headers({"connection": "close"}),
                                    harness.anthropic_body())
        assert reply.status == 200, reply
    account = eventually(lambda: account_of(stack, lane)["requests_last_minute"] == 3 and account_of(stack, lane),
                         "both have told")
    assert account["tokens_last_minute"] > 0, account
    unlimited = account_of(stack, stack.claude("text", limits={"rpm": 5}))
    assert unlimited["requests_last_minute"] == 0 and unlimited["tokens_last_minute"] is None, unlimited


def test_it_stands_in_the_list_and_goes_back_as_it_came(stack):
    lane = stack.claude("text")
    account = account_of(stack, lane)
    listed = stack.api.get(f"/api/v1/admin/accounts?group_id={lane.group['id']}")["data"]
    assert [set(account) - set(row) for row in listed] == [set()]
    account.pop("proxy_url")
    assert stack.api.put(f"/api/v1/admin/accounts/{account['id']}", account)["name"] == account["name"]


def test_without_a_relay_nobody_knows(fresh_stack):
    stack = fresh_stack
    lane = stack.claude("500")
    lane.messages()
    eventually(lambda: account_of(stack, lane)["last_error"], "it is told")
    stack.relay.stop()
    eventually(lambda: account_of(stack, lane)["in_flight"] is None, "none is connected")
    account = account_of(stack, lane)
    assert account["failures"] is None and account["last_error"]["class"] == "upstream_error"
    stack.start_relay()
    eventually(lambda: account_of(stack, lane)["in_flight"] == 0, "it is back")
