"""All of Weir on PostgreSQL and Redis with several relays, and what each part of it uses."""

import re
import time

import http_client
import measure
from processes import FakeProvider, cpu_microseconds, tree_cpu_microseconds, wait_for
from targets import WeirServices, WeirTarget

from postgres import Postgres
from redis_server import Redis

SERVICES = ("relay", "usage", "postgres", "redis", "admin")
SETTLED_SECONDS = 120
PACED = "events=200+pace=50"


class Stand:
    """Relays come one after the other (`grow`); all with keys, limits, budgets, metering, spool."""

    def __init__(self, build_dir, folder):
        self.postgres, self._redis = Postgres(durable=True), Redis()
        self._fake = FakeProvider(build_dir, folder)
        self._services = WeirServices(build_dir, {"WEIR_RELAY_REDIS_URL": self._redis.url},
                                      self.postgres.create_database)
        self.stack = self._services.stack
        self.target = WeirTarget(self._services, self._fake.url,
                                 [measure.ANSWER, measure.HELD, PACED])
        self.relays = [At(self.target, self.stack.relay, self.stack.relay_port,
                          self.stack.relay_ops)]

    def grow(self, count):
        """Until there are so many relays."""
        while len(self.relays) < count:
            relay = self.stack.further_relay(len(self.relays) + 1)
            relay.start().wait_ready(relay.ops)
            self.relays.append(At(self.target, relay, relay.port, relay.ops))

    def stop(self):
        for relay in self.relays[1:]:
            relay.service.stop()
        self._services.stop()
        self._fake.stop()
        self._redis.close()
        self.postgres.close()

    # --- what it uses

    def cpu_us(self):
        """By service, so far; relays added up."""
        return {
            "relay": cpu_microseconds([relay.service.pid for relay in self.relays]),
            "usage": cpu_microseconds([self.stack.usage.pid]),
            "postgres": tree_cpu_microseconds(self.postgres.pid),
            "redis": cpu_microseconds([self._redis.pid]),
            "admin": cpu_microseconds([self.stack.admin.pid]),
        }

    def redis_commands(self):
        """That relays have sent so far."""
        # All that a relay sends is a call of a script; what the scripts do is counted beside them.
        lines = self._redis.command("INFO", "commandstats").splitlines()
        return sum(int(re.search(r"calls=(\d+)", line)[1]) for line in lines
                   if line.startswith("cmdstat_eval"))

    def ledger_bytes(self):
        """Tables and indexes of requests and their attempts, without the sums."""
        rows = self.postgres.query("usage", """
            SELECT COALESCE(SUM(pg_total_relation_size(c.oid)), 0) FROM pg_class c
            WHERE c.relkind = 'r' AND (c.relname LIKE 'usage_events%' OR c.relname LIKE 'usage_attempts%')""")
        return int(rows[0][0])

    def wal_bytes(self):
        return int(self.postgres.query("usage", "SELECT pg_current_wal_lsn() - '0/0'")[0][0])

    def settled(self):
        """Until usage has acknowledged all that the relays have."""
        wait_for(lambda: not any(relay.pending() for relay in self.relays),
                 "that the ledger has every request", SETTLED_SECONDS)
        time.sleep(1)  # what follows a commit

class At:
    """The target at one of the relays."""

    def __init__(self, target, service, port, ops):
        self.name, self.service, self._target = f"relay at {port}", service, target
        self._url = f"http://127.0.0.1:{port}/v1/messages"
        self._ops = ops

    def url(self):
        return self._url

    def headers(self, scenario):
        return self._target.headers(scenario)

    def pids(self):
        return [self.service.pid]

    def restart(self):
        self.service.stop()
        self.service.start().wait_ready(self._ops)

    def pending(self):
        """Events that the ledger has not."""
        page = http_client.request(self._ops, "GET", "/metrics", {"connection": "close"}).body.decode()
        return float(re.search(r"^weir_relay_spool_events_pending (\S+)", page, re.MULTILINE)[1])

