"""`./weir bench admin`: lists, searches and pages of a control plane with a million keys.

A real weir-admin on each database. Users and keys are made by SQL, as admin writes them: through the
REST API a million would take an hour. Then each kind of question is asked over HTTP, one at a time,
with other words, pages and ids each time, over a ledger that has a month of sums; log-ins beside the
same Argon2id by libsodium alone; how long admin takes to start; and how soon a change is on two hundred relays, on PostgreSQL half of them at
another admin than the one that made it.
"""

import argparse
import ctypes
import json
import pathlib
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from urllib.parse import quote

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "tests" / "integration"))

import http_client  # noqa: E402
import ports  # noqa: E402
from harness import Service, Stack  # noqa: E402
from postgres import Postgres  # noqa: E402
from processes import cpu_microseconds  # noqa: E402

TARGETS = {"p99_ms": 50, "start_s": 5, "login_ratio": 1.25, "change_p99_ms": 500}
WORDS = ("amber atlas basalt beacon birch bridge canyon cedar cobalt comet copper coral crane delta "
         "dune ember fjord flint garnet glacier harbor hazel heron indigo iris ivory jasper juniper "
         "kestrel lagoon lark lichen linden lotus maple marble meadow mesa mosaic nectar nova oak "
         "onyx opal orbit osprey pebble pine prairie quartz raven reef ridge river sage saffron "
         "slate sparrow spruce summit tundra walnut willow zephyr").split()
FIRST = 1_000_000  # the first of our own ids
GROUPS = 100
MODEL_LISTS = 1_000
LIMIT = 20


class AdminAlone:
    """admin, and usage behind it, on one database that SQL can write to."""

    def __init__(self, build_dir, folder, postgres):
        self._postgres = postgres
        self.on_postgres = postgres is not None
        url = postgres and (lambda name: postgres.create_database(f"bench_{name}"))
        self.stack = Stack(build_dir, folder, url)
        self.stack.start_usage()
        self.stack.seed()
        self.stack.start_admin()
        self.stack.log_in()

    def execute(self, statements, service="admin"):
        if self._postgres:
            for statement in statements:
                self._postgres.query(f"bench_{service}", statement)
            self._postgres.query(f"bench_{service}", "VACUUM ANALYZE")
            return
        database = sqlite3.connect(self.stack.folder / f"{service}.db")
        with database:
            for statement in statements:
                database.execute(statement)
        database.close()

    def columns(self, table):
        if self._postgres:
            return [row[0] for row in self._postgres.query(
                "bench_admin", "SELECT column_name FROM information_schema.columns "
                               f"WHERE table_name = '{table}' ORDER BY ordinal_position")]
        database = sqlite3.connect(self.stack.folder / "admin.db")
        columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
        database.close()
        return columns

    def one(self, statement):
        if self._postgres:
            return self._postgres.query("bench_admin", statement)[0][0]
        database = sqlite3.connect(self.stack.folder / "admin.db")
        value = database.execute(statement).fetchone()[0]
        database.close()
        return value

    def second(self):
        """Another admin on the same database, started; and its gRPC port."""
        first = ports.free_range(3)
        folder = self.stack.folder / "admin-2"
        folder.mkdir()
        service = Service("admin", self.stack.build_dir, folder, (), {
            **self.stack.admin_settings, "WEIR_ADMIN_LISTEN": f"127.0.0.1:{first}",
            "WEIR_ADMIN_GRPC_LISTEN": f"127.0.0.1:{first + 1}",
            "WEIR_ADMIN_OPS_LISTEN": f"127.0.0.1:{first + 2}"})
        service.start().wait_ready(first + 2)
        return service, first + 1

    def start_seconds(self):
        began = time.monotonic()
        self.stack.start_admin()
        return time.monotonic() - began


# --- a million keys


def fill(admin, users, keys):
    groups = [admin.stack.api.add_group(f"bench-{number}")["id"] for number in range(GROUPS)]
    key = admin.stack.api.add_key("template")
    admin.stack.admin.stop()
    words = ", ".join(f"({number}, '{word}')" for number, word in enumerate(WORDS))
    count = len(WORDS)
    # Two words and a number, spread by primes: each word is in a thirtieth of the names.
    name = (f"(SELECT word FROM bench_words WHERE i = n * 7919 % {count}) || '-' || "
            f"(SELECT word FROM bench_words WHERE i = n * 104729 / {count} % {count}) || '-' || n")
    group = f"{groups[0]} + n % {len(groups)}"
    now_ms = int(time.time() * 1000)
    spread = {"created_at_ms": f"{now_ms} - n * 1009 % 31536000000",
              "expires_at_ms": f"CASE n % 3 WHEN 0 THEN {now_ms} + n * 10007 % 31536000000 ELSE 0 END",
              "status": "CASE n % 10 WHEN 0 THEN 'disabled' ELSE 'active' END"}
    user = {"id": f"{FIRST} + n", "username": name, "name": f"'User ' || {name}",
            "email": f"{name} || '@example.com'", "group_id": group, "status": spread["status"],
            "created_at_ms": spread["created_at_ms"]}
    zeros = "0" * 64  # as long as a hash
    own_key = {"id": f"{FIRST} + n", "user_id": f"{FIRST} + n % {users}", "name": name,
               "key_hash": f"substr('{zeros}' || n, length(CAST(n AS TEXT)) + 1)",
               "key_hint": "'…' || n", "group_id": group, **spread}
    admin.execute([
        "CREATE TABLE bench_words (i BIGINT PRIMARY KEY, word TEXT NOT NULL)",
        f"INSERT INTO bench_words VALUES {words}",
        copies(admin, "users", "id = (SELECT MIN(id) FROM users)", user, users),
        copies(admin, "api_keys", f"id = {key['id']}", own_key, keys),
        "DROP TABLE bench_words",
        f"UPDATE ids SET next_id = {FIRST * 3} WHERE name IN ('users', 'api_keys')"])


def fill_accounts(admin, accounts):
    """All in the default group, with a thousand different lists of models between them."""
    template = admin.stack.api.post("/api/v1/admin/accounts", {
        "name": "template", "platform_type": "openai", "request_url": "https://api.example.com",
        "secret_key": "sk-bench"})["id"]
    admin.stack.admin.stop()
    own = {"id": f"{FIRST} + n", "name": "'account-' || n",
           "models": f"""'["model-' || n % {MODEL_LISTS} || '","model-' || (n + 1) % {MODEL_LISTS} || '"]'"""}
    admin.execute([
        copies(admin, "accounts", f"id = {template}", own, accounts),
        made("account_groups", {"account_id": f"{FIRST} + n", "group_id": "1"}, accounts),
        f"UPDATE ids SET next_id = {FIRST * 3} WHERE name = 'accounts'"])


DAY_MS, QUARTER_MS = 24 * 3600 * 1000, 15 * 60 * 1000


def fill_ledger(admin, users, keys, sums):
    """A month of what keys and users have used, as usage sums it up; the sums follow each other over all
    of them, so that each day has some of everybody's."""
    today = int(time.time() * 1000) // DAY_MS
    first = today - time.gmtime().tm_mday + 1
    day = f"({first} + n * 7919 % {today - first + 1}) * {DAY_MS}"
    figures = {name: "n % 1000" for name in
               ("requests", "errors", "estimated_requests", "input_tokens", "cache_read_tokens",
                "cache_write_5m_tokens", "cache_write_1h_tokens", "output_tokens", "reasoning_tokens",
                "cost_nano_usd")}
    user, key = f"{FIRST} + n % {users}", f"{FIRST} + n % {keys}"
    admin.stack.usage.stop()
    admin.execute([
        made("usage_day_sums", {"day_unix_ms": day, "key_id": key, "user_id": user, "group_id": "1",
                                "account_id": "1", "model": f"'model-' || n / {users}", **figures}, sums),
        *(made("usage_subject_sums", {"part": part, "key_id": key_id, "user_id": user_id,
                                      "quarter_unix_ms": f"{day} + n / {of} % 96 * {QUARTER_MS}",
                                      **figures}, sums)
          for part, key_id, user_id, of in (("1", key, "0", keys), ("2", "0", user, users)))],
        "usage")
    admin.stack.start_usage()


def made(table, values, rows):
    """Rows whose values come from their number n."""
    return (f"WITH RECURSIVE numbers(n) AS (SELECT CAST(0 AS BIGINT) UNION ALL SELECT n + 1 FROM "
            f"numbers WHERE n < {rows - 1}) INSERT INTO {table} ({', '.join(values)}) SELECT "
            f"{', '.join(values.values())} FROM numbers WHERE TRUE ON CONFLICT DO NOTHING")


def copies(admin, table, template, own, rows):
    """Copies of one row, with values of their own made from their number n."""
    columns = admin.columns(table)
    values = ", ".join(own.get(column, column) for column in columns)
    return (f"WITH RECURSIVE numbers(n) AS (SELECT CAST(0 AS BIGINT) UNION ALL SELECT n + 1 FROM "
            f"numbers WHERE n < {rows - 1}) INSERT INTO {table} ({', '.join(columns)}) SELECT {values} "
            f"FROM {table}, numbers WHERE {template}")


# --- questions


class Questions:
    """Paths, other ones each time; the same ones in each run."""

    def __init__(self, users, keys, accounts):
        self._random = random.Random(7)
        self._users, self._keys, self._accounts = users, keys, accounts

    def kinds(self):
        pick = self._random
        keys, users, accounts = "/api/v1/api-keys?", "/api/v1/users?", "/api/v1/admin/accounts?"
        return {
            "keys: first page": lambda: f"{keys}limit={pick.choice([20, 50, 100])}",
            "keys: any page": lambda: keys + self._page(self._keys),
            "keys: any page by name": lambda: f"{keys}sort=name&" + self._page(self._keys),
            "keys: any page, newest first": lambda: f"{keys}sort=-created_at&" + self._page(self._keys),
            "keys: soonest to expire": lambda: f"{keys}sort={pick.choice(['', '-'])}expires_at",
            "keys: search for a word": lambda: f"{keys}name={self._word()}",
            "keys: search for a part": lambda: f"{keys}name={quote(self._part())}",
            "keys: search for a number": lambda: f"{keys}name={pick.randrange(1000, 10_000)}",
            "keys: search, by name": lambda: f"{keys}sort=-name&name={self._word()}",
            "keys: search, second page": lambda: f"{keys}page=2&name={self._word()}",
            "keys: search for what is not there": lambda: f"{keys}name=qqx{pick.randrange(10_000)}",
            "keys: search for two letters": lambda: f"{keys}name={self._word()[:2]}",
            "keys: of a user": lambda: f"{keys}user_id={FIRST + pick.randrange(self._users)}",
            "keys: of a group": lambda: f"{keys}group_id={pick.randrange(2, GROUPS)}&sort=-created_at",
            "keys: by status": lambda: f"{keys}status={pick.choice(['active', 'disabled', 'expired'])}",
            "keys: one": lambda: f"/api/v1/api-keys/{FIRST + pick.randrange(self._keys)}",
            "users: first page": lambda: f"{users}limit={pick.choice([20, 50, 100])}",
            "users: any page": lambda: users + self._page(self._users),
            "users: one": lambda: f"/api/v1/users/{FIRST + pick.randrange(self._users)}",
            "users: any page, by name": lambda: f"{users}sort=username&" + self._page(self._users),
            "users: search for a user name": lambda: f"{users}username={quote(self._part())}",
            "users: search for a name": lambda: f"{users}name={self._word()}",
            "users: search for an e-mail": lambda: f"{users}email={pick.randrange(1000, 10_000)}%40ex",
            "accounts: any page": lambda: accounts + self._page(self._accounts),
            "accounts: that serve a model": lambda: f"{accounts}model=model-{pick.randrange(MODEL_LISTS)}",
            "models: of the caller": lambda: "/api/v1/models",
            "models: with their prices": lambda: "/api/v1/models/prices",
        }

    def _page(self, rows):
        return f"limit={LIMIT}&page={self._random.randrange(1, rows // LIMIT)}"

    def _word(self):
        return self._random.choice(WORDS)

    def _part(self):
        """Out of the middle of a name: "ne-ra"."""
        return f"{self._word()[-2:]}-{self._word()[:2]}"


def ask_one(connection, path, headers):
    began = time.perf_counter()
    reply = connection.request("GET", path, headers)
    took_ms = (time.perf_counter() - began) * 1000
    assert reply.status == 200, f"{path}: {reply.status} {reply.body!r}"
    return took_ms


def ask(stack, questions, rounds):
    """Milliseconds by kind. Kinds take turns, so that none has the caches to itself."""
    kinds = questions.kinds()
    times = {kind: [] for kind in kinds}
    token = stack.api.post("/api/v1/auth/login", {
        "username": stack.seeded["WEIR_ADMIN_USERNAME"],
        "password": stack.seeded["WEIR_ADMIN_PASSWORD"]})["token"]
    headers = {"authorization": f"Bearer {token}"}
    for number in range(rounds + 2):
        # admin ends a connection after a thousand requests.
        with http_client.Connection(stack.admin_port) as connection:
            for kind, path_of in kinds.items():
                took_ms = ask_one(connection, path_of(), headers)
                if number >= 2:  # the first warm up
                    times[kind].append(took_ms)
    return times


def log_ins(admin, rounds):
    """Milliseconds of log-ins, and of the same passwords verified by libsodium alone, taking turns."""
    sodium = ctypes.CDLL("libsodium.so.23")
    sodium.sodium_init()
    username = admin.stack.seeded["WEIR_ADMIN_USERNAME"]
    password = admin.stack.seeded["WEIR_ADMIN_PASSWORD"]
    stored = admin.one(f"SELECT password_hash FROM users WHERE username = '{username}'").encode()
    whole, alone = [], []
    for _ in range(rounds):
        began = time.perf_counter()
        admin.stack.api.post("/api/v1/auth/login", {"username": username, "password": password})
        whole.append((time.perf_counter() - began) * 1000)
        began = time.perf_counter()
        good = sodium.crypto_pwhash_str_verify(stored, password.encode(),
                                               ctypes.c_ulonglong(len(password)))
        alone.append((time.perf_counter() - began) * 1000)
        assert good == 0, "the stored hash is another password's"
    return whole, alone


# --- relays


class Relays:
    """Streams of many relays, taking turns among admins."""

    def __init__(self, stack, grpc_ports, relays):
        self._process = subprocess.Popen(
            [str(stack.build_dir / "bin" / "weir-watch-load"), "--relays", str(relays),
             "--targets", ",".join(f"127.0.0.1:{port}" for port in grpc_ports),
             "--internal-token-file", str(stack.folder / "internal.token")],
            stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
        self.line()

    def line(self):
        text = self._process.stdout.readline()
        assert text, "weir-watch-load ended"
        return json.loads(text)

    def stop(self):
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()


def follow_changes(admin, options):
    """Milliseconds from asking for a change until the last relay has it; admin's CPU for each."""
    stack = admin.stack
    grpc_ports, second = [stack.admin_grpc], None
    if admin.on_postgres:
        second, port = admin.second()
        grpc_ports.append(port)
    pids = [stack.admin.pid] + ([second.pid] if second else [])
    relays = Relays(stack, grpc_ports, options.relays)
    try:
        times, before = [], None
        for number in range(options.changes + 3):
            if number == 3:  # the first ones warm up
                before = cpu_microseconds(pids)
            began = time.time()
            stack.api.patch(f"/api/v1/api-keys/{FIRST + number}", {"name": f"changed-{number}"})
            line = relays.line()
            if number >= 3:
                times.append(line["last_unix_ms"] - began * 1000)
        cpu_us = (cpu_microseconds(pids) - before) / options.changes
        return times, cpu_us
    finally:
        relays.stop()
        if second:
            second.stop()


# --- the bench


def measure(options, folder, postgres):
    admin = AdminAlone(options.build_dir, folder, postgres)
    try:
        began = time.monotonic()
        fill_accounts(admin, options.accounts)
        admin.stack.start_admin()
        fill(admin, options.users, options.keys)
        fill_ledger(admin, options.users, options.keys, options.sums)
        result = {"filled_s": time.monotonic() - began, "start_s": admin.start_seconds()}
        admin.stack.log_in()
        result["rss_mib"] = admin.stack.admin.rss_kib() / 1024
        times = ask(admin.stack, Questions(options.users, options.keys, options.accounts), options.rounds)
        result["kinds"] = {kind: {"p50_ms": statistics.median(ms), "p99_ms": percentile(ms, 99)}
                           for kind, ms in times.items()}
        everything = [ms for kind in times.values() for ms in kind]
        result["p50_ms"], result["all_p99_ms"] = statistics.median(everything), percentile(everything, 99)
        result["p99_ms"] = max(row["p99_ms"] for row in result["kinds"].values())  # each kind has to hold
        whole, alone = log_ins(admin, options.log_ins)
        result["login_ms"], result["argon2_ms"] = statistics.median(whole), statistics.median(alone)
        result["login_ratio"] = result["login_ms"] / result["argon2_ms"]
        changes, result["change_cpu_us"] = follow_changes(admin, options)
        result["change_p50_ms"] = statistics.median(changes)
        result["change_p99_ms"] = percentile(changes, 99)
        return result
    finally:
        admin.stack.close()


def percentile(values, percent):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


def print_result(database, result, options):
    admins = ", two admins" if database == "postgresql" else ""
    print(f"\n{database}: {options.keys:,} keys, {options.users:,} users, {options.accounts:,} accounts; {options.rounds} questions of "
          f"each kind")
    for kind, row in result["kinds"].items():
        mark = "   over" if row["p99_ms"] > TARGETS["p99_ms"] else ""
        print(f"  {kind:<36} p50 {row['p50_ms']:>7.1f} ms   p99 {row['p99_ms']:>7.1f} ms{mark}")
    print(f"  {'all of them':<36} p50 {result['p50_ms']:>7.1f} ms   p99 {result['all_p99_ms']:>7.1f} ms; "
          f"the slowest kind's {result['p99_ms']:.1f} (target {TARGETS['p99_ms']})")
    print(f"  start {result['start_s']:.2f} s (target {TARGETS['start_s']}), resident "
          f"{result['rss_mib']:.0f} MiB; log-in {result['login_ms']:.0f} ms, Argon2id alone "
          f"{result['argon2_ms']:.0f} ms: {result['login_ratio']:.2f} x (target "
          f"{TARGETS['login_ratio']})")
    print(f"  a change on {options.relays} relays{admins}: p50 {result['change_p50_ms']:.0f} ms, p99 "
          f"{result['change_p99_ms']:.0f} ms (target {TARGETS['change_p99_ms']}), admin's CPU "
          f"{result['change_cpu_us'] / 1000:.1f} ms")


def parse(arguments):
    parser = argparse.ArgumentParser(prog="./weir bench admin", description=__doc__)
    parser.add_argument("--build-dir", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--keys", type=int, default=1_000_000)
    parser.add_argument("--users", type=int, default=100_000)
    parser.add_argument("--accounts", type=int, default=10_000)
    parser.add_argument("--sums", type=int, default=1_000_000, help="sums of the ledger, of each kind")
    parser.add_argument("--rounds", type=int, default=300, help="questions of each kind")
    parser.add_argument("--log-ins", type=int, default=20)
    parser.add_argument("--relays", type=int, default=200)
    parser.add_argument("--changes", type=int, default=100)
    parser.add_argument("--databases", default="sqlite,postgresql")
    parser.add_argument("--quick", action="store_true", help="a minute: fewer rows and questions")
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--check", action="store_true", help="exit 1 when a target is missed")
    options = parser.parse_args(arguments)
    options.build_dir = options.build_dir.resolve()
    if options.quick:
        options.keys, options.users, options.rounds, options.log_ins = 20_000, 2_000, 10, 5
        options.relays, options.changes, options.sums = 20, 10, 100_000
        options.accounts = 2_000
    return options


def main():
    options = parse(sys.argv[1:])
    results = {}
    for database in options.databases.split(","):
        postgres = Postgres(durable=True) if database == "postgresql" else None
        try:
            with tempfile.TemporaryDirectory(prefix="weir-bench-") as folder:
                results[database] = measure(options, pathlib.Path(folder), postgres)
        finally:
            if postgres:
                postgres.close()
        print_result(database, results[database], options)
    if options.json:
        options.json.write_text(json.dumps(results, indent=2) + "\n")
    failures = [f"{database} {name}" for database, result in results.items()
                for name, target in TARGETS.items() if result[name] > target]
    if failures:
        print("missed: " + ", ".join(failures))
    return 1 if options.check and failures else 0


if __name__ == "__main__":
    sys.exit(main())
