"""What lists of keys, users and groups say of today's use, and of the limit that is nearest."""

import os
import pathlib
import signal
import time

import pytest

from admin_client import AdminClient, eventually

SCENARIO = "in=1000+out=1000"  # 0.018 USD at the listed price


def find(stack, path, record_id):
    """In the list, and alone."""
    listed, = [row for row in stack.api.get(f"{path}?sort=-id&limit=200")["data"]
               if row["id"] == record_id]
    alone = stack.api.get(f"{path}/{record_id}")
    assert {name: alone[name] for name in listed} == listed
    return listed


@pytest.fixture(scope="module")
def lane(stack):
    user = stack.api.post("/api/v1/users", {"username": "ann", "password": "correct horse",
                                            "limits": {"usd_per_month": "100", "requests_total": 8}})
    made = stack.lane({"scenario": SCENARIO}, limits={"rpm": 1000},
                      key={"user_id": user["id"], "limits": {"usd_per_day": "0.72", "usd_total": "9"}})
    made.user_id = user["id"]
    for _ in range(2):
        stack.api.log_row(made.messages().request_id)
    return made


def test_keys(stack, lane):
    key = eventually(lambda: find(stack, "/api/v1/api-keys", lane.key_id), "usage answers")
    assert key["today"] == {"requests": 2, "errors": 0, "tokens": 4000, "cost_nano_usd": 36_000_000,
                            "cost_usd": "0.036"}
    limit = key["tightest_limit"]
    assert (limit["name"], limit["used_usd"], limit["limit_usd"]) == ("usd_per_day", "0.036", "0.72")
    assert limit["used_pct"] == 5 and limit["resets_at"].endswith("T00:00:00Z"), limit
    assert "month" not in key


def test_users(stack, lane):
    user = find(stack, "/api/v1/users", lane.user_id)
    assert user["today"]["cost_usd"] == user["month"]["cost_usd"] == "0.036"
    assert user["tightest_limit"] == {"name": "requests_total", "used": 2, "limit": 8,
                                      "used_pct": 25, "resets_at": None}


def test_groups(stack, lane):
    group = find(stack, "/api/v1/groups", lane.group["id"])
    assert group["today"]["requests"] == 2
    assert group["tightest_limit"] is None, "a rate is no budget"


def test_who_has_used_nothing(stack):
    key = find(stack, "/api/v1/api-keys", stack.claude("text").key_id)
    assert key["today"]["requests"] == 0 and key["today"]["cost_nano_usd"] == 0


def test_ones_own_keys(stack, lane):
    ann = AdminClient(stack.admin_port, "ann", "correct horse")
    own, = ann.get("/api/v1/api-keys")["data"]
    assert own["today"]["requests"] == 2 and own["tightest_limit"]["name"] == "usd_per_day"


def test_a_record_goes_back_as_it_came(stack, lane):
    for path, record_id in (("/api/v1/api-keys", lane.key_id), ("/api/v1/users", lane.user_id),
                            ("/api/v1/groups", lane.group["id"])):
        record = stack.api.get(f"{path}/{record_id}")
        stack.api.put(f"{path}/{record_id}", record)


def test_many_keys_with_all_limits(stack):
    limits = {"usd_per_day": "1", "usd_per_month": "2", "usd_total": "3", "requests_per_day": 4,
              "requests_per_month": 5, "requests_total": 6}
    for number in range(200):
        stack.api.add_key(f"many-{number}", limits=limits)
    rows = stack.api.get("/api/v1/api-keys?name=many-&limit=200")["data"]
    assert len(rows) == 200 and all(row["tightest_limit"]["used_pct"] == 0 for row in rows)


def test_without_usage_lists_answer_without_figures(fresh_stack):
    stack = fresh_stack
    lane = stack.claude("text")
    stack.usage.stop()
    for path in ("/api/v1/api-keys", "/api/v1/users", "/api/v1/groups"):
        for row in stack.api.get(path)["data"]:
            assert "today" not in row and "tightest_limit" not in row, row
    assert stack.api.get(f"/api/v1/api-keys/{lane.key_id}")["id"] == lane.key_id


def seconds_for(stack, path):
    began = time.monotonic()
    rows = stack.api.get(path)["data"]
    return time.monotonic() - began, rows


def test_a_ledger_that_hangs_is_waited_for_once(fresh_stack):
    stack = fresh_stack
    lane = stack.claude("text")
    stack.api.put(f"/api/v1/api-keys/{lane.key_id}", {
        **stack.api.get(f"/api/v1/api-keys/{lane.key_id}"),
        "limits": {"usd_per_day": "1", "usd_total": "9"}})
    lists = ("/api/v1/api-keys", "/api/v1/users", "/api/v1/groups", "/api/v1/admin/accounts")
    eventually(lambda: all("today" in row for path in lists for row in stack.api.get(path)["data"]),
               "figures are there")
    os.kill(stack.usage.pid, signal.SIGSTOP)
    status = pathlib.Path(f"/proc/{stack.usage.pid}/status")
    eventually(lambda: "T (stopped)" in status.read_text(), "usage stands still")
    try:
        took, rows = seconds_for(stack, lists[0])
        assert took < 1.5, f"{took:.2f} s: one wait for all that one answer asks"
        assert rows and all("today" not in row and "last_used_at" not in row for row in rows), rows
        took = sum(seconds_for(stack, path)[0] for path in lists * 2)
        assert took < 1.5, f"{took:.2f} s for eight lists: they know that nobody answers"
    finally:
        os.kill(stack.usage.pid, signal.SIGCONT)
    eventually(lambda: all("today" in row for path in lists for row in stack.api.get(path)["data"]),
               "figures are there again")
