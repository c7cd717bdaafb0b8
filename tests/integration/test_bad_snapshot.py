"""A snapshot that the relay cannot take: refused whole, the one before serves on, and admin says so."""

import sqlite3

import pytest

import frames
import harness
import http_client
from admin_client import eventually

ACCOUNT = 4  # ResourceKind of the contract


class Database:
    """Admin's own tables, written behind its back: what its rules would never let through."""

    def __init__(self, stack):
        self._path = stack.folder / "admin.db"

    def change_account(self, account_id, **columns):
        """Sets columns and announces a revision, as a fault of admin would."""
        with sqlite3.connect(self._path, timeout=10) as database:
            for name, value in columns.items():
                database.execute(f"UPDATE accounts SET {name} = ? WHERE id = ?", (value, account_id))
            database.execute("UPDATE revision SET revision = revision + 1")
            database.execute("INSERT INTO changes SELECT revision, ?, ? FROM revision",
                             (ACCOUNT, account_id))
        database.close()


def relay_state(stack):
    """The relay that is connected: each start has an id of its own."""
    connected = [relay for relay in stack.api.get("/api/v1/status")["relays"] if relay["connected"]]
    assert len(connected) == 1
    return connected[0]


def refusing(stack):
    text = http_client.request(stack.admin_ops, "GET", "/metrics").body.decode()
    return float(next(line.split()[-1] for line in text.splitlines()
                      if line.startswith("weir_admin_relays_refusing")))


@pytest.mark.parametrize("columns, word", [
    ({"request_url": "ftp://nowhere"}, "request_url"),
    ({"request_url": "no url at all \x01"}, "request_url"),
    ({"priority": 5_000_000}, "priority"),
], ids=["scheme", "control character", "priority"])
def test_a_revision_that_is_wrong_is_refused_whole(stack, columns, word):
    good, bad = stack.claude("text"), stack.claude("text")
    account = stack.api.account(bad.accounts[0]["id"])
    stack.api.wait_for_relays()
    served_by = relay_state(stack)["revision"]
    Database(stack).change_account(account["id"], **columns)

    state = eventually(lambda: (state := relay_state(stack))["nacked_revision"] and state,
                       "admin is told")
    assert state["nacked_revision"] > served_by
    assert word in state["nack_reason"] and str(account["id"]) in state["nack_reason"]
    assert "fake-key-" not in state["nack_reason"], "no secret in it"
    assert state["revision"] == served_by and state["connected"]
    assert refusing(stack) == 1
    assert good.messages().status == 200
    assert bad.messages().status == 200, "the account as it was serves on"

    # What comes after it builds on it, and is refused too: half a configuration is none.
    stack.api.post(f"/api/v1/api-keys/{good.key_id}/disable")
    eventually(lambda: relay_state(stack)["nacked_revision"] > state["nacked_revision"], "refused too")
    assert good.messages().status == 200

    # A restart with the copy on disk serves by the last good one.
    stack.relay.stop()
    stack.start_relay()
    assert bad.messages().status == 200

    Database(stack).change_account(account["id"], request_url=account["request_url"],
                                   priority=account["priority"])
    eventually(lambda: good.messages().status == 403, "the good revision is applied, all of it")
    eventually(lambda: relay_state(stack)["nacked_revision"] is None, "admin knows")
    assert refusing(stack) == 0
    assert bad.messages().status == 200


@pytest.fixture
def spoiled(build_dir):
    """All services, with somebody between relay and admin."""
    made = harness.Stack(build_dir)
    spoiler = frames.Spoiler(made.admin_grpc)
    made.relay.settings["WEIR_RELAY_ADMIN_TARGET"] = f"127.0.0.1:{spoiler.port}"
    try:
        yield made.start(), spoiler
    finally:
        made.close()
        spoiler.close()


def test_bytes_that_are_no_snapshot_change_nothing(spoiled):
    stack, spoiler = spoiled
    lane = stack.claude("text")
    spoiler.spoils = True
    stack.api.post(f"/api/v1/api-keys/{lane.key_id}/disable")
    # Each new stream brings the same again; none of it is taken, and none of it ends the relay.
    eventually(lambda: spoiler.spoiled >= 3, "nonsense, again and again", timeout=20)
    assert "no WatchResponse" in stack.relay.log()
    assert lane.messages().status == 200, "the configuration before serves on"
    assert stack.relay.is_running() and harness.ready_status(stack.relay_ops) == 200
    spoiler.spoils = False
    eventually(lambda: lane.messages().status == 403, "the change arrives once it can be read",
               timeout=20)
