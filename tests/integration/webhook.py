"""A receiver of alerts of the tests' own: checks each signature, and fails when it is told to."""

import hashlib
import hmac
import json
import threading
import time

from upstream import Upstream, reply_bytes


class Webhook:
    """`faults` are the statuses that the next calls get, each with `headers`; `messages` what arrived."""

    def __init__(self, secret):
        self.secret = secret
        self.messages = []
        self.faults = []
        self.headers = ()
        self.unsigned = []
        self._lock = threading.Lock()
        self._upstream = Upstream(self._answer)
        self.url = self._upstream.url + "/hooks?team=ops"

    def close(self):
        self._upstream.close()

    @property
    def calls(self):
        return self._upstream.requests

    def of(self, event, subject=None, state="raised"):
        with self._lock:
            return [message for message in self.messages
                    if message["event"] == event and message["state"] == state
                    and subject in (None, message["subject"])]

    def _answer(self, recorded, connection):
        with self._lock:
            if not self._is_signed(recorded):
                self.unsigned.append(recorded)
            if self.faults:
                connection.sendall(reply_bytes(self.faults.pop(0), self.headers))
                return True
            self.messages.append(json.loads(recorded.body))
        connection.sendall(reply_bytes(204 if len(self.messages) % 2 else 200))
        return True

    def _is_signed(self, recorded):
        """As docs/alerts.md has it."""
        sent_at = recorded.header("weir-timestamp")
        if abs(time.time() - int(sent_at)) > 300:
            return False
        wanted = hmac.new(self.secret.encode(), sent_at.encode() + b"." + recorded.body,
                          hashlib.sha256).hexdigest()
        return hmac.compare_digest("v1=" + wanted, recorded.header("weir-signature"))
