"""Starts the real services, as `./weir up` would, on free loopback ports in a temporary folder."""

import json
import os
import pathlib
import secrets
import signal
import subprocess
import tempfile
import time

import http_client
import ports
from admin_client import AdminClient, eventually

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
READY_SECONDS = 30


class Service:
    """One process of ours. It can be killed and started again with the same settings."""

    def __init__(self, name, build_dir, folder, arguments=(), settings=None):
        self.name = name
        self.settings = dict(settings or {})
        self.log_path = folder / f"{name}.log"
        self.process = None
        self._folder = folder
        self._binary = build_dir / "bin" / f"weir-{name}"
        self.arguments = list(arguments)
        self.prefix = []  # a command that starts it, in a name space of its own, say

    def start(self):
        assert self.process is None, f"{self.name} runs already"
        # Nothing of the caller's own settings may reach a test.
        environment = {k: v for k, v in os.environ.items() if not k.startswith("WEIR_")}
        for provider in ("ANTHROPIC", "OPENAI", "GEMINI", "DEEPSEEK"):
            environment.pop(f"{provider}_API_KEY", None)
        environment.update({k: str(v) for k, v in self.settings.items()})
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [*self.prefix, str(self._binary), *self.arguments], cwd=self._folder, env=environment,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        return self

    @property
    def pid(self):
        return self.process.pid

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def signal(self, number):
        self.process.send_signal(number)

    def kill9(self):
        """As a power cut for this process: nothing is flushed, nothing said."""
        self.process.kill()
        self.process.wait()
        self.process = None

    def stop(self, timeout=30):
        """SIGTERM and an orderly end; the exit code."""
        if self.process is None:
            return 0
        self.process.send_signal(signal.SIGTERM)
        return self.wait(timeout)

    def wait(self, timeout=30):
        try:
            code = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            self.process = None
            raise AssertionError(f"{self.name} did not end within {timeout} s\n{self.log_tail()}")
        self.process = None
        return code

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def log_tail(self, lines=25):
        return "\n".join(self.log().splitlines()[-lines:])

    def wait_ready(self, port, timeout=READY_SECONDS):
        """Until /ready on the port answers 200."""
        end = time.monotonic() + timeout
        while True:
            if self.process is None or self.process.poll() is not None:
                raise AssertionError(f"{self.name} ended while starting\n{self.log_tail()}")
            if ready_status(port) == 200:
                return self
            if time.monotonic() > end:
                raise AssertionError(f"{self.name} is not ready after {timeout} s\n{self.log_tail()}")
            time.sleep(0.03)

    def rss_kib(self):
        for line in pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
        raise AssertionError("no VmRSS")


def ready_status(port):
    """The status of /ready, None when nobody answers."""
    try:
        return http_client.request(port, "GET", "/ready", {"connection": "close"}, timeout=5).status
    except (OSError, http_client.ClosedEarly):
        return None


class Lane:
    """A group of its own with its accounts and a key: what one test uses, apart from all others."""

    def __init__(self, stack, group, key, accounts):
        self._stack = stack
        self.group = group
        self.key_id = key["id"]
        self.key = key["key"]
        self.accounts = accounts

    @property
    def relay_port(self):
        return self._stack.relay_port

    def headers(self, more=None):
        return {"x-api-key": self.key, "content-type": "application/json",
                "anthropic-version": "2023-06-01", **(more or {})}

    def messages(self, connection=None, more_headers=None, **body):
        """POST /v1/messages with a small request; `body` changes it."""
        return self._post("/v1/messages", anthropic_body(**body), connection, more_headers)

    def chat(self, connection=None, more_headers=None, **body):
        """POST /v1/chat/completions likewise."""
        return self._post("/v1/chat/completions", openai_body(**body), connection, more_headers)

    def responses(self, connection=None, more_headers=None, **body):
        """POST /v1/responses likewise."""
        return self._post("/v1/responses", responses_body(**body), connection, more_headers)

    def gemini(self, verb="generateContent", model="gemini-2.5-flash", query="", version="v1beta",
               more_headers=None, **body):
        """POST /v1beta/models/MODEL:VERB likewise."""
        body.setdefault("contents", [{"role": "user", "parts": [{"text": "Say hello"}]}])
        headers = {"x-goog-api-key": self.key, "content-type": "application/json",
                   "connection": "close", **(more_headers or {})}
        return http_client.request(self._stack.relay_port, "POST",
                                   f"/{version}/models/{model}:{verb}{query}", headers,
                                   json.dumps(body).encode())

    def gemini_stream(self, **body):
        return self.gemini("streamGenerateContent", query="?alt=sse", **body)

    def _post(self, path, body, connection, more_headers):
        headers = self.headers(more_headers)
        if connection is not None:
            return connection.request("POST", path, headers, body)
        return http_client.request(self._stack.relay_port, "POST", path,
                                   {**headers, "connection": "close"}, body)


def anthropic_body(model="claude-sonnet-4-5", text="Say hello", **fields):
    return json.dumps({"model": model, "max_tokens": 64,
                       "messages": [{"role": "user", "content": text}], **fields}).encode()


def openai_body(model="gpt-4o-mini", text="Say hello", **fields):
    return json.dumps({"model": model, "messages": [{"role": "user", "content": text}],
                       **fields}).encode()


def responses_body(model="gpt-4o-mini", **fields):
    return json.dumps({"model": model, "input": "Say hello", **fields}).encode()


class Stack:
    """usage, admin, relay and the fake provider, made as the tool makes them."""

    def __init__(self, build_dir, folder=None, database=None, settings=None):
        """`database(name)` gives a URL for admin and usage (SQLite files without it); `settings`
        adds environment variables to all services."""
        self._temporary = None
        if folder is None:
            self._temporary = tempfile.TemporaryDirectory(prefix="weir-it-")
            folder = self._temporary.name
        self.build_dir = pathlib.Path(build_dir).resolve()
        self.folder = pathlib.Path(folder)
        first = ports.free_range(8)
        (self.relay_port, self.admin_port, self.relay_ops, self.admin_grpc, self.admin_ops,
         self.usage_grpc, self.usage_ops, self.fake_port) = range(first, first + 8)
        self.fake_url = f"http://127.0.0.1:{self.fake_port}"
        self.database = database or (lambda name: f"sqlite:{self.folder / name}.db")
        self.more_settings = dict(settings or {})
        self._make_secrets()
        self._make_services()
        self.seeded = {}
        self.api = None
        self._lanes = 0

    def _make_secrets(self):
        for name in ("internal.token", "master.key"):
            path = self.folder / name
            path.write_text(secrets.token_hex(32) + "\n")
            path.chmod(0o600)
        (self.folder / "relay").mkdir()

    def _make_services(self):
        token = self.folder / "internal.token"
        self.admin_settings = {
            "WEIR_ADMIN_LISTEN": f"127.0.0.1:{self.admin_port}",
            "WEIR_ADMIN_GRPC_LISTEN": f"127.0.0.1:{self.admin_grpc}",
            "WEIR_ADMIN_OPS_LISTEN": f"127.0.0.1:{self.admin_ops}",
            "WEIR_ADMIN_DATABASE_URL": self.database("admin"),
            "WEIR_ADMIN_USAGE_TARGET": f"127.0.0.1:{self.usage_grpc}",
            "WEIR_ADMIN_INTERNAL_TOKEN_FILE": token,
            "WEIR_ADMIN_MASTER_KEY_FILE": self.folder / "master.key",
            "WEIR_ADMIN_PRICES_FILE": REPOSITORY / "services/admin/data/prices.csv",
        }
        usage = {
            "WEIR_USAGE_GRPC_LISTEN": f"127.0.0.1:{self.usage_grpc}",
            "WEIR_USAGE_OPS_LISTEN": f"127.0.0.1:{self.usage_ops}",
            "WEIR_USAGE_DATABASE_URL": self.database("usage"),
            "WEIR_USAGE_INTERNAL_TOKEN_FILE": token,
        }
        relay = {
            "WEIR_RELAY_LISTEN": f"127.0.0.1:{self.relay_port}",
            "WEIR_RELAY_OPS_LISTEN": f"127.0.0.1:{self.relay_ops}",
            "WEIR_RELAY_DATA_DIR": self.folder / "relay",
            "WEIR_RELAY_ADMIN_TARGET": f"127.0.0.1:{self.admin_grpc}",
            "WEIR_RELAY_USAGE_TARGET": f"127.0.0.1:{self.usage_grpc}",
            "WEIR_RELAY_INTERNAL_TOKEN_FILE": token,
            "WEIR_RELAY_DRAIN_IDLE_MS": 200,
        }
        self.usage = self._service("usage", usage)
        self.admin = self._service("admin", self.admin_settings)
        self.relay = self._service("relay", relay)
        self.fake = Service("fake-provider", self.build_dir, self.folder,
                            ["--listen", f"127.0.0.1:{self.fake_port}"])

    def _service(self, name, settings):
        return Service(name, self.build_dir, self.folder, (),
                       {**settings, **self.more_settings})

    def start(self):
        self.fake.start()
        self.start_usage()
        self.seed()
        self.start_admin()
        self.start_relay()
        self.log_in()
        return self

    def start_control(self):
        """Usage and admin alone."""
        self.start_usage()
        self.seed()
        self.start_admin()
        self.log_in()
        return self

    def start_usage(self):
        return self.usage.start().wait_ready(self.usage_ops)

    def start_admin(self):
        return self.admin.start().wait_ready(self.admin_ops)

    def start_relay(self):
        return self.relay.start().wait_ready(self.relay_ops)

    def second_relay(self):
        return self.further_relay(2)

    def further_relay(self, number):
        """Another relay of the same admin and usage, not started; its `port` and `ops`."""
        port = ports.free_range(2)
        folder = self.folder / f"relay-{number}"
        folder.mkdir()
        relay = Service("relay", self.build_dir, folder, (), self.relay.settings | {
            "WEIR_RELAY_LISTEN": f"127.0.0.1:{port}",
            "WEIR_RELAY_OPS_LISTEN": f"127.0.0.1:{port + 1}",
            "WEIR_RELAY_DATA_DIR": folder})
        relay.port, relay.ops = port, port + 1
        return relay

    def seed(self, *arguments):
        """`weir-admin seed`; its NAME=value lines are added to `seeded` and returned."""
        result = self.admin_command("seed", *arguments)
        lines = dict(line.split("=", 1) for line in result.stdout.splitlines() if "=" in line)
        self.seeded.update(lines)
        return lines

    def admin_command(self, *arguments, check=True):
        """weir-admin with our admin's settings."""
        result = subprocess.run(
            [str(self.build_dir / "bin" / "weir-admin"), *arguments],
            env={**os.environ, **{k: str(v) for k, v in self.admin_settings.items()}},
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)
        assert not check or result.returncode == 0, f"{arguments}: {result.stdout}{result.stderr}"
        return result

    def log_in(self):
        self.api = AdminClient(self.admin_port, self.seeded["WEIR_ADMIN_USERNAME"],
                               self.seeded["WEIR_ADMIN_PASSWORD"])
        return self.api

    def services(self):
        return [self.relay, self.admin, self.usage, self.fake]

    def close(self):
        codes = {}
        for service in self.services():
            if service.is_running():
                codes[service.name] = service.stop()
        if self._temporary is not None:
            self._temporary.cleanup()
        return codes

    # --- set-up of a test

    def lane(self, *accounts, key=None, **group):
        """A new group with these accounts and a key in it. An account is a dict of its fields;
        `scenario` stands for the fake provider answering so, `url` for another provider."""
        self._lanes += 1
        name = f"lane-{self._lanes}"
        made = self.api.add_group(name, **group)
        rows = [self._add_account(name, number, made["id"], dict(account))
                for number, account in enumerate(accounts)]
        key = self.api.add_key(name, group_id=made["id"], **(key or {}))
        lane = Lane(self, made, key, rows)
        self.wait_for_snapshot(lane)
        return lane

    def claude(self, *scenarios, **fields):
        """A lane of Anthropic accounts on the fake provider, one a scenario, tried in order."""
        return self.lane(*[{"scenario": scenario, "priority": 10 + number, **fields}
                           for number, scenario in enumerate(scenarios)])

    def openai(self, *scenarios, **fields):
        return self.lane(*[{"scenario": scenario, "platform": "openai", "priority": 10 + number,
                            **fields} for number, scenario in enumerate(scenarios)])

    def gemini(self, *scenarios, **fields):
        return self.lane(*[{"scenario": scenario, "platform": "gemini", "priority": 10 + number,
                            **fields} for number, scenario in enumerate(scenarios)])

    def openai_responses(self, *scenarios, **fields):
        return self.lane(*[{"scenario": scenario, "platform": "openai_responses",
                            "priority": 10 + number, **fields}
                           for number, scenario in enumerate(scenarios)])

    def _add_account(self, lane, number, group_id, account):
        scenario = account.pop("scenario", None)
        platform = account.pop("platform", "claude")
        url = account.pop("url", self.fake_url)
        if platform in ("openai", "openai_responses"):
            url += "/v1"  # an OpenAI base URL has it, an Anthropic one has not
            account.setdefault("provider", "openai")  # whose prices apply; no host tells it here
        if platform == "gemini":
            account.setdefault("provider", "gemini")
        default = "fake-key-" + scenario if scenario else f"fake-key-{lane}-{number}"
        secret = account.pop("secret", default)
        name = account.pop("name", f"{lane}-{number}")
        return self.api.add_account(name, platform, url, secret, group_id, **account)

    def wait_for_snapshot(self, lane):
        """Until the relay knows the lane's key and its accounts: a push takes milliseconds."""
        eventually(lambda: self._knows(lane), "the relay has the lane's key")

    def _knows(self, lane):
        reply = http_client.request(self.relay_port, "GET", "/v1/models",
                                    {"x-api-key": lane.key, "connection": "close"})
        return reply.status == 200
