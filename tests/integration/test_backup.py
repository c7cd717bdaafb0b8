"""./weir backup and restore: of busy services, on SQLite and on PostgreSQL."""

import io
import os
import pathlib
import stat
import subprocess
import tarfile
import threading

import pytest

import harness
import http_client
from admin_client import AdminClient, eventually
from postgres import Postgres
from weir_tool import Tool

SECRET = "sk-of-the-account-that-must-open-again"


@pytest.fixture(scope="module")
def postgres():
    made = Postgres()
    yield made
    made.close()


@pytest.fixture(params=["sqlite", "postgresql", "one postgresql for both"])
def databases(request):
    """Gives a tool databases of its own: none to name for SQLite."""
    if request.param == "sqlite":
        return lambda tool, name: None
    cluster = request.getfixturevalue("postgres")
    if request.param == "one postgresql for both":
        return lambda tool, name: name_one_database(tool, cluster.create_database(f"both_{name}"))

    def give(tool, name):
        for service in ("admin", "usage"):
            tool.environment[f"WEIR_{service.upper()}_DATABASE_URL"] = (
                cluster.create_database(f"{service}_{name}"))
    return give


def name_one_database(tool, url):
    """For admin and usage, in a file, as a URL with a password should be."""
    file = tool.data.parent / "database.url"
    file.write_text(url + "\n")
    file.chmod(0o600)
    for service in ("ADMIN", "USAGE"):
        tool.environment[f"WEIR_{service}_DATABASE_URL_FILE"] = str(file)


@pytest.fixture
def tools(build_dir, tmp_path):
    """Makes tools, each with a folder; their services are stopped at the end."""
    made = []

    def make(name):
        (tmp_path / name).mkdir()
        made.append(Tool(build_dir, tmp_path / name))
        return made[-1]
    yield make
    for tool in made:
        tool.down()


def admin_of(tool):
    env = tool.dev_env()
    return AdminClient(tool.base + 1, env["WEIR_ADMIN_USERNAME"], env["WEIR_ADMIN_PASSWORD"])


def ask(tool):
    reply = http_client.request(tool.base, "POST", "/v1/messages",
                                headers=[("x-api-key", tool.dev_env()["WEIR_API_KEY"])],
                                body=harness.anthropic_body())
    assert reply.status == 200, reply
    return reply.request_id


class Asker(threading.Thread):
    """Asks without a pause until it is stopped; `answered` has the ids."""

    def __init__(self, tool):
        super().__init__(daemon=True)
        self._tool, self._stop_now, self.answered = tool, threading.Event(), []

    def run(self):
        while not self._stop_now.is_set():
            self.answered.append(ask(self._tool))

    def stop(self):
        self._stop_now.set()
        self.join(30)


def names_in(file):
    with tarfile.open(file) as archive:
        return {member.name.removeprefix("./") for member in archive if member.isfile()}


def back_up(tool, file, *options):
    result = tool.run("backup", "--data", str(tool.data), *options, str(file))
    assert result.returncode == 0, result.stdout + result.stderr
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    return result


def restore(tool, file, *options):
    return tool.run("restore", "--data", str(tool.data), *options, str(file))


def logged_ids(api):
    return {row["request_id"] for row in api.logs()}


def test_what_was_answered_before_a_backup_is_in_it(tools, databases, tmp_path):
    first = tools("first")
    databases(first, "first")
    first.up_demo()
    api = admin_of(first)
    session = api.post("/api/v1/auth/login", {"username": first.dev_env()["WEIR_ADMIN_USERNAME"],
                                              "password": first.dev_env()["WEIR_ADMIN_PASSWORD"]})
    account = api.add_account("kept", "openai", "https://api.openai.com/v1", SECRET)
    asker = Asker(first)
    asker.start()
    eventually(lambda: len(asker.answered) > 50, "requests under way")
    before = set(asker.answered)
    file = tmp_path / "weir.tar.gz"
    back_up(first, file)
    asker.stop()
    first.down()

    second = tools("second")
    databases(second, "second")
    result = restore(second, file)
    assert result.returncode == 0, result.stdout + result.stderr
    second.up_demo()
    api = admin_of(second)
    eventually(lambda: before <= logged_ids(api), "every request answered before the backup")
    assert logged_ids(api) <= set(asker.answered), "and none that was never asked"
    assert api.get(f"/api/v1/admin/accounts/{account['id']}")["name"] == "kept"
    assert ask(second)
    old = http_client.request(second.base + 1, "GET", "/api/v1/auth/sessions",
                              headers=[("authorization", f"Bearer {session['token']}")])
    assert old.status == 401, "log-ins end with a restore"


def test_a_secret_of_a_backup_opens_and_takes_another_master_key(tools, build_dir, tmp_path):
    tool = tools("first")
    tool.up_demo()
    admin_of(tool).add_account("kept", "openai", "https://api.openai.com/v1", SECRET)
    file = tmp_path / "weir.tar.gz"
    back_up(tool, file)
    tool.down()
    second = tools("second")
    assert restore(second, file).returncode == 0
    key_file = second.data / "secrets" / "master.key"
    old = key_file.read_text()

    def reseal(keys):
        key_file.write_text(keys)
        return subprocess.run([build_dir / "bin" / "weir-admin", "reseal"], capture_output=True, text=True,
                              env={**second.environment, "WEIR_ADMIN_MASTER_KEY_FILE": str(key_file),
                                   "WEIR_ADMIN_DATABASE_URL": f"sqlite:{second.data}/admin.db"},
                              timeout=30, check=False)
    new = "f" * 64 + "\n"
    assert "account/" in reseal(new).stderr, "without the old line it names what does not open"
    assert reseal(new + old).stdout.startswith("5 secrets sealed anew"), "ours and the demo's four"
    assert reseal(new).stdout.startswith("0 secrets sealed anew")
    second.up_demo()
    assert ask(second)


def test_restore_never_overwrites_and_checks_first(tools, tmp_path):
    first = tools("first")
    first.up_demo()
    file = tmp_path / "weir.tar.gz"
    back_up(first, file)
    again = first.run("backup", "--data", str(first.data), str(file))
    assert again.returncode == 1 and "is there already" in again.stderr
    running = restore(first, file)
    assert running.returncode == 1 and "./weir down" in running.stderr
    first.down()
    used = restore(first, file)
    assert used.returncode == 1 and "is there already" in used.stderr
    others = restore(tools("others"), file, "--secrets", str(first.data / "secrets"))
    assert others.returncode == 1 and "leave out --secrets" in others.stderr
    left = tools("left")  # of a database that somebody has moved away
    left.data.mkdir(parents=True, exist_ok=True)
    (left.data / "admin.db-wal").write_bytes(b"pages of before")
    stale = restore(left, file)
    assert stale.returncode == 1 and "admin.db-wal is there already" in stale.stderr

    second = tools("second")
    damaged = tmp_path / "damaged.tar.gz"
    with tarfile.open(file) as source, tarfile.open(damaged, "w:gz") as target:
        for member in source:
            data = source.extractfile(member).read() if member.isfile() else b""
            if member.name.endswith("admin.db"):
                data = data[:-1] + bytes([data[-1] ^ 1])
            target.addfile(member, io.BytesIO(data) if member.isfile() else None)
    cut = tmp_path / "cut.tar.gz"
    cut.write_bytes(file.read_bytes()[:-1000])
    for broken, said in ((damaged, "damaged"), (cut, "cut off"), (__file__, "no backup")):
        result = restore(second, broken)
        assert result.returncode == 1 and said in result.stdout + result.stderr, result
        assert list(second.data.iterdir()) == [], "nothing is left behind"


def test_without_secrets(tools, tmp_path):
    first = tools("first")
    first.up_demo()
    file = tmp_path / "weir.tar.gz"
    back_up(first, file, "--no-secrets")
    assert not {name for name in names_in(file) if "secret" in name or name == "dev.env"}
    key = (first.data / "secrets" / "master.key").read_text().strip()
    with tarfile.open(file) as archive:
        for member in archive:
            if member.isfile():
                assert key.encode() not in archive.extractfile(member).read()
    second = tools("second")
    refused = restore(second, file)
    assert refused.returncode == 1 and "--secrets" in refused.stderr
    result = restore(second, file, "--secrets", str(first.data / "secrets"))
    assert result.returncode == 0, result.stdout + result.stderr
    assert os.path.exists(second.data / "admin.db")


def test_another_kind_of_database_is_told(tools, postgres, tmp_path):
    first = tools("first")
    first.up_demo()
    file = tmp_path / "weir.tar.gz"
    back_up(first, file)
    second = tools("second")
    second.environment["WEIR_ADMIN_DATABASE_URL"] = postgres.create_database("not_for_sqlite")
    result = restore(second, file)
    assert result.returncode == 1 and "is of SQLite" in result.stderr
    assert postgres.query("not_for_sqlite", "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == [["0"]]


def test_one_database_for_both_is_not_mixed_up_with_two(tools, postgres, tmp_path):
    first = tools("first")
    name_one_database(first, postgres.create_database("one_first"))
    first.up_demo()
    one = tmp_path / "one.tar.gz"
    back_up(first, one)
    assert {name for name in names_in(one) if name.endswith(".dump")} == {"weir.dump"}
    second = tools("second")
    for service in ("ADMIN", "USAGE"):
        second.environment[f"WEIR_{service}_DATABASE_URL"] = postgres.create_database(f"one_of_two_{service.lower()}")
    refused = restore(second, one)
    assert refused.returncode == 1 and "of one PostgreSQL database" in refused.stderr

    third = tools("third")
    third.up_demo()
    two = tmp_path / "two.tar.gz"
    back_up(third, two)
    fourth = tools("fourth")
    name_one_database(fourth, postgres.create_database("one_fourth"))
    refused = restore(fourth, two)
    assert refused.returncode == 1 and "not of one database" in refused.stderr
    assert postgres.query("one_fourth", "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == [["0"]]


LIBRARY = harness.REPOSITORY / "tools/lib"


@pytest.mark.parametrize("url, password, shown", [
    ("postgresql://weir@db/weir", "", "postgresql://weir@db/weir"),
    ("postgresql://weir:p%40ss%2F@db/weir?sslmode=require", "p@ss/", "postgresql://weir@db/weir?sslmode=require"),
    ("postgres://db/weir?user=weir&password=p%26q", "p&q", "postgres://db/weir?user=weir"),
    ("postgres://db/weir?password=secret&user=weir", "secret", "postgres://db/weir?user=weir"),
    ("postgres://db/weir?password=secret", "secret", "postgres://db/weir"),
    ("postgres://weir:first@db/weir?a=1&password=second&b=2", "second", "postgres://weir@db/weir?a=1&b=2"),
])
def test_a_password_is_on_no_command_line_of_postgresql(url, password, shown):
    script = f"""set -euo pipefail
source {LIBRARY}/common.sh; source {LIBRARY}/backup.sh
with_postgres "$1" sh -c 'printf "%s\\n" "${{PGPASSWORD:-}}" "$*"' program"""
    said = subprocess.run(["bash", "-c", script, "test", url], capture_output=True, text=True, timeout=10, check=False,
                          env={name: value for name, value in os.environ.items() if name != "PGPASSWORD"})
    assert said.stdout.splitlines() == [password, f"-d {shown}"], said


def test_a_url_is_on_no_command_line_of_a_service(tools, postgres, tmp_path):
    """`env` and `setsid` are those that write down what they are called with, which all of the machine may read."""
    tool, seen = tools("first"), tmp_path / "seen"
    for name in ("env", "setsid"):
        stand_in = tmp_path / name
        stand_in.write_text(f'#!/bin/sh\necho "{name} $*" >>{seen}\nexec /usr/bin/{name} "$@"\n')
        stand_in.chmod(0o755)
    tool.environment["PATH"] = f"{tmp_path}:{tool.environment['PATH']}"
    name_one_database(tool, postgres.create_database("on_no_command_line"))
    tool.up_demo()
    back_up(tool, tmp_path / "weir.tar.gz")
    assert "weir-admin" in seen.read_text(), "the services start in another way now"
    assert "postgresql://" not in seen.read_text()
    for service in ("admin", "usage"):
        environment = pathlib.Path(f"/proc/{tool.pid(service)}/environ").read_bytes()
        assert b"_DATABASE_URL=" not in environment, "the file is enough"
