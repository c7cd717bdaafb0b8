"""Tasks: shown, changed, run; and what retention does to the ledger."""

import struct
import time

import pytest

import harness
from admin_client import ApiError, eventually
from postgres import Postgres

SCENARIO = "in=10+out=5"
DAY = 24 * 3600
RANGE = "from=2020-01-01T00:00:00Z"


@pytest.fixture(scope="module")
def postgres():
    made = Postgres()
    yield made
    made.close()


def tasks(stack):
    return {task["name"]: task for task in stack.api.get("/api/v1/admin/tasks")["data"]}


def run(stack, name):
    """Runs a task now; how it went."""
    before = tasks(stack)[name]["last_run"]
    asked = stack.api.raw("POST", f"/api/v1/admin/tasks/{name}/run")
    assert asked.status == 202, asked
    assert asked.json()["running"] is True
    eventually(lambda: not tasks(stack)[name]["running"]
               and tasks(stack)[name]["last_run"] != before, f"{name} has run")
    return tasks(stack)[name]["last_run"]


def test_all_are_shown_and_planned(stack):
    shown = tasks(stack)
    assert {"changes_cleanup", "sessions_cleanup", "usage_partitions", "usage_retention",
            "body_retention"} <= set(shown)
    for task in shown.values():
        assert task["enabled"] is True and task["next_run_at"] is not None, task
        assert task["schedule"] == task["default_schedule"] and task["time_zone"] == "UTC"


def test_a_run_is_remembered(stack):
    last = run(stack, "usage_retention")
    assert last["result"] == "ok" and last["asked_for"] is True
    assert "requests deleted" in last["detail"]
    assert run(stack, "sessions_cleanup")["detail"] == "0 sessions deleted"
    runs = stack.api.get("/api/v1/admin/tasks/usage_retention/runs")["data"]
    assert runs[0] == last, runs


def test_a_failure_says_why(stack):
    stack.usage.stop()
    try:
        last = run(stack, "usage_retention")
        assert last["result"] == "failed" and last["detail"], last
    finally:
        stack.start_usage()
    assert run(stack, "usage_retention")["result"] == "ok"


def test_schedules_are_changed_and_switched_off(stack):
    path = "/api/v1/admin/tasks"
    changed = stack.api.post(path, {"name": "sessions_cleanup", "schedule": "30 4 * * mon-fri",
                                    "time_zone": "Asia/Shanghai"})
    assert changed["next_run_at"].endswith("T20:30:00Z"), changed
    assert tasks(stack)["sessions_cleanup"]["schedule"] == "30 4 * * mon-fri"
    off = stack.api.post(path, {"name": "sessions_cleanup", "enabled": False})
    assert off["next_run_at"] is None and off["schedule"] == "30 4 * * mon-fri"
    assert run(stack, "sessions_cleanup")["result"] == "ok", "asked for, it runs all the same"
    assert stack.api.post(path, {"name": "sessions_cleanup", "enabled": True})["next_run_at"]


@pytest.mark.parametrize("body, field, words", [
    ({"name": "sessions_cleanup", "schedule": "61 * * * *"}, "schedule", "not within 0 and 59"),
    ({"name": "sessions_cleanup", "schedule": "* * *"}, "schedule", "5 fields"),
    ({"name": "sessions_cleanup", "time_zone": "Mars/Olympus"}, "time_zone", "not a time zone"),
    ({"name": "sessions_cleanup", "enabled": "no"}, "enabled", ""),
    ({"name": "sessions_cleanup", "cron": "* * * * *"}, "cron", ""),
    ({"schedule": "* * * * *"}, "name", ""),
])
def test_bad_changes_are_refused(stack, body, field, words):
    with pytest.raises(ApiError) as refused:
        stack.api.post("/api/v1/admin/tasks", body)
    assert refused.value.reply.status == 400
    assert words in refused.value.reply.json()["fields"][field]


def test_unknown_tasks_and_users_without_rights(stack):
    for method, path, body in (("POST", "/api/v1/admin/tasks", {"name": "nothing"}),
                               ("GET", "/api/v1/admin/tasks/nothing/runs", None),
                               ("POST", "/api/v1/admin/tasks/nothing/run", None)):
        assert stack.api.raw(method, path, body).status == 404
    for method, path in (("GET", "/api/v1/admin/tasks"),
                         ("POST", "/api/v1/admin/tasks/usage_retention/run")):
        anonymous = type(stack.api)(stack.admin_port)
        assert anonymous.raw(method, path).status == 401


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_retention_takes_old_days_and_refuses_them_afterwards(build_dir, request, kind,
                                                              no_sanitizer):
    """Requests of forty days ago, as a relay's clock then had it."""
    database = None
    if kind == "postgresql":
        cluster = request.getfixturevalue("postgres")
        database = lambda name: cluster.create_database(f"{name}_{time.monotonic_ns()}")
    stack = harness.Stack(build_dir, database=database,
                          settings={"WEIR_USAGE_RETENTION_DAYS": 30})
    try:
        stack.start()
        lane = stack.claude(SCENARIO)
        new = [lane.messages().request_id for _ in range(3)]
        for request_id in new:
            stack.api.log_row(request_id)
        stack.relay.stop()
        (stack.folder / "clock").write_bytes(struct.pack("q", -40 * DAY))
        stack.relay.settings.update({"LD_PRELOAD": build_dir / "bin" / "weir-clock-shift.so",
                                     "WEIR_TEST_CLOCK_FILE": stack.folder / "clock"})
        stack.start_relay()
        stack.api.log_row(lane.messages().request_id)
        if kind == "postgresql":
            ledger = stack.api.get("/api/v1/status")["ledger"]
            assert ledger["partitioned"] and ledger["unexpected_day_events"] == 1, ledger
        assert run(stack, "usage_retention")["result"] == "ok"
        assert sorted(row["request_id"] for row in stack.api.logs(RANGE)) == sorted(new)
        assert lane.messages().status == 200
        eventually(lambda: "older than what is kept" in stack.usage.log(), "the refusal is logged")
        assert len(stack.api.logs(RANGE)) == 3
        totals = stack.api.get(f"/api/v1/usage/summary?{RANGE}")["totals"]
        assert totals["requests"] == 4, "sums stay, and nothing is added to them twice"
    finally:
        stack.close()
