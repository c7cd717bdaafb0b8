"""`./weir bench --snapshot`: a million keys and ten thousand accounts in a real relay.

Accounts are made through the REST API. So many keys would take that API an hour: while admin is
stopped they are written into its database, as it writes them. From there on all is as in
production: admin builds the snapshot and streams it, the relay checks it, keeps it and serves by it.
"""

import pathlib
import random
import re
import sqlite3
import statistics
import threading
import time

import http_client
import measure
from processes import FakeProvider, Missing, rss_kib, wait_for
from targets import WeirServices, WeirTarget

START_SECONDS = 300
SETTLE_SECONDS = 4
CONNECTIONS = 64
PAUSE_MS = 20  # so that the machine is not full: a full one hides who makes whom wait
CHANGES_PER_SECOND = 5
GROUPS = 100


def run(options, folder):
    keys, accounts, rounds, seconds = ((50_000, 500, 4, 1.5) if options.quick
                                       else (1_000_000, 10_000, 20, 2))
    scale = Scale(options.build_dir, folder, keys, accounts)
    try:
        results = {"keys": keys, "accounts": accounts, "connections": CONNECTIONS,
                   "changes_per_second": CHANGES_PER_SECOND, "failures": []}
        results.update(scale.load_from_admin())
        results.update(scale.load_from_disk())
        results.update(scale.change_under_load(rounds, seconds, results["failures"]))
        return results
    finally:
        scale.stop()


class Scale:
    def __init__(self, build_dir, folder, keys, accounts):
        self._keys = keys
        self._fake = FakeProvider(build_dir, folder)
        self._services = WeirServices(build_dir, {"WEIR_RELAY_LOG_LEVEL": "debug"})
        self._stack = self._services.stack
        self._target = WeirTarget(self._services, self._fake.url, [measure.ANSWER])
        self._bench = measure.Bench(build_dir, None)
        self._toggled = self._stack.api.add_key("toggled")
        self._small_kib = self._restarted_kib()
        self._fill(accounts)

    def stop(self):
        self._services.stop()
        self._fake.stop()

    def _restarted_kib(self):
        self._stack.relay.stop()
        self._start_relay()
        time.sleep(SETTLE_SECONDS)
        return rss_kib([self._stack.relay.pid])

    def _start_relay(self):
        """Seconds until it is ready."""
        began = time.monotonic()
        self._stack.relay.start().wait_ready(self._stack.relay_ops, timeout=START_SECONDS)
        return time.monotonic() - began

    # --- a million keys

    def _fill(self, accounts):
        stack, api = self._stack, self._stack.api
        stack.relay.stop()
        groups = [api.add_group(f"scale-{number}")["id"] for number in range(GROUPS)]
        for number in range(accounts):
            api.add_account(f"scale-{number}", "claude", self._fake.url, f"fake-key-{number}",
                            groups[number % GROUPS])
        stack.admin.stop()
        self._write_keys(groups)
        stack.admin.start().wait_ready(stack.admin_ops, timeout=START_SECONDS)
        stack.log_in()

    def _write_keys(self, groups):
        own = {"id": "?1", "name": "?2", "key_hash": "lower(hex(randomblob(32)))",
               "key_hint": "'…' || ?1", "group_id": "?3"}
        database = sqlite3.connect(self._stack.folder / "admin.db")
        with database:
            columns = [row[1] for row in database.execute("PRAGMA table_info(api_keys)")]
            values = ", ".join(own.get(name, name) for name in columns)
            first = database.execute("SELECT next_id FROM ids WHERE name = 'api_keys'").fetchone()[0]
            rows = ((first + n, f"scale-{n}", groups[n % len(groups)]) for n in range(self._keys))
            database.executemany(
                f"INSERT INTO api_keys ({', '.join(columns)}) SELECT {values} FROM api_keys "
                f"WHERE id = {self._toggled['id']}", rows)
            database.execute("UPDATE ids SET next_id = ? WHERE name = 'api_keys'",
                             (first + self._keys,))
        database.close()
        self._first_id = first

    # --- the figures

    def load_from_admin(self):
        for kept in pathlib.Path(self._stack.folder / "relay").glob("snapshot*"):
            kept.unlink()  # the small one, of before
        seconds = self._start_relay()
        time.sleep(SETTLE_SECONDS)
        grown_kib = rss_kib([self._stack.relay.pid]) - self._small_kib
        return {"load_from_admin_s": seconds, "bytes_per_key": grown_kib * 1024 / self._keys}

    def load_from_disk(self):
        self._stack.relay.stop()
        self._stack.admin.stop()
        seconds = self._start_relay()
        self._stack.admin.start().wait_ready(self._stack.admin_ops, timeout=START_SECONDS)
        self._stack.log_in()
        wait_for(self._is_connected, "the relay's stream from admin", START_SECONDS)
        return {"load_from_disk_s": seconds}

    def _is_connected(self):
        page = http_client.request(self._stack.relay_ops, "GET", "/metrics",
                                   {"connection": "close"}).body.decode()
        return re.search(r"^weir_relay_snapshot_connected 1", page, re.MULTILINE) is not None

    def change_under_load(self, rounds, seconds, failures):
        latency = {"without": [], "with": []}
        visible, requests = [], 0
        self._one_load(1)
        before_kib = rss_kib([self._stack.relay.pid])
        log_before = self._stack.relay.log_path.stat().st_size
        for _ in range(rounds):
            for kind in ("without", "with"):
                questions = Changes if kind == "with" else Looks
                changes = questions(self._stack, self._toggled, self._first_id, self._keys)
                changes.start()
                result = self._one_load(seconds)
                visible += changes.stop()
                requests += result["requests"]
                figures = result["latency_us"]
                latency[kind].append([figures[q] / 1000 for q in ("p50", "p99", "p999", "max")])
        time.sleep(SETTLE_SECONDS)
        failures += self._bench.failures
        with open(self._stack.relay.log_path, "rb") as log:
            log.seek(log_before)
            applied = [int(us) for us in re.findall(rb'"took_us":(\d+)', log.read())]
        if not applied or not visible:
            raise Missing("no change reached the relay")
        slower = [[b - a for a, b in zip(*pair)]
                  for pair in zip(latency["without"], latency["with"])]
        return {"slower_ms": [statistics.median(column) for column in zip(*slower)],
                "apply_us": statistics.median(applied), "visible_ms": statistics.median(visible),
                "grown_mib": (rss_kib([self._stack.relay.pid]) - before_kib) / 1024,
                "requests": requests // 2, "changes": len(applied),
                "latency_ms": {kind: [statistics.median(column) for column in zip(*rows)]
                               for kind, rows in latency.items()}}

    def _one_load(self, seconds):
        return self._bench.load(self._target, measure.ANSWER, "--connections", CONNECTIONS,
                                "--pause-ms", PAUSE_MS, "--seconds", seconds)


class Changes:
    """Changes keys at a steady rate; each tenth change is followed until the relay goes by it."""

    def __init__(self, stack, toggled, first_id, keys):
        self._stack = stack
        self._toggled = toggled
        self._ids = (first_id, first_id + keys - 1)
        self._stopping = threading.Event()
        self._thread = None
        self._visible_ms = []

    def start(self):
        self._thread = threading.Thread(target=self._ask_steadily, daemon=True)
        self._thread.start()

    def stop(self):
        """The milliseconds that followed changes took."""
        self._stopping.set()
        self._thread.join(timeout=60)
        return self._visible_ms

    def _ask_steadily(self):
        number = 0
        while not self._stopping.wait(1 / CHANGES_PER_SECOND):
            number += 1
            self._ask(number)

    def _ask(self, number):
        if number % 10 == 1:
            self._follow("disabled" if number % 20 == 1 else "active")
        else:
            key = random.randint(*self._ids)
            self._change(key, {"name": f"changed-{key}-{number}"})

    def _change(self, key_id, fields):
        self._stack.api.patch(f"/api/v1/api-keys/{key_id}", fields)

    def _follow(self, status):
        self._change(self._toggled["id"], {"status": status})
        began = time.monotonic()
        wanted = 200 if status == "active" else 403
        while self._status() != wanted:
            if time.monotonic() - began > 30:
                raise Missing(f"the relay never saw that a key is {status}")
        self._visible_ms.append((time.monotonic() - began) * 1000)

    def _status(self):
        reply = http_client.request(self._stack.relay_port, "GET", "/v1/models",
                                    {"x-api-key": self._toggled["key"], "connection": "close"})
        return reply.status


class Looks(Changes):
    """The same questions to admin that change nothing: what they cost the machine is not the relay's
    doing."""

    def _ask(self, number):
        self._stack.api.get(f"/api/v1/api-keys/{random.randint(*self._ids)}")
