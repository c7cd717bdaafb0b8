"""Behind a reverse proxy each client is itself: for limits, in the audit log and on sessions."""

import json

import pytest

import harness
import http_client

FAILURES_OF_AN_ADDRESS = 30


def log_in(stack, client, username, password):
    return http_client.request(
        stack.admin_port, "POST", "/api/v1/auth/login",
        {"content-type": "application/json", "connection": "close", "x-forwarded-for": client},
        json.dumps({"username": username, "password": password}).encode())


def seeded(stack):
    return stack.seeded["WEIR_ADMIN_USERNAME"], stack.seeded["WEIR_ADMIN_PASSWORD"]


@pytest.fixture(scope="module")
def behind(build_dir):
    """The tests are its proxy."""
    made = harness.Stack(build_dir, settings={"WEIR_ADMIN_TRUSTED_PROXIES": "127.0.0.0/8, ::1",
                                              "WEIR_RELAY_TRUSTED_PROXIES": "127.0.0.0/8, 10.1.0.0/16"})
    made.start()
    yield made
    made.close()


def test_one_who_guesses_locks_out_nobody_else(behind):
    for number in range(FAILURES_OF_AN_ADDRESS):
        assert log_in(behind, "198.51.100.1", f"nobody-{number}", "a wrong one").status == 401
    assert log_in(behind, "198.51.100.1", *seeded(behind)).status == 429
    made_up = "192.0.2.77, 198.51.100.1"  # what it says of itself is not believed
    assert log_in(behind, made_up, *seeded(behind)).status == 429
    assert log_in(behind, "198.51.100.2", *seeded(behind)).status == 200


def test_a_network_of_ipv6_is_one_client(behind):
    for number in range(FAILURES_OF_AN_ADDRESS):
        client = f"2001:db8:0:7::{number:x}"
        assert log_in(behind, client, f"none-{number}", "a wrong one").status == 401
    assert log_in(behind, "2001:db8:0:7:ffff::1", *seeded(behind)).status == 429
    assert log_in(behind, "2001:db8:0:8::1", *seeded(behind)).status == 200


def test_sessions_and_the_audit_log_have_the_clients_address(behind):
    token = log_in(behind, "203.0.113.9", *seeded(behind)).json()["token"]
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json",
               "connection": "close", "x-forwarded-for": "203.0.113.9"}
    made = http_client.request(behind.admin_port, "POST", "/api/v1/groups", headers,
                               b'{"name":"from afar"}')
    assert made.status == 201
    rows = behind.api.get("/api/v1/admin/audit?limit=50")["data"]
    row = next(row for row in rows if row["resource_name"] == "from afar")
    assert row["client_ip"] == "203.0.113.9"
    sessions = behind.api.get("/api/v1/auth/sessions")["data"]
    assert "203.0.113.9" in {session["client_ip"] for session in sessions}


def asked(stack, lane, *forwarded_for):
    """A request through the relay, and what its address was taken for."""
    headers = [*{**lane.headers(), "connection": "close"}.items(),
               *[("x-forwarded-for", value) for value in forwarded_for]]
    reply = http_client.request(stack.relay_port, "POST", "/v1/messages", headers,
                                harness.anthropic_body())
    row = stack.api.log_row(reply.request_id) if reply.status == 200 else None
    return reply, row and row["client_ip"]


def lane_for(stack, *allowed_ips):
    lane = stack.claude("text")
    stack.api.patch(f"/api/v1/api-keys/{lane.key_id}", {"allowed_ips": list(allowed_ips)})
    stack.api.wait_for_relays()
    return lane


@pytest.fixture(scope="module")
def open_lane(behind):
    return behind.claude("text")


@pytest.mark.parametrize("forwarded_for, client_ip", [
    (["203.0.113.7"], "203.0.113.7"),
    (["192.0.2.1, 203.0.113.7"], "203.0.113.7"),  # the first one it says of itself
    (["192.0.2.1", "203.0.113.7, 10.1.2.3"], "203.0.113.7"),  # two lines, two proxies of ours
    (["2001:db8::7"], "2001:db8::7"),
    (["[2001:db8::7]:443"], "2001:db8::7"),
    (["203.0.113.7:51000"], "203.0.113.7"),
    (["nonsense"], "127.0.0.1"),
    ([], "127.0.0.1"),
])
def test_the_relay_logs_the_clients_address(behind, open_lane, forwarded_for, client_ip):
    reply, logged = asked(behind, open_lane, *forwarded_for)
    assert (reply.status, logged) == (200, client_ip)


def test_the_relay_holds_allowed_addresses_behind_a_proxy(behind):
    lane = lane_for(behind, "203.0.113.0/24", "2001:db8::/32")
    assert asked(behind, lane, "203.0.113.9")[0].status == 200
    assert asked(behind, lane, "2001:db8::1")[0].status == 200
    for refused in (["198.51.100.1"], ["203.0.113.9, 198.51.100.1"], []):
        reply, _ = asked(behind, lane, *refused)
        assert reply.status == 403 and "ip_not_allowed" in reply.body.decode()


def test_the_relay_believes_nobody_else(stack):
    lane = lane_for(stack, "203.0.113.0/24")
    assert asked(stack, lane, "203.0.113.9")[0].status == 403


def test_nobody_is_believed_unless_it_is_said(stack):
    for number in range(FAILURES_OF_AN_ADDRESS):
        assert log_in(stack, f"198.51.100.{number}", f"x-{number}", "a wrong one").status in (401, 429)
    assert log_in(stack, "198.51.100.99", *seeded(stack)).status == 429


def test_what_is_no_address_keeps_it_from_starting(build_dir, tmp_path):
    made = harness.Stack(build_dir, tmp_path, settings={"WEIR_ADMIN_TRUSTED_PROXIES": "10.0.0.0/33"})
    made.start_usage()
    made.seed()
    made.admin.start()
    assert made.admin.wait(timeout=20) != 0
    assert "trusted_proxies" in made.admin.log() and "10.0.0.0/33" in made.admin.log()
    made.close()
