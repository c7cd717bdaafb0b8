"""Pages of the console send requests: tokens that stand for a key, and what browsers ask (CORS)."""

import struct
import time

import http_client
import harness
import pytest
from admin_client import AdminClient, eventually

CONSOLE = "https://weir.example.com"
HOME = "http://192.168.1.5:8081"


@pytest.fixture(scope="module", autouse=True)
def origins(stack):
    stack.api.patch("/api/v1/admin/settings", {"console_url": CONSOLE + ":443/weir/",
                                               "console_origins": [HOME]})
    stack.api.wait_for_relays()


def token_of(stack, lane, api=None):
    return (api or stack.api).post(f"/api/v1/api-keys/{lane.key_id}/playground-token")["token"]


def send(stack, token, headers=(), **body):
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json",
               "connection": "close", **dict(headers)}
    return http_client.request(stack.relay_port, "POST", "/v1/messages", headers,
                               harness.anthropic_body(**body))


def preflight(stack, origin, path="/v1/messages", method="POST"):
    return http_client.request(stack.relay_port, "OPTIONS", path, {
        "origin": origin, "access-control-request-method": method,
        "access-control-request-headers": "authorization,content-type", "connection": "close"})


def test_a_token_is_used_as_its_key(stack):
    lane = stack.lane({"scenario": "text"}, key={"allowed_models": ["claude-*"]})
    before = time.time()
    made = stack.api.post(f"/api/v1/api-keys/{lane.key_id}/playground-token")
    assert made["token"].startswith(f"wpt_{lane.key_id}.{int(before + 600) // 100}")
    reply = send(stack, made["token"])
    assert reply.status == 200, reply
    row = eventually(lambda: stack.api.logs(f"key_id={lane.key_id}"), "it is the key's use")[0]
    assert row["request_id"] == reply.request_id and row["cost_nano_usd"] > 0
    assert send(stack, made["token"], model="gpt-4o").status == 403, "the key's models hold"
    by_query = http_client.request(stack.relay_port, "GET", f"/v1/models?key={made['token']}",
                                   {"connection": "close"})
    assert by_query.status == 200


@pytest.mark.parametrize("what", ["user", "group"])
def test_none_for_a_key_that_its_user_or_group_keeps_from_working(stack, what):
    user = stack.api.post("/api/v1/users", {"username": f"off-{what}", "password": "correct horse"})
    lane = stack.lane({"scenario": "text"}, key={"user_id": user["id"]})
    record = {"user": f"/api/v1/users/{user['id']}", "group": f"/api/v1/groups/{lane.group['id']}"}[what]
    token_of(stack, lane)
    stack.api.patch(record, {"status": "disabled"})
    refused = stack.api.raw("POST", f"/api/v1/api-keys/{lane.key_id}/playground-token")
    assert (refused.status, refused.json()["reason"]) == (409, f"{what}_disabled"), refused


def test_another_secret_ends_all_tokens(fresh_stack):
    stack = fresh_stack
    lane = stack.claude("text")
    token = token_of(stack, lane)
    assert send(stack, token).status == 200
    stack.admin_command("new-playground-secret")
    eventually(lambda: send(stack, token).status == 401, "the relay has heard of it")
    assert send(stack, token_of(stack, lane)).status == 200, "admin signs by the new one"


def test_another_master_key_is_refused_at_the_start(fresh_stack):
    stack = fresh_stack
    lane = stack.claude("text")
    token = token_of(stack, lane)
    stack.admin.stop()
    key = stack.folder / "master.key"
    right = key.read_text()
    key.write_text("f" * 64 + "\n")
    refused = stack.admin_command(check=False)
    assert refused.returncode == 1 and "another master key" in refused.stderr, refused
    key.write_text(right)
    stack.start_admin()
    assert send(stack, token).status == 200, "the secret is the one that it was"


def test_limits_of_the_key_are_counted_with_its_own(stack):
    lane = stack.lane({"scenario": "text"}, key={"limits": {"rpm": 2}})
    token = token_of(stack, lane)
    assert lane.messages().status == 200
    assert [send(stack, token).status for _ in range(2)] == [200, 429]
    assert lane.messages().status == 429


def test_only_its_owner_and_administrators_get_one(stack):
    ann = stack.api.post("/api/v1/users", {"username": "ann", "password": "correct horse"})
    stack.api.post("/api/v1/users", {"username": "ben", "password": "correct horse"})
    lane = stack.lane({"scenario": "text"}, key={"user_id": ann["id"]})
    path = f"/api/v1/api-keys/{lane.key_id}/playground-token"
    assert send(stack, token_of(stack, lane)).status == 200
    assert send(stack, token_of(stack, lane, AdminClient(stack.admin_port, "ann", "correct horse"))
                ).status == 200
    assert AdminClient(stack.admin_port, "ben", "correct horse").raw("POST", path).status == 404
    assert AdminClient(stack.admin_port).raw("POST", path).status == 401
    made = stack.api.get("/api/v1/admin/audit?resource=API+key&action=playground_token")["data"]
    assert [row["actor"] for row in made if row["resource_id"] == lane.key_id] == ["ann", "admin"]


@pytest.mark.parametrize("end,status", [("disable", 403), ("rotate", 401), ("delete", 401)])
def test_it_ends_with_its_key(stack, end, status):
    lane = stack.claude("text")
    token = token_of(stack, lane)
    assert send(stack, token).status == 200
    path = f"/api/v1/api-keys/{lane.key_id}"
    if end == "delete":
        stack.api.delete(path)
    else:
        stack.api.post(f"{path}/{end}")
    eventually(lambda: send(stack, token).status == status, "the relay has heard of it")
    if end == "disable":
        refused = stack.api.raw("POST", path + "/playground-token")
        assert (refused.status, refused.json()["reason"]) == (409, "key_disabled")


def test_it_ends_after_ten_minutes(build_dir, no_sanitizer):
    made = harness.Stack(build_dir)
    clock = made.folder / "clock"
    clock.write_bytes(struct.pack("q", 0))
    made.relay.settings.update({"LD_PRELOAD": made.build_dir / "bin" / "weir-clock-shift.so",
                                "WEIR_TEST_CLOCK_FILE": clock})
    try:
        lane = made.start().claude("text")
        token = token_of(made, lane)
        assert send(made, token).status == 200
        with open(clock, "r+b") as file:
            file.write(struct.pack("q", 599 - 30))
        assert send(made, token).status == 200
        with open(clock, "r+b") as file:
            file.write(struct.pack("q", 601))
        refused = send(made, token)
        assert refused.status == 401 and "expired" in refused.json()["error"]["message"]
        assert lane.messages().status == 200, "the key itself goes on"
    finally:
        made.close()


def test_another_installations_token_is_nobodys(stack, build_dir):
    other = harness.Stack(build_dir)
    try:
        lane = stack.claude("text")
        lanes = [other.start().claude("text")]
        while lanes[-1].key_id < lane.key_id:
            lanes.append(other.claude("text"))
        assert lanes[-1].key_id == lane.key_id
        refused = send(stack, token_of(other, lanes[-1]))
        assert refused.status == 401 and refused.json()["error"]["type"] == "authentication_error"
        forged = token_of(stack, lane)
        forged = forged[:-1] + ("A" if forged[-1] != "A" else "Q")
        assert send(stack, forged).status == 401
        late = token_of(stack, lane).split(".")
        late[1] = str(int(late[1]) + 600)
        assert send(stack, ".".join(late)).status == 401, "a longer life is not signed"
    finally:
        other.close()


def test_tokens_outlive_restarts_and_a_relay_without_admin(fresh_stack):
    stack = fresh_stack
    lane = stack.claude("text")
    token = token_of(stack, lane)
    stack.admin.stop()
    stack.start_admin()
    stack.admin.stop()
    stack.relay.stop()
    stack.start_relay()
    assert send(stack, token).status == 200, "out of the sealed copy of the snapshot"


@pytest.mark.parametrize("origin", [CONSOLE, HOME])
def test_pages_of_the_console_may_read_answers(stack, origin):
    lane = stack.claude("text")
    asked = preflight(stack, origin)
    assert asked.status == 200 and asked.body == b""
    assert asked.header("access-control-allow-origin") == origin
    assert "authorization" in asked.header("access-control-allow-headers")
    assert "POST" in asked.header("access-control-allow-methods")
    assert asked.header("vary") == "origin"
    token = token_of(stack, lane)
    for reply in (send(stack, token, {"origin": origin}),
                  send(stack, token, {"origin": origin}, stream=True),
                  send(stack, "wpt_nonsense", {"origin": origin})):
        assert reply.header("access-control-allow-origin") == origin, reply
        assert reply.header("access-control-allow-credentials") is None
        assert "x-weir-request-id" in reply.header("access-control-expose-headers")


@pytest.mark.parametrize("head, status", [
    ("POST /v1/messages HTTP/1.1\r\nhost: x\r\nOrigin: {origin}\r\ncontent-length: ten\r\n\r\n", 400),
    ("POST /v1/messages HTTP/1.1\r\nhost: x\r\norigin:{origin}\r\n" + "a: b\r\n" * 200 + "\r\n", 431),
    ("POST /v1/messages HTTP/1.1\r\nhost: x\r\norigin: {origin}\r\na: " + "b" * 200_000, 431)])
def test_a_page_may_read_why_its_head_was_refused(stack, head, status):
    for origin, allowed in ((CONSOLE, CONSOLE), ("https://evil.example.com", None)):
        with http_client.Connection(stack.relay_port) as connection:
            connection.send(head.format(origin=origin).encode())
            reply = connection.read_reply()
        assert reply.status == status, reply
        assert reply.header("access-control-allow-origin") == allowed


@pytest.mark.parametrize("origin", [
    "https://evil.example.com", "null", "https://weir.example.com.evil.com", "https://weir.example.com:444",
    "http://weir.example.com", "https://weir.example.com/", "HTTPS://WEIR.EXAMPLE.COM", "*",
    "http://192.168.1.5"])
def test_no_other_page_is_told_anything(stack, origin):
    asked = preflight(stack, origin)
    assert asked.status == 405
    lane = stack.claude("text")
    for reply in (asked, send(stack, token_of(stack, lane), {"origin": origin})):
        assert not [name for name in reply.header_names() if name.startswith("access-control-")]


def test_preflights_are_for_endpoints_there_are(stack):
    assert preflight(stack, CONSOLE, "/v1/models", "GET").status == 200
    assert preflight(stack, CONSOLE, "/v1/chat/completions").status == 200
    assert preflight(stack, CONSOLE, "/nowhere").status == 404
    plain = http_client.request(stack.relay_port, "OPTIONS", "/v1/messages",
                                {"origin": CONSOLE, "connection": "close"})
    assert plain.status == 405, "no preflight without the method that is to come"


def test_origins_are_checked_when_they_are_set(stack):
    for wrong in (["weir.example.com"], ["https://a.example.com/path"], ["https://u:p@a.example.com"],
                  ["https://a.example.com"] * 20, ["*"]):
        refused = stack.api.raw("PATCH", "/api/v1/admin/settings", {"console_origins": wrong})
        assert refused.status == 400 and "console_origins" in refused.json()["fields"], wrong
