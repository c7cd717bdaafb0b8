"""Log-in by a provider: the code flow with PKCE against a provider of the tests' own, on both databases,
and what those who are not who they say they are get."""

import json
import re
import time
from urllib.parse import parse_qsl, urlsplit

import pytest

import harness
from admin_client import AdminClient
from browser import Browser
from one_time_code import code_of
from openid_provider import Key, OpenidProvider, encode, hs256
from postgres import Postgres
from upstream import Upstream, reply_bytes

SETTINGS = "/api/v1/admin/settings"
START = "/api/v1/auth/oidc/start"
PASSWORD = "correct horse"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def own(request, build_dir):
    """Usage and admin."""
    cluster = Postgres() if request.param == "postgresql" else None
    database = None
    if cluster is not None:
        database = lambda name: cluster.create_database(f"{name}_{time.monotonic_ns()}")
    made = harness.Stack(build_dir, database=database)
    try:
        yield made.start_control()
    finally:
        made.close()
        if cluster is not None:
            cluster.close()


@pytest.fixture
def provider(own):
    made = OpenidProvider()
    own.api.patch(SETTINGS, {
        "console_url": f"http://127.0.0.1:{own.admin_port}", "oidc_issuer": made.issuer,
        "oidc_client_id": made.CLIENT, "oidc_client_secret": made.SECRET, "oidc_name": "Ours",
        "oidc_creates_users": True, "oidc_second_factor": "provider", "oidc_role_claim": "",
        "oidc_admin_values": [], "registration": "closed"})
    yield made
    made.close()


@pytest.fixture
def browser(own):
    return Browser(own.admin_port)


def unique(name):
    return f"{name}-{time.monotonic_ns()}"


def way(browser, provider, subject, start=START, **claims):
    """To the provider and to where it sends the browser back to."""
    began = browser.get(start)
    assert began.status == 303, began
    return provider.log_in(began.header("location"), subject, **claims)


def come_in(browser, provider, subject, start=START, **claims):
    return browser.come_back(way(browser, provider, subject, start, **claims))


def refused(browser, reply, status=401):
    assert reply.status == status, (reply.status, reply.body)
    assert "weir_session" not in browser.cookies and browser.profile() is None
    return reply.json()


def test_everybody_may_know_that_there_is_one(own, provider):
    answer = AdminClient(own.admin_port).get("/api/v1/public")
    assert answer["oidc"] == [{"name": "Ours", "url": START}], answer
    own.api.patch(SETTINGS, {"oidc_issuer": ""})
    assert AdminClient(own.admin_port).get("/api/v1/public")["oidc"] == []
    assert Browser(own.admin_port).get(START).status == 409


def test_a_newcomer_is_made_and_known_the_next_time(own, provider, browser):
    subject = unique("ann")
    reply = come_in(browser, provider, subject, START + "?next=%2Fusage%3Ffrom%3Dtoday",
                    preferred_username=subject, name="Ann Other", email=f"{subject}@example.com",
                    email_verified=True)
    assert reply.status == 303 and reply.header("location") == "/usage?from=today", reply
    assert "HttpOnly" in browser.attributes["weir_session"]
    assert "weir_oidc" not in browser.cookies
    user = browser.profile()
    assert (user["username"], user["name"], user["email"], user["role"]) == (
        subject, "Ann Other", f"{subject}@example.com", "user")
    again = Browser(own.admin_port)
    assert come_in(again, provider, subject, preferred_username="renamed").status == 303
    assert again.profile()["id"] == user["id"] and again.profile()["username"] == subject
    identities = again.get("/api/v1/auth/identities").json()["data"]
    assert [(row["issuer"], row["subject"]) for row in identities] == [(provider.issuer, subject)]
    audit = own.api.get(f"/api/v1/admin/audit?resource=identity&limit=50")["data"]
    assert any(row["action"] == "create" and row["client_ip"] == "127.0.0.1" for row in audit), audit
    assert again.change("POST", "/api/v1/auth/logout").status == 204
    assert again.profile() is None
    away = again.get("/api/v1/auth/oidc/logout")
    assert away.header("location").startswith(provider.issuer + "/logout?client_id="), away
    assert browser.profile() is not None, "another log-in of the same user goes on"


def test_the_cookie_of_the_attempt(own, provider, browser):
    browser.get(START)
    attributes = browser.attributes["weir_oidc"]
    assert {"HttpOnly", "SameSite=Lax", "Path=/api/v1/auth/oidc", "Max-Age=600"} <= set(attributes)
    assert provider.SECRET not in browser.cookies["weir_oidc"]


def test_es256_and_another_key_after_a_while(own, provider, browser):
    provider.keys = [Key("ec", "ES256")]
    assert come_in(browser, provider, unique("ec")).status == 303
    provider.keys = [Key("rotated"), provider.keys[0]]
    calls = provider.calls.count("/keys")
    refused(Browser(own.admin_port), come_in(Browser(own.admin_port), provider, unique("soon")))
    assert provider.calls.count("/keys") == calls, "not asked again so soon"
    time.sleep(31)
    assert come_in(Browser(own.admin_port), provider, unique("rotated")).status == 303
    assert provider.calls.count("/keys") == calls + 1


def test_a_secret_in_the_body_where_the_provider_wants_it(own, provider, browser):
    provider.document = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    assert come_in(browser, provider, unique("post")).status == 303


# --- attacks

def test_another_state(provider, browser):
    back = way(browser, provider, unique("state"))
    reply = browser.come_back(back.replace("state=", "state=0"))
    assert "begin again" in refused(browser, reply, 400)["error"]


def test_a_way_back_that_another_browser_began(own, provider, browser):
    back = way(browser, provider, unique("victim"))
    refused(browser, Browser(own.admin_port).come_back(back), 400)
    other = Browser(own.admin_port)
    other.get(START)
    refused(other, other.come_back(back), 400)
    forged = Browser(own.admin_port)
    forged.cookies["weir_oidc"] = browser.cookies["weir_oidc"][:-4] + "AAAA"
    refused(forged, forged.come_back(back), 400)


@pytest.mark.parametrize("strict", [True, False])
def test_a_code_that_is_shown_again(own, provider, browser, strict):
    """Also where the provider does not mind."""
    provider.strict = strict
    thief = Browser(own.admin_port)
    back = way(browser, provider, unique("replay"))
    thief.cookies = dict(browser.cookies)
    assert browser.come_back(back).status == 303
    refused(thief, thief.come_back(back))


def test_a_code_of_another_attempt(own, provider, browser):
    """Bound by PKCE: a code that somebody else got is worth nothing here."""
    stolen = way(Browser(own.admin_port), provider, unique("victim"))
    code = stolen.split("code=")[1].split("&")[0]
    back = way(browser, provider, unique("thief"))
    refused(browser, browser.come_back(
        back.replace(back.split("code=")[1].split("&")[0], code)))


def other_key(data):
    return Key("first").sign(data)


@pytest.mark.parametrize("claims", [
    {"nonce": "0" * 32}, {"nonce": None}, {"iss": "https://elsewhere.example.com"}, {"iss": None},
    {"aud": "somebody-else"}, {"aud": None}, {"aud": []}, {"aud": ["weir-tests", "another"]},
    {"aud": ["weir-tests", "another"], "azp": "another"}, {"azp": "another"},
    {"exp": 1}, {"exp": None}, {"exp": "9999999999"}, {"iat": 9999999999}, {"iat": None},
    {"nbf": 9999999999}, {"sub": ""}, {"sub": None}, {"sub": "x" * 256}, {"sub": 7}],
    ids=json.dumps)
def test_a_token_that_says_something_else(provider, browser, claims):
    provider.claims = claims
    answer = refused(browser, come_in(browser, provider, unique("claims")))
    assert answer["reason"] == "not_logged_in", answer


@pytest.mark.parametrize("claims", [
    {"aud": ["weir-tests"]}, {"aud": ["another", "weir-tests"], "azp": "weir-tests"},
    {"exp": int(time.time()) + 3600.5}, {"azp": "weir-tests"}], ids=json.dumps)
def test_a_token_that_is_good_in_another_way(provider, browser, claims):
    provider.claims = claims
    assert come_in(browser, provider, unique("good")).status == 303


@pytest.mark.parametrize("attack", ["none", "None", "hs256_public_key", "hs256_jwk", "hs256_oct",
                                    "other_key", "other_kid", "no_signature", "rs384", "crit",
                                    "es256_by_rsa"])
def test_a_token_that_the_provider_did_not_sign(provider, browser, attack):
    public = provider.keys[0].public_pem()
    symmetric = {"alg": "HS256"}
    header, signer = {
        "none": ({"alg": "none"}, lambda data: b""),
        "None": ({"alg": "None"}, lambda data: b""),
        "hs256_public_key": (symmetric, hs256(public)),
        "hs256_jwk": (symmetric, hs256(json.dumps(provider.keys[0].jwk()).encode())),
        "hs256_oct": ({"alg": "HS256", "kid": "symmetric"}, hs256(b"0" * 32)),
        "other_key": ({}, other_key),
        "other_kid": ({"kid": "nobody's"}, None),
        "no_signature": ({}, lambda data: b""),
        "rs384": ({"alg": "RS384"}, None),
        "crit": ({"crit": ["exp"]}, None),
        "es256_by_rsa": ({"alg": "ES256"}, None)}[attack]
    provider.header, provider.signer = header, signer
    refused(browser, come_in(browser, provider, unique("forged")))


def test_a_key_in_the_token_itself_counts_for_nothing(provider, browser):
    mine = Key("mine")
    provider.header = {"kid": "mine", "jwk": mine.jwk(), "jku": "http://127.0.0.1:1/keys"}
    provider.signer = mine.sign
    refused(browser, come_in(browser, provider, unique("jwk")))


def test_nobody_is_taken_over_by_an_address_or_a_name(own, provider, browser):
    name = unique("root")
    victim = own.api.post("/api/v1/users", {"username": name, "email": f"{name}@example.com",
                                            "password": PASSWORD, "role": "admin"})
    for verified in (True, False, None):
        other = Browser(own.admin_port)
        reply = come_in(other, provider, unique("thief"), preferred_username=name.upper(),
                        email=f"{name}@example.com", email_verified=verified)
        assert reply.status == 303, reply
        user = other.profile()
        assert user["id"] != victim["id"] and user["role"] == "user" and user["email"] == "", user
        assert user["username"].startswith(name + "-"), user


def test_an_address_that_nobody_has_verified_is_not_kept(provider, browser):
    come_in(browser, provider, unique("bob"), email=unique("bob") + "@example.com")
    assert browser.profile()["email"] == ""


@pytest.mark.parametrize("path", ["//evil.example.com", "https://evil.example.com", "/\\evil",
                                  "\\\\evil", "evil", "/a\tb", "/%0d%0aset-cookie:x=y", "javascript:x"])
def test_next_is_a_path_of_this_site(provider, browser, path):
    from urllib.parse import quote
    reply = browser.get(f"{START}?next={quote(path)}")
    if path.startswith("/%0d"):
        assert reply.status == 303, "encoded, it is a path"
        return
    assert reply.status == 400 and "next" in reply.json()["fields"], reply


def test_what_the_provider_says_of_an_error_is_a_word(provider, browser):
    back = way(browser, provider, unique("error")).split("code=")[0]
    state = browser.get(START).header("location").split("state=")[1].split("&")[0]
    reply = browser.come_back(f"{back}error=access_denied%3Cscript%3E&state={state}")
    assert "access_denied" in refused(browser, reply)["error"] and "<" not in reply.json()["error"]


def test_another_provider_s_answer(provider, browser):
    back = way(browser, provider, unique("mix-up"))
    refused(browser, browser.come_back(back + "&iss=https%3A%2F%2Fevil.example.com"))
    provider.document = {}
    back = way(browser, provider, unique("named"))
    assert browser.come_back(back + "&iss=" + provider.issuer.replace(":", "%3A")).status == 303


@pytest.mark.parametrize("document", [
    {"issuer": "https://elsewhere.example.com"}, {"token_endpoint": "http://169.254.169.254/token"},
    {"jwks_uri": "file:///etc/passwd"}, {"authorization_endpoint": None}])
def test_a_document_that_cannot_be_used(provider, browser, document):
    provider.document = document
    reply = browser.get(START)
    assert reply.status == 503 and reply.json()["reason"] == "service_away", reply.body


@pytest.mark.parametrize("status", [302, 307])
def test_a_redirection_of_the_provider_is_not_followed(own, provider, browser, status):
    elsewhere = Upstream(lambda _, connection: connection.sendall(reply_bytes(body=b"{}")) or True)
    try:
        for place in (elsewhere.url + "/token", "http://169.254.169.254/latest/meta-data/"):
            back = way(browser, provider, unique("moved"))
            provider.headers = (("location", place),)
            provider.fault = status
            assert "nothing for this code" in refused(browser, browser.come_back(back))["error"]
            provider.fault = None
        assert elsewhere.requests == []
    finally:
        elsewhere.close()


def test_a_provider_that_is_away(own, provider, browser):
    provider.fault = 502
    assert browser.get(START).status == 503
    asked = len(provider.calls)
    for _ in range(5):
        assert browser.get(START).status == 503
    assert len(provider.calls) == asked, "a failure is remembered for a moment"
    provider.fault = None
    time.sleep(5.1)
    back = way(browser, provider, unique("away"))
    provider.fault = 500
    assert browser.come_back(back).status == 503
    assert browser.profile() is None


# --- browsers are told by the console

def told(reply):
    """Where a browser is sent to read what is wrong, and what is said there."""
    assert reply.status == 303, (reply.status, reply.body)
    parts = urlsplit(reply.header("location"))
    assert not parts.netloc, "another site"
    said = dict(parse_qsl(parts.query))
    assert re.fullmatch(r"[0-9a-f-]{36}", said.pop("request_id")), said
    return parts.path, said


@pytest.fixture
def person(own):
    return Browser(own.admin_port, accept="text/html,*/*;q=0.8")


def test_a_browser_reads_in_the_console_what_went_wrong(own, provider, person):
    back = way(person, provider, unique("told"), START + "?next=%2Flogs%3Frange%3D7d")
    refused_back = back.split("code=")[0] + "error=access_denied&state=" + back.split("state=")[1]
    place, said = told(person.come_back(refused_back))
    assert (place, said) == ("/login", {"next": "/logs?range=7d", "error": "not_logged_in"})
    assert "access_denied" in own.admin.log(), "the log has the rest"
    assert told(person.come_back(back.replace("state=", "state=0")))[1]["error"] == "bad_parameter"
    assert told(Browser(own.admin_port, accept="text/html").come_back(back))[0] == "/login"
    own.api.patch(SETTINGS, {"oidc_issuer": ""})
    assert told(person.get(START + "?next=%2Fkeys"))[1] == {"next": "/keys", "error": "conflict"}


def test_a_browser_whose_second_factor_is_asked_for(own, provider, person):
    subject = unique("factor")
    assert come_in(person, provider, subject).header("location") == "/"
    begun = person.change("POST", "/api/v1/auth/2fa/begin").json()
    code = code_of(begun["secret"])
    codes = person.change("POST", "/api/v1/auth/2fa/confirm", {"code": code}).json()["recovery_codes"]
    own.api.patch(SETTINGS, {"oidc_second_factor": "ask"})
    asked = Browser(own.admin_port, accept="text/html")
    place, said = told(come_in(asked, provider, subject, START + "?next=%2Fkeys"))
    assert (place, said) == ("/login", {"next": "/keys", "error": "code_needed"})
    assert asked.profile() is None
    assert asked.send("POST", "/api/v1/auth/oidc/code", {"code": codes[0]}).status == 200
    assert asked.profile() is not None


def test_who_adds_an_identity_goes_back_to_where_that_began(own, provider, person):
    subject = unique("taken")
    come_in(Browser(own.admin_port), provider, subject)
    come_in(person, provider, unique("mine"))
    url = person.change("POST", "/api/v1/auth/oidc/link", {"next": "/profile?tab=log-in#own"}).json()["url"]
    reply = person.come_back(provider.log_in(url, subject))
    assert told(reply)[0] == "/profile" and reply.header("location").endswith("#own")
    assert "tab=log-in&error=conflict&" in reply.header("location")


# --- who may come, and as what

def test_who_is_new_needs_the_registration(own, provider, browser):
    own.api.patch(SETTINGS, {"oidc_creates_users": False})
    refused(browser, come_in(browser, provider, unique("closed")), 403)
    own.api.patch(SETTINGS, {"registration": "invite"})
    refused(browser, come_in(browser, provider, unique("uninvited")), 400)
    invite = own.api.post("/api/v1/admin/invites", {"name": "by provider"})["code"]
    assert come_in(browser, provider, unique("invited"), f"{START}?invite={invite}").status == 303
    refused(Browser(own.admin_port), come_in(Browser(own.admin_port), provider, unique("second"),
                                             f"{START}?invite={invite}"), 400)
    own.api.patch(SETTINGS, {"registration": "open"})
    assert come_in(Browser(own.admin_port), provider, unique("open")).status == 303


def test_a_disabled_user_stays_out(own, provider, browser):
    subject = unique("left")
    come_in(browser, provider, subject)
    user = browser.profile()
    own.api.patch(f"/api/v1/users/{user['id']}", {"status": "disabled"})
    other = Browser(own.admin_port)
    assert refused(other, come_in(other, provider, subject), 403)["reason"] == "user_disabled"
    own.api.patch(f"/api/v1/users/{user['id']}", {"status": "active"})
    assert come_in(other, provider, subject).status == 303


def test_roles_follow_the_claim_where_the_settings_say_so(own, provider):
    own.api.patch(SETTINGS, {"oidc_role_claim": "realm_access.roles",
                             "oidc_admin_values": ["weir-admins"]})
    subject = unique("role")

    def role(claims):
        browser = Browser(own.admin_port)
        assert come_in(browser, provider, subject, **claims).status == 303
        return browser.profile()["role"]

    assert role({}) == "user"
    assert role({"realm_access": {"roles": ["staff", "weir-admins"]}}) == "admin"
    assert role({"realm_access": {"roles": ["weir-admin"]}}) == "user"
    assert role({"realm_access": {"roles": "weir-admins"}}) == "admin"
    assert role({"realm_access": ["weir-admins"]}) == "user"
    own.api.patch(SETTINGS, {"oidc_role_claim": ""})
    assert role({"realm_access": {"roles": ["weir-admins"]}}) == "user", "as it was left"


def test_a_user_adds_an_identity_and_takes_it_away(own, provider, browser):
    name, subject = unique("linked"), unique("subject")
    own.api.post("/api/v1/users", {"username": name, "password": PASSWORD})
    browser.send("POST", "/api/v1/auth/login", {"username": name, "password": PASSWORD})
    assert browser.send("POST", "/api/v1/auth/oidc/link", {}).status == 403, "no CSRF token"
    url = browser.change("POST", "/api/v1/auth/oidc/link", {"next": "/profile"}).json()["url"]
    reply = browser.come_back(provider.log_in(url, subject))
    assert reply.status == 303 and reply.header("location") == "/profile", reply
    other = Browser(own.admin_port)
    come_in(other, provider, subject)
    assert other.profile()["username"] == name
    own_id = browser.get("/api/v1/auth/identities").json()["data"][0]["id"]
    stranger = Browser(own.admin_port)
    come_in(stranger, provider, unique("stranger"))
    assert stranger.change("DELETE", f"/api/v1/auth/identities/{own_id}").status == 404
    url = stranger.change("POST", "/api/v1/auth/oidc/link", {}).json()["url"]
    assert stranger.come_back(provider.log_in(url, subject)).status == 409, "it is another's"
    assert browser.change("DELETE", f"/api/v1/auth/identities/{own_id}").status == 204
    fresh = Browser(own.admin_port)
    come_in(fresh, provider, subject)
    assert fresh.profile()["username"] != name


def test_a_link_ends_with_the_log_in_that_began_it(own, provider, browser):
    name = unique("left")
    own.api.post("/api/v1/users", {"username": name, "password": PASSWORD})
    browser.send("POST", "/api/v1/auth/login", {"username": name, "password": PASSWORD})
    url = browser.change("POST", "/api/v1/auth/oidc/link", {}).json()["url"]
    back = provider.log_in(url, unique("late"))
    browser.change("POST", "/api/v1/auth/logout")
    refused(browser, browser.come_back(back))


def test_an_administrator_says_who_somebody_is(own, provider, browser):
    own.api.patch(SETTINGS, {"oidc_creates_users": False})
    name, subject = unique("known"), unique("subject")
    user = own.api.post("/api/v1/users", {"username": name, "email": f"{name}@example.com"})
    path = f"/api/v1/users/{user['id']}/identities"
    made = own.api.post(path, {"issuer": provider.issuer, "subject": subject})
    assert come_in(browser, provider, subject).status == 303
    assert browser.profile()["id"] == user["id"]
    twice = own.api.raw("POST", path, {"issuer": provider.issuer, "subject": subject})
    assert twice.status == 409, twice
    assert [row["id"] for row in own.api.get(path)["data"]] == [made["id"]]
    own.api.delete(f"{path}/{made['id']}")
    refused(Browser(own.admin_port), come_in(Browser(own.admin_port), provider, subject), 403)


def test_the_second_factor_is_left_to_the_provider_or_asked_for(own, provider, browser):
    subject = unique("factor")
    come_in(browser, provider, subject)
    secret = browser.change("POST", "/api/v1/auth/2fa/begin").json()["secret"]
    codes = browser.change("POST", "/api/v1/auth/2fa/confirm",
                           {"code": code_of(secret)}).json()["recovery_codes"]
    assert come_in(Browser(own.admin_port), provider, subject).status == 303
    own.api.patch(SETTINGS, {"oidc_second_factor": "ask"})
    asked = Browser(own.admin_port)
    reply = come_in(asked, provider, subject)
    assert refused(asked, reply)["reason"] == "code_needed"
    assert "SameSite=Strict" in asked.attributes["weir_oidc_code"]
    wrong = asked.send("POST", "/api/v1/auth/oidc/code", {"code": "000000"})
    assert wrong.status == 401 and asked.profile() is None
    without = Browser(own.admin_port).send("POST", "/api/v1/auth/oidc/code", {"code": codes[0]})
    assert without.status == 400, without
    good = asked.send("POST", "/api/v1/auth/oidc/code", {"code": codes[0]})
    assert good.status == 200 and asked.profile() is not None, good
    assert "weir_oidc_code" not in asked.cookies
    plain = Browser(own.admin_port)
    assert come_in(plain, provider, unique("no factor")).status == 303, "who has none is not asked"


@pytest.mark.parametrize("settings, field", [
    ({"oidc_issuer": "http://169.254.169.254"}, "oidc_issuer"), ({"oidc_client_id": ""}, "oidc_client_id"),
    ({"console_url": ""}, "console_url"), ({"console_url": "//x"}, "console_url"),
    ({"oidc_scopes": ["two words"]}, "oidc_scopes"), ({"oidc_second_factor": "x"}, "oidc_second_factor")])
def test_settings_that_cannot_be(own, provider, settings, field):
    reply = own.api.raw("PATCH", SETTINGS, settings)
    assert reply.status == 400 and field in reply.json()["fields"], reply.json()


def test_no_secret_in_any_log(own, provider, browser):
    assert come_in(browser, provider, unique("logged")).status == 303
    shown = own.api.get(SETTINGS)
    assert shown["has_oidc_client_secret"] is True and provider.SECRET not in json.dumps(shown)
    audit = json.dumps(own.api.get("/api/v1/admin/audit?resource=settings&limit=200"))
    assert "oidc_client_secret" in audit and provider.SECRET not in audit
    assert provider.SECRET not in own.admin.log() and encode(b'{"alg"')[:8] not in own.admin.log()
