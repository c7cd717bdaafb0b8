"""The real services, for the console's tests in a browser (web/e2e): usage, admin with the console's
build, a relay and the fake provider, on SQLite and free ports.

    python3 console_rig.py --build-dir DIR --console-dir DIR [--empty]

prints one line of JSON that says where all is and who may log in; with --empty there is no
administrator yet, only the token of /setup. Then it takes commands, an object a line:

    {"stop": "usage"} {"kill": "relay"} {"start": "usage"}   one service; started, the others have found it again
    {"requests": 20}                                          real ones, every fifth refused; the ledger has them
    {"end_sessions": true}                                    as if all log-ins had run out
    {"fill": 1000000}                                         that many made-up rows into the ledger
    {"age_proofs": true}                                      as if all had logged in an hour ago
    {"provider": "alice"}                                     a log-in provider at which she sits; null: none

and answers each with a line, {"error": …} where it went wrong. All stops when standard input ends.
"""

import argparse
import json
import pathlib
import re
import signal
import sqlite3
import subprocess
import sys

import harness
import http_client
from openid_provider import OpenidProvider

REQUESTS_MAX = 1000
SERVED, REFUSED = "claude-sonnet-4-5", "no-such-model"
LEDGER_S_MAX = 60  # admin looks for a ledger that was away less and less often
PROOF_AGE_MS = 3600 * 1000


class Rig:
    def __init__(self, build_dir, console_dir, empty):
        self._stack = harness.Stack(build_dir)
        self._stack.admin.settings["WEIR_ADMIN_CONSOLE_DIR"] = console_dir
        self._empty = empty
        self._lane = None
        self._provider = None
        self._starts = {"usage": self._stack.start_usage, "admin": self._stack.start_admin,
                        "relay": self._stack.start_relay}

    def start(self):
        stack = self._stack
        addresses = {"relay_url": f"http://127.0.0.1:{stack.relay_port}",
                     "console_url": f"http://127.0.0.1:{stack.admin_port}"}
        if self._empty:
            self._declare(addresses)
            stack.fake.start()
            for start in self._starts.values():
                start()
        else:
            stack.start()
            stack.api.patch("/api/v1/admin/settings", addresses)
            self._lane = stack.claude("text")
        return {"admin_url": addresses["console_url"], "relay_url": addresses["relay_url"],
                "fake_url": stack.fake_url, "folder": str(stack.folder), **self._who()}

    def _declare(self, settings):
        """Before anybody can log in, a file is what settings come from."""
        path = self._stack.folder / "weir.yaml"
        path.write_text(json.dumps({"settings": settings}))
        self._stack.admin.settings["WEIR_ADMIN_CONFIG_FILE"] = path

    def _who(self):
        if self._empty:
            token = re.search(r"with the token ([0-9a-f]{32})\n", self._stack.admin.log())
            return {"setup_token": token.group(1)}
        seeded = self._stack.seeded
        return {"username": seeded["WEIR_ADMIN_USERNAME"], "password": seeded["WEIR_ADMIN_PASSWORD"],
                "api_key": self._lane.key}

    def obey(self, command):
        (verb, value), = command.items()
        return {"stop": self._stop, "kill": self._kill, "start": self._start,
                "requests": self._requests, "end_sessions": self._end_sessions,
                "fill": self._fill, "age_proofs": self._age_proofs,
                "provider": self._log_in_by}[verb](value)

    def _service(self, name):
        return {service.name: service for service in self._stack.services()}[name]

    def _stop(self, name):
        self._service(name).stop()

    def _kill(self, name):
        self._service(name).kill9()

    def _start(self, name):
        self._starts[name]()
        if self._empty:
            return
        api = self._stack.api
        api.wait_for_relays()
        api.get("/api/v1/admin/logs?limit=1", away_seconds=LEDGER_S_MAX)

    def _requests(self, count):
        assert self._lane is not None and 0 < count <= REQUESTS_MAX
        with http_client.Connection(self._stack.relay_port) as connection:
            replies = [self._lane.messages(connection, model=REFUSED if number % 5 == 4 else SERVED)
                       for number in range(count)]
        # Else a journey's figures are still on their way while it counts them.
        for reply in replies:
            self._stack.api.log_row(reply.request_id)

    def _change_sessions(self, statement):
        with sqlite3.connect(self._stack.folder / "admin.db", timeout=10) as database:
            database.execute(statement)

    def _end_sessions(self, _):
        self._change_sessions("DELETE FROM sessions")
        self._log_in()  # this one's own too

    def _log_in(self):
        who = self._who()
        self._stack.api.log_in(who["username"], who["password"])

    def _age_proofs(self, _):
        self._change_sessions(f"UPDATE sessions SET confirmed_at_ms = confirmed_at_ms - {PROOF_AGE_MS}")

    def _log_in_by(self, subject):
        if self._provider is not None:
            self._provider.close()
            self._provider = None
        issuer, client, secret = "", "", ""
        if subject is not None:
            # Another host than admin's: a log-in comes back across sites, as it does in life.
            self._provider = OpenidProvider(host="localhost")
            self._provider.sits_there = subject
            issuer, client, secret = self._provider.issuer, OpenidProvider.CLIENT, OpenidProvider.SECRET
        self._stack.api.patch("/api/v1/admin/settings", {
            "oidc_issuer": issuer, "oidc_client_id": client, "oidc_client_secret": secret,
            "oidc_name": "Ours", "oidc_creates_users": subject is not None})

    def _fill(self, count):
        self._stop("usage")
        load = pathlib.Path(self._stack.build_dir) / "bin" / "weir-usage-load"
        subprocess.run([load, "--fill-database", self._stack.database("usage"), "--events", str(count),
                        "--days", "30", "--keys", "100"], stdout=subprocess.DEVNULL, check=True)
        self._start("usage")

    def close(self):
        if self._provider is not None:
            self._provider.close()
        self._stack.close()


def say(value):
    print(json.dumps(value), flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build-dir", required=True)
    parser.add_argument("--console-dir", required=True)
    parser.add_argument("--empty", action="store_true")
    options = parser.parse_args()
    # Whoever started this may be stopped from the terminal: its end ends standard input, and us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    rig = Rig(options.build_dir, options.console_dir, options.empty)
    try:
        say(rig.start())
        for line in sys.stdin:
            try:
                rig.obey(json.loads(line))
                say({})
            except Exception as error:  # told to the test that asked
                say({"error": f"{type(error).__name__}: {error}"})
    finally:
        rig.close()


if __name__ == "__main__":
    main()
