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
    made = harness.Stack(build_dir, settings={"WEIR_ADMIN_TRUSTED_PROXIES": "127.0.0.0/8, ::1"})
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
