"""What a browser gets of the console from the running admin, byte for byte; and what it never gets."""

import gzip
import json
import re
import socket

import pytest

import harness
import http_client
from admin_client import AdminClient, eventually

PAGE = b"<!doctype html><title>console</title>"
SCRIPT = b"export const answer = 42\n" * 4000
BROWSER = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
ASSET = "/assets/index-3f2a.js"


def build_of_console(folder):
    """What the console's build leaves behind, as small as it can be."""
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_bytes(PAGE)
    (folder / "weir.svg").write_bytes(b"<svg xmlns='http://www.w3.org/2000/svg'/>")
    (folder / "assets" / "index-3f2a.js").write_bytes(SCRIPT)
    (folder / "assets" / "index-3f2a.js.gz").write_bytes(gzip.compress(SCRIPT))
    (folder / "assets" / "index-3f2a.js.br").write_bytes(b"as brotli has it")
    return folder


@pytest.fixture(scope="module")
def own(build_dir):
    made = harness.Stack(build_dir)
    made.secret = made.folder / "outside.txt"
    made.secret.write_text("not for browsers")
    made.admin.settings["WEIR_ADMIN_CONSOLE_DIR"] = build_of_console(made.folder / "dist")
    try:
        yield made.start_control()
    finally:
        made.close()


def get(stack, path, headers=None, method="GET"):
    return http_client.request(stack.admin_port, method, path,
                               {"connection": "close", **(headers or {})})


def policy(reply):
    return dict(part.strip().partition(" ")[::2]
                for part in reply.header("content-security-policy").split(";"))


def test_hashed_files_are_kept_for_ever(own):
    reply = get(own, ASSET)
    assert reply.status == 200 and reply.body == SCRIPT
    assert reply.header("content-type") == "text/javascript; charset=utf-8"
    assert reply.header("cache-control") == "public, max-age=31536000, immutable"
    assert reply.header("x-content-type-options") == "nosniff"
    assert reply.header("content-length") == str(len(SCRIPT))


def test_the_form_that_the_browser_takes_is_sent_as_it_is_stored(own):
    packed = get(own, ASSET, {"accept-encoding": "gzip, deflate"})
    assert packed.header("content-encoding") == "gzip" and gzip.decompress(packed.body) == SCRIPT
    assert packed.header("vary") == "Accept-Encoding"
    smaller = get(own, ASSET, {"accept-encoding": "gzip, deflate, br"})
    assert smaller.header("content-encoding") == "br" and smaller.body == b"as brotli has it"
    assert int(smaller.header("content-length")) == len(smaller.body)
    plain = get(own, ASSET, {"accept-encoding": "br;q=0"})
    assert plain.header("content-encoding") is None and plain.body == SCRIPT
    # What has no packed form is not packed on the way either.
    icon = get(own, "/weir.svg", {"accept-encoding": "gzip, br"})
    assert icon.header("content-encoding") is None and icon.body.startswith(b"<svg")


@pytest.mark.parametrize("path", [ASSET, "/weir.svg", "/", "/logs?range=24h"])
def test_head_is_get_without_a_body(own, path):
    whole, head = get(own, path, BROWSER), get(own, path, BROWSER, "HEAD")
    names = ("content-type", "content-length", "etag", "cache-control", "content-security-policy")
    assert head.status == 200 and not head.body
    assert {name: head.header(name) for name in names} == {name: whole.header(name) for name in names}


@pytest.mark.parametrize("path", [ASSET, "/weir.svg", "/"])
def test_what_the_browser_has_is_304(own, path):
    first = get(own, path, BROWSER)
    again = get(own, path, {**BROWSER, "if-none-match": f'W/{first.header("etag")}'})
    assert again.status == 304 and not again.body and again.header("etag") == first.header("etag")
    packed = get(own, ASSET, {"accept-encoding": "br"})
    assert packed.header("etag") != get(own, ASSET).header("etag")


@pytest.mark.parametrize("path", ["/", "/index.html", "/setup", "/login?next=%2Flogs", "/accounts",
                                  "/settings/general", "/logs?id=019a&range=24h", "/no/such/page"])
def test_a_link_deep_into_the_console_answers_after_a_reload(own, path):
    reply = get(own, path, BROWSER)
    assert reply.status == 200 and reply.body == PAGE
    assert reply.header("content-type") == "text/html; charset=utf-8"
    assert reply.header("cache-control") == "no-cache"


@pytest.mark.parametrize("path", ["/api", "/api/v1/nothing", "/health/x", "/ready/x",
                                  "/metrics/x", "/assets/gone-0000.js", "/assets/"])
def test_what_is_missing_stays_missing(own, path):
    """A browser that holds an older page must see that its script is gone, not get HTML for it."""
    reply = get(own, path, BROWSER)
    assert reply.status == 404 and reply.json()["reason"] == "unknown_endpoint"


def test_programs_get_json_where_browsers_get_the_page(own):
    for path in ("/logs", "/setup"):
        reply = get(own, path, {"accept": "application/json"})
        assert reply.status == 404 and reply.json()["error"]
    assert get(own, "/metrics", BROWSER).body.startswith(b"# HELP")
    assert get(own, "/health", BROWSER).json() == {"status": "ok"}
    assert get(own, "/accounts", BROWSER, "DELETE").status == 404


@pytest.mark.parametrize("path", [
    "/../outside.txt", "/assets/../../outside.txt", "/assets/..%2f..%2foutside.txt",
    "/%2e%2e/outside.txt", "/assets/%2e%2e/%2e%2e/outside.txt", "/..%5coutside.txt",
    "/assets/..%c0%af..%c0%afoutside.txt", "/%252e%252e/outside.txt", "//outside.txt", "/./../outside.txt",
    "/weir.svg%00.txt", "/assets/index-3f2a.js/../../../outside.txt"])
def test_no_path_leads_out_of_the_folder(own, path):
    for headers in (BROWSER, {"accept": "*/*"}):
        reply = get(own, path, headers)
        assert own.secret.read_bytes() not in reply.body
        assert reply.status in (400, 404) or reply.body == PAGE, (path, reply)


def test_an_absolute_path_and_a_url_lead_nowhere_else(own):
    for target in (str(own.secret), f"http://127.0.0.1:{own.admin_port}/../outside.txt"):
        reply = get(own, target)
        assert own.secret.read_bytes() not in reply.body and reply.status in (400, 404), reply


def test_the_page_runs_its_own_scripts_alone(own):
    reply = get(own, "/", BROWSER)
    rules = policy(reply)
    assert rules["default-src"] == "'none'" and rules["script-src"] == "'self'"
    assert rules["frame-ancestors"] == "'none'" and rules["base-uri"] == "'none'"
    assert rules["connect-src"] == "'self'"
    assert reply.header("referrer-policy") == "same-origin"
    assert reply.header("cross-origin-opener-policy") == "same-origin"
    assert reply.header("x-content-type-options") == "nosniff"
    assert "camera=()" in reply.header("permissions-policy")


def test_the_policy_follows_the_relay_s_url(own):
    settings = "/api/v1/admin/settings"
    before = get(own, "/", BROWSER)
    own.api.patch(settings, {"relay_url": "https://relay.example.com:8443/base"})
    try:
        wanted = "'self' https://relay.example.com:8443"
        eventually(lambda: policy(get(own, "/", BROWSER))["connect-src"] == wanted, "within a second")
        after = get(own, "/", {**BROWSER, "if-none-match": before.header("etag")})
        assert after.status == 200, "a page that was kept would come with the policy that it had"
    finally:
        own.api.patch(settings, {"relay_url": ""})
    eventually(lambda: policy(get(own, "/", BROWSER))["connect-src"] == "'self'", "within a second")


@pytest.mark.parametrize("method, path", [("GET", ASSET), ("HEAD", ASSET), ("GET", "/api/v1/public")])
def test_a_request_with_a_body_that_nobody_reads_ends_its_connection(own, method, path):
    """Else the body would be taken for the next request."""
    hidden = b"GET /api/v1/public HTTP/1.1\r\nhost: x\r\n\r\n"
    head = f"{method} {path} HTTP/1.1\r\nhost: x\r\naccept-encoding: gzip\r\ncontent-length: {len(hidden)}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", own.admin_port), timeout=10) as connection:
        connection.sendall(head.encode() + hidden)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    assert answer.count(b"HTTP/1.1 200 ") == 1, answer[:2000]
    if (method, path) == ("GET", ASSET):
        assert gzip.decompress(answer.partition(b"\r\n\r\n")[2]) == SCRIPT


@pytest.mark.parametrize("ranges", ["bytes=7-11", "bytes=0-0,5-9", "bytes=-1", "bytes=999999-"])
def test_nothing_is_answered_in_parts(own, ranges):
    for path in (ASSET, "/api/v1/public"):
        whole, asked = get(own, path), get(own, path, {"range": ranges})
        assert (asked.status, asked.body) == (200, whole.body), asked


def test_a_build_that_changes_is_served_after_a_restart(own):
    """Until then all files are those of one build."""
    page = own.folder / "dist" / "index.html"
    page.write_bytes(b"<!doctype html>next")
    assert get(own, "/", BROWSER).body == PAGE
    own.admin.stop()
    own.start_admin()
    assert get(own, "/", BROWSER).body == b"<!doctype html>next"
    own.admin.stop()
    page.write_bytes(PAGE)
    own.start_admin()


@pytest.mark.parametrize("folder, warns", [("nowhere", True), ("", False)])
def test_without_a_build_the_api_is_served_alone(build_dir, folder, warns):
    made = harness.Stack(build_dir)
    made.admin.settings["WEIR_ADMIN_CONSOLE_DIR"] = folder
    try:
        made.start_admin()
        assert b"WEIR_ADMIN_CONSOLE_DIR" in get(made, "/", BROWSER).body
        assert get(made, "/logs", BROWSER).json()["reason"] == "unknown_endpoint"
        assert get(made, "/setup", BROWSER).json()["setup_needed"] is True
        assert get(made, "/api/v1/public").status == 200
        # Printed last, a moment after admin answers.
        find = lambda: re.search(r"curl (http\S+/setup) .*\n +-d '(.*)'", made.admin.log())
        eventually(find, "how to set it up without a page")
        body = find()
        told = re.findall(r"without the console: build it with ./weir build", made.admin.log())
        assert len(told) == (1 if warns else 0)
        wanted = json.loads(body.group(2)) | {"password": "correct horse battery"}
        assert body.group(1) == f"http://127.0.0.1:{made.admin_port}/setup"
        assert AdminClient(made.admin_port).raw("POST", "/setup", wanted).status == 201
    finally:
        made.close()
