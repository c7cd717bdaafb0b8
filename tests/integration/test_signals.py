"""What refusals mean: for the account, for one model of it, or for nobody but the caller."""

import concurrent.futures
import json
import threading

import pytest

from admin_client import eventually
from pool import HAIKU, SONNET, account_of
from upstream import Upstream, reply_bytes

GOOD = json.dumps({"type": "message", "content": [], "usage": {"input_tokens": 1,
                                                               "output_tokens": 1}}).encode()
BALANCE = "Your credit balance is too low to access the Anthropic API."


def refusal(status, error, *fields):
    body = json.dumps({"type": "error", "error": error}).encode()
    return reply_bytes(status, fields, body)


def refuses(answer, model=None):
    """A handler that answers so, or well when another model is asked for."""
    def handler(recorded, connection):
        asked = json.loads(recorded.body)["model"]
        connection.sendall(answer if model in (None, asked) else reply_bytes(200, (), GOOD))
        return True
    return handler


def shown(stack, lane, number=0):
    return stack.api.account(lane.accounts[number]["id"])


REFUSALS = [
    refusal(403, {"type": "permission_error", "message": "Your key may not use this model."}),
    refusal(403, {"message": "Project `p` does not have access to model `m`",
                  "type": "invalid_request_error", "code": "model_not_found"}),
    refusal(404, {"type": "not_found_error", "message": f"model: {SONNET}"}),
]


@pytest.mark.parametrize("answer", REFUSALS, ids=["permission", "access", "unknown"])
def test_a_refused_model_rests_alone_once_another_account_has_it(stack, upstream, answer):
    upstream.handler = refuses(answer, SONNET)
    lane = stack.lane({"url": upstream.url, "priority": 1}, {"scenario": "text", "priority": 2})
    first, second = (account["id"] for account in lane.accounts)
    reply = lane.messages(model=SONNET)
    assert reply.status == 200 and account_of(stack, reply) == second
    row = stack.api.log_row(reply.request_id)
    assert row["attempts"][0]["error_class"] == "model_refused"
    rests = eventually(lambda: shown(stack, lane)["model_cooldowns"], "the model rests")
    assert [(entry["model"], entry["reason"]) for entry in rests] == [(SONNET, "model_refused")]
    assert shown(stack, lane)["status"] == "normal", "the account is well"
    assert account_of(stack, lane.messages(model=SONNET)) == second
    assert account_of(stack, lane.messages(model=HAIKU)) == first, "another model of it"
    assert len(upstream.requests) == 2, "it was not asked again for the one it refused"


@pytest.mark.parametrize("answer", REFUSALS, ids=["permission", "access", "unknown"])
def test_what_all_refuse_was_the_request_and_rests_nobody(stack, upstream, answer):
    upstream.handler = refuses(answer, SONNET)
    lane = stack.lane({"url": upstream.url, "priority": 1}, {"url": upstream.url, "priority": 2})
    passed_on = b" 404 " in answer.split(b"\r\n")[0]
    for _ in range(3):
        reply = lane.messages(model=SONNET)
        assert reply.status == 404, reply
        error = reply.json()["error"]
        if passed_on:
            assert error["message"] == f"model: {SONNET}"
        else:
            assert "Project" not in error["message"] and "key" not in error["message"]
            assert error["details"]["error_code"] == "model_refused"
    assert len(upstream.requests) == 6, "each account was asked each time"
    assert lane.messages(model=HAIKU).status == 200
    assert [shown(stack, lane, n)["model_cooldowns"] for n in (0, 1)] == [[], []]


def test_a_model_that_rests_everywhere_for_being_refused_is_a_404(stack, upstream):
    """Not a 529: nobody should wait for it."""
    other = Upstream(refuses(reply_bytes(200, (), GOOD)))
    try:
        upstream.handler = refuses(REFUSALS[0], SONNET)
        both = stack.lane({"url": upstream.url, "priority": 1}, {"url": other.url, "priority": 2})
        alone = stack.lane()
        account = both.accounts[0]["id"]
        stack.api.patch(f"/api/v1/admin/accounts/{account}",
                        {"group_ids": [both.group["id"], alone.group["id"]]})
        eventually(lambda: alone.messages(model=HAIKU).status == 200, "both groups have the account")
        assert both.messages(model=SONNET).status == 200
        reply = alone.messages(model=SONNET)
        assert reply.status == 404 and reply.json()["error"]["type"] == "not_found_error", reply
        assert reply.header("retry-after") is None
    finally:
        other.close()


def test_a_file_that_is_not_found_is_tried_nowhere_else(stack, upstream):
    upstream.handler = refuses(refusal(404, {"type": "not_found_error",
                                             "message": f"File not found: model: {SONNET}"}))
    lane = stack.lane({"url": upstream.url, "priority": 1}, {"scenario": "text", "priority": 2})
    assert lane.messages().status == 404
    assert len(upstream.requests) == 1


@pytest.mark.parametrize("answer", [
    refusal(403, {"type": "authentication_error", "message": "x"}),
    refusal(403, {"message": "x", "type": "invalid_request_error", "code": "account_deactivated"}),
    refusal(400, {"type": "invalid_request_error", "message": "This organization has been disabled."}),
], ids=["type", "code", "sentence"])
def test_a_refused_credential_takes_the_account_out(stack, upstream, answer):
    upstream.handler = refuses(answer)
    lane = stack.lane({"url": upstream.url, "priority": 1}, {"scenario": "text", "priority": 2})
    assert lane.messages().status == 200
    eventually(lambda: shown(stack, lane)["status"] == "account_exception", "admin marks it")


def test_a_spent_balance_rests_the_account(stack, upstream):
    upstream.handler = refuses(refusal(400, {"type": "invalid_request_error", "message": BALANCE}))
    lane = stack.lane({"url": upstream.url, "priority": 1}, {"scenario": "text", "priority": 2})
    assert lane.messages().status == 200
    eventually(lambda: shown(stack, lane)["status_reason"] == "quota_exhausted", "it rests")


@pytest.mark.parametrize("error", [
    {"type": "invalid_request_error", "message": f"{BALANCE} is not the name of a tool."},
    {"type": "invalid_request_error", "message": "tools.0.name: '" + BALANCE + "'"},
    {"type": "invalid_request_error", "message": "x", "input": {"code": "insufficient_quota",
                                                                "message": BALANCE}},
], ids=["beginning", "middle", "json"])
def test_what_a_provider_echoes_of_a_request_rests_nobody(stack, upstream, error):
    upstream.handler = refuses(refusal(400, error))
    lane = stack.lane({"url": upstream.url, "priority": 1}, {"scenario": "text", "priority": 2})
    assert [lane.messages().status for _ in range(2)] == [400, 400]
    assert len(upstream.requests) == 2, "the only one that was asked, and asked again"


def test_an_echo_that_speaks_of_signatures_is_not_tried_again(stack, upstream):
    """Only the provider's own sentence about thinking is; the caller's words are the caller's."""
    thinking = {"type": "thinking", "thinking": "hm", "signature": "c2lnbmF0dXJl" * 8}
    turns = [{"role": "user", "content": "a"}, {"role": "assistant", "content": [thinking]},
             {"role": "user", "content": "b"}]
    said = {"echo": "tools.0.name: 'signature' of `thinking` is no name",
            "own": "messages.1.content.0: Invalid `signature` in `thinking` block"}
    for which, calls in (("echo", 1), ("own", 2)):
        del upstream.requests[:]
        upstream.handler = refuses(refusal(400, {"type": "invalid_request_error",
                                                 "message": said[which]}))
        lane = stack.lane({"url": upstream.url})
        reply = lane.messages(messages=turns)
        assert reply.status == 400 and reply.json()["error"]["message"] == said[which]
        assert len(upstream.requests) == calls, which


def test_a_limit_beside_an_open_subscription_window_rests_the_model_alone(stack, upstream):
    upstream.handler = refuses(refusal(
        429, {"type": "rate_limit_error", "message": "slow down"}, ("retry-after", "60"),
        ("anthropic-ratelimit-unified-status", "allowed"),
        ("anthropic-ratelimit-unified-reset", "4102444800")), SONNET)
    lane = stack.lane({"url": upstream.url})
    assert lane.messages(model=SONNET).status == 429
    assert lane.messages(model=HAIKU).status == 200
    assert shown(stack, lane)["status"] == "normal"


def test_a_limit_says_by_its_own_reset_when_it_is_over(stack, upstream):
    upstream.handler = refuses(refusal(
        429, {"type": "rate_limit_error", "message": "slow down"},
        ("x-ratelimit-remaining-requests", "0"), ("x-ratelimit-reset-requests", "20s"),
        ("x-ratelimit-remaining-tokens", "99000"), ("x-ratelimit-reset-tokens", "6m0s")))
    lane = stack.lane({"url": upstream.url})
    assert lane.messages().status == 429
    reply = lane.messages()
    assert reply.status == 529 and 15 <= int(reply.header("retry-after")) <= 20, reply
    assert len(upstream.requests) == 1


def test_what_an_account_was_before_it_was_changed_is_not_held_against_it(stack, upstream):
    """Its key is replaced while a request with the old one is under way, which is then refused."""
    go = threading.Event()

    def handler(recorded, connection):
        first = recorded is upstream.requests[0]
        assert not first or go.wait(20)
        connection.sendall(refusal(401, {"type": "authentication_error", "message": "x"}) if first
                           else reply_bytes(200, (), GOOD))
        return True

    def new_key_serves():
        return (lane.messages().status == 200
                and upstream.requests[-1].header("x-api-key") == "new-key")

    upstream.handler = handler
    lane = stack.lane({"url": upstream.url, "secret": "old-key"})
    account = lane.accounts[0]["id"]
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        refused = pool.submit(lane.messages)
        upstream.wait_for(lambda: len(upstream.requests) == 1)
        stack.api.patch(f"/api/v1/admin/accounts/{account}", {"secret_key": "new-key"})
        eventually(new_key_serves, "the new key serves")
        go.set()
        assert refused.result().status == 503
    assert [lane.messages().status for _ in range(3)] == [200] * 3
    assert shown(stack, lane)["status"] == "normal"


def test_a_model_that_fails_when_tried_again_does_not_take_the_account_along(stack, upstream):
    answers = [reply_bytes(429, [("retry-after", "1")], b"{}"), reply_bytes(500, (), b"{}")]

    def handler(recorded, connection):
        sonnet = json.loads(recorded.body)["model"] == SONNET
        connection.sendall(answers.pop(0) if sonnet else reply_bytes(200, (), GOOD))
        return True

    upstream.handler = handler
    lane = stack.lane({"url": upstream.url})
    assert lane.messages(model=SONNET).status == 429
    eventually(lambda: lane.messages(model=SONNET).status in (500, 502), "it is tried again")
    assert lane.messages(model=SONNET).status == 529, "and rests"
    assert lane.messages(model=HAIKU).status == 200
    assert shown(stack, lane)["status"] == "normal"
