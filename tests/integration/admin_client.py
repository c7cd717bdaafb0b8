"""The admin service's REST API, as a script would use it. Each answer is held against the contract."""

import json
import time
from urllib.parse import quote

import contract
import http_client


class ApiError(Exception):
    """An answer of 400 and above; `reply` has it."""

    def __init__(self, method, path, reply):
        super().__init__(f"{method} {path}: {reply.status} {reply.body.decode(errors='replace')}")
        self.reply = reply


class AdminClient:
    def __init__(self, port, username=None, password=None):
        self.port = port
        self._token = None
        if username is not None:
            self.log_in(username, password)

    def log_in(self, username, password):
        answer = self.post("/api/v1/auth/login", {"username": username, "password": password})
        self._token = answer["token"]
        return answer

    def raw(self, method, path, value=None, headers=()):
        headers = dict(headers)
        if self._token is not None:
            headers["authorization"] = f"Bearer {self._token}"
        body = None
        if value is not None:
            body = json.dumps(value).encode()
            headers["content-type"] = "application/json"
        elif method != "GET":
            body = b""
        headers["connection"] = "close"
        reply = http_client.request(self.port, method, path, headers, body)
        contract.of(self.port).check(method, path, reply.status, reply.header("content-type"),
                                     reply.body)
        return reply

    def call(self, method, path, value=None, headers=()):
        reply = self.raw(method, path, value, headers)
        if reply.status >= 400:
            raise ApiError(method, path, reply)
        return reply.json() if reply.body else None

    def get(self, path, away_seconds=5.0):
        """503 says that a service behind is away, try again: so it does, for a while."""
        end = time.monotonic() + away_seconds
        while True:
            try:
                return self.call("GET", path)
            except ApiError as error:
                if error.reply.status != 503 or time.monotonic() > end:
                    raise
            time.sleep(0.1)

    def post(self, path, value=None):
        return self.call("POST", path, value)

    def patch(self, path, value):
        return self.call("PATCH", path, value)

    def put(self, path, value):
        return self.call("PUT", path, value)

    def delete(self, path):
        return self.call("DELETE", path)

    # --- what the tests make again and again

    def add_group(self, name, **fields):
        return self.post("/api/v1/groups", {"name": name, **fields})

    def add_key(self, name, group_id=1, **fields):
        """The answer has the key itself in `key`."""
        return self.post("/api/v1/api-keys", {"name": name, "group_id": group_id, **fields})

    def add_account(self, name, platform, url, secret, group_id=1, **fields):
        return self.post("/api/v1/admin/accounts", {
            "name": name, "platform_type": platform, "request_url": url, "secret_key": secret,
            "group_ids": [group_id], **fields,
        })

    def add_route(self, model, **fields):
        """A route for a model (POST /api/v1/admin/models); waits until the relays have it."""
        fields.setdefault("name", f"{model} {fields.get('group_ids', '')} {time.monotonic_ns()}")
        route = self.post("/api/v1/admin/models", {"model": model, **fields})
        self.wait_for_relays()
        return route

    def wait_for_relays(self):
        """Until all relays serve by what was changed last."""
        eventually(self._relays_follow, "the relays have the latest revision")

    def _relays_follow(self):
        status = self.get("/api/v1/status")
        relays = [relay for relay in status["relays"] if relay["connected"]]
        return relays and all(relay["revision"] == status["revision"] for relay in relays)

    def ingest_status(self, away_seconds=5.0):
        """None until admin has found usage: its status says nothing of the ingest before."""
        return self.get("/api/v1/status", away_seconds).get("ingest", {}).get("status")

    def account(self, account_id):
        return self.get(f"/api/v1/admin/accounts/{account_id}")

    def logs(self, query=""):
        """All rows that match, newest first; walked by cursor, which rows that arrive meanwhile do
        not disturb."""
        rows, path = [], f"/api/v1/admin/logs?limit=200&{query}".rstrip("&")
        cursor = None
        while True:
            answer = self.get(path + (f"&cursor={quote(cursor)}" if cursor else ""))
            rows += answer["data"]
            cursor = answer["next_cursor"]
            if cursor is None:
                return rows

    def log_row(self, request_id, timeout=15.0):
        """The ledger's row of a request. It arrives a moment after the answer."""
        end = time.monotonic() + timeout
        while True:
            try:
                return self.get(f"/api/v1/admin/logs/{request_id}")
            except ApiError as error:
                assert error.reply.status == 404, error
            assert time.monotonic() < end, f"no row for request {request_id} after {timeout} s"
            time.sleep(0.05)


def eventually(condition, what, timeout=15.0, pause=0.05):
    """Returns condition()'s first true result."""
    end = time.monotonic() + timeout
    while True:
        result = condition()
        if result:
            return result
        assert time.monotonic() < end, f"in vain for {timeout} s: {what}"
        time.sleep(pause)
