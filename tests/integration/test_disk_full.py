"""Full disks: below the relay's spool, and below the SQLite files of usage and admin. Nothing is lost in silence, each is
said where operators look, and all goes on by itself when there is room."""

import json
import subprocess

import pytest

import harness
import http_client
from admin_client import ApiError, eventually
from load import Load, check_ledger

SCENARIO = "in=10+out=5"
COST = 10 * 3_000 + 5 * 15_000
FILLED_AT_MOST = 60_000  # requests that two spool files of 4 MiB surely have no room for


@pytest.fixture
def stack(build_dir, small_disk):
    """Whose relay, usage or admin a test puts onto the small disk before it starts."""
    made = harness.Stack(build_dir)
    made.disk = small_disk
    try:
        yield made
    finally:
        small_disk.free()
        made.close()


def metric(port, name):
    text = http_client.request(port, "GET", "/metrics", {"connection": "close"}).body.decode()
    return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith((f"{name} ", f"{name}{{")))


def ask_until_refused(stack, lane):
    """How many were answered; a program of the benchmarks, since it takes tens of thousands."""
    done = subprocess.run(
        [stack.build_dir / "bin" / "weir-load", "--url", f"http://127.0.0.1:{stack.relay_port}/v1/messages",
         "--header", f"x-api-key: {lane.key}", "--header", "anthropic-version: 2023-06-01", "--model", "claude-sonnet-4-5",
         "--connections", "8", "--requests", str(FILLED_AT_MOST)], capture_output=True, text=True, timeout=150, check=False)
    figures = json.loads(done.stdout)
    return figures["requests"]


def test_the_spools_disk(stack):
    """Usage is away and the disk of the spool full: what can no more be recorded is refused, not served for nothing."""
    stack.relay.settings |= {"WEIR_RELAY_DATA_DIR": stack.disk.folder / "relay", "WEIR_RELAY_THREADS": 1}
    stack.start()
    lane = stack.claude(SCENARIO)
    stack.usage.kill9()
    stack.disk.fill()
    served = ask_until_refused(stack, lane)
    reply = lane.messages()
    assert reply.status == 503 and "spool_full" in reply.body.decode(), reply
    assert harness.ready_status(stack.relay_ops) == 503, "a balancer must send requests elsewhere"
    assert metric(stack.relay_ops, "weir_relay_spool_accepting") == 0
    assert metric(stack.relay_ops, "weir_relay_events_unrecorded_total") == 0, "something was served and not recorded"
    assert "the spool is full: new requests are refused" in stack.relay.log()

    stack.disk.free()
    eventually(lambda: harness.ready_status(stack.relay_ops) == 200, "the relay is ready by itself")
    assert metric(stack.relay_ops, "weir_relay_spool_accepting") == 1
    reply = lane.messages()
    assert reply.status == 200
    stack.start_usage()
    eventually(lambda: metric(stack.relay_ops, "weir_relay_spool_events_pending") == 0, "all is reported", timeout=90)
    rows = stack.api.get(f"/api/v1/usage/summary?by=key&key_id={lane.key_id}")["data"]
    whole = sum(row["cost_nano_usd"] for row in rows) // COST
    assert sum(row["cost_nano_usd"] for row in rows) == whole * COST
    print(f"\n{served} requests were tried, {whole} served and recorded before and after the disk was full")
    assert stack.api.log_row(reply.request_id)["cost_nano_usd"] == COST


def test_a_relay_that_starts_on_a_full_disk(stack):
    """It answers what it can record and refuses the rest, and its spool is still there."""
    stack.relay.settings["WEIR_RELAY_DATA_DIR"] = stack.disk.folder / "relay"
    stack.start()
    lane = stack.claude(SCENARIO)
    stack.usage.kill9()
    answered = [lane.messages().request_id for _ in range(20)]
    stack.relay.kill9()
    stack.disk.fill()
    stack.relay.start()
    eventually(lambda: not stack.relay.is_running() or harness.ready_status(stack.relay_ops) in (200, 503), "it has started")
    if stack.relay.is_running():
        replies = [lane.messages() for _ in range(20)]
        assert {reply.status for reply in replies} <= {200, 503}, replies
        answered += [reply.request_id for reply in replies if reply.status == 200]
    stack.disk.free()
    if not stack.relay.is_running():  # as its supervisor would
        stack.relay.wait()
        stack.relay.start()
    stack.relay.wait_ready(stack.relay_ops)
    answered.append(lane.messages().request_id)
    stack.start_usage()
    check_ledger(stack.api, lane, answered, COST)


def test_usages_disk(stack):
    """The relays keep the events, whatever usage says; clients feel nothing."""
    stack.usage.settings["WEIR_USAGE_DATABASE_URL"] = f"sqlite:{stack.disk.folder}/usage.db"
    stack.start()
    lane = stack.claude(SCENARIO)
    with Load(lane, threads=2) as load:
        load.wait_for(20)
        stack.disk.fill()
        eventually(lambda: metric(stack.usage_ops, "weir_usage_commit_failures_total") >= 1, "commits fail", timeout=30)
        load.wait_for(20)
        said = stack.api.get("/api/v1/status")
        assert said["status"] == "degraded" and said["ingest"]["status"] == "failing", said
        assert "full" in said["ingest"]["last_error"], said["ingest"]
        stack.disk.free()
        eventually(lambda: stack.api.ingest_status() == "ok", "usage stores again", timeout=30)
        load.wait_for(20)
    assert not load.failures
    check_ledger(stack.api, lane, load.answered, COST)


def test_admins_disk(stack):
    """Changes are refused and say why, nothing is half done; relays go on, and changes work again with room."""
    stack.admin_settings["WEIR_ADMIN_DATABASE_URL"] = f"sqlite:{stack.disk.folder}/admin.db"
    stack.admin.settings["WEIR_ADMIN_DATABASE_URL"] = stack.admin_settings["WEIR_ADMIN_DATABASE_URL"]
    stack.start()
    lane = stack.claude(SCENARIO)
    stack.disk.fill()
    with pytest.raises(ApiError) as refused:
        for number in range(2_000):  # pages that the file has already may take some
            stack.api.add_key(f"key-{number}", group_id=lane.group["id"])
    assert refused.value.reply.status in (500, 503, 507), refused.value
    assert "full" in stack.admin.log()
    assert lane.messages().status == 200
    stack.disk.free()
    fresh = stack.claude(SCENARIO)
    assert fresh.messages().status == 200
