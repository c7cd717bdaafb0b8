"""An OAuth token endpoint of the tests' own: each refresh token is good for one use, as strict providers
have it, and whoever shows one twice is remembered."""

import json
import threading
import time
from urllib.parse import parse_qs

from upstream import Upstream, reply_bytes


class TokenEndpoint:
    """`lifetime` seconds an access token lives; `fault` a whole answer that is given instead."""

    def __init__(self, lifetime=3600):
        self.lifetime = lifetime
        self.fault = None
        self.reused = []
        self.authorizations = []
        self._lock = threading.Lock()
        self._grants = {}  # refresh token -> [name, number, still good]
        self._access = {}  # access token -> when it ends
        self._upstream = Upstream(self._answer)
        self.url = self._upstream.url + "/oauth/token"
        self.port = self._upstream.port

    @property
    def calls(self):
        return len(self._upstream.requests)

    def close(self):
        self._upstream.close()

    def grant(self, name):
        """A first refresh token, as a person's log-in gives one."""
        with self._lock:
            return self._issue(name, 0)[1]

    def access(self, name, lifetime):
        """An access token that comes with such a log-in."""
        with self._lock:
            self._access[f"access-{name}"] = time.monotonic() + lifetime
        return f"access-{name}"

    def revoke_all(self):
        with self._lock:
            for grant in self._grants.values():
                grant[2] = False

    def is_access_token(self, text):
        with self._lock:
            return time.monotonic() < self._access.get(text, 0)

    def _issue(self, name, number):
        access, refresh = f"access-{name}-{number}", f"refresh-{name}-{number}"
        self._grants[refresh] = [name, number, True]
        if number:
            self._access[access] = time.monotonic() + self.lifetime
        return access, refresh

    def _answer(self, recorded, connection):
        connection.sendall(reply_bytes(*self._decide(recorded)))
        return True

    def _decide(self, recorded):
        if self.fault is not None:
            return self.fault
        form = {name: values[0] for name, values in parse_qs(recorded.body.decode()).items()}
        with self._lock:
            self.authorizations.append(recorded.header("authorization"))
            if form["grant_type"] == "client_credentials":
                self._access["access-of-client"] = time.monotonic() + self.lifetime
                return 200, (), json.dumps({"access_token": "access-of-client",
                                            "expires_in": self.lifetime}).encode()
            token = form["refresh_token"]
            grant = self._grants.get(token)
            if grant is None or not grant[2]:
                if grant is not None:
                    self.reused.append(token)
                return 400, (), b'{"error":"invalid_grant","error_description":"used or revoked"}'
            grant[2] = False
            access, refresh = self._issue(grant[0], grant[1] + 1)
        return 200, (), json.dumps({"access_token": access, "refresh_token": refresh,
                                    "token_type": "Bearer", "expires_in": self.lifetime}).encode()
