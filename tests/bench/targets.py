"""What the load is sent to: the provider itself, nginx, and Weir with all its services."""

import pathlib
import re
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))

import http_client  # noqa: E402
import harness  # noqa: E402  (of the integration tests: it starts the services as ./weir up does)
import ports  # noqa: E402
from processes import Nginx  # noqa: E402

MODEL = "claude-sonnet-4-5"
LEDGER_SECONDS = 180
# What every answer of the provider reports, and what the ledger must add up to.
INPUT_TOKENS, OUTPUT_TOKENS = 120, 40
USAGE = f"in={INPUT_TOKENS}+out={OUTPUT_TOKENS}"
# Of claude-sonnet-4-5 in the price list: 3 and 15 USD for a million tokens.
COST_NANO_USD = INPUT_TOKENS * 3_000 + OUTPUT_TOKENS * 15_000
# Never reached, but counted for each request: for the key, its user, its group and the account.
RATES = {"rpm": 1_000_000_000, "tpm": 1_000_000_000_000, "concurrency": 1_000_000}
# nginx's own; ours is 10 s, which thousands of handshakes at once on a full machine exceed.
TIMEOUTS = {"connect_ms": 60_000}
BUDGETS = {"usd_per_day": "1000000", "usd_per_month": "10000000"}


def _wire(scenario):
    return f"{scenario}+{USAGE}"


class DirectTarget:
    """No proxy at all: what the others' added latency is measured against."""

    name = "direct"

    def __init__(self, port):
        self._port = port

    def url(self):
        return f"http://127.0.0.1:{self._port}/v1/messages"

    def headers(self, scenario):
        """The fake provider answers as the credential says."""
        return [f"x-api-key: fake-key-{_wire(scenario)}", "anthropic-version: 2023-06-01"]

    def pids(self):
        return []

    def wait_for_ledger(self, requests):
        """Nothing keeps a record of them."""

    def stop(self):
        pass


class NginxTarget(DirectTarget):
    name = "nginx"

    def __init__(self, folder, upstream_port, authority=None):
        self._nginx = Nginx(folder, ports.free_port(), upstream_port, authority).start()
        super().__init__(self._nginx.port)

    def pids(self):
        return self._nginx.pids()

    def restart(self):
        self._nginx.restart()

    def stop(self):
        self._nginx.stop()


class WeirServices:
    """usage, admin and a relay, all real. `settings` adds environment variables; `database(name)`
    gives the URL of a service's database, a SQLite file without it."""

    def __init__(self, build_dir, settings=None, database=None):
        self.stack = harness.Stack(build_dir, database=database, settings=settings)
        self.stack.start_usage()
        self.stack.seed()
        self.stack.start_admin()
        self.stack.start_relay()
        self.stack.log_in()
        # The keys are the administrator's own.
        owner = self.stack.api.get("/api/v1/users")["data"][0]
        self.stack.api.patch(f"/api/v1/users/{owner['id']}", {"limits": {**RATES, **BUDGETS}})

    def restart_relay(self):
        self.stack.relay.stop()
        self.stack.start_relay()

    def on(self):
        """What the relay does for each request here, as the table's header says it."""
        page = http_client.request(self.stack.relay_ops, "GET", "/metrics",
                                   {"connection": "close"}).body.decode()
        leases = re.search(r"^weir_relay_budget_leases [1-9]", page, re.MULTILINE)
        budgets = ["money budgets of key, user and group by leases"] if leases else []
        return ["keys", "limits of key, user, group and account", *budgets, "metering", "spool"]

    def stop(self):
        self.stack.close()


class WeirTarget:
    """A relay with keys, limits, metering and spool on, and its upstream.

    Each scenario has a group with one account on the fake provider and a key of its own.
    """

    def __init__(self, services, upstream_url, scenarios, unfinished=(), name="weir",
                 path="/v1/messages", platform="claude"):
        """Answers of `unfinished` scenarios are broken off by their clients: the ledger has them by
        an estimate, so they are not among what its sums are checked by. The client asks at `path`,
        the account is of `platform`; its prices are the same for all."""
        self.name = name
        self._services = services
        self._path = path
        self._unfinished = frozenset(unfinished)
        limits = {**RATES, **BUDGETS}
        self._lanes = {
            scenario: services.stack.lane(
                {"scenario": _wire(scenario), "url": upstream_url, "limits": RATES,
                 "timeouts": TIMEOUTS, "platform": platform, "provider": "anthropic"},
                key={"limits": limits}, limits=limits)
            for scenario in scenarios}

    def url(self):
        return f"http://127.0.0.1:{self._services.stack.relay_port}{self._path}"

    def headers(self, scenario):
        return [f"x-api-key: {self._lanes[scenario].key}", "anthropic-version: 2023-06-01"]

    def pids(self):
        return [self._services.stack.relay.pid]

    def restart(self):
        self._services.restart_relay()

    def stop(self):
        pass  # the services are stopped by who made them

    def ledger(self):
        """What the ledger has of all our keys: requests, tokens in and out, cost in nano-USD."""
        total = {"requests": 0, "input_tokens": 0, "output_tokens": 0, "cost_nano_usd": 0}
        for scenario, lane in self._lanes.items():
            if scenario in self._unfinished:
                continue
            answer = self._services.stack.api.get(
                f"/api/v1/usage/summary?by=key&key_id={lane.key_id}")
            for row in answer["data"]:
                for name in total:
                    total[name] += row[name]
        return total

    def wait_for_ledger(self, requests):
        """The sums once there are so many requests, or after LEDGER_SECONDS as they are then."""
        end = time.monotonic() + LEDGER_SECONDS
        sums = self.ledger()
        while sums["requests"] < requests and time.monotonic() < end:
            time.sleep(1)
            sums = self.ledger()
        return sums


def expected_ledger(requests):
    return {"requests": requests, "input_tokens": requests * INPUT_TOKENS,
            "output_tokens": requests * OUTPUT_TOKENS, "cost_nano_usd": requests * COST_NANO_USD}
