"""The simulation of balancers, where it can be known what must come out."""

import dataclasses

import balance_simulation as balance
import pytest

SMALL = balance.Plan(relays=5, requests_per_s=50, stream_s=10, seconds=200, warm_s=60)
QUIET = dataclasses.replace(SMALL, replace_every_s=0)


@pytest.mark.parametrize("policy", balance.POLICIES)
def test_the_same_seed_says_the_same(policy):
    assert balance.simulate(policy, SMALL) == balance.simulate(policy, SMALL)


def test_one_relay_has_all():
    median, worst, most = balance.simulate("round robin", dataclasses.replace(QUIET, relays=1))
    assert median == worst == 1.0
    assert 300 < most < 700  # 50 requests a second of 10 s


def test_who_counts_streams_is_evener_than_who_does_not():
    counted, _, _ = balance.simulate("least connections", QUIET)
    by_turns, _, _ = balance.simulate("round robin", QUIET)
    assert counted < by_turns


def test_a_relay_that_is_replaced_takes_nothing():
    plan = dataclasses.replace(SMALL, replace_every_s=40, drain_s=30)
    relays = balance.Relays(plan)
    assert list(relays.serving(59)) == [0, 1, 2, 3, 4]
    assert list(relays.serving(61)) == [1, 2, 3, 4]
    assert list(relays.serving(91)) == [0, 1, 2, 3, 4]  # back, until the next goes
    assert list(relays.serving(101)) == [0, 2, 3, 4]
