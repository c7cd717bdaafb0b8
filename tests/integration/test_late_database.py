"""A machine starts everything at once: services wait for their database, say so, and can be stopped meanwhile."""

import time

import pytest

import harness
import http_client
from admin_client import eventually
from postgres import Postgres

FOR_EVER_MS = 120_000


@pytest.fixture
def late(build_dir):
    """Usage and admin on a PostgreSQL that is down, both not started."""
    postgres = Postgres()
    urls = {name: postgres.create_database(name) for name in ("admin", "usage")}
    postgres.stop()
    stack = harness.Stack(build_dir, database=urls.__getitem__, settings={
        "WEIR_ADMIN_DATABASE_WAIT_MS": FOR_EVER_MS, "WEIR_USAGE_DATABASE_WAIT_MS": FOR_EVER_MS})
    try:
        yield stack, postgres
    finally:
        stack.close()
        postgres.close()


def waits(service, ops_port):
    """It lives, is not ready, and the log says what it waits for."""
    eventually(lambda: "waiting for the database" in service.log(), f"{service.name} says that it waits", timeout=20)
    assert http_client.request(ops_port, "GET", "/health").status == 200
    assert http_client.request(ops_port, "GET", "/ready").status == 503


def test_services_begin_when_their_database_does(late):
    stack, postgres = late
    stack.usage.start()
    stack.admin.start()
    waits(stack.usage, stack.usage_ops)
    waits(stack.admin, stack.admin_ops)
    postgres.start()
    stack.usage.wait_ready(stack.usage_ops)
    stack.admin.wait_ready(stack.admin_ops)


def test_who_waits_for_a_database_ends_when_told_to(late):
    stack, _ = late
    for service, ops_port in ((stack.usage, stack.usage_ops), (stack.admin, stack.admin_ops)):
        service.start()
        waits(service, ops_port)
        began = time.monotonic()
        assert service.stop() == 0
        assert time.monotonic() - began < FOR_EVER_MS / 1000 / 4, "it waited on"
