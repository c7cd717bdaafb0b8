"""OAuth accounts: admin renews their tokens ahead of their end, one writer among several, and relays have
the new one at once."""

import time

import pytest

import harness
import ports
from admin_client import eventually
from postgres import Postgres
from proxies import KINDS, Proxy
from token_endpoint import TokenEndpoint
from upstream import Upstream, reply_bytes

ANSWER = b'{"type":"message","usage":{"input_tokens":5,"output_tokens":1}}'


@pytest.fixture
def endpoint():
    made = TokenEndpoint()
    yield made
    made.close()


@pytest.fixture
def provider(endpoint):
    """Takes only access tokens that the endpoint gave out."""
    def answer(recorded, connection):
        shown = (recorded.header("authorization") or "").removeprefix("Bearer ")
        good = endpoint.is_access_token(shown)
        connection.sendall(reply_bytes(body=ANSWER) if good else reply_bytes(
            401, body=b'{"type":"error","error":{"type":"authentication_error","message":"no"}}'))
        return True
    made = Upstream(answer)
    yield made
    made.close()


def oauth(endpoint, name, **more):
    return {"token_url": endpoint.url, "client_id": "weir-tests",
            "refresh_token": endpoint.grant(name), **more}


def add(stack, provider, settings, **fields):
    return stack.lane({"url": provider.url, "secret": "", "credential_type": "oauth",
                       "oauth": settings, **fields})


def account_of(stack, lane):
    return stack.api.account(lane.accounts[0]["id"])


def renewed(stack, lane):
    return eventually(lambda: account_of(stack, lane)["credential_refreshed_at"], "it is renewed")


def test_the_first_token_comes_by_itself_and_relays_use_it(stack, endpoint, provider):
    lane = add(stack, provider, oauth(endpoint, "first"))
    renewed(stack, lane)
    stack.api.wait_for_relays()
    assert lane.messages().status == 200
    account = account_of(stack, lane)
    assert account["has_secret"] and account["oauth"]["has_refresh_token"], account
    assert account["oauth"]["next_refresh_at"] < account["credential_expires_at"], account
    assert account["oauth"]["failures"] == 0 and account["oauth"]["last_error"] == "", account
    shown = str(account)
    assert "refresh-first" not in shown and "access-first" not in shown


def time_in(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))


def test_no_request_sees_the_end_of_a_token(stack, endpoint, provider):
    lane = add(stack, provider, oauth(endpoint, "short"), secret=endpoint.access("short", 9),
               credential_expires_at=time_in(8))
    stack.api.wait_for_relays()
    assert endpoint.calls == 0
    end = time.monotonic() + 12
    while time.monotonic() < end:
        assert lane.messages().status == 200
        time.sleep(0.1)
    assert endpoint.calls == 1 and endpoint.reused == [], endpoint.calls
    assert account_of(stack, lane)["status"] == "normal"


def test_a_token_of_a_second_is_not_renewed_for_ever(stack, endpoint, provider):
    endpoint.lifetime = 1
    lane = add(stack, provider, oauth(endpoint, "brief"))
    renewed(stack, lane)
    time.sleep(6)
    assert endpoint.calls == 1, "half a minute lies between two"


def test_renewed_by_hand_and_what_cannot_be_says_so(stack, endpoint, provider):
    lane = add(stack, provider, oauth(endpoint, "hand", client_secret="s3cret"))
    renewed(stack, lane)
    before = endpoint.calls
    answer = stack.api.post(f"/api/v1/admin/accounts/{lane.accounts[0]['id']}/refresh")
    assert endpoint.calls == before + 1 and answer["oauth"]["failures"] == 0
    assert endpoint.authorizations[-1].startswith("Basic "), "the client's secret in the head"
    plain = stack.claude("text").accounts[0]["id"]
    reply = stack.api.raw("POST", f"/api/v1/admin/accounts/{plain}/refresh")
    assert reply.status == 409 and reply.json()["reason"] == "conflict", reply.json()
    assert stack.api.raw("POST", "/api/v1/admin/accounts/999999/refresh").status == 404


def test_a_client_may_ask_for_itself(stack, endpoint, provider):
    settings = {"token_url": endpoint.url, "client_id": "app", "client_secret": "s3cret",
                "client_auth": "body", "scopes": ["models"]}
    lane = add(stack, provider, settings)
    renewed(stack, lane)
    stack.api.wait_for_relays()
    assert lane.messages().status == 200
    assert endpoint.authorizations[-1] is None


def test_an_endpoint_that_is_away_is_asked_again(stack, endpoint, provider):
    endpoint.fault = (503, (), b"")
    lane = add(stack, provider, oauth(endpoint, "away"))
    account = eventually(lambda: account_of(stack, lane)["oauth"]["failures"] and
                         account_of(stack, lane), "the failure shows")
    assert "503" in account["oauth"]["last_error"] and account["oauth"]["failed_at"], account
    endpoint.fault = None
    reply = stack.api.raw("POST", f"/api/v1/admin/accounts/{account['id']}/refresh")
    assert reply.status == 200, "by hand nobody waits"
    assert reply.json()["oauth"]["failures"] == 0, reply.json()


# A strange machine, and what only a machine of the cloud can ask.
@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirection_is_not_followed(stack, endpoint, provider, status):
    elsewhere = Upstream(lambda _, connection: connection.sendall(reply_bytes(body=b"{}")) or True)
    try:
        for place in (elsewhere.url + "/token", "http://169.254.169.254/latest/meta-data/", "/again"):
            endpoint.fault = (status, (("location", place),), b"")
            lane = add(stack, provider, oauth(endpoint, f"moved-{status}"))
            account = eventually(lambda lane=lane: failed(stack, lane), "it is asked for")
            assert str(status) in account["oauth"]["last_error"], account["oauth"]
            assert account["credential_refreshed_at"] is None and not account["has_secret"], account
        assert elsewhere.requests == []
        assert endpoint.calls == 3, "once for each"
    finally:
        elsewhere.close()


def failed(stack, lane):
    account = account_of(stack, lane)
    return account if account["oauth"]["failures"] else None


def test_a_revoked_grant_needs_a_log_in_and_a_new_one_mends_it(stack, endpoint, provider):
    lane = add(stack, provider, oauth(endpoint, "revoked"))
    renewed(stack, lane)
    account_id = lane.accounts[0]["id"]
    endpoint.revoke_all()
    stack.api.patch(f"/api/v1/admin/accounts/{account_id}",
                    {"credential_expires_at": "2020-01-01T00:00:00Z"})
    account = eventually(lambda: account_of(stack, lane)["status"] == "account_exception" and
                         account_of(stack, lane), "it is out")
    assert account["status_reason"] == "needs_login", account
    assert account["status_source"] == "refresh" and account["status_since"], account
    asked = endpoint.calls
    reply = stack.api.raw("POST", f"/api/v1/admin/accounts/{account_id}/refresh")
    assert reply.status == 409 and reply.json()["reason"] == "needs_login", reply.json()
    assert endpoint.calls == asked + 1
    stack.api.patch(f"/api/v1/admin/accounts/{account_id}",
                    {"oauth": {"refresh_token": endpoint.grant("again")}})
    eventually(lambda: account_of(stack, lane)["status"] == "normal", "it is well again")
    eventually(lambda: account_of(stack, lane)["oauth"]["failures"] == 0, "and renewed")
    stack.api.wait_for_relays()
    assert lane.messages().status == 200
    history = stack.api.get(f"/api/v1/admin/accounts/{account_id}/history")["data"]
    assert [(row["status"], row["source"]) for row in reversed(history)] == [
        ("account_exception", "refresh"), ("normal", "admin")], history


def test_a_token_that_its_provider_refuses_is_renewed(stack, endpoint, provider):
    settings = oauth(endpoint, "refused")
    lane = stack.lane({"url": provider.url, "secret": "not-a-token", "credential_type": "oauth",
                       "credential_expires_at": "2099-01-01T00:00:00Z", "oauth": settings})
    assert lane.messages().status != 200
    eventually(lambda: endpoint.calls == 1, "another token is asked for")
    eventually(lambda: account_of(stack, lane)["status"] == "normal", "the account is well again")
    stack.api.wait_for_relays()
    eventually(lambda: lane.messages().status == 200, "and serves")


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_by_the_accounts_own_proxy(stack, endpoint, provider, kind):
    proxy = Proxy(KINDS[kind], password="user:pass")
    try:
        settings = oauth(endpoint, f"proxy-{kind}",
                         token_url=endpoint.url.replace("127.0.0.1", "localhost"))
        lane = add(stack, provider, settings, proxy_url=f"{kind}://user:pass@127.0.0.1:{proxy.port}")
        renewed(stack, lane)
        assert f"localhost:{endpoint.port}" in proxy.targets, proxy.targets
    finally:
        proxy.close()


@pytest.mark.parametrize("change, field", [
    ({"token_url": "http://169.254.169.254/token"}, "oauth.token_url"),
    ({"token_url": "http://[fe80::1]/token"}, "oauth.token_url"),
    ({"token_url": "http://[::ffff:169.254.169.254]/token"}, "oauth.token_url"),
    ({"token_url": "http://metadata.google.internal/token"}, "oauth.token_url"),
    ({"token_url": "file:///etc/passwd"}, "oauth.token_url"),
    ({"client_id": ""}, "oauth.client_id"), ({"scopes": ["two words"]}, "oauth.scopes"),
    ({"client_auth": "guess"}, "oauth.client_auth"), ({"secret": "x"}, "oauth.secret"),
    ({"refresh_token": "a\nb"}, "oauth.refresh_token")])
def test_what_cannot_be_is_refused(stack, endpoint, change, field):
    reply = stack.api.raw("POST", "/api/v1/admin/accounts", {
        "name": f"refused {time.monotonic_ns()}", "platform_type": "claude",
        "credential_type": "oauth", "request_url": "https://api.example.com",
        "oauth": {**oauth(endpoint, "refused"), **change}})
    assert reply.status == 400 and field in reply.json()["fields"], reply.json()


def test_another_token_url_wants_the_password_again(stack, endpoint, provider):
    lane = add(stack, provider, oauth(endpoint, "url"))
    reply = stack.api.raw("PATCH", f"/api/v1/admin/accounts/{lane.accounts[0]['id']}",
                          {"oauth": {"token_url": "https://elsewhere.example.com/token"}})
    assert reply.status == 200, "a log-in of minutes ago is proof enough"


def test_no_token_stands_in_any_log(stack, endpoint, provider):
    lane = add(stack, provider, oauth(endpoint, "logged", client_secret="s3cret-of-client"))
    renewed(stack, lane)
    assert lane.messages() is not None
    for service in (stack.admin, stack.relay):
        text = service.log()
        for secret in ("refresh-logged", "access-logged", "s3cret-of-client"):
            assert secret not in text, f"{service.name} logs {secret}"
    audit = str(stack.api.get("/api/v1/admin/audit?resource=account&limit=200"))
    assert "refresh-logged" not in audit and "s3cret-of-client" not in audit


# --- several admins

@pytest.fixture(scope="module")
def postgres():
    cluster = Postgres()
    yield cluster
    cluster.close()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_of_several_admins_one_renews(build_dir, request, kind, endpoint, provider):
    database = None
    if kind == "postgresql":
        cluster = request.getfixturevalue("postgres")
        database = lambda name: cluster.create_database(f"{name}_{time.monotonic_ns()}")
    stack = harness.Stack(build_dir, database=database)
    others = []
    try:
        stack.start()
        for number in range(2):
            others.append(another_admin(stack, number))
        lanes = [add(stack, provider, oauth(endpoint, f"many{number}")) for number in range(5)]
        for calls in (5, 10, 15):
            eventually(lambda: endpoint.calls >= calls, "each is renewed")
            time.sleep(2)
            assert endpoint.reused == [], "a token was shown twice: two writers"
            assert endpoint.calls == calls, "each once"
            for lane in lanes:
                stack.api.patch(f"/api/v1/admin/accounts/{lane.accounts[0]['id']}",
                                {"credential_expires_at": time_in(2)})
        for lane in lanes:
            assert account_of(stack, lane)["status"] == "normal"
    finally:
        for other in others:
            other.stop()
        stack.close()


def another_admin(stack, number):
    http, grpc, ops = (ports.free_port() for _ in range(3))
    other = harness.Service("admin", stack.build_dir, stack.folder, (), {
        **stack.admin_settings, "WEIR_ADMIN_LISTEN": f"127.0.0.1:{http}",
        "WEIR_ADMIN_GRPC_LISTEN": f"127.0.0.1:{grpc}", "WEIR_ADMIN_OPS_LISTEN": f"127.0.0.1:{ops}"})
    other.log_path = stack.folder / f"admin-{number}.log"
    return other.start().wait_ready(ops)
