"""Debian's Caddy in front of relays and admin, with the repository's own deploy/caddy/Caddyfile."""

import os
import pathlib
import subprocess
import tempfile
import time

import http_client
import ports

CONFIG = pathlib.Path(__file__).resolve().parents[2] / "deploy/caddy/Caddyfile"
# What belongs to this machine: no certificates, no interface for changes.
GLOBAL = "{\n\tadmin off\n\tauto_https off\n\tlog {\n\t\toutput file %s\n\t}\n}\n"


def config_text(port, relay_port, relay_ops, admin_port, log):
    """The Caddyfile, word for word but for its addresses."""
    text = CONFIG.read_text()
    changes = {"\nrelay.weir.example.com {": f"\nhttp://relay.weir.example.com:{port} {{",
               "\nweir.example.com {": f"\nhttp://weir.example.com:{port} {{",
               "127.0.0.1:8080": f"127.0.0.1:{relay_port}",
               "health_port 9080": f"health_port {relay_ops}",
               "127.0.0.1:8081": f"127.0.0.1:{admin_port}"}
    for old, new in changes.items():
        assert text.count(old) == 1, f"the Caddyfile names {old} otherwise"
        text = text.replace(old, new)
    return GLOBAL % log + text


class Caddy:
    def __init__(self, relay_port, relay_ops, admin_port):
        self.port = ports.free_range(1)
        self._temporary = tempfile.TemporaryDirectory(prefix="weir-caddy.")
        self._log = pathlib.Path(self._temporary.name) / "caddy.log"
        self._config = pathlib.Path(self._temporary.name) / "Caddyfile"
        self._config.write_text(config_text(self.port, relay_port, relay_ops, admin_port, self._log))
        self._process = None

    def start(self):
        with open(self._log, "wb") as output:
            self._process = subprocess.Popen(["caddy", "run", "--adapter", "caddyfile", "--config", self._config],
                                             stdout=output, stderr=output, stdin=subprocess.DEVNULL,
                                             env=os.environ | {"HOME": self._temporary.name})
        for _ in range(100):
            try:
                http_client.request(self.port, "GET", "/", {"host": "nobody", "connection": "close"}, timeout=5)
                return self
            except OSError:
                assert self._process.poll() is None, self.errors()
                time.sleep(0.05)
        raise AssertionError("Caddy does not answer")

    def errors(self):
        return self._log.read_text()

    def close(self):
        if self._process is not None:
            self._process.terminate()
            self._process.wait(20)
        self._temporary.cleanup()
