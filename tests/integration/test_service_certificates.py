"""The services among themselves over mTLS, without a token: each with a certificate of its own."""

import re
import shutil
import subprocess
import time

import pytest

import harness
import http_client
from admin_client import eventually
from authority import SERVICES, Authority, service_settings, sign_services

DENIED = 7  # gRPC's own numbers
UNIMPLEMENTED = 12


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


def ask(stack, authority, caller, method):
    # A call that is refused at once may end with a reset stream, which is curl's exit code 92.
    return subprocess.run(
        ["curl", "--silent", "--no-buffer", "--http2", "--max-time", "20", "--include",
         "--cert", authority.folder / f"{caller}.crt", "--key", authority.folder / f"{caller}.key",
         "--cacert", authority.certificate, "--header", "content-type: application/grpc",
         "--header", "te: trailers", "--data-binary", "@-",
         f"https://127.0.0.1:{stack.usage_grpc}/weir.v1.{method}"],
        input=b"\0\0\0\0\0", capture_output=True, check=False, timeout=60).stdout.decode(errors="replace")


def call(stack, authority, caller, method):
    """gRPC's status and message for an empty request to usage with `caller`'s certificate."""
    reply = eventually(lambda: re.search(r"grpc-status: (\d+)(?:.*grpc-message: ([^\r\n]*))?",
                                         ask(stack, authority, caller, method), re.DOTALL),
                       f"usage answers {method}")
    return int(reply[1]), reply[2] or ""


ADMINS_ALONE = ("UsageMaintenance/DeleteEvents", "UsageMaintenance/ApplyRetention",
                "UsageMaintenance/GetIngest", "UsageBodies/GetBodies", "UsageBodies/DeleteBodies",
                "UsageReports/Export", "UsageQuery/ListEvents", "UsageRerate/StartRerate",
                "SpendService/GetSpend")
RELAYS_ALONE = ("UsageIngest/Report", "UsageBodies/Record", "SpendService/ExchangeLeases")


def test_each_service_may_call_what_is_its_own(stack, authority):
    authority.sign("DNS:elsewhere.example,IP:127.0.0.1", "stranger")
    refused = [("relay", method) for method in ADMINS_ALONE]
    refused += [("admin", method) for method in RELAYS_ALONE]
    refused += [(caller, method) for caller in ("usage", "stranger")
                for method in (ADMINS_ALONE[0], RELAYS_ALONE[0], "SpendService/PeekBudgets")]
    for caller, method in refused:
        status, message = call(stack, authority, caller, method)
        assert status == DENIED, (caller, method, message)
        assert method in message and "may not call" in message
    for caller, method in (("admin", "UsageMaintenance/GetIngest"), ("admin", "UsageQuery/ListEvents"),
                           ("admin", "SpendService/PeekBudgets"), ("relay", "SpendService/PeekBudgets")):
        assert call(stack, authority, caller, method)[0] != DENIED, (caller, method)
    assert call(stack, authority, "admin", "UsageQuery/Unheard")[0] == UNIMPLEMENTED
    metrics = http_client.request(stack.usage_ops, "GET", "/metrics").body.decode()
    counted = int(re.search(r"weir_grpc_calls_refused_total (\d+)", metrics)[1])
    assert counted >= len(refused) + 1
    assert "refused a call of another service" in stack.usage.log()


def test_who_is_no_relay_gets_no_snapshot(stack, authority):
    """It holds the credentials of all accounts."""
    stack.relay.stop()
    stack.relay.settings["WEIR_RELAY_GRPC_TLS_CERT_FILE"] = authority.folder / "usage.crt"
    stack.relay.settings["WEIR_RELAY_GRPC_TLS_KEY_FILE"] = authority.folder / "usage.key"
    stack.relay.start()
    eventually(lambda: "SnapshotService/Watch" in stack.admin.log(), "admin says whom it refused")
    eventually(lambda: "may not call" in stack.relay.log(), "the relay says why")


def renew(old, fresh):
    """Puts what `fresh` has signed into the place of the files in use, each in one step."""
    for name in SERVICES:
        for end in ("crt", "key"):
            (fresh.folder / f"{name}.{end}").replace(old.folder / f"{name}.{end}")
    fresh.certificate.replace(old.certificate)


def certificate_end(stack, port, kind):
    text = http_client.request(port, "GET", "/metrics").body.decode()
    return float(re.search(rf'weir_grpc_certificate_expiry_timestamp_seconds{{kind="{kind}"}} (\S+)', text)[1])


def test_renewed_certificates_are_taken_without_a_restart(stack, authority, tmp_path):
    """Of another authority even, so that nothing of the old files opens a new connection."""
    ports = (stack.relay_ops, stack.admin_ops, stack.usage_ops)
    before = [certificate_end(stack, port, "own") for port in ports]
    assert all(abs(end - time.time() - 2 * 86400) < 3600 for end in before)
    for end in ("crt", "key"):
        shutil.copy(authority.folder / f"admin.{end}", authority.folder / f"old.{end}")
    (tmp_path / "fresh").mkdir()
    fresh = Authority(tmp_path / "fresh", "another authority")
    sign_services(fresh, days=9)
    renew(authority, fresh)
    assert all(certificate_end(stack, port, "own") > end for port, end in zip(ports, before))
    eventually(lambda: "grpc-status" in ask(stack, authority, "admin", "UsageQuery/ListEvents"),
               "usage takes a new certificate")  # files are read every five seconds
    assert "grpc-status" not in ask(stack, authority, "old", "UsageQuery/ListEvents")
    time.sleep(5)  # for relay and admin
    # New to admin and usage, which have run all along; then usage is new to relay and admin.
    stack.relay.stop()
    (stack.folder / "relay" / "snapshot").unlink()
    stack.start_relay()
    lane = stack.claude("")
    stack.usage.stop()
    stack.start_usage()
    reply = lane.messages()
    assert reply.status == 200
    assert stack.api.log_row(reply.request_id)["complete"]


def test_a_renewal_that_comes_in_parts_is_waited_for(stack, authority, tmp_path):
    """A key before its certificate connects nobody meanwhile, and ends nothing."""
    def answers():
        return "grpc-status" in ask(stack, authority, "admin", "UsageQuery/ListEvents")

    assert answers()
    shutil.copy(authority.folder / "usage.crt", tmp_path / "before.crt")
    authority.sign("DNS:usage,IP:127.0.0.1", "usage")
    (authority.folder / "usage.crt").rename(tmp_path / "after.crt")
    shutil.copy(tmp_path / "before.crt", authority.folder / "usage.crt")
    eventually(lambda: not answers(), "usage has read a key of another certificate")
    assert stack.usage.is_running()
    (tmp_path / "after.crt").replace(authority.folder / "usage.crt")
    eventually(answers, "usage has read both")


def test_files_that_do_not_belong_together_end_the_start(stack, authority):
    stack.relay.stop()
    stack.relay.settings["WEIR_RELAY_GRPC_TLS_KEY_FILE"] = authority.folder / "usage.key"
    stack.relay.start()
    assert stack.relay.wait() != 0
    assert "usage.key' is not the key of the certificate" in stack.relay.log()
