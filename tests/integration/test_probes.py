"""`weir-X health` and `ready`: what a container without a shell is watched by, against real services."""

import os
import signal
import subprocess

import pytest

import harness
from admin_client import eventually
from test_drain import open_stream


@pytest.fixture(scope="module")
def own(build_dir):
    made = harness.Stack(build_dir)
    try:
        yield made.start()
    finally:
        made.close()


def probe(build_dir, service, command, **settings):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("WEIR_")}
    environment |= {name: str(value) for name, value in (service.settings | settings).items()}
    return subprocess.run([build_dir / "bin" / f"weir-{service.name}", *service.arguments, command], env=environment,
                          capture_output=True, text=True, timeout=20, check=False)


@pytest.mark.parametrize("name", ["relay", "usage", "admin"])
@pytest.mark.parametrize("command", ["health", "ready"])
def test_a_service_that_runs_is_well(own, build_dir, name, command):
    said = probe(build_dir, getattr(own, name), command)
    assert (said.returncode, said.stdout, said.stderr) == (0, "", "")


@pytest.mark.parametrize("name", ["relay", "usage", "admin"])
def test_one_that_does_not_run_is_not(own, build_dir, name):
    said = probe(build_dir, getattr(own, name), "health", **{f"WEIR_{name.upper()}_OPS_LISTEN": "127.0.0.1:9"})
    assert said.returncode == 1
    assert "nothing answers at 127.0.0.1:9" in said.stderr, said.stderr


def test_a_relay_that_drains_lives_and_is_not_ready(own, build_dir):
    """A load balancer sends nothing new there while the answers under way end."""
    lane = own.claude("events=60+pace=50+in=6+out=4")
    connection, head = open_stream(own, lane)
    own.relay.signal(signal.SIGTERM)
    eventually(lambda: probe(build_dir, own.relay, "ready").returncode == 1, "not ready while it drains", timeout=2)
    assert probe(build_dir, own.relay, "health").returncode == 0
    assert b"message_stop" in b"".join(connection.read_body(head))
    assert own.relay.wait(10) == 0


def test_secrets_are_made_once_for_the_owner_alone(build_dir, tmp_path):
    command = [build_dir / "bin" / "weir-admin", "make-secrets", tmp_path]
    made = {}
    for _ in range(2):
        subprocess.run(command, check=True, capture_output=True, timeout=20)
        for name in ("internal.token", "master.key"):
            file = tmp_path / name
            assert file.stat().st_mode & 0o777 == 0o600
            assert made.setdefault(name, file.read_text()) == file.read_text()
    assert len(set(made.values())) == 2
    missing = subprocess.run([*command[:2], tmp_path / "nowhere"], capture_output=True, text=True, timeout=20, check=False)
    assert missing.returncode == 1 and "nowhere" in missing.stderr
