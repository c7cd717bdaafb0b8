"""What a browser does for a log-in: keeps cookies, follows no redirect unless told."""

import json
from urllib.parse import urlsplit

import contract
import http_client


class Browser:
    def __init__(self, port, accept=None):
        self.port = port
        self.accept = accept
        self.cookies = {}
        self.attributes = {}  # of each cookie, as it was set last

    def send(self, method, path, value=None, headers=()):
        headers = {"connection": "close", **dict(headers)}
        if self.accept:
            headers["accept"] = self.accept
        if self.cookies:
            headers["cookie"] = "; ".join(f"{name}={text}" for name, text in self.cookies.items())
        body = None if method == "GET" else b""
        if value is not None:
            body = json.dumps(value).encode()
            headers["content-type"] = "application/json"
        reply = http_client.request(self.port, method, path, headers, body)
        contract.of(self.port).check(method, path, reply.status, reply.header("content-type"),
                                     reply.body)
        for name, text in reply.headers:
            if name == "set-cookie":
                self._keep(text)
        return reply

    def get(self, path):
        return self.send("GET", path)

    def come_back(self, url):
        """To the address that a provider has sent it to."""
        parts = urlsplit(url)
        return self.get(parts.path + ("?" + parts.query if parts.query else ""))

    def change(self, method, path, value=None):
        return self.send(method, path, value, {"x-csrf-token": self.cookies["weir_csrf"]})

    def profile(self):
        """Who is logged in; None when nobody is."""
        reply = self.get("/api/v1/auth/profile")
        return reply.json() if reply.status == 200 else None

    def _keep(self, text):
        pair, *attributes = [part.strip() for part in text.split(";")]
        name, _, value = pair.partition("=")
        self.attributes[name] = attributes
        if "Max-Age=0" in attributes:
            self.cookies.pop(name, None)
        else:
            self.cookies[name] = value
