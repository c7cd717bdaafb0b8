"""What the load is sent to: the provider itself, nginx, and Weir with all its services."""

import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))

import harness  # noqa: E402  (of the integration tests: it starts the services as ./weir up does)
import ports  # noqa: E402
from processes import Nginx  # noqa: E402

MODEL = "claude-sonnet-4-5"
LEDGER_SECONDS = 180


class DirectTarget:
    """No proxy at all: what the others' added latency is measured against."""

    name = "direct"

    def __init__(self, port):
        self._port = port

    def url(self):
        return f"http://127.0.0.1:{self._port}/v1/messages"

    def headers(self, scenario):
        """The fake provider answers as the credential says."""
        return [f"x-api-key: fake-key-{scenario}", "anthropic-version: 2023-06-01"]

    def pids(self):
        return []

    def stop(self):
        pass


class NginxTarget(DirectTarget):
    name = "nginx"

    def __init__(self, folder, upstream_port):
        self._nginx = Nginx(folder, ports.free_port(), upstream_port).start()
        super().__init__(self._nginx.port)

    def pids(self):
        return self._nginx.pids()

    def restart(self):
        self._nginx.restart()

    def stop(self):
        self._nginx.stop()


class WeirTarget:
    """The relay behind real usage and admin services: keys, metering and spool are on.

    Each scenario has a group with one account on the fake provider and a key of its own.
    """

    name = "weir"

    def __init__(self, build_dir, upstream_port, scenarios):
        self._stack = harness.Stack(build_dir)
        self._stack.start_usage()
        self._stack.seed()
        self._stack.start_admin()
        self._stack.start_relay()
        self._stack.log_in()
        url = f"http://127.0.0.1:{upstream_port}"
        self._lanes = {scenario: self._stack.lane({"scenario": scenario, "url": url})
                       for scenario in scenarios}

    def url(self):
        return f"http://127.0.0.1:{self._stack.relay_port}/v1/messages"

    def headers(self, scenario):
        return [f"x-api-key: {self._lanes[scenario].key}", "anthropic-version: 2023-06-01"]

    def pids(self):
        return [self._stack.relay.pid]

    def restart(self):
        self._stack.relay.stop()
        self._stack.start_relay()

    def ledger_requests(self):
        """How many requests the ledger has of all our keys."""
        total = 0
        for lane in self._lanes.values():
            answer = self._stack.api.get(f"/api/v1/usage/summary?by=key&key_id={lane.key_id}")
            total += sum(row["requests"] for row in answer["data"])
        return total

    def wait_for_ledger(self, wanted):
        """The count once it has reached `wanted`, or after LEDGER_SECONDS whatever it is then."""
        end = time.monotonic() + LEDGER_SECONDS
        count = self.ledger_requests()
        while count < wanted and time.monotonic() < end:
            time.sleep(1)
            count = self.ledger_requests()
        return count

    def stop(self):
        self._stack.close()
