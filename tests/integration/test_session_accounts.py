"""Session accounts: a credential of a web session goes to the operator's own upstream as the operator said,
the tier decides the models, and sessions that have ended are found and marked. On both databases."""

import json
import time

import pytest

import harness
from admin_client import eventually
from postgres import Postgres
from upstream import Upstream, reply_bytes

CHAT = json.dumps({"id": "c", "object": "chat.completion", "model": "small", "choices": [
    {"index": 0, "message": {"role": "assistant", "content": "hello"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 5, "completion_tokens": 1}}).encode()


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
        made.start()
        for model in ("small", "large"):
            made.api.post("/api/v1/admin/prices", {"model": model, "input": "1", "output": "2"})
        yield made
    finally:
        codes = made.close()
    assert codes == {name: 0 for name in codes}, codes


class Site:
    """A web chat of the operator's own: knows its sessions by the cookie `sid`, and shows a page to others."""

    def __init__(self):
        self.sessions = {"alive"}
        self.page = reply_bytes(302, [("location", "/login")], content_type="text/html")
        self.upstream = Upstream(self._answer)

    def _answer(self, recorded, connection):
        cookie = recorded.header("cookie") or ""
        good = cookie.removeprefix("sid=") in self.sessions
        connection.sendall(reply_bytes(body=CHAT) if good else self.page)
        return True


@pytest.fixture
def site():
    made = Site()
    yield made
    made.upstream.close()


def add(stack, site, secret="alive", **fields):
    fields = {"session": {"credential_name": "sid"}, "models": ["small"], **fields}
    return stack.lane({"url": site.upstream.url + "/v1", "platform": "session", "secret": secret,
                       **fields})


def account_of(stack, lane):
    return stack.api.account(lane.accounts[0]["id"])


def check(stack, lane, **wanted):
    return stack.api.post(f"/api/v1/admin/accounts/{lane.accounts[0]['id']}/check", wanted)


def test_the_cookie_goes_to_the_operators_own_upstream(stack, site):
    lane = add(stack, site)
    account = account_of(stack, lane)
    assert account["credential_type"] == "cookie" and account["has_secret"], account
    assert account["session"] == {"protocol": "openai_chat", "credential_name": "sid"}, account
    assert account["last_check"] is None
    reply = lane.chat(model="small", more_headers={"cookie": "mine=1", "user-agent": "my-client/1"})
    assert reply.status == 200, reply.body
    sent = site.upstream.last()
    assert sent.header("cookie") == "sid=alive" and sent.header("authorization") is None
    assert sent.header("user-agent") == "my-client/1", "nobody else's name"
    assert sent.target == "/v1/chat/completions"
    row = eventually(lambda: stack.api.logs(f"key_id={lane.key_id}"), "it is in the log")[0]
    assert row["account_id"] == account["id"], "usage is tracked by session"
    # A client of another protocol is served, too.
    assert lane.messages(model="small").status == 200
    for service in (stack.admin, stack.relay):
        assert "sid=alive" not in service.log()


def test_a_token_in_a_header_of_ones_own(stack, site):
    site.upstream.handler = lambda recorded, connection: connection.sendall(
        reply_bytes(body=b'{"type":"message","usage":{"input_tokens":5,"output_tokens":1}}')) or True
    lane = add(stack, site, secret="tok-1", credential_type="api_key",
               session={"protocol": "anthropic_messages", "credential_name": "X-Session-Token"})
    assert lane.messages(model="small", more_headers={"x-session-token": "no"}).status == 200
    sent = site.upstream.last()
    assert sent.header("x-session-token") == "tok-1" and sent.header("x-api-key") is None
    assert sent.target == "/v1/messages"


def test_those_that_speak_the_clients_protocol_come_first(stack, site):
    def answer(recorded, connection):
        body = CHAT if "chat" in recorded.target else (
            b'{"type":"message","usage":{"input_tokens":5,"output_tokens":1}}')
        connection.sendall(reply_bytes(body=body))
        return True

    site.upstream.handler = answer
    fields = {"url": site.upstream.url, "platform": "session", "secret": "alive", "models": ["small"]}
    lane = stack.lane(*[{**fields, "session": {"protocol": protocol, "credential_name": "sid"}}
                        for protocol in ("openai_chat", "anthropic_messages", "openai_chat")])
    for number in range(12):
        assert lane.messages(model="small", text=f"conversation {number}").status == 200
        assert site.upstream.last().target.endswith("/messages")
        assert lane.chat(model="small", text=f"conversation {number}").status == 200
        assert site.upstream.last().target.endswith("/chat/completions")


def test_the_tier_decides_the_models(stack, site):
    lane = add(stack, site, models=[], tier="free")
    stack.api.patch("/api/v1/admin/settings", {"tier_models": {"free": ["small"]}})
    stack.api.wait_for_relays()
    assert lane.chat(model="small").status == 200
    assert lane.chat(model="large").status >= 400, "not what this tier is good for"
    stack.api.patch("/api/v1/admin/settings", {"tier_models": {"free": ["small", "large"]}})
    stack.api.wait_for_relays()
    assert lane.chat(model="large").status == 200
    row = [row for row in stack.api.get("/api/v1/admin/settings/table")["data"]
           if row["name"] == "tier_models.free"][0]
    assert row["value"] == ["small", "large"] and row["type"] == "texts", row
    stack.api.patch(f"/api/v1/admin/accounts/{lane.accounts[0]['id']}", {"tier": "pro+"})
    stack.api.patch("/api/v1/admin/settings", {"tier_models": {"pro+": ["large"]}})
    stack.api.wait_for_relays()
    assert lane.chat(model="small").status >= 400
    assert lane.chat(model="large").status == 200
    stack.api.patch("/api/v1/admin/settings", {"tier_models": None})
    stack.api.wait_for_relays()
    assert lane.chat(model="small").status == 200, "nobody says: everything"


@pytest.mark.parametrize("page", ["login", "401 page", "401 json"])
def test_a_session_that_has_ended_is_marked_and_comes_back(stack, site, page):
    site.page = {"login": site.page,
                 "401 page": reply_bytes(401, body=b"<html>", content_type="text/html"),
                 "401 json": reply_bytes(401, body=b'{"error":{"message":"log in"}}')}[page]
    lane = add(stack, site)
    good = check(stack, lane)
    assert good["status"] == "normal" and good["last_check"]["ok"], good
    assert good["last_check"]["model"] == "small" and good["last_check"]["http_status"] == 200
    assert json.loads(site.upstream.last().body)["max_tokens"] == 16, "a small request"
    site.sessions.clear()
    ended = check(stack, lane)
    assert ended["status"] == "account_exception", ended
    assert ended["status_reason"] == "credential_rejected" and ended["status_source"] == "check"
    assert not ended["last_check"]["ok"] and ended["last_check"]["reason"] == "credential_rejected"
    stack.api.wait_for_relays()
    assert lane.chat(model="small").status == 503, "relays know"
    site.sessions.add("alive")
    back = check(stack, lane)
    assert back["status"] == "normal" and back["last_check"]["ok"], back
    stack.api.wait_for_relays()
    assert lane.chat(model="small").status == 200
    deeds = stack.api.get(f"/api/v1/admin/audit?resource=account&action=check&resource_id={back['id']}")
    assert deeds["total"] == 3, deeds


def test_live_traffic_finds_it_too(stack, site):
    lane = add(stack, site)
    site.sessions.clear()
    assert lane.chat(model="small").status >= 400
    eventually(lambda: account_of(stack, lane)["status"] == "account_exception", "it is marked")
    # Another cookie, and it is well again.
    site.sessions.add("new one")
    stack.api.patch(f"/api/v1/admin/accounts/{lane.accounts[0]['id']}", {"secret_key": "new one"})
    stack.api.wait_for_relays()
    assert account_of(stack, lane)["status"] == "normal"
    assert lane.chat(model="small").status == 200


def test_the_task_finds_ended_ones(stack, site):
    lane = add(stack, site)
    site.sessions.clear()

    def run():
        reply = stack.api.raw("POST", "/api/v1/admin/tasks/session_check/run")
        assert reply.status in (202, 409), "it may be running"
        return account_of(stack, lane)["status"] == "account_exception"

    eventually(run, "the task asks it", pause=0.5)
    found = account_of(stack, lane)
    assert found["status_source"] == "check" and not found["last_check"]["ok"], found


def test_what_shows_nothing_changes_nothing(stack, site):
    lane = add(stack, site)
    site.upstream.handler = lambda _recorded, connection: connection.sendall(
        reply_bytes(503, body=b'{"error":{"message":"busy"}}')) or True
    found = check(stack, lane)
    assert found["status"] == "normal", found
    assert found["last_check"]["reason"] == "upstream_overloaded", found
    reply = stack.api.raw("POST", "/api/v1/admin/accounts/999999/check", {})
    assert reply.status == 404
    nameless = add(stack, site, models=[])
    reply = stack.api.raw("POST", f"/api/v1/admin/accounts/{nameless.accounts[0]['id']}/check", {})
    assert reply.status == 400 and "model" in reply.json()["fields"], reply.json()
    assert check(stack, nameless, model="small")["last_check"]["model"] == "small"
    reply = stack.api.raw("POST", f"/api/v1/admin/accounts/{nameless.accounts[0]['id']}/check",
                          {"model": "small", "relay_id": "nobody"})
    assert reply.status == 404, reply.json()


@pytest.mark.parametrize("change, field", [
    ({"tier": "gold"}, "tier"),
    ({"session": {"credential_name": "a b"}}, "session.credential_name"),
    ({"session": {"credential_name": "a\r\nx: y"}}, "session.credential_name"),
    ({"session": {"protocol": "soap"}}, "session.protocol"),
    ({"session": {"cookie": "x"}}, "session.cookie"),
    ({"credential_type": "api_key"}, "session.credential_name"),
    ({"credential_type": "api_key", "session": {"credential_name": "Host"}}, "session.credential_name"),
    ({"credential_type": "bearer", "session": {"credential_name": "x"}}, "session.credential_name"),
    ({"request_url": "http://169.254.169.254/"}, "request_url"),
    ({"platform_type": "openai", "session": {"credential_name": "x"}}, "session")])
def test_what_cannot_be_is_refused(stack, change, field):
    reply = stack.api.raw("POST", "/api/v1/admin/accounts", {
        "name": f"refused {time.monotonic_ns()}", "platform_type": "session",
        "request_url": "https://chat.example.com", "secret_key": "x", **change})
    assert reply.status == 400 and field in reply.json()["fields"], reply.json()


def test_settings_of_tiers_are_checked(stack):
    reply = stack.api.raw("PATCH", "/api/v1/admin/settings", {"tier_models": {"gold": ["x"]}})
    assert reply.status == 400 and "tier_models.gold" in reply.json()["fields"], reply.json()
    reply = stack.api.raw("PATCH", "/api/v1/admin/settings", {"tier_models": {"free": ["a\nb"]}})
    assert reply.status == 400 and "tier_models.free" in reply.json()["fields"], reply.json()


@pytest.mark.parametrize("form", ["json", "csv"])
def test_it_travels_as_a_file(stack, site, form):
    lane = add(stack, site, tier="pro", session={"protocol": "gemini", "credential_name": "sid"})
    account = account_of(stack, lane)
    raw = stack.api.raw("POST", "/api/v1/admin/accounts/export",
                        {"format": form, "passphrase": "a passphrase of tests", "ids": [account["id"]]})
    assert raw.status == 200, raw.body
    stack.api.delete(f"/api/v1/admin/accounts/{account['id']}")
    body = {"csv": raw.body.decode()} if form == "csv" else {"accounts": raw.json()["accounts"]}
    done = stack.api.post("/api/v1/admin/accounts/import", {**body, "passphrase": "a passphrase of tests"})
    assert done["added"] == [account["name"]], done
    found = [row for row in stack.api.get("/api/v1/admin/accounts?limit=200")["data"]
             if row["name"] == account["name"]][0]
    assert found["session"] == account["session"] and found["tier"] == "pro" and found["has_secret"]


def test_another_platform_forgets_the_session(stack, site):
    lane = add(stack, site)
    changed = stack.api.patch(f"/api/v1/admin/accounts/{lane.accounts[0]['id']}",
                              {"platform_type": "openai"})
    assert changed["session"] is None and changed["credential_type"] == "bearer", changed
