"""All services, and every connection between two of them goes over a link that can be slow, lossy or dead."""

import time

import harness
import http_client
from admin_client import eventually
from link import Link
from postgres import Postgres
from redis_server import Redis


class FarStack(harness.Stack):
    """On PostgreSQL and Redis of its own; relay, admin, usage, both databases and the provider are far from each other."""

    def __init__(self, build_dir):
        self.link = Link()
        self.postgres = Postgres(address=self.link.here)
        self.redis = Redis(address=self.link.here)
        super().__init__(build_dir, database=self._far_database, settings={
            "WEIR_RELAY_REDIS_URL": self.redis.url.replace("127.0.0.1", self.link.there)})
        self.fake.arguments = ["--listen", f"{self.link.here}:{self.fake_port}"]
        self.fake_url = f"http://{self.link.at(self.fake_port)}"
        self.usage.settings["WEIR_USAGE_GRPC_LISTEN"] = f"{self.link.here}:{self.usage_grpc}"
        self.admin.settings["WEIR_ADMIN_GRPC_LISTEN"] = f"{self.link.here}:{self.admin_grpc}"
        self.admin.settings["WEIR_ADMIN_USAGE_TARGET"] = self.link.at(self.usage_grpc)
        self.relay.settings["WEIR_RELAY_USAGE_TARGET"] = self.link.at(self.usage_grpc)
        self.relay.settings["WEIR_RELAY_ADMIN_TARGET"] = self.link.at(self.admin_grpc)

    def _far_database(self, name):
        return self.postgres.create_database(name).replace("127.0.0.1", self.link.there)

    def relay_metric(self, name):
        return metric(self.relay_ops, name)

    def seconds_until(self, condition, what, timeout):
        """How long it takes until it holds."""
        begin = time.monotonic()
        eventually(condition, what, timeout=timeout)
        return time.monotonic() - begin

    def ledger_rows(self, key_ids):
        """(request id, cost) of all rows of these keys."""
        keys = ",".join(str(key_id) for key_id in key_ids)
        rows = self.postgres.query("usage", f"SELECT encode(id, 'hex'), cost_nano_usd FROM usage_events WHERE key_id IN ({keys})")
        return [("-".join((row[0][:8], row[0][8:12], row[0][12:16], row[0][16:20], row[0][20:])), int(row[1])) for row in rows]

    def wait_for_spool(self, timeout=60):
        eventually(lambda: self.relay_metric("weir_relay_spool_events_pending") == 0, "the relay has reported all",
                   timeout=timeout)

    def close(self):
        try:
            return super().close()
        finally:
            self.redis.close()
            self.postgres.close()
            self.link.close()


def metric(ops, name):
    """The sum over all labels."""
    text = http_client.request(ops, "GET", "/metrics", {"connection": "close"}).body.decode()
    return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith((f"{name} ", f"{name}{{")))
