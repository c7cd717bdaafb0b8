"""A whole installation as it is run: nginx in front of two relays, admin, usage, PostgreSQL and Redis, all real."""

import signal

import harness
import http_client
from admin_client import eventually
from nginx import Nginx
from postgres import Postgres
from redis_server import Redis
from traffic import BY_NAME, Caller

HOST = "relay.weir.example.com"
AMPLE = {"rpm": 1_000_000, "tpm": 1_000_000_000, "concurrency": 10_000}


def metric(ops, name):
    """The sum over all labels."""
    text = http_client.request(ops, "GET", "/metrics", {"connection": "close"}).body.decode()
    return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines()
               if line.startswith((f"{name} ", f"{name}{{")))


class Site:
    """`relays` are (service, ops port)."""

    def __init__(self, build_dir):
        self.postgres = Postgres()
        self.redis = Redis()
        self.stack = harness.Stack(build_dir, database=self.postgres.create_database, settings={
            "WEIR_RELAY_REDIS_URL": self.redis.url, "WEIR_RELAY_TRUSTED_PROXIES": "127.0.0.1"})
        self.second = self.nginx = None

    def start(self):
        self.stack.start()
        self.second = self.stack.second_relay()
        self.second.start().wait_ready(self.second.ops)
        self.nginx = Nginx([self.stack.relay_port, self.second.port], self.stack.admin_port).start()
        # Preset is to refuse what no lease pays for; a house that must not stop chooses this.
        self.stack.api.put("/api/v1/admin/settings", {"budgets_when_usage_away": "spend_leases_then_open"})
        return self

    @property
    def relays(self):
        return (self.stack.relay, self.stack.relay_ops), (self.second, self.second.ops)

    def callers(self):
        """Of three sorts: without limits, with limits that are counted in Redis, with money that usage leases."""
        lanes = (self.stack.claude("text"),
                 self.stack.lane({"scenario": "text", "platform": "openai"}, key={"limits": AMPLE}, limits=AMPLE),
                 self.stack.lane({"scenario": "text"}, key={"limits": {"usd_total": "1000.00"}}))
        self.stack.api.wait_for_relays()
        return [Caller(BY_NAME[name], lane) for name, lane in zip(("messages", "chat", "messages"), lanes, strict=True)]

    def replace_relay(self, number):
        """SIGTERM, what is under way ends, and another one on the same data folder."""
        relay, ops = self.relays[number]
        relay.signal(signal.SIGTERM)
        code = relay.wait(60)
        assert code == 0, f"the relay ended with {code}\n{relay.log_tail()}"
        relay.start().wait_ready(ops)
        # nginx leaves out who failed for some seconds: whoever replaces the next one waits for that.
        eventually(lambda: metric(ops, "weir_relay_upstream_attempts_total") > 5, "the new relay is used", timeout=30)

    def metric(self, name):
        """The sum over both relays."""
        return sum(metric(ops, name) for _, ops in self.relays)

    def pending(self):
        return self.metric("weir_relay_spool_events_pending")

    def wait_for_spools(self, timeout, most=0):
        eventually(lambda: self.pending() <= most, "the relays have reported all", timeout=timeout, pause=0.1)

    def ledger_rows(self, callers):
        """(request id, cost) of all rows, out of the database itself."""
        keys = ",".join(str(caller.lane.key_id) for caller in callers)
        rows = self.postgres.query("usage", "SELECT encode(id, 'hex'), cost_nano_usd FROM usage_events "
                                            f"WHERE key_id IN ({keys}) AND status = 200 AND complete = 1")
        return [(as_request_id(row[0]), int(row[1])) for row in rows]

    def row_count(self, callers):
        keys = ",".join(str(caller.lane.key_id) for caller in callers)
        return int(self.postgres.query("usage", f"SELECT count(*) FROM usage_events WHERE key_id IN ({keys})")[0][0])

    def summed_cost(self, callers):
        """As admin reports it."""
        total = 0
        for caller in callers:
            rows = self.stack.api.get(f"/api/v1/usage/summary?by=key&key_id={caller.lane.key_id}")["data"]
            total += sum(row["cost_nano_usd"] for row in rows)
        return total

    def close(self):
        if self.nginx is not None:
            self.nginx.close()
        if self.second is not None and self.second.is_running():
            self.second.stop()
        self.stack.close()
        self.redis.close()
        self.postgres.close()


def as_request_id(digits):
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
