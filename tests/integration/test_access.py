"""Who may do what: every row of the router against everybody who may knock, by the contract that is
made of the same rows. What is open to whom is pinned down in rest_contract_test.cc; here the program
does as it says."""

import base64
import hashlib
import hmac
import json
import re
import subprocess

import pytest

import contract
import http_client
from admin_client import AdminClient

ABSENT = {"request_id": "01890000-0000-7000-8000-000000000000", "session_id": "0" * 32,
          "name": "no_such_task"}
ABSENT_ID = "987654321"
# What the row is for, and who gets past its door.
MAY = {
    "public": {"nobody", "forged", "expired", "key", "user", "admin", "cookie"},
    "key": {"key"},
    "user": {"user", "admin", "cookie"},
    "admin": {"admin", "cookie"},
}
# Public, but looks at a credential when there is one, or when there is nothing in the body.
LOOKS = {"/api/v1/status", "/api/v1/auth/refresh"}
# {"alg":"none"}.{"iss":"weir-admin","sub":"1","sid":"0","exp":9999999999}. and no signature
FORGED = ("eyJhbGciOiJub25lIn0."
          "eyJpc3MiOiJ3ZWlyLWFkbWluIiwic3ViIjoiMSIsInNpZCI6IjAiLCJleHAiOjk5OTk5OTk5OTl9.")


def bearer(token):
    return {"authorization": f"Bearer {token}"}


def log_in(stack, name, password):
    """The raw answer: its cookies are wanted too."""
    reply = http_client.request(
        stack.admin_port, "POST", "/api/v1/auth/login",
        {"content-type": "application/json", "connection": "close"},
        json.dumps({"username": name, "password": password}).encode())
    assert reply.status == 200, reply
    return reply


def cookies_of(reply):
    found = dict(value.split(";")[0].split("=", 1)
                 for name, value in reply.headers if name == "set-cookie")
    return {"cookie": "; ".join(f"{name}={value}" for name, value in found.items()),
            "x-csrf-token": found["weir_csrf"]}


@pytest.fixture(scope="module")
def callers(stack):
    """Headers by who knocks; functions of nothing, since a log-out ends what it came with."""
    stack.api.post("/api/v1/users", {"username": "plain", "password": "a password for plain"})
    admin = (stack.seeded["WEIR_ADMIN_USERNAME"], stack.seeded["WEIR_ADMIN_PASSWORD"])
    plain = ("plain", "a password for plain")
    ended = AdminClient(stack.admin_port)
    token = ended.log_in(*plain)["token"]
    ended.post("/api/v1/auth/logout")
    key = stack.api.add_key("knocks")["key"]
    return {
        "nobody": dict,
        "forged": lambda: bearer(FORGED),
        "expired": lambda: bearer(token),
        "key": lambda: {"x-api-key": key, **bearer(key)},
        "user": lambda: bearer(log_in(stack, *plain).json()["token"]),
        "admin": lambda: bearer(log_in(stack, *admin).json()["token"]),
        "cookie": lambda: cookies_of(log_in(stack, *admin)),
    }


def target_of(path):
    return re.sub(r"\{([a-z_]+)\}", lambda found: ABSENT.get(found[1], ABSENT_ID), path)


def knock(stack, method, path, headers):
    body = None if method == "GET" else b""
    reply = http_client.request(stack.admin_port, method, target_of(path),
                                {**headers, "connection": "close"}, body)
    contract.of(stack.admin_port).check(method, target_of(path), reply.status,
                                        reply.header("content-type"), reply.body)
    return reply


def refused(reply):
    """At the door: what a handler refuses has another reason."""
    if reply.status == 401:
        return True
    return reply.status == 403 and reply.json()["reason"] == "not_allowed" and \
        "administrators" in reply.json()["error"]


@pytest.mark.parametrize("who", sorted(MAY["public"]))
def test_every_route_lets_in_whom_its_row_names(stack, callers, who):
    wrong = []
    headers = callers[who]()
    for method, path, operation in contract.of(stack.admin_port).operations():
        if path in LOOKS and who not in ("nobody", "user", "admin", "cookie"):
            continue
        if path == "/api/v1/auth/refresh" and who == "nobody":
            continue  # has neither a log-in nor a refresh token to go by
        reply = knock(stack, method, path, headers)
        if (not refused(reply)) != (who in MAY[operation["x-weir-access"]]):
            wrong.append(f"{method} {path} ({operation['x-weir-access']}): {reply.status}")
        if path in ("/api/v1/auth/logout", "/api/v1/auth/sessions"):
            headers = callers[who]()
    assert not wrong, "\n".join(wrong)


def test_changes_by_cookie_want_the_csrf_token(stack, callers):
    headers = callers["cookie"]()
    forged = {**headers, "x-csrf-token": "0" * 64}
    without = {"cookie": headers["cookie"]}
    for method, path, operation in contract.of(stack.admin_port).operations():
        if operation["x-weir-access"] not in ("user", "admin"):
            continue
        for case in (forged, without):
            reply = knock(stack, method, path, case)
            assert (reply.status == 403 and "X-CSRF-Token" in reply.json()["error"]) == \
                (method != "GET"), f"{method} {path}: {reply}"


@pytest.mark.parametrize("cookie", [
    "weir_session=", "weir_session=x", "weir_session=" + "0" * 64, "weir_session=%00",
    "weir_session=' OR 1=1 --", "weir_session=" + "a" * 4000, "weir_session", "=;=;;",
])
def test_forged_cookies_are_nobody(stack, cookie):
    reply = knock(stack, "GET", "/api/v1/auth/profile", {"cookie": cookie})
    assert reply.status == 401, reply


@pytest.mark.parametrize("authorization", [
    "Bearer", "Bearer ", "Basic YWRtaW46YWRtaW4=", "bearer " + FORGED, "Bearer a.b.c",
    "Bearer " + FORGED[:-1] + ".AAAA", "Bearer " + "x" * 5000, "Token x", "\x01",
])
def test_forged_tokens_are_nobody(stack, authorization):
    reply = knock(stack, "GET", "/api/v1/auth/profile", {"authorization": authorization})
    assert reply.status in (400, 401), reply


def part_of(token, number):
    text = token.split(".")[number]
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def coded(value):
    return base64.urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()
                                    ).rstrip(b"=").decode()


def made(header, grants, key=None, digest="sha256", signature=""):
    text = f"{coded(header)}.{coded(grants)}"
    if key is not None:
        mac = hmac.new(key, text.encode(), digest).digest()
        signature = base64.urlsafe_b64encode(mac).rstrip(b"=").decode()
    return f"{text}.{signature}"


def forgeries(stack, token):
    """Of a session that there is: what is looked at after the signature would be good."""
    header, grants = part_of(token, 0), part_of(token, 1)
    own = token.split(".")[2]
    for none in ("none", "None", "NONE", "nOnE", ""):
        yield f"alg {none!r}", made({"alg": none}, grants)
        yield f"alg {none!r}, its own signature", made({"alg": none}, grants, signature=own)
    yield "no alg", made({"typ": "JWT"}, grants)
    yield "its own head without a signature", made(header, grants)
    yield "later", made(header, {**grants, "exp": grants["exp"] + 3600}, signature=own)
    yield "another user", made(header, {**grants, "sub": str(int(grants["sub"]) + 1)}, signature=own)
    # What others know must not be what it is signed by.
    internal = (stack.folder / "internal.token").read_text().strip()
    known = {"nothing": b"", "the issuer": grants["iss"].encode(), "the session": grants["sid"].encode(),
             "the internal token": internal.encode(), "its hash": hashlib.sha256(internal.encode()).digest()}
    for name, key in known.items():
        yield f"by {name}", made(header, grants, key)
    for algorithm, digest in (("HS384", "sha384"), ("HS512", "sha512"), ("RS256", "sha256")):
        yield algorithm, made({**header, "alg": algorithm}, grants, b"", digest)
        yield f"{algorithm}, its own signature", made({**header, "alg": algorithm}, grants, signature=own)
    yield "a key of its own", made({**header, "jwk": {"kty": "oct", "k": coded("x")}}, grants, b"x")


def test_a_token_of_a_session_that_there_is_cannot_be_made(stack, callers):
    token = callers["admin"]()["authorization"].removeprefix("Bearer ")
    assert knock(stack, "GET", "/api/v1/auth/profile", bearer(token)).status == 200
    assert part_of(token, 1).keys() >= {"iss", "sub", "sid", "exp"}
    for name, forged in forgeries(stack, token):
        assert forged != token
        reply = knock(stack, "GET", "/api/v1/auth/profile", bearer(forged))
        assert reply.status == 401, (name, reply)
        cookie = {"cookie": f"weir_session={forged}"}
        assert knock(stack, "GET", "/api/v1/auth/profile", cookie).status == 401, name
    assert knock(stack, "GET", "/api/v1/auth/profile", bearer(token)).status == 200


def test_a_cookie_does_not_help_a_bad_token(stack, callers):
    headers = {**callers["cookie"](), **bearer(FORGED)}
    assert knock(stack, "GET", "/api/v1/auth/profile", headers).status == 401


def test_the_contract_is_printed_without_a_database_or_a_secret(stack, tmp_path):
    """What the console's build takes its types from. An environment full of settings that lead nowhere
    changes nothing, and nothing is left behind."""
    environment = {"WEIR_ADMIN_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
                   "WEIR_ADMIN_MASTER_KEY_FILE": "/nowhere", "WEIR_ADMIN_CONFIG_FILE": "/nowhere",
                   "WEIR_ADMIN_UPSTREAM_CA_FILE": "/nowhere", "WEIR_ADMIN_CONSOLE_DIR": "/nowhere"}
    result = subprocess.run([stack.build_dir / "bin" / "weir-admin", "openapi"], env=environment,
                            cwd=tmp_path, capture_output=True, timeout=30, check=False)
    assert result.returncode == 0, result.stderr
    served = http_client.request(stack.admin_port, "GET", "/api/openapi.json")
    assert result.stdout == served.body + b"\n"
    assert list(tmp_path.iterdir()) == []
