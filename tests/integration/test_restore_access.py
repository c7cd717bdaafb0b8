"""`weir-admin restore-access`: the way back for an administrator who has lost password and second factor."""

import re

import pytest

import http_client
from admin_client import AdminClient, ApiError
from one_time_code import code_of
from postgres import Postgres
import harness


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def control(request, build_dir):
    """Usage and admin, which go on running while the command works on their database."""
    postgres = Postgres() if request.param == "postgresql" else None
    database = None
    if postgres:
        urls = {name: postgres.create_database(name) for name in ("admin", "usage")}
        database = urls.__getitem__
    made = harness.Stack(build_dir, database=database)
    try:
        yield made.start_control()
    finally:
        made.close()
        if postgres:
            postgres.close()


def given_password(text):
    return re.search(r"^The new password: (\S+)$", text, re.MULTILINE)[1]


def test_who_lost_all_gets_in_again(control):
    username, lost = control.seeded["WEIR_ADMIN_USERNAME"], control.seeded["WEIR_ADMIN_PASSWORD"]
    begun = control.api.post("/api/v1/auth/2fa/begin")
    control.api.post("/api/v1/auth/2fa/confirm", {"code": code_of(begun["secret"])})
    with pytest.raises(ApiError, match="code_needed"):
        AdminClient(control.admin_port, username, lost)

    said = control.admin_command("restore-access", f" {username.upper()} ").stdout
    again = AdminClient(control.admin_port, username, given_password(said))
    assert again.get("/api/v1/auth/profile")["role"] == "admin"
    with pytest.raises(ApiError):  # the log-in of before has ended
        control.api.get("/api/v1/auth/profile")
    with pytest.raises(ApiError):
        AdminClient(control.admin_port, username, lost)
    control.api = again


def test_a_plain_user_who_was_disabled_becomes_an_administrator_and_the_audit_log_has_it(control):
    user = control.api.post("/api/v1/users", {"username": "heir", "password": "Zephyr-osprey-41",
                                              "status": "disabled"})
    said = control.admin_command("restore-access", "heir").stdout
    password = given_password(said)
    heir = AdminClient(control.admin_port, "heir", password)
    assert heir.get("/api/v1/auth/profile")["role"] == "admin"
    entry = heir.get(f"/api/v1/admin/audit?resource=user&resource_id={user['id']}")["data"][0]
    assert entry["actor"] == "restore-access", entry
    fields = {change["field"] for change in entry["changes"]}
    assert {"role", "status"} <= fields, entry
    assert password not in str(entry)


def test_a_name_that_is_not_there_is_told_with_those_that_are(control):
    result = control.admin_command("restore-access", "nobody", check=False)
    assert result.returncode != 0 and result.stdout == ""
    assert "'nobody'" in result.stderr and "administrators are: " in result.stderr
    assert control.seeded["WEIR_ADMIN_USERNAME"] in result.stderr


def test_the_password_is_in_no_log_and_in_no_row(control, tmp_path):
    result = control.admin_command("restore-access", "heir")
    password = given_password(result.stdout)
    AdminClient(control.admin_port, "heir", password)
    assert password not in result.stderr
    assert password not in control.admin.log()
    page = http_client.request(control.admin_ops, "GET", "/metrics", {"connection": "close"}).body
    assert password.encode() not in page
    if control.database("admin").startswith("sqlite:"):
        control.admin_command("backup", str(tmp_path / "copy.db"))
        assert password.encode() not in (tmp_path / "copy.db").read_bytes()
