"""What is taken away, how it comes back, and what must then be well again: a row each."""

import dataclasses
from collections.abc import Callable

from admin_client import eventually


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    take_away: Callable   # (site)
    noticed: Callable     # (site): waits until operators can see it
    give_back: Callable   # (site)
    well_again: Callable  # (site): waits until it is used again


def _metric_is(name, value, what):
    return lambda site: eventually(lambda: site.metric(name) == value, what, timeout=60)


def _start_admin(site):
    site.stack.start_admin()
    site.stack.log_in()


def _changes_reach_relays(site):
    """A key that is made now is known, and the fresh lane is answered."""
    lane = site.stack.claude("text")
    site.stack.api.wait_for_relays()
    assert lane.messages().status == 200


def _takes_events(site):
    eventually(lambda: site.stack.api.ingest_status() == "ok", "usage takes events", timeout=60)


def _database_is_back(site):
    _takes_events(site)
    _changes_reach_relays(site)


CASES = (
    Case("admin", lambda site: site.stack.admin.kill9(),
         _metric_is("weir_relay_snapshot_connected", 0, "the relays say that admin is away"),
         _start_admin, _changes_reach_relays),
    Case("usage", lambda site: site.stack.usage.kill9(),
         _metric_is("weir_relay_usage_connected", 0, "the relays say that usage is away"),
         lambda site: site.stack.start_usage(), _takes_events),
    Case("postgresql", lambda site: site.postgres.stop("immediate"),
         lambda site: eventually(lambda: site.pending() > 0, "events wait in the spools", timeout=60),
         lambda site: site.postgres.start(), _database_is_back),
    Case("redis", lambda site: site.redis.kill9(),
         _metric_is("weir_relay_redis_up", 0, "the relays say that Redis is away"),
         lambda site: site.redis.start(),
         _metric_is("weir_relay_redis_up", 2, "both relays use Redis again")),
)
