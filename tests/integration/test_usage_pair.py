"""Two usage services on one PostgreSQL: whichever stores an event, it is stored once."""

import asyncio
import shutil

import pytest

import harness
import http_client
import ports
from admin_client import eventually
from budget_load import BudgetLoad
from load import Load, check_ledger
from postgres import Postgres

SCENARIO = "in=10+out=5"
COST = 10 * 3_000 + 5 * 15_000


class Pair:
    """All services on PostgreSQL, a second usage and a second relay. Each relay prefers a usage of
    its own and goes to the other one when that is away."""

    def __init__(self, build_dir, postgres):
        self.postgres = postgres
        self.build_dir = build_dir
        first = ports.free_range(6)
        self.usage_grpc = first, first + 1
        self.usage_ops = first + 2, first + 3
        self.relay_ports = first + 4, first + 5
        self.stack = harness.Stack(build_dir, database=postgres.create_database, settings={
            "WEIR_RELAY_USAGE_TARGET": self.target(0), "WEIR_ADMIN_USAGE_TARGET": self.target(0),
            "WEIR_USAGE_LOG_LEVEL": "info"})
        self.usages = [self._service("usage", f"usage-{number}", {
            **self.stack.usage.settings,
            "WEIR_USAGE_GRPC_LISTEN": f"127.0.0.1:{self.usage_grpc[number]}",
            "WEIR_USAGE_OPS_LISTEN": f"127.0.0.1:{self.usage_ops[number]}",
        }) for number in (0, 1)]
        self.second_relay = self.more_relay("relay-2", 1)
        self._start()

    def target(self, first):
        """gRPC's own way to name two addresses: the first that answers is taken."""
        order = self.usage_grpc if first == 0 else self.usage_grpc[::-1]
        return "ipv4:" + ",".join(f"127.0.0.1:{port}" for port in order)

    def more_relay(self, name, usage):
        return self._service("relay", name, {
            **self.stack.relay.settings, "WEIR_RELAY_USAGE_TARGET": self.target(usage),
            "WEIR_RELAY_LISTEN": f"127.0.0.1:{self.relay_ports[0]}",
            "WEIR_RELAY_OPS_LISTEN": f"127.0.0.1:{self.relay_ports[1]}",
            "WEIR_RELAY_DATA_DIR": self.stack.folder / name / "data"})

    def _service(self, program, name, settings):
        folder = self.stack.folder / name
        (folder / "data").mkdir(parents=True)
        return harness.Service(program, self.build_dir, folder, (), settings)

    def _start(self):
        stack = self.stack
        stack.fake.start()
        for usage in self.usages:
            usage.start()  # both at once, on an empty database
        for number in (0, 1):
            self.usages[number].wait_ready(self.usage_ops[number])
        stack.seed()
        stack.start_admin()
        stack.start_relay()
        self.second_relay.start().wait_ready(self.relay_ports[1])
        stack.log_in()

    def restart(self, number):
        self.usages[number].start().wait_ready(self.usage_ops[number])

    def both_lanes(self, *accounts, **fields):
        """One lane, through each relay."""
        first = self.stack.lane(*accounts, **fields)
        second = SecondLane(self.stack, first.group, {"id": first.key_id, "key": first.key},
                            first.accounts)
        second.port = self.relay_ports[0]
        eventually(lambda: http_client.request(
            second.port, "GET", "/v1/models",
            {"x-api-key": first.key, "connection": "close"}).status == 200, "the second relay knows")
        return first, second

    def close(self):
        for service in (self.second_relay, *self.usages):
            if service.is_running():
                service.stop()
        self.stack.close()


class SecondLane(harness.Lane):
    port = 0

    @property
    def relay_port(self):
        return self.port


@pytest.fixture
def pair(build_dir):
    postgres = Postgres()
    try:
        made = Pair(build_dir, postgres)
        try:
            yield made
            for service in (*made.usages, made.second_relay):
                assert service.is_running(), f"{service.name} died\n{service.log_tail()}"
        finally:
            made.close()
    finally:
        postgres.close()


def rows(pair, sql):
    return pair.postgres.query("usage", sql)


def test_either_stores_and_either_may_die(pair):
    lanes = pair.both_lanes({"scenario": SCENARIO})
    with Load(lanes[0], threads=3) as first, Load(lanes[1], threads=3) as second:
        for number in (0, 1, 0):
            first.wait_for(40)
            pair.usages[number].kill9()
            second.wait_for(40)  # the relays go on, with the other one
            pair.restart(number)
        first.wait_for(40)
    assert not first.failures + second.failures
    check_ledger(pair.stack.api, lanes[0], first.answered + second.answered, COST)
    assert rows(pair, "SELECT COUNT(*) FROM usage_events_default") == [["0"]]
    assert rows(pair, "SELECT COUNT(*) - (SELECT SUM(requests) FROM usage_quarters) "
                      "FROM usage_events") == [["0"]]


def test_the_same_events_through_both_at_once(pair):
    """Two relays with copies of one spool: as if an ack was lost and the events went elsewhere."""
    lane, _ = pair.both_lanes({"scenario": SCENARIO})
    for usage in pair.usages:
        usage.kill9()
    replies = [lane.messages() for _ in range(60)]
    assert [reply.status for reply in replies] == [200] * 60
    pair.stack.relay.kill9()
    pair.second_relay.stop()
    shutil.copytree(pair.stack.folder / "relay", pair.stack.folder / "relay-2" / "data",
                    dirs_exist_ok=True)
    for number in (0, 1):
        pair.restart(number)
    pair.stack.relay.start()
    pair.second_relay.start().wait_ready(pair.relay_ports[1])
    check_ledger(pair.stack.api, lane, [reply.request_id for reply in replies], COST)
    metrics = [http_client.request(port, "GET", "/metrics", {"connection": "close"}).body.decode()
               for port in pair.usage_ops]
    eventually(lambda: rows(pair, "SELECT COUNT(*) FROM usage_events") == [["60"]], "60 rows")
    assert all("weir_usage_events_total" in text for text in metrics)


def test_a_budget_holds_whoever_grants(pair):
    lanes = pair.both_lanes({"scenario": SCENARIO}, key={"limits": {"usd_total": "0.03"}})

    async def kill_in_turn():
        for number in (0, 1):
            await asyncio.sleep(0.4)
            pair.usages[number].kill9()
            await asyncio.sleep(0.2)
            await asyncio.to_thread(pair.restart, number)

    load = BudgetLoad(lanes[0], [lane.relay_port for lane in lanes], clients=6)
    load.run(kill_in_turn())
    for number in (0, 1):  # what the load was quicker than
        if not pair.usages[number].is_running():
            pair.restart(number)
    spent = lambda: int(rows(pair, "SELECT COALESCE(SUM(cost_nano_usd), 0) FROM usage_events "
                                   f"WHERE key_id = {lanes[0].key_id}")[0][0])
    eventually(lambda: spent() == load.answered * COST, "all that was answered is on the ledger")
    assert 15_000_000 < spent() <= 30_000_000
