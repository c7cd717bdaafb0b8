"""What strangers and careless scripts send to admin: each gets a clear error, none a 500."""

import json
import socket
import threading

import pytest

import http_client
from admin_client import AdminClient, ApiError

MEBIBYTE = 1 << 20


def ask(stack, method, path, body=b"", headers=None, content_type="application/json"):
    """As the administrator, with a body of any bytes."""
    return http_client.request(
        stack.admin_port, method, path,
        {"authorization": f"Bearer {stack.api._token}", "content-type": content_type,
         "connection": "close", **(headers or {})}, body)


def refusal(reply, status, reason):
    assert reply.status == status, reply
    error = reply.json()
    assert error["reason"] == reason and error["code"] == status * 100 + 1, error
    return error


@pytest.mark.parametrize("body", [
    b"[" * 100_000, b'{"a":' * 50_000, b'{"name":' + b"[" * 40 + b"]" * 40 + b"}", b"{", b"nul",
    b"\xff\xfe{}", b'{"name":"\xc3\x28"}', b'{"name":"a"} trailing', b'"text"', b"[]", b"\x00",
    b"{'name':'x'}", b'{"name":01}', b'{"name":NaN}',
])
def test_what_is_no_json_object(stack, body):
    refusal(ask(stack, "POST", "/api/v1/groups", body), 400, "malformed_json")


def test_fields_of_ten_mebibytes(stack):
    body = json.dumps({"name": "x" * (10 * MEBIBYTE)}).encode()
    for path in ("/api/v1/groups", "/api/v1/users", "/api/v1/api-keys", "/api/v1/admin/accounts",
                 "/api/v1/auth/login"):
        refusal(ask(stack, "POST", path, body), 413, "body_too_large")
    longest = json.dumps({"name": "x" * (MEBIBYTE - 100)}).encode()
    error = refusal(ask(stack, "POST", "/api/v1/groups", longest), 400, "bad_parameter")
    assert error["fields"] == {"name": "must be at most 128 bytes long"}
    assert len(json.dumps(error)) < 1000, "an error does not send the field back"


@pytest.mark.parametrize("value", [
    1, -1, 1.5, True, [], {}, ["x"], {"a": 1}, "\0", "", " ", "\n", "x" * 129, "a\x07b", None,
])
def test_wrong_types_and_texts_of_a_name(stack, value):
    error = refusal(ask(stack, "POST", "/api/v1/groups", json.dumps({"name": value}).encode()),
                    400, "bad_parameter")
    assert list(error["fields"]) == ["name"], error


@pytest.mark.parametrize("value", [
    "1", -1, 1.5, True, [], {}, 2 ** 63, -2 ** 63 - 1, 10 ** 30, 1e300,
])
def test_wrong_numbers(stack, value):
    error = refusal(ask(stack, "POST", "/api/v1/groups", json.dumps(
        {"name": "numbers", "limits": {"rpm": value}}).encode()), 400, "bad_parameter")
    assert list(error["fields"]) == ["limits.rpm"], error


@pytest.mark.parametrize("name", [
    "'; DROP TABLE api_groups; --", "\" OR \"\"=\"", "100%", "a_b", "\\", "%", "_", "$1", "?",
    "\u202edlrow", "\U0001f511", "<script>alert(1)</script>", "a\tb".replace("\t", " "),
])
def test_metacharacters_are_letters(stack, name):
    """Of SQL and LIKE, in what is stored and in what is looked for."""
    made = stack.api.post("/api/v1/groups", {"name": name, "remark": name})
    decoy = stack.api.post("/api/v1/groups", {"name": f"decoy {made['id']}"})
    quoted = "".join(f"%{byte:02x}" for byte in name.encode())
    found = stack.api.get(f"/api/v1/groups?limit=200&name={quoted}")
    ids = [group["id"] for group in found["data"]]
    assert made["id"] in ids and decoy["id"] not in ids, found
    assert stack.api.get(f"/api/v1/groups/{made['id']}")["name"] == name
    for group in (made, decoy):
        stack.api.delete(f"/api/v1/groups/{group['id']}")


@pytest.mark.parametrize("query", [
    "page=0", "page=-1", "page=1e3", "page=9223372036854775808", "limit=0", "limit=201", "limit=",
    "sort=id;DROP", "sort=password_hash", "status=%27%20OR%201=1", "unknown=1", "page=1&page=2",
    "name=%ff", "name=%00", "%00=1", "name[]=x", "__proto__=1",
])
def test_queries_that_no_list_takes(stack, query):
    refusal(ask(stack, "GET", f"/api/v1/groups?{query}", None), 400, "bad_parameter")


@pytest.mark.parametrize("path", [
    "/api/v1/groups/0", "/api/v1/groups/-1", "/api/v1/groups/1.0", "/api/v1/groups/0x1",
    "/api/v1/groups/9223372036854775808", "/api/v1/groups/1%20", "/api/v1/groups/%2e%2e",
    "/api/v1/groups/1;2", "/api/v1/groups/NaN", "/api/v1/groups/'",
])
def test_ids_that_are_none(stack, path):
    refusal(ask(stack, "GET", path, None), 404, "not_found")


@pytest.mark.parametrize("if_match", ["x", "\"x\"", "W/", "1 2", "\"1\", \"2\"", "1.0", "\\"])
def test_if_match_that_is_no_version(stack, if_match):
    made = stack.api.post("/api/v1/groups", {"name": f"match {if_match!r}"})
    path = f"/api/v1/groups/{made['id']}"
    refusal(ask(stack, "DELETE", path, headers={"if-match": if_match}), 400, "bad_parameter")
    refusal(ask(stack, "DELETE", path, headers={"if-match": '"99"'}), 409, "conflict")
    assert ask(stack, "DELETE", path, headers={"if-match": '"1"'}).status == 204


def test_what_is_in_use_is_not_deleted(stack):
    group = stack.api.post("/api/v1/groups", {"name": "in use"})
    key = stack.api.add_key("of it", group["id"])
    refusal(ask(stack, "DELETE", f"/api/v1/groups/{group['id']}"), 409, "conflict")
    stack.api.delete(f"/api/v1/api-keys/{key['id']}")
    account = stack.api.add_account("of it", "claude", "http://127.0.0.1:9", "s", group["id"])
    refusal(ask(stack, "DELETE", f"/api/v1/groups/{group['id']}"), 409, "conflict")
    stack.api.delete(f"/api/v1/admin/accounts/{account['id']}")
    assert ask(stack, "DELETE", f"/api/v1/groups/{group['id']}").status == 204


def test_one_name_made_by_many_at_once(stack):
    replies = []

    def make():
        replies.append(ask(stack, "POST", "/api/v1/groups", b'{"name":"at once"}'))

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(reply.status for reply in replies) == [201] + [409] * 7


@pytest.mark.parametrize("url", [
    "http://169.254.169.254/latest", "http://[fe80::1]/", "http://metadata.google.internal/",
    "http://METADATA.google.internal./", "http://2852039166/", "http://0xA9FEA9FE/",
    "http://0251.0376.0251.0376/", "http://169.254.43518/", "http://0xa9.0xfe.0xa9.0xfe/",
    "http://[::ffff:169.254.169.254]/", "http://[::ffff:a9fe:a9fe]/", "http://169.254.169.254./",
    "http://[64:ff9b::a9fe:a9fe]/", "http://[2002:a9fe:a9fe::]/", "http://[::a9fe:a9fe]/",
    "http://[64:ff9b::100.100.100.200]/", "http://%31%36%39.254.169.254/", "http://[fd00:ec2::254]/",
    "http://100.100.100.200/", "file:///etc/passwd", "gopher://x/", "http://", "//x", "x",
    "http://user:password@x/", "http://x\r\nHost: y/", "http://x y/", "http://x/#fragment",
    "http://x:0/", "http://x:65536/", "http://x:port/",
])
def test_addresses_no_account_may_have(stack, url):
    error = refusal(ask(stack, "POST", "/api/v1/admin/accounts", json.dumps(
        {"name": "address", "platform_type": "openai", "request_url": url,
         "secret_key": "s"}).encode()), 400, "bad_parameter")
    assert list(error["fields"]) == ["request_url"], error


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_a_get_with_a_body_is_no_way_to_smuggle(stack, framing):
    """What comes after its head is not taken for a request of its own."""
    inner = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
    body = (b"Content-Length: %d\r\n\r\n%s" % (len(inner), inner) if framing == "length" else
            b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(inner), inner))
    for method, status in ((b"GET", 200), (b"HEAD", 200), (b"OPTIONS", 405), (b"TRACE", 405)):
        with socket.create_connection(("127.0.0.1", stack.admin_port), timeout=20) as connection:
            connection.sendall(method + b" /health HTTP/1.1\r\nHost: x\r\n" + body)
            said = b""
            try:
                while more := connection.recv(65536):
                    said += more
            except ConnectionResetError:
                pass
        assert said.count(b"HTTP/1.1 ") == 1, said
        assert said.startswith(f"HTTP/1.1 {status} ".encode()), said


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "QUERY", "PROPFIND"])
def test_methods_that_nothing_takes(stack, method):
    """Each is refused as any other, and the rest of its head is not the next request."""
    reply = http_client.request(stack.admin_port, method, "/api/v1/groups?page=1", {"x-a": "b"})
    refusal(reply, 405, "method_not_allowed")
    assert reply.header("allow") == "GET, POST"
    assert reply.header("connection") == "close"


def test_secrets_never_come_back(stack):
    made = stack.api.add_account("keeps quiet", "openai", "http://127.0.0.1:9/v1", "very-secret-1")
    stack.api.patch(f"/api/v1/admin/accounts/{made['id']}", {"secret_key": "very-secret-2"})
    for path in (f"/api/v1/admin/accounts/{made['id']}", "/api/v1/admin/accounts?limit=200",
                 "/api/v1/admin/audit?limit=200"):
        assert b"very-secret" not in ask(stack, "GET", path, None).body, path
    assert "very-secret" not in stack.admin.log()


def test_a_plain_user_sees_nothing_of_others(stack):
    stack.api.post("/api/v1/users", {"username": "nosy", "password": "a password for nosy"})
    nosy = AdminClient(stack.admin_port, "nosy", "a password for nosy")
    foreign = stack.api.add_key("not nosy's")
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/rotate"), ("POST", "/disable")):
        with pytest.raises(ApiError) as refused:
            nosy.call(method, f"/api/v1/api-keys/{foreign['id']}{path}")
        assert refused.value.reply.status == 404
    assert nosy.get("/api/v1/api-keys")["total"] == 0
    for body in ({"name": "x", "user_id": 1}, {"name": "x", "group_id": 10 ** 9}):
        with pytest.raises(ApiError) as refused:
            nosy.post("/api/v1/api-keys", body)
        assert refused.value.reply.status == 400
