"""A client's driver as a process of its own: one call at a time, as lines of JSON."""

import json
import os
import queue
import subprocess
import threading

CALL_SECONDS = 60
STDERR_LINES = 15


class Driver:
    """Usable as a context manager. The client's home is an empty folder, and nothing of the
    caller's own keys or proxies reaches it."""

    def __init__(self, command, home):
        self._stderr = open(home / "stderr", "w+", encoding="utf-8", errors="replace")
        self._process = subprocess.Popen(
            [str(part) for part in command], cwd=home, env=bare_environment(home), text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._stderr,
            start_new_session=True)
        self._lines = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._stderr.close()

    def call(self, name, **more):
        """The driver's answer. An `error` in it is the client's, an AssertionError is ours."""
        try:
            self._process.stdin.write(json.dumps({"call": name, **more}) + "\n")
            self._process.stdin.flush()
            line = self._lines.get(timeout=CALL_SECONDS)
        except queue.Empty:
            raise AssertionError(f"no answer in {CALL_SECONDS} s\n{self._said()}") from None
        except BrokenPipeError:
            line = None
        assert line, f"the driver ended\n{self._said()}"
        return json.loads(line)

    def _read(self):
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put(None)

    def _said(self):
        self._stderr.seek(0)
        return "".join(self._stderr.readlines()[-STDERR_LINES:])


def bare_environment(home):
    """What a new user on a new machine has, and nothing of whoever runs the tests."""
    return {"HOME": str(home), "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "TERM": "dumb",
            "TMPDIR": str(home), "PYTHONDONTWRITEBYTECODE": "1"}
