"""The services among themselves over mTLS, without a token: each with a certificate of its own."""

import pytest

import harness
from authority import Authority, service_settings, sign_services


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path)


@pytest.fixture
def stack(build_dir, authority):
    sign_services(authority)
    made = harness.Stack(build_dir, settings=service_settings(authority.folder,
                                                              authority.certificate))
    try:
        yield made.start()
    finally:
        made.close()


def test_a_request_is_served_and_recorded(stack):
    reply = stack.claude("").messages()
    assert reply.status == 200
    assert stack.api.log_row(reply.request_id)["complete"]


def test_a_relay_whose_key_was_renewed_starts_while_admin_is_away(stack, authority):
    """cert-manager makes a new key at each renewal: the saved snapshot must not hang on it."""
    lane = stack.claude("")
    stack.admin.stop()
    stack.relay.stop()
    sign_services(authority)
    stack.start_relay()
    assert lane.messages().status == 200
    assert "cannot be used" not in stack.relay.log()


def test_a_saved_snapshot_that_cannot_be_read_says_what_to_do(stack):
    stack.claude("")
    stack.relay.stop()
    (stack.folder / "relay" / "snapshot.key").unlink()
    stack.start_relay()  # admin is there: it starts, and with a fresh copy
    line = next(line for line in stack.relay.log().splitlines() if "cannot be used" in line)
    assert "Start admin" in line and "snapshot_key_file" in line


def test_a_secret_of_the_operators_seals_the_saved_snapshot(stack, tmp_path):
    secret = tmp_path / "snapshot.secret"
    secret.write_text("a secret that stays, kept on another volume\n")
    secret.chmod(0o600)
    stack.relay.stop()
    (stack.folder / "relay" / "snapshot.key").unlink()
    stack.relay.settings["WEIR_RELAY_SNAPSHOT_KEY_FILE"] = secret
    stack.start_relay()
    lane = stack.claude("")
    stack.relay.stop()
    stack.admin.stop()
    stack.start_relay()
    assert lane.messages().status == 200
    assert not (stack.folder / "relay" / "snapshot.key").exists()
