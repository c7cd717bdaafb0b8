"""Budgets: what a key, user, group or account may spend, exactly, on any number of relays."""

import asyncio
import json
import pathlib
import tempfile
import threading
import time

import pytest

import harness
import http_client
import ports
from admin_client import eventually
from budget_load import BudgetLoad
from postgres import Postgres
from upstream import STREAM_HEAD, chunk, reply_bytes

CAP_NANO_USD = 1_000_000_000


def spent(stack, lane):
    """What the ledger has for the lane's key, in nano-USD."""
    rows = stack.api.get(f"/api/v1/usage/summary?by=key&key_id={lane.key_id}")["data"]
    return sum(row["cost_nano_usd"] for row in rows)


def metric(port, name):
    """The sum over all labels."""
    text = http_client.request(port, "GET", "/metrics", {"connection": "close"}).body.decode()
    return sum(float(line.split()[-1]) for line in text.splitlines()
               if line.startswith((name + " ", name + "{")))


def pending(relay):
    return metric(relay.ops, "weir_relay_spool_events_pending")


class Relay:
    """One more relay of a stack, with a data folder of its own."""

    def __init__(self, stack, number):
        self.port, self.ops = ports.free_range(2), 0
        self.ops = self.port + 1
        folder = pathlib.Path(tempfile.mkdtemp(prefix=f"relay-{number}-", dir=stack.folder))
        self.service = harness.Service(
            "relay", stack.build_dir, folder, (),
            {**stack.relay.settings, "WEIR_RELAY_LISTEN": f"127.0.0.1:{self.port}",
             "WEIR_RELAY_OPS_LISTEN": f"127.0.0.1:{self.ops}", "WEIR_RELAY_DATA_DIR": folder})
        self.start()

    def start(self):
        self.service.start()
        self.service.wait_ready(self.ops)


class First:
    """The stack's own relay, as one of several."""

    def __init__(self, stack):
        self.port, self.ops, self.service = stack.relay_port, stack.relay_ops, stack.relay
        self.start = stack.start_relay


async def kill_in_turn(stack, relays, seconds):
    """kill -9 of a relay, then of usage, then of the next relay, each started again at once."""
    end, turn = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        relay = relays[turn % len(relays)]
        relay.service.kill9()
        await asyncio.to_thread(relay.start)
        await asyncio.sleep(0.15)
        if turn % 2 == 0:
            stack.usage.kill9()
            await asyncio.sleep(0.1)
            await asyncio.to_thread(stack.start_usage)
        turn += 1
        await asyncio.sleep(0.15)


def spend_a_dollar(stack, relays, clients, kill_seconds, scenario):
    """All clients spend one key's 1.00 USD at once while services die. Returns what was spent."""
    lane = stack.lane({"scenario": scenario}, key={"limits": {"usd_total": "1.00"}})
    group = [First(stack)] + [Relay(stack, number) for number in range(2, relays + 1)]
    try:
        for relay in group:
            eventually(lambda: http_client.request(
                relay.port, "GET", "/v1/models", {**lane.headers(), "connection": "close"}
            ).status == 200, "every relay has the key")
        kills = kill_in_turn(stack, group, kill_seconds) if kill_seconds else None
        load = BudgetLoad(lane, [relay.port for relay in group], clients, seconds=kill_seconds + 40,
                          max_tokens=200).run(kills)
        for relay in group:
            if not relay.service.is_running():
                relay.start()
        if not stack.usage.is_running():
            stack.start_usage()
        eventually(lambda: all(pending(relay) == 0 for relay in group), "every event is in")
        total = spent(stack, lane)
        print(f"{relays} relays, {clients} clients: {total / 1e9:.6f} USD of 1.00 spent, "
              f"{load.answered} answers, refused {load.refused}")
        assert total <= CAP_NANO_USD, "a budget was overrun"
        assert total >= CAP_NANO_USD * 95 // 100, "a budget that cannot be used up is none"
        return total
    finally:
        for relay in group[1:]:
            if relay.service.is_running():
                assert relay.service.stop() == 0


# --- the invariant: never more than the cap, and nearly all of it

def test_one_relay_spends_exactly_its_dollar(stack):
    spend_a_dollar(stack, relays=1, clients=500, kill_seconds=0, scenario="in=500+out=100")


def test_three_relays_killed_meanwhile_never_overrun_a_dollar(stack):
    spend_a_dollar(stack, relays=3, clients=300, kill_seconds=6, scenario="in=200+out=9+slow=0.2")


@pytest.fixture
def postgres_stack(build_dir):
    cluster = Postgres()
    made = harness.Stack(build_dir, database=cluster.create_database)
    try:
        yield made.start()
    finally:
        made.close()
        cluster.close()


def test_nor_on_postgresql(postgres_stack):
    spend_a_dollar(postgres_stack, relays=3, clients=300, kill_seconds=4,
                   scenario="in=200+out=9+slow=0.2")


@pytest.mark.long
@pytest.mark.parametrize("relays", [1, 3])
@pytest.mark.parametrize("scenario", ["in=500+out=30+slow=0.3", "in=500+out=60+slow=1",
                                      "in=100+out=9+slow=0.1"])
def test_long_500_clients_while_everything_dies(build_dir, relays, scenario):
    for database in ("sqlite", "postgresql"):
        cluster = Postgres() if database == "postgresql" else None
        made = harness.Stack(build_dir, database=cluster.create_database if cluster else None)
        try:
            made.start()
            for _ in range(3):
                spend_a_dollar(made, relays, clients=500, kill_seconds=25, scenario=scenario)
        finally:
            made.close()
            if cluster:
                cluster.close()


# --- one relay, one request at a time

COST = 500 * 3_000 + 100 * 15_000  # of the scenario below, claude-sonnet-4-5
SCENARIO = "in=500+out=100"


def lane_with(stack, limits, scenario=SCENARIO, **group):
    return stack.lane({"scenario": scenario}, key={"limits": limits}, **group)


def answers_until_refused(lane, **body):
    """How many requests were answered before the first refusal, and that."""
    for count in range(200):
        reply = lane.messages(max_tokens=200, **body)
        if reply.status != 200:
            return count, reply
    raise AssertionError("never refused")


@pytest.mark.parametrize("limit, cap", [("usd_per_day", "0.05"), ("usd_per_month", "0.05"),
                                        ("usd_total", "0.05")])
def test_each_period_of_a_keys_money(stack, limit, cap):
    lane = lane_with(stack, {limit: cap})
    answered, refusal = answers_until_refused(lane)
    assert 14 <= answered <= 16, "0.05 USD pay for 16 requests of 0.003 USD"
    assert refusal.status == 429
    error = refusal.json()["error"]
    assert error["type"] == "rate_limit_error"
    assert error["details"] == {"error_code": "enforced_spend_limit_reached",
                                "reason": "budget_exceeded", "limit": limit}
    assert "0.05 USD" in error["message"]
    assert refusal.header("x-should-retry") == "false"
    assert refusal.header("retry-after") is None
    row = stack.api.log_row(refusal.request_id)
    assert (row["error_class"], row["cost_nano_usd"]) == ("budget_exceeded", 0)


def test_openai_clients_are_told_insufficient_quota(stack):
    lane = stack.lane({"scenario": "in=500+out=100", "platform": "openai"},
                      key={"limits": {"requests_per_day": 2}})
    assert [lane.chat().status for _ in range(2)] == [200, 200]
    refusal = lane.chat()
    assert refusal.status == 429
    error = refusal.json()["error"]
    assert (error["type"], error["code"], error["param"]) == \
        ("insufficient_quota", "insufficient_quota", "requests_per_day")
    assert refusal.header("x-should-retry") == "false"


def test_requests_that_failed_cost_nothing_of_a_budget(stack):
    lane = stack.lane({"scenario": "400+first=20+in=500+out=100"},
                      key={"limits": {"requests_per_day": 3, "usd_total": "1.00"}})
    assert {lane.messages().status for _ in range(20)} == {400}
    assert [lane.messages().status for _ in range(4)] == [200, 200, 200, 429]


def test_budgets_of_users_and_groups_bind_all_their_keys(stack):
    lane = stack.lane({"scenario": SCENARIO}, limits={"usd_total": "0.02"})
    other = stack.api.add_key("second", group_id=lane.group["id"])
    assert answers_until_refused(lane)[0] >= 5
    twin = harness.Lane(stack, lane.group, other, [])
    stack.wait_for_snapshot(twin)
    refusal = twin.messages(max_tokens=200)
    assert refusal.status == 429
    assert refusal.json()["error"]["message"].startswith("The group's budget of 0.02 USD in all")


def test_a_raised_budget_serves_again_and_a_lowered_one_stops(stack):
    lane = lane_with(stack, {"usd_total": "0.02"})
    answers_until_refused(lane)
    stack.api.patch(f"/api/v1/api-keys/{lane.key_id}", {"limits": {"usd_total": "5.00"}})
    eventually(lambda: lane.messages(max_tokens=200).status == 200, "the raised budget serves")
    stack.api.patch(f"/api/v1/api-keys/{lane.key_id}", {"limits": {"usd_total": "0.03"}})
    eventually(lambda: lane.messages(max_tokens=200).status == 429, "the lowered one stops")
    eventually(lambda: pending(First(stack)) == 0, "every event is in")
    assert spent(stack, lane) <= 60_000_000


def test_towards_the_end_a_request_is_told_to_take_less(stack):
    lane = lane_with(stack, {"usd_total": "0.05"})
    # 5,000 output tokens at 15 USD a million are 0.075 USD: more than there is.
    first = lane.messages(max_tokens=5000)
    assert first.status == 200
    sent = json.loads(last_fake_request(stack)["body"])
    assert 2_500 < sent["max_tokens"] < 3_400, "about what 0.05 USD pay for besides the input"
    assert json.loads(harness.anthropic_body())["messages"] == sent["messages"]
    refused = lane.messages(max_tokens=5000, text="x" * 30_000)
    assert refused.status == 429, "its input alone may cost more than is left"
    assert lane.messages(max_tokens=100).status == 200, "a small one still fits"


def last_fake_request(stack):
    return http_client.request(stack.fake_port, "GET", "/__fake/requests",
                               {"connection": "close"}).json()[-1]


def test_an_account_that_is_spent_is_passed_over(stack):
    lane = stack.lane({"scenario": SCENARIO, "priority": 1, "limits": {"usd_per_day": "0.02"}},
                      {"scenario": "in=1+out=1", "priority": 2})
    ids = [row["id"] for row in lane.accounts]
    served = [stack.api.log_row(lane.messages(max_tokens=200).request_id)["account_id"]
              for _ in range(12)]
    assert served[0] == ids[0] and served[-1] == ids[1]
    assert served == sorted(served, key=ids.index), "once spent, it stays passed over"
    assert served.count(ids[0]) in (4, 5, 6)


def test_a_fallback_that_is_too_dear_is_refused_by_the_budget(stack):
    """The cheap model's account is full, the dear one's is free: it is the budget that refuses."""
    haiku, opus = "claude-haiku-4-5", "claude-opus-4-5"
    accounts = ({"scenario": "in=1+out=1", "models": [haiku], "limits": {"rpm": 1}},
                {"scenario": "in=1+out=1", "models": [opus]})
    poor = stack.lane(*accounts, key={"limits": {"usd_total": "0.002"}}, fallbacks=[opus])
    assert poor.messages(model=haiku).status == 200
    reply = poor.messages(model=haiku)
    assert reply.status == 429, reply
    details = reply.json()["error"]["details"]
    assert (details["reason"], details["limit"]) == ("budget_exceeded", "usd_total")
    assert 1 <= int(reply.header("retry-after")) <= 61, "then the cheap one is free again"
    assert reply.header("x-should-retry") is None
    row = stack.api.log_row(reply.request_id)
    assert (row["error_class"], row["cost_nano_usd"]) == ("budget_exceeded", 0)


def test_a_dear_fallback_is_paid_for_when_there_is_money(stack):
    """What was reserved for the cheap model does not do, but usage has more."""
    haiku, opus = "claude-haiku-4-5", "claude-opus-4-5"
    lane = stack.lane({"scenario": "text", "models": [haiku], "limits": {"rpm": 1}},
                      {"scenario": "in=100+out=100", "models": [opus]},
                      key={"limits": {"usd_total": "0.15"}}, fallbacks=[opus])
    other = stack.api.add_key("other-" + lane.group["name"], group_id=lane.group["id"])
    headers = {"x-api-key": other["key"], "connection": "close"}
    eventually(lambda: http_client.request(stack.relay_port, "GET", "/v1/models", headers).status
               == 200, "the relay has the other key")
    assert http_client.request(stack.relay_port, "POST", "/v1/messages", headers,
                               harness.anthropic_body(model=haiku)).status == 200
    # 4,000 tokens are 0.02 USD of the one model and 0.1 of the other.
    reply = lane.messages(model=haiku, max_tokens=4000)
    assert reply.status == 200, reply
    assert stack.api.log_row(reply.request_id)["served_model"] == opus


def test_usage_away_leases_are_spent_then_requests_refused_or_served(fresh_stack):
    stack = fresh_stack
    lane = lane_with(stack, {"usd_total": "1.00"})
    assert lane.messages(max_tokens=200).status == 200
    stack.usage.kill9()
    answered, refusal = answers_until_refused(lane)
    assert answered >= 1, "what is leased is spent"
    assert refusal.status == 503
    assert refusal.json()["error"]["details"]["error_code"] == "service_away"
    stack.api.put("/api/v1/admin/settings",
                  {"budgets_when_usage_away": "spend_leases_then_open"})
    eventually(lambda: lane.messages(max_tokens=200).status == 200, "served all the same")
    assert metric(stack.relay_ops, "weir_relay_budget_usage_away") == 1
    stack.start_usage()
    eventually(lambda: metric(stack.relay_ops, "weir_relay_budget_usage_away") == 0, "usage is back")
    eventually(lambda: pending(First(stack)) == 0, "every event is in")
    assert lane.messages(max_tokens=200).status == 200


def test_clients_that_leave_while_they_wait_for_money_send_nothing(stack, upstream):
    """They wait while another request holds the budget; what they asked for is not paid by it."""
    answer = reply_bytes(body=b'{"type":"message","usage":{"input_tokens":5,"output_tokens":9}}')
    hold = threading.Event()

    def handler(recorded, connection):
        if b"11000" in recorded.body:
            hold.wait(20)
        connection.sendall(answer)
        return True

    upstream.handler = handler
    lane = stack.lane({"url": upstream.url}, key={"limits": {"usd_total": "0.25"}})
    warm = [threading.Thread(target=lane.messages, kwargs={"max_tokens": 200}) for _ in range(3)]
    for thread in warm:
        thread.start()
    for thread in warm:
        thread.join()  # and leave kept connections behind
    large = threading.Thread(target=lane.messages, kwargs={"max_tokens": 11_000})
    large.start()
    eventually(lambda: any(b"11000" in r.body for r in upstream.requests), "the large one is sent")
    sent = len(upstream.requests)
    for _ in range(3):
        with http_client.Connection(stack.relay_port) as connection:
            connection.send_request("POST", "/v1/messages", lane.headers(),
                                    harness.anthropic_body(text="word " * 8_000, max_tokens=8_000))
            time.sleep(0.3)
    eventually(lambda: [row["cost_nano_usd"] for row in stack.api.logs(f"key_id={lane.key_id}")
                        if row["error_class"] == "client_gone"] == [0, 0, 0], "three that left, free")
    assert len(upstream.requests) == sent
    hold.set()
    large.join()


# --- streams

def test_a_stream_ends_cleanly_when_its_budget_does(stack):
    lane = lane_with(stack, {"usd_total": "0.05"}, scenario="huge=64+pace=5")
    reply = lane.messages(stream=True, max_tokens=100_000)
    assert reply.status == 200
    names = [name for name, _ in reply.events()]
    assert names[0] == "message_start"
    assert names[-3:] == ["content_block_stop", "message_delta", "message_stop"], names[-5:]
    assert names.count("content_block_start") == names.count("content_block_stop") == 1
    delta = json.loads(reply.events()[-2][1])
    assert delta["delta"] == {"stop_reason": "max_tokens", "stop_sequence": None}
    text = "".join(json.loads(data)["delta"]["text"] for name, data in reply.events()
                   if name == "content_block_delta")
    assert 4_000 < len(text) < 8_000, "0.05 USD pay for some 3,100 tokens"
    row = stack.api.log_row(reply.request_id)
    assert (row["status"], row["complete"], row["error_class"]) == (200, False, "budget_exceeded")
    assert row["output_tokens"] == delta["usage"]["output_tokens"]
    assert 0 < row["cost_nano_usd"] <= 50_000_000
    eventually(lambda: http_client.request(stack.fake_port, "GET", "/__fake/stats",
                                           {"connection": "close"}).json()["open"] == 0,
               "the provider is told to stop")


def test_what_a_provider_sends_behind_the_end_is_nobodys(stack, upstream):
    def event(kind, rest):
        return f'event: {kind}\ndata: {{"type":"{kind}",{rest}}}\n\n'.encode()

    start = event("message_start", '"message":{"id":"m","type":"message","role":"assistant",'
                  '"model":"claude-sonnet-4-5","content":[],"usage":{"input_tokens":9,'
                  '"output_tokens":1}}')
    text = event("content_block_delta", '"index":0,"delta":{"type":"text_delta","text":"'
                 + 400 * "water " + '"}')
    end = event("message_delta", '"delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":7}')
    stop = event("message_stop", '"x":0')

    def handler(_, connection):
        for piece in (STREAM_HEAD, chunk(start + text + end + stop), chunk(text), chunk(text)):
            connection.sendall(piece)
            time.sleep(0.05)
        connection.sendall(b"0\r\n\r\n")
        return True

    upstream.handler = handler
    lane = stack.lane({"url": upstream.url}, key={"limits": {"usd_total": "5"}})
    for _ in range(2):
        reply = lane.messages(stream=True, max_tokens=100)
        assert reply.status == 200 and reply.body == start + text + end + stop
        row = stack.api.log_row(reply.request_id)
        assert row["complete"] and (row["input_tokens"], row["output_tokens"]) == (9, 7)


def test_who_leaves_while_its_stream_starves_pays_what_it_was_sent(stack, upstream):
    """Text that nothing pays for yet is held back; a client that leaves then never gets it."""
    large_is_over = threading.Event()

    def piece(text):
        return chunk(b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,'
                     b'"delta":{"type":"text_delta","text":"' + text + b'"}}\n\n')

    def handler(recorded, connection):
        if b'"stream"' not in recorded.body:
            large_is_over.wait(20)
            connection.sendall(reply_bytes(body=b'{"usage":{"input_tokens":0,"output_tokens":0}}'))
            return
        connection.sendall(STREAM_HEAD + chunk(
            b'event: message_start\ndata: {"type":"message_start","message":{"id":"m","usage":'
            b'{"input_tokens":10,"output_tokens":1}}}\n\n') + piece(b"sent "))
        time.sleep(0.3)
        connection.sendall(piece(b"held " * 20_000))  # 25,000 tokens: 0.375 USD
        connection.recv(1)

    upstream.handler = handler
    lane = stack.lane({"url": upstream.url}, key={"limits": {"usd_total": "1.00"}})
    large = threading.Thread(target=lane.messages, kwargs={"max_tokens": 50_000})  # holds 0.75 USD
    large.start()
    eventually(lambda: upstream.requests, "the large one is sent")
    with http_client.Connection(stack.relay_port) as connection:
        connection.send_request("POST", "/v1/messages", lane.headers(),
                                harness.anthropic_body(stream=True, max_tokens=50_000))
        got = b""
        while b"sent " not in got:
            got += connection.socket.recv(65_536)
        time.sleep(0.7)
    rows = eventually(lambda: stack.api.logs(f"key_id={lane.key_id}"), "a row")
    large_is_over.set()
    large.join()
    assert rows[0]["error_class"] == "client_gone" and b"held" not in got
    assert (rows[0]["input_tokens"], rows[0]["output_tokens"]) == (10, 2)
    assert spent(stack, lane) == 10 * 3_000 + 2 * 15_000


def test_an_openai_stream_ends_with_length_usage_and_done(stack):
    lane = stack.lane({"scenario": "huge=64+pace=5", "platform": "openai"},
                      key={"limits": {"usd_total": "0.002"}})
    reply = lane.chat(stream=True, max_tokens=100_000, stream_options={"include_usage": True})
    data = [data for _, data in reply.events()]
    assert data[-1] == "[DONE]"
    first, finish, usage = json.loads(data[0]), json.loads(data[-3]), json.loads(data[-2])
    assert finish["choices"][0]["finish_reason"] == "length"
    assert {chunk["id"] for chunk in (first, finish, usage)} == {first["id"]}
    assert finish["model"] == first["model"] and finish["object"] == "chat.completion.chunk"
    assert usage["choices"] == [] and usage["usage"]["completion_tokens"] > 500
    row = stack.api.log_row(reply.request_id)
    assert (row["complete"], row["error_class"]) == (False, "budget_exceeded")
    assert row["cost_nano_usd"] <= 2_000_000


def test_a_long_stream_renews_what_it_reserves(stack):
    lane = stack.lane({"scenario": "huge=256+pace=1", "platform": "openai"},
                      key={"limits": {"usd_total": "0.30", "usd_per_day": "0.30"}})
    before = metric(stack.relay_ops, "weir_relay_budget_rounds_total")
    reply = lane.chat(stream=True, max_tokens=200_000)
    assert [data for _, data in reply.events()][-1] == "[DONE]"
    row = stack.api.log_row(reply.request_id)
    assert (row["complete"], row["error_class"]) == (True, "")
    assert metric(stack.relay_ops, "weir_relay_budget_rounds_total") > before + 3
    assert lane.chat().status == 200, "what was not needed is back"


def test_streams_share_what_is_left_and_none_overruns(stack):
    lane = lane_with(stack, {"usd_total": "0.20"}, scenario="huge=16+pace=2")
    BudgetLoad(lane, [stack.relay_port], 10, stream_every=1, seconds=40, max_tokens=50_000).run()
    eventually(lambda: pending(First(stack)) == 0, "every event is in")
    assert 190_000_000 <= spent(stack, lane) <= 200_000_000
