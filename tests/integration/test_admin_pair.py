"""Two admins on one PostgreSQL: each serves reads, writes and relays, and either may go."""

import threading
import time

import pytest

import harness
import http_client
import ports
from admin_client import AdminClient, ApiError, eventually
from postgres import Postgres

SOON_SECONDS = 5  # what takes milliseconds, on a busy machine
KEYS = "/api/v1/api-keys"


class Pair:
    """All services; a second admin, and a second relay whose admin is that one first."""

    def __init__(self, build_dir, postgres):
        first = ports.free_range(5)
        self.http, grpc, ops, relay, relay_ops = range(first, first + 5)
        self.postgres, self.database = postgres, "admin"
        self.stack = harness.Stack(build_dir, database=postgres.create_database)
        stack = self.stack
        both = f"ipv4:127.0.0.1:{stack.admin_grpc},127.0.0.1:{grpc}"
        other = f"ipv4:127.0.0.1:{grpc},127.0.0.1:{stack.admin_grpc}"
        stack.relay.settings["WEIR_RELAY_ADMIN_TARGET"] = both
        stack.start()
        (stack.folder / "second" / "relay").mkdir(parents=True)
        self.admin = harness.Service("admin", stack.build_dir, stack.folder / "second", (), {
            **stack.admin_settings, "WEIR_ADMIN_LISTEN": f"127.0.0.1:{self.http}",
            "WEIR_ADMIN_GRPC_LISTEN": f"127.0.0.1:{grpc}",
            "WEIR_ADMIN_OPS_LISTEN": f"127.0.0.1:{ops}"})
        self.admin.start().wait_ready(ops)
        self.relay = harness.Service("relay", stack.build_dir, stack.folder / "second", (), {
            **stack.relay.settings, "WEIR_RELAY_ADMIN_TARGET": other,
            "WEIR_RELAY_LISTEN": f"127.0.0.1:{relay}",
            "WEIR_RELAY_OPS_LISTEN": f"127.0.0.1:{relay_ops}",
            "WEIR_RELAY_DATA_DIR": stack.folder / "second" / "relay"})
        self.relay.start().wait_ready(relay_ops)
        self.relay_ports = stack.relay_port, relay
        self.apis = stack.api, AdminClient(self.http, stack.seeded["WEIR_ADMIN_USERNAME"],
                                           stack.seeded["WEIR_ADMIN_PASSWORD"])

    def statuses(self, key):
        return [http_client.request(port, "GET", "/v1/models",
                                    {"x-api-key": key["key"], "connection": "close"}).status
                for port in self.relay_ports]

    def relays_say(self, key, status):
        """Seconds until both do."""
        began = time.monotonic()
        eventually(lambda: self.statuses(key) == [status, status], f"both relays answer {status}",
                   timeout=30, pause=0.005)
        return time.monotonic() - began

    def close(self):
        for service in (self.relay, self.admin):
            service.stop()
        self.stack.close()


@pytest.fixture(scope="module")
def postgres():
    cluster = Postgres()
    yield cluster
    cluster.close()


@pytest.fixture(scope="module")
def pair(build_dir, postgres):
    made = Pair(build_dir, postgres)
    yield made
    made.close()


def test_a_change_at_either_reaches_the_relays_of_both(pair):
    key = pair.apis[0].add_key("seen everywhere")
    pair.relays_say(key, 200)
    for number in range(6):
        status = "disabled" if number % 2 == 0 else "active"
        pair.apis[number % 2].patch(f"{KEYS}/{key['id']}", {"status": status})
        assert pair.relays_say(key, 403 if status == "disabled" else 200) < SOON_SECONDS


def test_one_of_two_creations_of_the_same_name(pair):
    outcomes = []

    def create(api, name):
        try:
            outcomes.append((name, api.add_group(name)["id"]))
        except ApiError as error:
            outcomes.append((name, error.reply.status))

    threads = [threading.Thread(target=create, args=(pair.apis[number % 2], f"race-{number // 2}"))
               for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number in range(10):
        ids = sorted(value for name, value in outcomes if name == f"race-{number}")
        assert len(ids) == 2 and ids.count(409) == 1, f"one made it, one is told: {ids}"


def test_a_change_of_what_the_other_has_changed_is_refused(pair):
    group = pair.apis[0].add_group("versions")
    path = f"/api/v1/groups/{group['id']}"
    pair.apis[1].patch(path, {"remark": "of the second"})
    late = pair.apis[0].raw("PATCH", path, {"remark": "of the first"},
                            {"if-match": str(group["version"])})
    assert late.status == 409
    assert pair.apis[0].get(path)["remark"] == "of the second"


def test_changes_at_both_lose_nothing(pair):
    """Revisions count on, whoever counts: each relay ends up with each key."""
    keys = []

    def create(api, first):
        keys.extend(api.add_key(f"many-{first + number}") for number in range(15))

    threads = [threading.Thread(target=create, args=(api, 100 * number))
               for number, api in enumerate(pair.apis)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 30
    for key in keys:
        pair.relays_say(key, 200)
    revisions = {api.get("/api/v1/status")["revision"] for api in pair.apis}
    assert len(revisions) == 1, "both tell the same"


def test_a_session_is_good_at_both_and_ended_at_both(pair):
    username, password = "pair-user", "a long pass phrase 1"
    pair.apis[0].post("/api/v1/users", {"username": username, "password": password})
    session = AdminClient(pair.stack.admin_port, username, password)
    other = AdminClient(pair.http)
    other._token = session._token
    assert other.get(KEYS)["total"] == 0
    session.post("/api/v1/auth/logout")
    assert other.raw("GET", KEYS).status == 401


@pytest.mark.parametrize("way", ["demote", "delete"])
def test_of_administrators_who_remove_each_other_one_remains(pair, way):
    """Each asks an admin of their own; all other administrators are out of the way meanwhile."""
    password = "a long pass phrase 1"
    ids, clients = [], []
    for number in range(2):
        user = {"username": f"{way}-{number}", "password": password, "role": "admin"}
        ids.append(pair.apis[0].post("/api/v1/users", user)["id"])
        clients.append(AdminClient((pair.stack.admin_port, pair.http)[number], user["username"],
                                   password))
    others = [row for row in clients[0].get("/api/v1/users?role=admin&status=active")["data"]
              if row["id"] not in ids]
    for row in others:
        clients[0].patch(f"/api/v1/users/{row['id']}", {"status": "disabled"})

    def remove(number):
        path = f"/api/v1/users/{ids[1 - number]}"
        if way == "demote":
            clients[number].raw("PATCH", path, {"role": "user"})
        else:
            clients[number].raw("DELETE", path)

    threads = [threading.Thread(target=remove, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    left = pair.postgres.query(pair.database, "SELECT id FROM users WHERE role = 'admin' AND "
                                              "status = 'active'")
    assert len(left) == 1, "somebody can administer"
    for row in others:
        clients[ids.index(int(left[0][0]))].patch(f"/api/v1/users/{row['id']}",
                                                  {"status": "active"})
    pair.apis = [AdminClient(port, pair.stack.seeded["WEIR_ADMIN_USERNAME"],
                             pair.stack.seeded["WEIR_ADMIN_PASSWORD"])
                 for port in (pair.stack.admin_port, pair.http)]


def test_relays_go_on_with_the_admin_that_is_left(pair):
    """The last one: it takes an admin away."""
    key = pair.apis[0].add_key("outlives")
    pair.relays_say(key, 200)
    pair.stack.admin.kill9()
    pair.apis[1].patch(f"{KEYS}/{key['id']}", {"status": "disabled"})
    pair.relays_say(key, 403)
    pair.stack.start_admin()
    pair.stack.log_in().patch(f"{KEYS}/{key['id']}", {"status": "active"})
    pair.relays_say(key, 200)
