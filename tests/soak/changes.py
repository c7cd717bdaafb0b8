"""An administrator who never rests: accounts off and on, keys made, used and revoked, limits and prices changed."""

import itertools
import threading
import time

import http_client
from admin_client import eventually


class Changes:
    """One change after the other while requests go on; an exception of any ends it and is kept in `failed`. `spare` are
    accounts that the requests can do without."""

    def __init__(self, stack, lane, spare, pause_s=0.5):
        self.made, self.failed = 0, None
        self._stack, self._lane, self._spare, self._pause_s = stack, lane, spare, pause_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join(60)
        assert not self._thread.is_alive(), "an administrator hangs"

    def _run(self):
        kinds = (self._account_off_and_on, self._key_made_used_and_revoked, self._price_of_another_model, self._limits)
        for number, kind in zip(itertools.count(), itertools.cycle(kinds), strict=False):
            if self._stop.wait(self._pause_s):
                return
            try:
                if number % 500 == 0:
                    self._stack.log_in()  # tokens do not last as long as a soak may
                kind(number)
            except Exception as why:  # whatever it was, the soak has to fail by it
                self.failed = f"{kind.__name__}: {why!r}"
                return
            self.made += 1

    def _account_off_and_on(self, number):
        account = self._spare[number % len(self._spare)]["id"]
        self._stack.api.post(f"/api/v1/admin/accounts/{account}/disable")
        time.sleep(0.2)
        self._stack.api.post(f"/api/v1/admin/accounts/{account}/enable")

    def _key_made_used_and_revoked(self, number):
        key = self._stack.api.add_key(f"passing-{number}", group_id=self._lane.group["id"])
        eventually(lambda: self._status(key["key"]) == 200, "a new key is good")
        self._stack.api.delete(f"/api/v1/api-keys/{key['id']}")
        eventually(lambda: self._status(key["key"]) == 401, "a revoked key is not")

    def _status(self, key):
        """Listing models is not in the ledger."""
        return http_client.request(self._stack.relay_port, "GET", "/v1/models",
                                   {"x-api-key": key, "connection": "close"}).status

    def _price_of_another_model(self, number):
        price = self._stack.api.post("/api/v1/admin/prices", {
            "model": f"soak-model-{number}", "input": "1.25", "output": "10"})
        self._stack.api.delete(f"/api/v1/admin/prices/{price['id']}")

    def _limits(self, number):
        self._stack.api.patch(f"/api/v1/api-keys/{self._lane.key_id}",
                              {"limits": {"rpm": 100_000 + number % 100, "concurrency": 1_000}})
