"""Budgets over midnight and the month's end, and clocks that jump: real services, whose wall clock is ahead
by what the test says (tests/fakes/clock_shift.cc)."""

import calendar
import datetime
import sqlite3
import struct
import threading
import time

import pytest

import harness
import http_client
from admin_client import eventually

DAY = 86_400
COST = 500 * 3_000 + 100 * 15_000  # of SCENARIO, claude-sonnet-4-5, nano-USD
SCENARIO = "in=500+out=100"


class Clock:
    """The services' wall clock."""

    def __init__(self, path):
        self._path = path
        path.write_bytes(bytes(8))
        self.ahead = 0
        # Half an hour before the end of this month, or of the next, when that is near.
        now = datetime.datetime.now(datetime.timezone.utc)
        self.month_end = self._end_of_month(now + datetime.timedelta(hours=1))
        self.set_to(self.month_end - 1800)

    @staticmethod
    def _end_of_month(moment):
        days = calendar.monthrange(moment.year, moment.month)[1]
        last = moment.replace(day=days, hour=0, minute=0, second=0, microsecond=0)
        return int(last.timestamp()) + DAY

    def set_to(self, unix_seconds):
        self.ahead = int(unix_seconds - time.time())
        with open(self._path, "r+b") as file:  # never shorter than it was: it is mapped
            file.write(struct.pack("q", self.ahead))

    def now(self):
        return time.time() + self.ahead


class ShiftedStack(harness.Stack):
    def __init__(self, build_dir):
        super().__init__(build_dir)
        self.clock = Clock(self.folder / "clock")
        shift = {"LD_PRELOAD": self.build_dir / "bin" / "weir-clock-shift.so",
                 "WEIR_TEST_CLOCK_FILE": self.folder / "clock"}
        for service in (self.usage, self.admin, self.relay):
            service.settings.update(shift)

    def days(self, lane):
        """What the ledger has for the lane's key: {first second of the day: nano-USD}."""
        with sqlite3.connect(f"file:{self.folder}/usage.db?mode=ro", uri=True) as database:
            rows = database.execute("SELECT day_unix_ms / 1000, cost_nano_usd FROM usage_days "
                                    "WHERE subject_kind = 1 AND subject_id = ?", (lane.key_id,))
            return dict(rows.fetchall())

    def held(self, lane):
        """What leases hold of the key's budgets: {(period, first second): nano-USD}."""
        with sqlite3.connect(f"file:{self.folder}/usage.db?mode=ro", uri=True) as database:
            rows = database.execute(
                "SELECT period, window_unix_ms / 1000, SUM(granted - used) FROM usage_leases WHERE "
                "subject_kind = 1 AND subject_id = ? GROUP BY 1, 2", (lane.key_id,))
            return {(period, window): held for period, window, held in rows.fetchall()}


@pytest.fixture
def shifted(build_dir, no_sanitizer):
    made = ShiftedStack(build_dir)
    try:
        yield made.start()
    finally:
        made.close()


def pending(stack):
    text = http_client.request(stack.relay_ops, "GET", "/metrics", {"connection": "close"}).body
    return sum(float(line.split()[-1]) for line in text.decode().splitlines()
               if line.startswith("weir_relay_spool_events_pending "))


def until_refused(lane):
    for count in range(100):
        reply = lane.messages(max_tokens=200)
        if reply.status != 200:
            return count, reply.json()["error"]["details"].get("limit")
    raise AssertionError("never refused")


def test_days_and_months_begin_anew_and_a_lifetime_does_not(shifted):
    clock = shifted.clock
    lane = shifted.lane({"scenario": SCENARIO}, key={"limits": {
        "usd_per_day": "0.02", "usd_per_month": "0.03", "usd_total": "0.05"}})
    first, limit = until_refused(lane)
    assert (first, limit) == (6, "usd_per_day"), "all of it, but for what pays for no request"
    clock.set_to(clock.month_end + 10)  # another day of another month
    second, limit = until_refused(lane)
    assert (second, limit) == (6, "usd_per_day")
    clock.set_to(clock.month_end + DAY + 10)
    third, limit = until_refused(lane)
    assert (third, limit) == (3, "usd_per_month")
    midnight = clock.month_end
    expected = {midnight - DAY: first * COST, midnight: second * COST,
                midnight + DAY: third * COST}
    eventually(lambda: shifted.days(lane) == expected, "each request is in the day it began in")
    assert sum(expected.values()) <= 50_000_000


def test_a_lifetime_outlives_restarts_and_days(shifted):
    clock = shifted.clock
    lane = shifted.lane({"scenario": SCENARIO}, key={"limits": {"usd_total": "0.05"}})
    total = 0
    for day in range(2):
        clock.set_to(clock.month_end + day * DAY + 10)
        total += sum(lane.messages(max_tokens=200).status == 200 for _ in range(5))
        shifted.relay.kill9()
        shifted.usage.kill9()
        shifted.start_usage()
        shifted.start_relay()
    more, limit = until_refused(lane)
    total += more
    assert limit == "usd_total" and 14 <= total <= 16
    eventually(lambda: sum(shifted.days(lane).values()) == total * COST, "once each")


@pytest.mark.parametrize("limit, period", [("usd_per_day", 1), ("usd_per_month", 2)])
def test_a_stream_over_midnight_is_paid_by_the_window_it_began_in(shifted, limit, period):
    """It renews what it reserves on both sides of midnight, and all of it counts in the old one."""
    clock = shifted.clock
    lane = shifted.lane({"scenario": "huge=32+pace=8"}, key={"limits": {limit: "0.30"}})
    done = {}
    stream = threading.Thread(target=lambda: done.update(
        reply=lane.messages(stream=True, max_tokens=100_000)))
    midnight = clock.month_end
    old = midnight - DAY if period == 1 else Clock._end_of_month(
        datetime.datetime.fromtimestamp(midnight - 40 * DAY, datetime.timezone.utc))
    stream.start()
    eventually(lambda: shifted.held(lane).get((period, old), 0) > 0, "it has reserved")
    clock.set_to(midnight + 5)
    assert stream.is_alive(), "it is under way"
    stream.join()
    assert done["reply"].status == 200
    names = [name for name, _ in done["reply"].events()]
    assert names[-1] == "message_stop"
    row = eventually(lambda: shifted.api.logs(f"key_id={lane.key_id}"), "its row")[0]
    assert (row["complete"], row["error_class"]) == (True, "")
    assert row["cost_nano_usd"] > 1.2 * 4_096 * 15_000, "it had to renew"
    assert shifted.days(lane) == {midnight - DAY: row["cost_nano_usd"]}
    # What it did not need goes back, and the new window is whole.
    eventually(lambda: shifted.held(lane).get((period, old), 0) == 0, "nothing is held of the old")
    again = lane.messages(stream=True, max_tokens=100_000)
    assert again.events()[-1][0] == "message_stop"
    eventually(lambda: shifted.days(lane) == {midnight - DAY: row["cost_nano_usd"],
                                              midnight: row["cost_nano_usd"]}, "each once")


def test_clocks_that_jump_overrun_nothing(shifted):
    """Of the relay's own memory and the ledger alike, back and forth over midnight."""
    clock = shifted.clock
    lane = shifted.lane({"scenario": SCENARIO}, key={"limits": {"usd_per_day": "0.02"}})
    for moment in (-600, 600, -500, 700, -400, 800):
        clock.set_to(clock.month_end + moment)
        for _ in range(3):
            lane.messages(max_tokens=200)
    eventually(lambda: pending(shifted) == 0, "every event is in")
    days = shifted.days(lane)
    assert set(days) <= {clock.month_end - DAY, clock.month_end}
    assert all(0 < spent <= 20_000_000 for spent in days.values()), days
