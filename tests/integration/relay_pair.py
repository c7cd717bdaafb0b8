"""Two relays that share a Redis."""

import harness
import http_client
import redis_server
from admin_client import eventually

REPLY_SECONDS = 0.25


class Pair:
    """All services, a second relay, and the Redis that both relays use. `kind` is what they use it
    for, as their settings and metrics begin: redis (limits) or cache_redis."""

    def __init__(self, build_dir, kind="redis", **settings):
        self.redis = redis_server.Redis()
        self._kind = kind
        setting = f"WEIR_RELAY_{kind.upper()}"
        self.stack = harness.Stack(build_dir, settings={
            f"{setting}_URL": self.redis.url, "WEIR_RELAY_REDIS_RETRY_MS": 200,
            # A busy machine must not look like a Redis that hangs.
            f"{setting}_TIMEOUT_MS": int(REPLY_SECONDS * 1000),
            "WEIR_RELAY_THREADS": 2, **settings})
        self.stack.start()
        self.second = self.stack.second_relay()
        self.second.start().wait_ready(self.second.ops)
        self.ports = (self.stack.relay_port, self.second.port)
        self.ops = (self.stack.relay_ops, self.second.ops)
        self.wait_up()

    def lane(self, *accounts, **fields):
        lane = self.stack.lane(*accounts, **fields)
        eventually(lambda: http_client.request(
            self.ports[1], "GET", "/v1/models",
            {"x-api-key": lane.key, "connection": "close"}).status == 200, "the second relay knows")
        return lane

    def send(self, lane, relay, **body):
        return http_client.request(self.ports[relay], "POST", "/v1/messages",
                                   lane.headers({"connection": "close"}),
                                   harness.anthropic_body(**body))

    def stream(self, lane, relay):
        """An open stream, or None when it is refused."""
        connection = http_client.Connection(self.ports[relay])
        connection.send_request("POST", "/v1/messages", lane.headers(),
                                harness.anthropic_body(stream=True))
        if connection.read_head().status == 200:
            return connection
        connection.close()
        return None

    def metric(self, name, relay=0):
        text = http_client.request(self.ops[relay], "GET", "/metrics",
                                   {"connection": "close"}).body.decode()
        return next(float(line.split()[1]) for line in text.splitlines()
                    if line.startswith(f"weir_relay_{self._kind}_{name} "))

    def wait_up(self):
        for relay in (0, 1):
            eventually(lambda: self.metric("up", relay) == 1, "Redis is in use")

    def set_policy(self, lane, policy):
        """Of the group, until both relays have it."""
        before = self.stack.api.get(f"/api/v1/groups/{lane.group['id']}")
        self.stack.api.patch(f"/api/v1/groups/{before['id']}", {"redis_away_policy": policy})
        eventually(self._all_pushed, "the relays have the policy")

    def _all_pushed(self):
        relays = self.stack.api.get("/api/v1/status")["relays"]
        return len(relays) >= 2 and len({relay["revision"] for relay in relays}) == 1

    def close(self):
        if self.second.is_running():
            self.second.stop()
        self.stack.close()
        self.redis.close()
