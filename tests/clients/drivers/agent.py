"""What the drivers of command-line agents share: a session as a process, its events in JSON."""

import json
import os
import pathlib
import subprocess
import time

SESSION_SECONDS = 50
TIMED_OUT = 124  # what timeout(1) says then


class SessionError(Exception):
    """The agent gave up: what it told its user, and the status that it blames."""

    def __init__(self, status_code, text):
        super().__init__(text)
        self.status_code = status_code


def session(command, lines=""):
    """Runs the agent in an empty folder; each line that it prints is an event in JSON. `lines` are
    its input."""
    folder = pathlib.Path.home() / f"session-{time.monotonic_ns()}"
    folder.mkdir()
    process = subprocess.Popen(
        ["timeout", str(SESSION_SECONDS), *command], cwd=folder, stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, text=True)
    process.stdin.write(lines)
    process.stdin.close()
    said = False
    for line in process.stdout:
        said = True
        yield json.loads(line)
    code = process.wait()
    if code == TIMED_OUT or not said:
        raise SessionError(None, f"exit code {code} within {SESSION_SECONDS} s")


def provide_fake(says):
    """The provider has `fake` run for whatever it wants, so that is a program here."""
    programs = pathlib.Path.home() / "programs"
    programs.mkdir(exist_ok=True)
    fake = programs / "fake"
    fake.write_text(f"#!/bin/sh\necho {says}\n")
    fake.chmod(0o755)
    # A login shell makes its path anew.
    (pathlib.Path.home() / ".profile").write_text(f'PATH="{programs}:$PATH"\n')
    if str(programs) not in os.environ["PATH"].split(":"):
        os.environ["PATH"] = f"{programs}:{os.environ['PATH']}"
