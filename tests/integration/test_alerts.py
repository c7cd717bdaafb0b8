"""Alerts: a webhook is told once of what is wrong and once when it is over, signed, by one of several
admins, whatever it answers; on both databases."""

import json
import time

import pytest

import harness
import ports
from admin_client import eventually
from postgres import Postgres
from upstream import Upstream, reply_bytes
from webhook import Webhook

SECRET = "a secret for webhooks"
SETTINGS = "/api/v1/admin/settings"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def own(request, build_dir):
    """All services, and a second admin on the same database."""
    cluster = Postgres() if request.param == "postgresql" else None
    database = None
    if cluster is not None:
        database = lambda name: cluster.create_database(f"{name}_{time.monotonic_ns()}")
    made = harness.Stack(build_dir, database=database)
    other = None
    try:
        made.start()
        other = another_admin(made)
        yield made
    finally:
        if other is not None:
            other.stop()
        made.close()
        if cluster is not None:
            cluster.close()


@pytest.fixture
def webhook(own):
    made = Webhook(SECRET)
    own.api.patch(SETTINGS, {"alert_url": made.url, "alert_secret": SECRET})
    yield made
    own.api.patch(SETTINGS, {"alert_url": ""})
    look(own)
    made.close()
    assert made.unsigned == [], "a message without a good signature"


def another_admin(stack):
    http, grpc, ops = (ports.free_port() for _ in range(3))
    other = harness.Service("admin", stack.build_dir, stack.folder, (), {
        **stack.admin_settings, "WEIR_ADMIN_LISTEN": f"127.0.0.1:{http}",
        "WEIR_ADMIN_GRPC_LISTEN": f"127.0.0.1:{grpc}", "WEIR_ADMIN_OPS_LISTEN": f"127.0.0.1:{ops}"})
    other.log_path = stack.folder / "admin-2.log"
    return other.start().wait_ready(ops)


def task(stack):
    return next(row for row in stack.api.get("/api/v1/admin/tasks")["data"]
                if row["name"] == "alerts_watch")


def look(stack):
    """Has the task run once, now; what it says."""
    eventually(lambda: not task(stack)["running"], "nobody looks")
    before = task(stack)["last_run"]
    stack.api.post("/api/v1/admin/tasks/alerts_watch/run")
    eventually(lambda: not task(stack)["running"] and task(stack)["last_run"] != before,
               "somebody has looked", timeout=30)
    return task(stack)["last_run"]


def wrong(stack):
    return {(row["event"], row["subject"])
            for row in stack.api.get("/api/v1/admin/alerts/wrong")["data"]}


def test_a_lost_account_is_told_once_and_so_is_its_return(own, webhook):
    lane = own.claude("text", name=f"lost <!channel> {time.monotonic_ns()}")
    account = lane.accounts[0]["id"]
    subject = f"account/{account}"
    look(own)
    assert webhook.of("account_lost", subject) == []
    own.api.post(f"/api/v1/admin/accounts/{account}/disable")
    run = look(own)
    assert run["result"] == "ok", run
    message = eventually(lambda: webhook.of("account_lost", subject), "it is told")[0]
    assert "disabled" in message["text"] and "<" not in message["text"], message
    assert message["site"] == "Weir" and message["at"].endswith("Z"), message
    look(own)
    look(own)
    time.sleep(3)
    assert len(webhook.of("account_lost", subject)) == 1
    assert ("account_lost", subject) in wrong(own)
    own.api.post(f"/api/v1/admin/accounts/{account}/enable")
    look(own)
    over = eventually(lambda: webhook.of("account_lost", subject, "resolved"), "and that it is over")
    assert len(over) == 1 and over[0]["id"] > message["id"]
    assert ("account_lost", subject) not in wrong(own)


def test_a_budget_near_its_end_and_spent(own, webhook):
    lane = own.lane({"scenario": "text"}, key={"limits": {"usd_per_day": "1000"}})
    reply = lane.messages()
    assert reply.status == 200, reply
    cost = own.api.log_row(reply.request_id)["cost_nano_usd"]
    assert cost > 0
    path, key = f"/api/v1/api-keys/{lane.key_id}", f"key/{lane.key_id}/day"
    look(own)
    assert not webhook.of("budget_near", key)

    def cap(nano_usd):
        own.api.patch(path, {"limits": {"usd_per_day": f"0.{nano_usd:09d}"}})
        look(own)

    cap(cost * 5 // 4)  # 80 %
    text = eventually(lambda: webhook.of("budget_near", key), "80 % are told")[0]["text"]
    assert "near the end of its budget" in text and "today" in text, text
    assert not webhook.of("budget_spent", key)
    cap(cost)
    eventually(lambda: webhook.of("budget_spent", key), "100 % are told")
    cap(cost * 100)
    for event in ("budget_near", "budget_spent"):
        eventually(lambda: webhook.of(event, key, "resolved"), f"{event} is over")
        assert len(webhook.of(event, key)) == 1


def test_a_model_without_a_price(own, webhook):
    model = f"claude-unpriced-{time.monotonic_ns()}"
    lane = own.lane({"scenario": "text", "models": [model]})
    assert lane.messages(model=model).status == 400
    eventually(lambda: look(own) and webhook.of("model_unpriced", f"model/{model}"), "it is told",
               timeout=40)
    own.api.post("/api/v1/admin/prices", {"model": model, "input": "1", "output": "2"})
    look(own)
    eventually(lambda: webhook.of("model_unpriced", f"model/{model}", "resolved"), "and its price")


def test_a_webhook_that_fails_gets_it_later(own, webhook):
    webhook.faults = [500, 503]
    account = own.claude("text").accounts[0]["id"]
    own.api.post(f"/api/v1/admin/accounts/{account}/disable")
    look(own)
    eventually(lambda: webhook.faults == [503], "the first try fails")
    # The try is written down after its answer.
    tried = lambda: [row for row in own.api.get("/api/v1/admin/alerts?delivery=waiting")["data"] if row["tries"] >= 1]
    row = eventually(tried, "it waits")[0]
    assert row["subject"] == f"account/{account}", row
    assert "500" in row["last_error"] and row["next_try_at"], row
    message = eventually(lambda: webhook.of("account_lost", f"account/{account}"), "it arrives",
                         timeout=60)
    assert len(message) == 1
    own.api.post(f"/api/v1/admin/accounts/{account}/enable")


def test_a_test_says_how_it_went(own, webhook):
    answer = own.api.post("/api/v1/admin/alerts/test")
    assert answer["delivery"] == "delivered" and answer["last_error"] is None, answer
    assert webhook.of("test", state="test")[0]["id"] == answer["id"]
    webhook.faults = [410]
    answer = own.api.post("/api/v1/admin/alerts/test")
    assert answer["delivery"] == "given_up" and "410" in answer["last_error"], answer
    webhook.faults = [302]
    assert own.api.post("/api/v1/admin/alerts/test")["delivery"] == "given_up"
    assert [row["state"] for row in own.api.get("/api/v1/admin/alerts?limit=3")["data"]] == \
        ["test"] * 3
    metrics = own.api.raw("GET", "/metrics").body.decode()
    assert 'weir_admin_alert_tries_total{result="failed"}' in metrics, metrics


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirection_of_the_webhook_is_not_followed(own, webhook, status):
    elsewhere = Upstream(lambda _, connection: connection.sendall(reply_bytes(204)) or True)
    try:
        for place in (elsewhere.url + "/hooks", "http://169.254.169.254/latest/meta-data/"):
            webhook.headers = (("location", place),)
            webhook.faults = [status]
            answer = own.api.post("/api/v1/admin/alerts/test")
            assert answer["delivery"] == "given_up" and str(status) in answer["last_error"], answer
        assert elsewhere.requests == []
    finally:
        elsewhere.close()


def test_nothing_that_is_sent_or_logged_holds_a_secret(own, webhook):
    account = own.claude("text").accounts[0]["id"]
    own.api.post(f"/api/v1/admin/accounts/{account}/disable")
    look(own)
    eventually(lambda: webhook.of("account_lost", f"account/{account}"), "it is told")
    sent = b"".join(json.dumps(call.headers).encode() + call.body for call in webhook.calls)
    for secret in (SECRET.encode(), b"fake-key"):
        assert secret not in sent
    assert SECRET not in own.admin.log()
    audit = json.dumps(own.api.get("/api/v1/admin/audit?resource=settings&limit=200"))
    assert "alert_secret" in audit and SECRET not in audit, audit
    shown = own.api.get(SETTINGS)
    assert shown["has_alert_secret"] is True and SECRET not in json.dumps(shown), shown
    own.api.post(f"/api/v1/admin/accounts/{account}/enable")


@pytest.mark.parametrize("url", [
    "http://169.254.169.254/hooks", "http://[fe80::1]/", "http://[::ffff:169.254.169.254]/",
    "http://metadata.google.internal/", "http://2852039166/", "file:///etc/passwd",
    "https://user:pass@example.com/", "https://example.com/#x", "https://example.com/?a b"])
def test_addresses_that_are_refused(own, url):
    reply = own.api.raw("PATCH", SETTINGS, {"alert_url": url, "alert_secret": SECRET})
    assert reply.status == 400 and "alert_url" in reply.json()["fields"], reply.json()


def test_a_webhook_needs_a_secret(own):
    own.api.patch(SETTINGS, {"alert_url": "", "alert_secret": None})
    reply = own.api.raw("PATCH", SETTINGS, {"alert_url": "https://hooks.example.com/"})
    assert reply.status == 400 and "alert_secret" in reply.json()["fields"], reply.json()
    reply = own.api.raw("PATCH", SETTINGS, {"alert_secret": "short"})
    assert reply.status == 400 and "alert_secret" in reply.json()["fields"], reply.json()
    reply = own.api.raw("POST", "/api/v1/admin/alerts/test")
    assert reply.status == 409, reply.json()


def test_a_ledger_that_is_away(own, webhook):
    """Last: usage is stopped for a while."""
    own.usage.stop()
    try:
        end = time.monotonic() + 150
        while not webhook.of("ledger_behind"):
            assert time.monotonic() < end, task(own)
            look(own)
            time.sleep(5)
    finally:
        own.start_usage()
    eventually(lambda: look(own) and webhook.of("ledger_behind", state="resolved"), "it is over",
               timeout=60)
    assert len(webhook.of("ledger_behind")) == 1
