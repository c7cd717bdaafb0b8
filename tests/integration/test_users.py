"""Who comes in: the first administrator, invites, and a weir.yaml that changes while admin runs; on
both databases, with all services running."""

import json
import re
import subprocess
import threading
import time

import pytest

import harness
from admin_client import AdminClient, ApiError, eventually
from postgres import Postgres

PASSWORD = "correct horse"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def empty(request, build_dir):
    """All services on databases without an administrator, and with a weir.yaml; nobody has logged
    in yet."""
    cluster = Postgres() if request.param == "postgresql" else None
    database = None
    if cluster is not None:
        database = lambda name: cluster.create_database(f"{name}_{time.monotonic_ns()}")
    made = harness.Stack(build_dir, database=database)
    made.config = made.folder / "weir.yaml"
    made.config.write_text("groups: [{name: declared}]\nsettings: {site_name: Ours}\n")
    made.admin.settings["WEIR_ADMIN_CONFIG_FILE"] = made.config
    try:
        made.fake.start()
        made.start_usage()
        made.start_admin()
        made.start_relay()
        yield made
    finally:
        made.close()
        if cluster is not None:
            cluster.close()


@pytest.fixture(scope="module")
def own(empty):
    """The same, set up."""
    token = re.search(r'"token":"([0-9a-f]{32})"', empty.admin.log()).group(1)
    stranger = AdminClient(empty.admin_port)
    assert stranger.get("/api/v1/public")["setup_needed"] is True
    body = {"token": token, "username": "root", "password": PASSWORD,
            "account": {"name": "fake", "platform_type": "claude", "request_url": empty.fake_url,
                        "secret_key": "sk-hidden"},
            "api_key": {"name": "first"}}
    replies = []
    threads = [threading.Thread(target=lambda: replies.append(stranger.raw("POST", "/setup", body)))
               for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(reply.status for reply in replies) == [201, 404, 404, 404], replies
    empty.first = next(reply.json() for reply in replies if reply.status == 201)
    assert stranger.raw("POST", "/setup", body).status == 404
    for line in empty.admin.log().splitlines():
        if line.startswith("{"):
            assert token not in line and "sk-hidden" not in line, "the log must not tell"
    empty.api = AdminClient(empty.admin_port, "root", PASSWORD)
    empty.api.wait_for_relays()
    return empty


def test_setup_leads_to_a_first_answer(own):
    key = own.first["api_key"]["key"]
    lane = harness.Lane(own, None, {"id": own.first["api_key"]["id"], "key": key}, [])
    reply = lane.messages(model="claude-haiku-4-5")
    assert reply.status == 200, reply
    assert own.api.log_row(reply.request_id)["key_name"] == "first"
    assert own.api.get("/api/v1/public")["setup_needed"] is False


def status_with(stack, text):
    """How the relay answers to a key's text."""
    lane = harness.Lane(stack, None, {"id": 0, "key": text}, [])
    return lane.messages(model="claude-haiku-4-5").status


def test_a_rotated_key_is_good_by_both_texts_for_a_while(own):
    made = own.api.add_key("rotated")
    path = f"/api/v1/api-keys/{made['id']}"
    first = made["key"]
    second = own.api.post(f"{path}/rotate", {"overlap_ms": 3_600_000})["key"]
    own.api.wait_for_relays()
    assert [status_with(own, text) for text in (first, second)] == [200, 200]
    own.relay.stop()
    own.start_relay()  # by its copy on disk, or admin's
    assert [status_with(own, text) for text in (first, second)] == [200, 200]
    own.api.delete(f"{path}/previous")
    own.api.wait_for_relays()
    assert [status_with(own, text) for text in (first, second)] == [401, 200]
    third = own.api.post(f"{path}/rotate", {"overlap_ms": 1_500})["key"]
    own.api.wait_for_relays()
    assert status_with(own, third) == 200
    eventually(lambda: status_with(own, second) == 401, "the overlap is over")
    rows = own.api.logs(f"key_id={made['id']}")
    assert rows and {row["key_name"] for row in rows} == {"rotated"}
    eventually(lambda: own.api.get(path)["last_used_at"], "usage tells when it was last used")


def test_of_many_with_one_invite_one_comes_in(own):
    own.api.patch("/api/v1/admin/settings", {"registration": "invite"})
    invite = own.api.post("/api/v1/admin/invites", {"name": "for a friend"})
    statuses = []

    def register(number):
        body = {"username": f"friend{number}", "email": f"friend{number}@example.com",
                "password": PASSWORD, "invite": invite["code"]}
        statuses.append(AdminClient(own.admin_port).raw("POST", "/api/v1/auth/register", body).status)

    threads = [threading.Thread(target=register, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [201, 400, 400, 400, 400, 400]
    used = own.api.get("/api/v1/admin/invites?status=used")["data"]
    assert [row["id"] for row in used] == [invite["id"]]
    assert invite["code"] not in json.dumps(used)


def test_a_changed_file_holds_without_a_restart(own):
    assert own.api.get("/api/v1/public")["name"] == "Ours"
    with pytest.raises(ApiError) as refused:
        own.api.patch("/api/v1/admin/settings", {"site_name": "Mine"})
    assert "weir.yaml" in refused.value.reply.json()["fields"]["site_name"]
    own.config.write_text("groups: [{name: declared, remark: changed}]\nsettings: {site_name: New}\n")
    eventually(lambda: own.api.get("/api/v1/public")["name"] == "New", "the new file is applied")
    group = own.api.get("/api/v1/groups?name=declared")["data"][0]
    assert group["remark"] == "changed"
    own.config.write_text("groups: [{name: declared, remark: 7, nonsense: 8}]\n")
    eventually(lambda: "the configuration file is refused" in own.admin.log(), "it is refused")
    assert "groups[0].nonsense" in own.admin.log()
    assert own.api.get("/api/v1/public")["name"] == "New", "that of before holds"


def config_diff(stack):
    environment = {name: str(value) for name, value in stack.admin.settings.items()}
    return subprocess.run([str(stack.build_dir / "bin" / "weir-admin"), "config-diff"],
                          env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=60, check=False)


def test_the_difference_is_printed_and_nothing_done(own):
    own.config.write_text("groups: [{name: declared, remark: again}, {name: other}]\n"
                          "settings: {site_name: New}\n")
    before = own.api.get("/api/v1/groups")["total"]
    result = config_diff(own)
    assert result.returncode == 0, result.stderr
    if own.api.get("/api/v1/groups")["total"] == before:  # else it was applied meanwhile
        assert "create group other" in result.stdout, result.stdout
        assert 'remark: "changed" -> "again"' in result.stdout, result.stdout
    eventually(lambda: config_diff(own).stdout == "nothing differs\n", "the file is applied")
    own.config.write_text("users: [{name: x}]\n")
    result = config_diff(own)
    assert result.returncode == 1 and "users[0].username" in result.stderr, result


def test_an_unattended_start_has_its_administrator(build_dir, tmp_path):
    stack = harness.Stack(build_dir)
    stack.admin.settings["WEIR_ADMIN_SETUP_PASSWORD"] = PASSWORD
    try:
        stack.start_admin()
        assert AdminClient(stack.admin_port, "admin", PASSWORD).get("/api/v1/users")["total"] == 1
        assert "There is no administrator" not in stack.admin.log() and PASSWORD not in stack.admin.log()
    finally:
        stack.close()
