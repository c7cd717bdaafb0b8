"""Exports of 300,000 rows, and their deletion: all of them, once, and no service grows by it."""

import csv
import datetime
import http.client
import io
import json
import os
import sqlite3
import threading
import time

import pytest

import harness
from admin_client import ApiError, eventually

ROWS = 300_000
SCENARIO = "in=500+out=100"


def totals(api):
    return api.get("/api/v1/usage/summary")["totals"]


def uuid7(unix_ms):
    """An id as relays make them."""
    return unix_ms.to_bytes(6, "big") + b"\x70" + os.urandom(1) + b"\x80" + os.urandom(7)


@pytest.fixture(scope="module")
def full_stack(build_dir):
    """A stack whose ledger has 300,000 rows, of the last 30 days."""
    made = harness.Stack(build_dir)
    try:
        made.start()
        lane = made.claude(SCENARIO)
        made.api.log_row(lane.messages().request_id)
        with sqlite3.connect(made.folder / "usage.db", timeout=30) as database:
            database.create_function("uuid7", 1, uuid7)
            columns = [row[1] for row in database.execute("PRAGMA table_info(usage_events)")]
            step = 30 * 86_400_000 // ROWS
            time_of = f"started_at_unix_ms - n * {step}"
            values = {"id": f"uuid7({time_of})", "started_at_unix_ms": time_of,
                      "key_name": "CASE n % 3 WHEN 0 THEN '=1+1' WHEN 1 THEN 'a,\"b\"' ELSE 'c' END"}
            picked = ", ".join(values.get(column, column) for column in columns)
            database.execute(
                f"WITH RECURSIVE count(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM count "
                f"WHERE n < {ROWS - 1}) INSERT INTO usage_events ({', '.join(columns)}) "
                f"SELECT {picked} FROM usage_events, count WHERE usage_events.rowid = 1")
        yield made
        assert made.usage.is_running() and made.admin.is_running()
    finally:
        made.close()


def start_export(stack, query=""):
    """The head of the answer; the rest waits to be read."""
    connection = http.client.HTTPConnection("127.0.0.1", stack.admin_port, timeout=60)
    connection.request("GET", f"/api/v1/usage/export?{query}",
                       headers={"authorization": f"Bearer {stack.api._token}"})
    return connection, connection.getresponse()


class Memory:
    """The greatest resident sizes of admin and usage while it is open, in KiB."""

    def __init__(self, stack):
        self._services = {"admin": stack.admin, "usage": stack.usage}
        self.greatest = {name: service.rss_kib() for name, service in self._services.items()}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def _watch(self):
        while not self._stop.wait(0.05):
            for name, service in self._services.items():
                self.greatest[name] = max(self.greatest[name], service.rss_kib())

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_all_rows_come_out_and_memory_stays_flat(full_stack, no_sanitizer, form):
    recent = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=12)
    _, small = start_export(full_stack, f"format={form}&from={recent:%Y-%m-%dT%H:%M:%SZ}")
    assert 1000 < len(small.read().splitlines()) < ROWS / 10
    before = Memory(full_stack).greatest
    with Memory(full_stack) as memory:
        _, answer = start_export(full_stack, f"format={form}")
        assert answer.status == 200
        ids, size = set(), 0
        if form == "csv":
            for row in csv.DictReader(io.TextIOWrapper(answer, "utf-8", newline="")):
                ids.add(row["id"])
                assert row["key_name"] in ("'=1+1", 'a,"b"', "c", "lane-1"), row
                size += 1
        else:
            for line in answer:
                ids.add(json.loads(line)["id"])
                size += 1
    assert size == len(ids) == ROWS
    for name, kib in memory.greatest.items():
        assert kib - before[name] < 24 * 1024, f"{name}: {before[name]} -> {kib} KiB"


def test_a_client_that_does_not_read_holds_nothing_but_its_place(full_stack, no_sanitizer):
    before = Memory(full_stack).greatest
    waiting = [start_export(full_stack) for _ in range(8)]
    assert [answer.status for _, answer in waiting] == [200] * 8
    with Memory(full_stack) as memory:
        time.sleep(1.5)
        assert totals(full_stack.api)["requests"] == 1, "other questions are answered"
        _, ninth = start_export(full_stack)
        assert ninth.status == 429
        ninth.read()
    for name, kib in memory.greatest.items():
        assert kib - before[name] < 64 * 1024, f"{name}: {before[name]} -> {kib} KiB"
    for connection, answer in waiting:
        answer.close()
        connection.close()

    def again():
        _, answer = start_export(full_stack, "user_agent=nobody")
        answer.read()
        return answer.status == 200
    eventually(again, "a client that left gave its place back")


def test_requests_are_deleted_and_their_sums_stay(full_stack):
    now = datetime.datetime.now(datetime.timezone.utc)
    for bad in ("", "before=yesterday", f"before={now:%Y-%m-%dT%H:%M:%SZ}", "before=2026-01-01&x=1"):
        with pytest.raises(ApiError) as error:
            full_stack.api.delete(f"/api/v1/admin/logs?{bad}")
        assert error.value.reply.status == 400
    before = totals(full_stack.api)
    day = (now - datetime.timedelta(hours=25)).strftime("%Y-%m-%dT%H:%M:%SZ")
    answer = full_stack.api.delete(f"/api/v1/admin/logs?before={day}")
    assert answer["kept_from"] == day
    _, left = start_export(full_stack)
    rows = list(csv.DictReader(io.TextIOWrapper(left, "utf-8", newline="")))
    assert answer["requests_deleted"] == ROWS - len(rows)
    assert 0 < len(rows) < ROWS / 20
    assert min(row["started_at"][:19] for row in rows) >= day[:19]  # to the second, as `day` is
    assert totals(full_stack.api) == before
    assert '"requests deleted from the log"' in full_stack.admin.log()


def test_an_export_ends_when_usage_dies(full_stack):
    _, answer = start_export(full_stack)
    assert answer.status == 200
    full_stack.usage.kill9()
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        while answer.read(1 << 20):
            pass
        raise AssertionError("it looked complete")
    full_stack.start_usage()
    eventually(lambda: totals(full_stack.api)["requests"] == 1, "usage answers again")
