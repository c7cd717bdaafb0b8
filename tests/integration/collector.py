"""An OpenTelemetry collector of the test's own: what it was told is read from a file."""

import json
import pathlib
import subprocess
import sys

import ports
from admin_client import eventually

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "clients"))
import packages  # noqa: E402  (of tests/clients)

SERVER, CLIENT = 2, 3
FAILED = 2


class Collector:
    """Not started: its port answers nobody. May raise packages.Unavailable."""

    def __init__(self, build_dir, folder, tls=()):
        """`tls`: certificate and key, if it is to speak TLS."""
        self._python = packages.Packages(build_dir, HERE / "packages").python("otlp")
        self._path = pathlib.Path(folder) / "collected.jsonl"
        self._process = None
        self.port = ports.free_range(1)
        self._tls = [str(file) for file in tls]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"

    def start(self):
        self._path.unlink(missing_ok=True)
        self._process = subprocess.Popen([self._python, "-B", HERE / "collector_server.py", str(self.port),
                                          str(self._path), *self._tls], stdin=subprocess.DEVNULL)
        eventually(self._path.exists, "the collector has started", timeout=30)
        return self

    def stop(self):
        if self._process is not None:
            self._process.terminate()
            self._process.wait(20)
            self._process = None

    def calls(self):
        return [json.loads(line) for line in self._path.read_text().splitlines()]

    def spans(self):
        return [span for call in self.calls() for span in call["spans"]]

    def trace_of(self, request_id, timeout=20):
        """The span of a request and those of its attempts, in their order."""
        def is_it(span):
            return span["attributes"].get("weir.request.id") == request_id

        request = eventually(lambda: next(filter(is_it, self.spans()), None), "the request's span", timeout=timeout)
        attempts = [span for span in self.spans() if span["parent"] == request["id"]]
        return request, attempts
