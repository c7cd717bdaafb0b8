"""Which account serves: what good answers say, conversations, explanations, two relays."""

import threading
import time

import pytest

import harness
import ports
from admin_client import AdminClient, eventually
from pool import HAIKU, SONNET, account_of


def test_headers_steer_before_anything_is_refused(stack):
    """An account that says that nothing is left is not asked again while another one serves."""
    for platform, send in (("claude", "messages"), ("openai", "chat")):
        lane = getattr(stack, platform)("requests_left=0+reset_in=3", "text")
        used = [account_of(stack, getattr(lane, send)(text=f"c {i}")) for i in range(4)]
        assert used == [lane.accounts[0]["id"]] + [lane.accounts[1]["id"]] * 3
        assert stack.api.account(lane.accounts[0]["id"])["status"] == "normal", "it is not ill"
        time.sleep(3.1)
        assert account_of(stack, getattr(lane, send)()) == lane.accounts[0]["id"], "its time is over"


def test_the_only_account_serves_although_it_says_that_nothing_is_left(stack):
    lane = stack.claude("tokens_left=0")
    assert [lane.messages().status for _ in range(3)] == [200] * 3


def test_a_nearly_spent_account_keeps_its_sessions_and_takes_no_new_ones(stack):
    lane = stack.claude("tokens_left=1000+reset_in=60", "text")
    first, second = (account["id"] for account in lane.accounts)

    def send(session):
        return account_of(stack, lane.messages(more_headers={"x-claude-code-session-id": session}))

    assert send("old") == first
    assert [send("old"), send("new"), send("old"), send("newer")] == [first, second, first, second]


def test_a_conversation_is_known_by_its_beginning(stack):
    lane = stack.lane(*[{"scenario": "text"} for _ in range(4)])
    used = set()
    turns = [{"role": "user", "content": "How do I boil an egg?"}]
    for _ in range(4):
        reply = lane.messages(messages=list(turns), system="be brief")
        used.add(account_of(stack, reply))
        turns += [{"role": "assistant", "content": "In water."},
                  {"role": "user", "content": f"And then? {len(turns)}"}]
    assert len(used) == 1
    others = {account_of(stack, lane.messages(text=f"Another question {i}")) for i in range(16)}
    assert len(others) > 1, "conversations are spread"


@pytest.mark.parametrize("header", ["x-claude-code-session-id", "x-session-affinity", "session-id",
                                    "thread-id", "x-session-id"])
def test_sessions_that_clients_name(stack, header):
    lane = stack.lane(*[{"scenario": "text"} for _ in range(6)])
    used = {account_of(stack, lane.messages(text=f"turn {i}", more_headers={header: "a session"}))
            for i in range(5)}
    assert len(used) == 1


def explain(stack, lane, model=SONNET, protocol="anthropic_messages", **more):
    return stack.api.post("/api/v1/admin/explain", {"key_id": lane.key_id, "model": model,
                                                    "protocol": protocol, **more})


def by_id(answer):
    return {account["id"]: account for account in answer["models"][0]["accounts"]}


def test_explain_says_what_a_real_request_then_does(stack):
    lane = stack.lane(*[{"scenario": "text", "weight": weight} for weight in (100, 200, 300, 400)])
    for number in range(12):
        session = f"session {number}"
        answer = explain(stack, lane, session=session)
        order = [account["id"] for account in answer["models"][0]["accounts"] if account["rank"]]
        assert len(order) == 4 and answer["reason"] is None
        reply = lane.messages(more_headers={"x-claude-code-session-id": session})
        assert account_of(stack, reply) == order[0], answer
    shares = {account["weight"]: account["share"] for account in by_id(answer).values()}
    assert shares == {100: 0.1, 200: 0.2, 300: 0.3, 400: 0.4}


def test_explain_tells_why_each_other_one_would_not(stack):
    lane = stack.lane({"scenario": "text", "priority": 50, "model_mapping": {SONNET: "own-name-of-it"}},
                      {"scenario": "429+retry_after=60", "priority": 1},
                      {"scenario": "401", "priority": 2},
                      {"scenario": "text", "priority": 3, "models": ["other-*"]},
                      {"scenario": "text", "priority": 4, "platform": "openai"},
                      {"scenario": "text", "priority": 5, "status": "disabled"},
                      {"scenario": "tokens_left=0", "priority": 6})
    ids = [account["id"] for account in lane.accounts]
    # One request meets the refusals; the next ones know of them.
    assert account_of(stack, lane.messages()) == ids[6]
    answer = by_id(explain(stack, lane))
    assert {number: answer[made]["reason"] for number, made in enumerate(ids)} == {
        0: "model_unpriced", 1: "upstream_rate_limited", 2: "credential_rejected",
        3: "account_other_model", 4: "model_unpriced", 5: "account_disabled",
        6: "account_at_limit"}
    assert answer[ids[6]]["rank"] == 1, "the last resort is the only one"
    assert answer[ids[1]]["until"] and answer[ids[1]]["rank"] is None
    assert answer[ids[0]]["upstream_model"] == "own-name-of-it"
    assert account_of(stack, lane.messages()) == ids[6]


def test_explain_by_the_keys_text_which_no_log_shows(stack):
    lane = stack.lane({"scenario": "text"}, key={"allowed_models": ["claude-haiku-*"]})
    answer = stack.api.post("/api/v1/admin/explain", {
        "key": lane.key, "model": SONNET, "protocol": "anthropic_messages"})
    assert (answer["key_id"], answer["reason"]) == (lane.key_id, "model_not_allowed")
    assert answer["relay_id"] and answer["revision"] > 0
    assert explain(stack, lane, model=HAIKU)["reason"] is None
    assert explain(stack, lane, model="claude-haiku-unknown")["reason"] == "model_unpriced"
    for service in stack.services():
        assert lane.key not in service.log()


@pytest.mark.parametrize("change, wrong", [
    ({"model": None}, "model"), ({"protocol": "smtp"}, "protocol"), ({"key_id": None}, "key_id"),
    ({"sesion": "x"}, "sesion"), ({"key": "ck_x"}, "key"), ({"model": "no\nname"}, "model"),
])
def test_explain_refuses_what_it_does_not_understand(stack, change, wrong):
    lane = stack.claude("text")
    reply = stack.api.raw("POST", "/api/v1/admin/explain", {
        "key_id": lane.key_id, "model": SONNET, "protocol": "anthropic_messages", **change})
    assert reply.status == 400 and wrong in reply.json()["fields"], reply.json()


def test_explain_of_what_is_not_there(stack):
    lane = stack.claude("text")
    question = {"key_id": lane.key_id, "model": SONNET, "protocol": "anthropic_messages"}
    for change, status in (({"key_id": 999999}, 404), ({"relay_id": "nobody"}, 404)):
        reply = stack.api.raw("POST", "/api/v1/admin/explain", {**question, **change})
        assert reply.status == status, reply.json()


def test_explain_does_not_wait_while_a_revision_is_sent(stack):
    """A question that came while a revision was being sent was once asked a second later."""
    lane = stack.claude("text")
    account = f"/api/v1/admin/accounts/{lane.accounts[0]['id']}"
    slowest = 0
    for number in range(60):
        change = threading.Thread(target=stack.api.patch, args=(account, {"weight": 1 + number}))
        change.start()
        for _ in range(5):
            began = time.monotonic()
            assert explain(stack, lane)["reason"] is None
            slowest = max(slowest, time.monotonic() - began)
        change.join()
    assert slowest < 0.9, slowest


def test_explain_without_a_relay(fresh_stack):
    lane = fresh_stack.claude("text")
    assert explain(fresh_stack, lane)["reason"] is None
    fresh_stack.relay.stop()
    reply = eventually(lambda: (made := fresh_stack.api.raw("POST", "/api/v1/admin/explain", {
        "key_id": lane.key_id, "model": SONNET, "protocol": "anthropic_messages"})).status == 503
        and made, "admin sees that the relay is gone")
    assert reply.json()["reason"] == "service_away"
    assert explain_needs_an_administrator(fresh_stack, lane)


def explain_needs_an_administrator(stack, lane):
    stack.api.post("/api/v1/users", {"username": "bob", "name": "bob", "email": "bob@example.com",
                                     "password": "a long enough password"})
    bob = AdminClient(stack.admin_port, "bob", "a long enough password")
    return bob.raw("POST", "/api/v1/admin/explain", {"key_id": lane.key_id}).status == 403


def test_two_relays_learn_from_each_other_within_a_second(fresh_stack):
    """An observation of one relay is followed by the other, through admin; and so is a recovery."""
    stack = fresh_stack
    listen = ports.free_range(2)
    ops = listen + 1
    other = harness.Service("relay", stack.build_dir, stack.folder, (), {
        **stack.relay.settings, "WEIR_RELAY_LISTEN": f"127.0.0.1:{listen}",
        "WEIR_RELAY_OPS_LISTEN": f"127.0.0.1:{ops}", "WEIR_RELAY_RELAY_ID": "other",
        "WEIR_RELAY_DATA_DIR": stack.folder / "relay-2"})
    other.log_path = stack.folder / "relay-2.log"
    other.start().wait_ready(ops)
    try:
        lane = stack.claude("429+retry_after=2+first=1", "text")
        first = lane.accounts[0]["id"]

        def standing():
            return by_id(explain(stack, lane, relay_id="other"))[first]["reason"]

        eventually(lambda: first in by_id(explain(stack, lane, relay_id="other")), "it knows the lane")
        assert standing() is None
        began = time.monotonic()
        assert lane.messages().status == 200
        eventually(lambda: standing() == "upstream_rate_limited", "the other relay has heard",
                   pause=0.005)
        heard = time.monotonic() - began
        time.sleep(2.1)
        began = time.monotonic()
        assert account_of(stack, lane.messages()) == first, "it recovered"
        eventually(lambda: stack.api.account(first)["model_cooldowns"] == [], "admin has heard",
                   pause=0.005)
        assert standing() is None
        recovered = time.monotonic() - began
        print(f"heard after {heard * 1000:.0f} ms, of the recovery after {recovered * 1000:.0f} ms")
        assert heard < 1.0 and recovered < 1.5, (heard, recovered)
    finally:
        other.stop()
