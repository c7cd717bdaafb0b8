"""Accounts as a file: out of one Weir and into another, with their secrets under a passphrase or without;
all rows or none."""

import base64
import csv
import io
import json
import os
import threading
import time

import pytest

import harness
import http_client
from admin_client import eventually
from postgres import Postgres
from token_endpoint import TokenEndpoint
from upstream import Upstream, reply_bytes

PASSPHRASE = "correct horse battery"
IMPORT = "/api/v1/admin/accounts/import"
EXPORT = "/api/v1/admin/accounts/export"
ANSWER = b'{"type":"message","usage":{"input_tokens":5,"output_tokens":1}}'


@pytest.fixture(scope="module")
def postgres():
    cluster = Postgres()
    yield cluster
    cluster.close()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def stack(build_dir, request):
    database = None
    if request.param == "postgresql":
        cluster = request.getfixturevalue("postgres")
        database = lambda name: cluster.create_database(f"{name}_{time.monotonic_ns()}")
    made = harness.Stack(build_dir, database=database)
    try:
        yield made.start()
    finally:
        made.close()


@pytest.fixture
def provider():
    def answer(recorded, connection):
        good = recorded.header("x-api-key") == "sk-travels"
        connection.sendall(reply_bytes(200 if good else 401, body=ANSWER))
        return True
    made = Upstream(answer)
    yield made
    made.close()


def full_account(stack, provider, name, group="default"):
    ids = {row["name"]: row["id"] for row in stack.api.get("/api/v1/groups?limit=200")["data"]}
    return stack.api.post("/api/v1/admin/accounts", {
        "name": name, "platform_type": "claude", "request_url": provider.url,
        "secret_key": "sk-travels", "group_ids": [ids[group]], "priority": 7, "weight": 9,
        "models": ["claude-*", "a,b"], "model_mapping": {"x": "y"}, "tier": "pro",
        "limits": {"rpm": 10, "usd_per_day": "1.5"}, "timeouts": {"connect_ms": 900},
        "headers": {"x-mine": "=1, \"two\""}, "proxy_url": "http://u:secret-of-proxy@127.0.0.1:9"})


def export(stack, **wanted):
    reply = stack.api.raw("POST", EXPORT, wanted)
    assert reply.status == 200, reply.json()
    return reply


def settings_of(account):
    observed = ("id", "version", "created_at", "updated_at", "last_used_at", "today",
                "status_since", "status_source")
    return {name: value for name, value in account.items() if name not in observed}


@pytest.mark.parametrize("form", ["json", "csv"])
def test_what_goes_out_comes_back_with_its_secrets(stack, provider, form):
    name = f"travels-{form}"
    made = full_account(stack, provider, name)
    reply = export(stack, format=form, passphrase=PASSPHRASE, ids=[made["id"]])
    text = reply.body.decode()
    assert "sk-travels" not in text and "secret-of-proxy" not in text
    assert "attachment" in reply.header("content-disposition")
    before = stack.api.account(made["id"])
    stack.api.delete(f"/api/v1/admin/accounts/{made['id']}")
    body = {"csv": text} if form == "csv" else json.loads(text)
    answer = stack.api.post(IMPORT, {**body, "passphrase": PASSPHRASE})
    assert answer == {"dry_run": False, "added": [name], "changed": [], "unchanged": 0, "kept": []}, answer
    found = stack.api.get(f"/api/v1/admin/accounts?name={name}")["data"][0]
    assert found["id"] != made["id"] and settings_of(found) == settings_of(before)
    again = stack.api.post(IMPORT, {**body, "passphrase": PASSPHRASE})
    assert again["unchanged"] == 1 and not again["changed"], "the same file once more is nothing"
    key = stack.api.add_key(name)["key"]
    stack.api.patch(f"/api/v1/admin/accounts/{found['id']}", {"proxy_url": "", "priority": 0})
    stack.api.wait_for_relays()
    reply = http_client.request(stack.relay_port, "POST", "/v1/messages", {
        "x-api-key": key, "content-type": "application/json", "connection": "close"},
        harness.anthropic_body())
    assert reply.status == 200, reply.body
    stack.api.delete(f"/api/v1/admin/accounts/{found['id']}")


def test_without_a_passphrase_no_secret_leaves(stack, provider):
    made = full_account(stack, provider, f"bare-{time.monotonic_ns()}")
    row = json.loads(export(stack, ids=[made["id"]]).body)["accounts"][0]
    assert "sealed" not in row and "proxy_url" not in row and "secret_key" not in row, row
    row["name"] += "-copy"
    answer = stack.api.post(IMPORT, {"accounts": [row]})
    assert answer["added"] == [row["name"]]
    found = stack.api.get(f"/api/v1/admin/accounts?name={row['name']}")["data"][0]
    assert not found["has_secret"] and found["priority"] == 7


def test_a_dry_run_shows_the_difference_and_writes_nothing(stack, provider):
    made = full_account(stack, provider, f"dry-{time.monotonic_ns()}")
    revision = stack.api.get("/api/v1/status")["revision"]
    rows = [{"name": made["name"], "priority": 8, "secret_key": "sk-new"},
            {"name": made["name"] + "-new", "platform_type": "openai",
             "request_url": "https://api.example.com/v1"}]
    answer = stack.api.post(IMPORT + "?dry_run=true", {"accounts": rows})
    assert answer["dry_run"] and answer["added"] == [made["name"] + "-new"], answer
    assert answer["changed"] == [{"name": made["name"], "fields": {
        "priority": {"from": 7, "to": 8}, "secret_key": {"from": "***", "to": "***"}}}], answer
    assert stack.api.get("/api/v1/status")["revision"] == revision
    assert stack.api.account(made["id"])["version"] == made["version"]
    done = stack.api.post(IMPORT, {"accounts": rows})
    assert (done["added"], done["changed"]) == (answer["added"], answer["changed"])
    assert stack.api.account(made["id"])["priority"] == 8


def test_one_bad_row_stops_all_and_each_is_named(stack, provider):
    name = f"half-{time.monotonic_ns()}"
    good = {"name": name, "platform_type": "claude", "request_url": "https://api.example.com"}
    rows = [good, {**good, "name": name + "1", "request_url": "http://169.254.169.254"},
            {**good, "name": name + "2", "groups": ["no such"]}, good,
            {**good, "name": name + "3", "priority": "many"},
            {**good, "name": name + "4", "colour": "red"}, {"name": name + "5"}]
    reply = stack.api.raw("POST", IMPORT, {"accounts": rows})
    assert reply.status == 400, reply.json()
    assert sorted(reply.json()["fields"]) == [
        "accounts[1].request_url", "accounts[2].groups", "accounts[3].name",
        "accounts[4].priority", "accounts[5].colour", "accounts[6].platform_type",
        "accounts[6].request_url"], reply.json()
    assert stack.api.get(f"/api/v1/admin/accounts?name={name}")["total"] == 0


def test_another_passphrase_and_swapped_secrets_are_refused(stack, provider):
    made = [full_account(stack, provider, f"swap{number}-{time.monotonic_ns()}")
            for number in range(2)]
    rows = json.loads(export(stack, passphrase=PASSPHRASE,
                             ids=[row["id"] for row in made]).body)["accounts"]
    for body, word in (({"passphrase": "another passphrase"}, "does not open"),
                       ({}, "needs the passphrase")):
        reply = stack.api.raw("POST", IMPORT, {"accounts": rows, **body})
        assert reply.status == 400 and word in reply.json()["fields"]["accounts[0].sealed"]
    rows[0]["sealed"], rows[1]["sealed"] = rows[1]["sealed"], rows[0]["sealed"]
    reply = stack.api.raw("POST", IMPORT, {"accounts": rows, "passphrase": PASSPHRASE})
    assert reply.status == 400 and "another account" in reply.json()["fields"]["accounts[0].sealed"]
    greedy = rows[0]["sealed"].split(".")
    greedy[2] = "99999999"
    rows[0]["sealed"] = ".".join(greedy)
    reply = stack.api.raw("POST", IMPORT, {"accounts": rows[:1], "passphrase": PASSPHRASE})
    assert reply.status == 400 and "more work" in reply.json()["fields"]["accounts[0].sealed"]


def test_an_older_file_brings_back_no_spent_token(stack, provider):
    endpoint = TokenEndpoint()
    try:
        name = f"renewed-{time.monotonic_ns()}"
        made = stack.api.post("/api/v1/admin/accounts", {
            "name": name, "platform_type": "claude", "request_url": provider.url,
            "credential_type": "oauth", "oauth": {
                "token_url": endpoint.url, "client_id": "tests", "scopes": ["a"],
                "refresh_token": endpoint.grant(name)}})
        path = f"/api/v1/admin/accounts/{made['id']}"
        eventually(lambda: stack.api.get(path)["credential_refreshed_at"], "it is renewed")
        old = json.loads(export(stack, passphrase=PASSPHRASE, ids=[made["id"]]).body)
        fresh = stack.api.post(IMPORT, {**old, "passphrase": PASSPHRASE})
        assert (fresh["unchanged"], fresh["kept"]) == (1, []), fresh
        endpoint.lifetime = 7200
        stack.api.post(path + "/refresh")
        before = stack.api.get(path)
        old["accounts"][0]["priority"] = 3
        body = {**old, "passphrase": PASSPHRASE}
        dry = stack.api.post(IMPORT + "?dry_run=true", body)
        done = stack.api.post(IMPORT, body)
        for report in (dry, done):
            assert report["kept"] == [name], report
            assert [list(one["fields"]) for one in report["changed"]] == [["priority"]], report
        after = stack.api.get(path)
        assert after["credential_expires_at"] == before["credential_expires_at"]
        assert stack.api.post(path + "/refresh")["oauth"]["failures"] == 0
        assert endpoint.reused == [], "a spent token came back"
        bare = json.loads(export(stack, ids=[made["id"]]).body)
        assert "credential_expires_at" not in bare["accounts"][0], "it goes with its token"
    finally:
        endpoint.close()


def test_what_was_observed_stays_behind(stack, provider):
    lane = stack.lane({"url": provider.url, "secret": "sk-refused"})
    path = f"/api/v1/admin/accounts/{lane.accounts[0]['id']}"
    lane.messages()
    eventually(lambda: stack.api.get(path)["status"] == "account_exception", "it is refused")
    body = json.loads(export(stack, ids=[lane.accounts[0]["id"]]).body)
    assert "status" not in body["accounts"][0]
    body["accounts"][0]["status"] = "normal"
    assert stack.api.post(IMPORT, body)["unchanged"] == 1
    assert stack.api.get(path)["status_reason"] == "credential_rejected"
    for status in ("disabled", "normal"):
        body["accounts"][0]["status"] = status
        assert list(stack.api.post(IMPORT, body)["changed"][0]["fields"])[0].startswith("status")
        newest = stack.api.get(path + "/history")["data"][0]
        assert (newest["status"], newest["source"]) == (status, "admin"), newest
    stack.api.post(path + "/disable")
    assert json.loads(export(stack, ids=[lane.accounts[0]["id"]]).body)["accounts"][0][
        "status"] == "disabled"


def test_slow_seals_hold_up_no_other_change(stack, provider):
    """As many keys as a file may ask for, each as slow as it may be."""
    def text(size):
        return base64.urlsafe_b64encode(os.urandom(size)).rstrip(b"=").decode()
    rows = [{"name": f"slow{number}", "sealed": f"weir1.6.262144.{text(16)}.{text(60)}"}
            for number in range(4)]
    made = full_account(stack, provider, f"beside-{time.monotonic_ns()}")
    took = []
    def slow():
        began = time.monotonic()
        reply = stack.api.raw("POST", IMPORT, {"accounts": rows, "passphrase": PASSPHRASE})
        took.append(time.monotonic() - began)
        assert reply.status == 400, reply.json()
    thread = threading.Thread(target=slow)
    thread.start()
    slowest = 0.0
    while thread.is_alive():
        began = time.monotonic()
        stack.api.patch(f"/api/v1/admin/accounts/{made['id']}",
                        {"priority": 1 + int(began * 1000) % 1000})
        slowest = max(slowest, time.monotonic() - began)
        time.sleep(0.05)
    thread.join()
    assert took and slowest < took[0] / 2, (slowest, took)


def test_a_file_of_ones_own_hand(stack):
    name = f"hand-{time.monotonic_ns()}"
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["name", "platform_type", "request_url", "secret_key", "models", "priority"])
    writer.writerow([name, "openai", "https://api.example.com/v1", "sk-1", "gpt-4o;gpt-5*", "3"])
    answer = stack.api.post(IMPORT, {"csv": text.getvalue()})
    assert answer["added"] == [name], answer
    found = stack.api.get(f"/api/v1/admin/accounts?name={name}")["data"][0]
    assert found["models"] == ["gpt-4o", "gpt-5*"] and found["has_secret"], found
    assert found["priority"] == 3


@pytest.mark.parametrize("path, body, field", [
    (IMPORT, {}, "accounts"), (IMPORT, {"accounts": 7}, "accounts"),
    (IMPORT, {"accounts": [7]}, "accounts[0]"), (IMPORT, {"csv": "name,colour\na,b\n"}, "csv"),
    (IMPORT, {"accounts": [], "csv": "name\n"}, "accounts"),
    (IMPORT, {"csv": "name\n\"a"}, "csv"), (IMPORT, {"accounts": [], "passphrase": "short"},
                                            "passphrase"),
    (IMPORT + "?dry_run=", {"accounts": []}, "dry_run"),
    (IMPORT + "?dry_run=yes", {"accounts": []}, "dry_run"), (EXPORT, {"format": "xml"}, "format"),
    (EXPORT, {"passphrase": "short"}, "passphrase"), (EXPORT, {"ids": [999_999]}, "ids"),
    (EXPORT, {"secrets": True}, "secrets")])
def test_what_cannot_be_is_refused(stack, path, body, field):
    reply = stack.api.raw("POST", path, body)
    assert reply.status == 400 and field in reply.json()["fields"], reply.json()


def test_who_is_no_administrator_gets_nothing(stack):
    anonymous = type(stack.api)(stack.admin_port)
    for path in (IMPORT, EXPORT):
        assert anonymous.raw("POST", path, {}).status == 401
