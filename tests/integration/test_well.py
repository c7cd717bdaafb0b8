"""All well since: not before it was, not while something is wrong, and no longer than admin looks."""

from datetime import datetime

import pytest

import harness
from admin_client import eventually


@pytest.fixture
def own(build_dir):
    made = harness.Stack(build_dir)
    try:
        yield made.start()
    finally:
        made.close()


def well(stack):
    told = stack.api.get("/api/v1/status")["well"]
    since, watched = told["since"], told["watched_since"]
    return since and datetime.fromisoformat(since), watched and datetime.fromisoformat(watched)


def since(stack):
    eventually(lambda: well(stack)[0], "all is well", timeout=30)
    return well(stack)[0]


def test_all_is_well_since_the_last_thing_that_was_wrong(own):
    first = since(own)
    assert first >= well(own)[1]
    own.usage.stop()
    eventually(lambda: well(own)[0] is None, "without usage nothing is well", timeout=30)
    own.start_usage()
    second = since(own)
    assert second > first
    account = own.claude("401").messages()
    assert account.status >= 400
    eventually(lambda: well(own)[0] is None, "a refused credential wants somebody", timeout=30)


def test_a_restart_of_admin_does_not_make_up_what_was_before(own):
    first = since(own)
    own.admin.stop()
    own.start_admin()
    own.log_in()
    assert since(own) > first
    assert well(own)[1] > first
