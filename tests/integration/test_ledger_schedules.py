"""The ledger against what the provider served, over random schedules of requests and disasters."""

import os
import random
import time

import pytest

import harness
from admin_client import eventually
from ledger_schedules import Lanes, Schedule, all_sent, check
from postgres import Postgres

SCHEDULES_A_CHECK = 25


@pytest.fixture(scope="module", params=["postgresql", "sqlite"])
def stack(request, build_dir, tmp_path_factory):
    cluster = Postgres() if request.param == "postgresql" else None
    made = harness.Stack(build_dir, database=cluster and (
        lambda name: cluster.create_database(f"{name}_schedules")))
    made.postgres = cluster
    made.record = tmp_path_factory.mktemp("provider") / "record.jsonl"
    made.fake.arguments += ["--record", str(made.record)]
    try:
        yield made.start()
    finally:
        made.close()
        if cluster is not None:
            cluster.close()


def run_schedules(stack, count):
    first = int(os.environ.get("WEIR_TEST_SEED", random.SystemRandom().randrange(1 << 40)))
    print(f"WEIR_TEST_SEED={first} repeats these {count} schedules")
    lanes = Lanes(stack)
    asked = []
    for number in range(first, first + count):
        asked += Schedule(stack, lanes, number).run()
        if (number - first + 1) % SCHEDULES_A_CHECK == 0 or number == first + count - 1:
            eventually(lambda: all_sent(stack), "all events are in", timeout=60)
            time.sleep(0.2)  # the provider's record is written when it notices that it was left
            check(stack, lanes, asked, stack.record)
    kinds = {one.kind for one in asked if one.answered}
    assert len(kinds) >= 7, f"only these were ever answered: {kinds}"


def test_the_ledger_is_what_was_served(stack):
    run_schedules(stack, 75 if stack.postgres else 50)


@pytest.mark.long
def test_a_thousand_schedules(stack):
    run_schedules(stack, 1_000)
