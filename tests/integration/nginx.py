"""Debian's nginx in front of relays and admin, with the repository's own deploy/nginx."""

import pathlib
import re
import signal
import subprocess
import tempfile
import time

import http_client
import ports

CONFIG = pathlib.Path(__file__).resolve().parents[2] / "deploy/nginx/weir.conf"
FRAME = CONFIG.with_name("nginx.conf")


def frame_text(folder):
    """nginx.conf, word for word but for its places."""
    text = FRAME.read_text()
    temporary = "".join(f"    {what}_temp_path {folder}/{what};\n" for what in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    changes = {"worker_processes auto;": "daemon off;\nworker_processes 1;",
               "pid /run/nginx.pid;": f"pid {folder}/nginx.pid;",
               "error_log /var/log/nginx/error.log warn;": f"error_log {folder}/error.log warn;",
               "    include /etc/nginx/conf.d/*.conf;\n": f"{temporary}    include {folder}/weir.conf;\n"}
    for old, new in changes.items():
        assert text.count(old) == 1, f"nginx.conf says {old} otherwise"
        text = text.replace(old, new)
    return text


def config_text(port, relays, admin_port):
    """weir.conf, word for word but for its addresses; a relay is a port of this machine or an address with one."""
    text = CONFIG.read_text()
    addresses = [relay if isinstance(relay, str) else f"127.0.0.1:{relay}" for relay in relays]
    relays = "\n".join(f"    server {address} max_fails=2 fail_timeout=5s;" for address in addresses)
    text, changed = re.subn(r"    server 127\.0\.0\.1:8080 max_fails=2 fail_timeout=5s;", relays, text)
    assert changed == 1, "weir.conf names its first relay otherwise"
    text, changed = re.subn(r"server 127\.0\.0\.1:8081;", f"server 127.0.0.1:{admin_port};", text)
    assert changed == 1, "weir.conf names admin otherwise"
    text, changed = re.subn(r"listen 80;", f"listen 127.0.0.1:{port};", text)
    assert changed == 2, "weir.conf has two servers"
    return text


class Nginx:
    def __init__(self, relays, admin_port, changes=()):
        """`changes`: (words of weir.conf, what stands in their place), for what takes too long to wait for."""
        self.port = ports.free_range(1)
        self._temporary = tempfile.TemporaryDirectory(prefix="weir-nginx.")
        self.folder = pathlib.Path(self._temporary.name)
        self.folder.chmod(0o755)
        text = config_text(self.port, relays, admin_port)
        for old, new in changes:
            assert text.count(old) == 1, f"weir.conf says {old} otherwise"
            text = text.replace(old, new)
        (self.folder / "weir.conf").write_text(text)
        (self.folder / "nginx.conf").write_text(frame_text(self.folder))
        self._process = None

    def _command(self, *arguments):
        return ["/usr/sbin/nginx", "-p", str(self.folder), "-c", str(self.folder / "nginx.conf"), *arguments]

    def check(self):
        """What `nginx -t` says; an AssertionError when it does not like the configuration."""
        said = subprocess.run(self._command("-t"), capture_output=True, text=True, timeout=20, check=False)
        assert said.returncode == 0, said.stderr
        return said.stderr

    def start(self):
        with open(self.folder / "output.log", "wb") as output:
            self._process = subprocess.Popen(self._command(), stdout=output, stderr=output, stdin=subprocess.DEVNULL)
        for _ in range(100):
            try:
                http_client.request(self.port, "GET", "/", {"host": "nobody", "connection": "close"}, timeout=5)
                return self
            except OSError:
                assert self._process.poll() is None, (self.folder / "output.log").read_text()
                time.sleep(0.05)
        raise AssertionError("nginx does not answer")

    def reload(self):
        """As an operator does after a change: SIGHUP."""
        self._process.send_signal(signal.SIGHUP)

    def errors(self):
        return (self.folder / "error.log").read_text()

    def close(self):
        if self._process is not None:
            self._process.terminate()
            self._process.wait(20)
        self._temporary.cleanup()
