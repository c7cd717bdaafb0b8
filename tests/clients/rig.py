"""The running Weir for the clients: lanes on the fake provider, and what it and the ledger saw."""

import json
import re
import secrets
import sys
import threading
from dataclasses import dataclass

import documented

sys.path.insert(0, str(documented.PAGE.parents[1] / "tests" / "integration"))

import harness  # noqa: E402
import http_client  # noqa: E402
from admin_client import eventually  # noqa: E402


@dataclass(frozen=True)
class Upstream:
    """A provider's protocol: the account that speaks it, a model of it that has a price, the member
    of a request in which thinking comes back to it, and the group's model mapping for agents, which
    ask for a model of their own choice."""
    platform: str
    model: str
    thinking: str
    model_mapping: dict


UPSTREAMS = {
    "Anthropic": Upstream("claude", "claude-sonnet-4-5", '"signature"',
                          {"gpt-*": "claude-sonnet-4-5"}),
    "OpenAI Chat": Upstream("openai", "gpt-4o-mini", '"reasoning_content"',
                            {"claude-*": "gpt-4o-mini"}),
    "Gemini": Upstream("gemini", "gemini-2.5-flash", 'ignature"',
                       {"claude-*": "gemini-2.5-flash", "gpt-*": "gemini-2.5-flash"}),
    "OpenAI Responses": Upstream("openai_responses", "gpt-4o-mini", '"encrypted_content"',
                                 {"claude-*": "gpt-4o-mini"}),
}


class Rig:
    """The stack, shared by the clients that run at once."""

    def __init__(self, build_dir):
        self._stack = harness.Stack(build_dir)
        self._making = threading.Lock()

    def start(self):
        self._stack.start()
        return self

    def close(self):
        return self._stack.close()

    def logs(self):
        return f"--- the end of the relay's log\n{self._stack.relay.log_tail()}"

    @property
    def relay_url(self):
        return f"http://127.0.0.1:{self._stack.relay_port}"

    def lane(self, upstream, scenario):
        """A key whose one account answers so; `scenario` as in tests/fakes/README.md."""
        account = {"platform": UPSTREAMS[upstream].platform, "scenario": scenario}
        with self._making:
            return self._stack.lane(account, model_mapping=UPSTREAMS[upstream].model_mapping)

    def fake_text(self, scenario):
        """What the fake provider says in this scenario, asked without Weir."""
        body = harness.openai_body(model=f"direct@{scenario}")
        reply = http_client.request(self._stack.fake_port, "POST", "/v1/chat/completions",
                                    {"connection": "close"}, body)
        return reply.json()["choices"][0]["message"]["content"]

    def fake_embeddings(self, count):
        """The vectors that the fake provider answers, asked without Weir."""
        body = json.dumps({"model": "direct", "input": ["text"] * count}).encode()
        reply = http_client.request(self._stack.fake_port, "POST", "/v1/embeddings",
                                    {"connection": "close"}, body)
        return [item["embedding"] for item in reply.json()["data"]]

    def sent_upstream(self, nonce):
        """The bodies of the conversations that the fake provider got with this nonce in them, oldest
        first. Who counts the tokens of one first has asked for nothing yet."""
        return [record["body"] for record in self._records(nonce)
                if not re.search(r"count_?tokens", record["path"], re.IGNORECASE)]

    def headers_upstream(self, nonce):
        """The headers of all of them, names in lower case."""
        return [(name.lower(), value) for record in self._records(nonce)
                for name, value in record["headers"]]

    def wait_for_outcomes(self, nonce, outcomes):
        """How the fake provider's answers to them ended: a client that left is noticed soon."""
        eventually(lambda: [record["outcome"] for record in self._records(nonce)] == outcomes,
                   f"the outcomes {outcomes}")

    def _records(self, nonce):
        reply = http_client.request(self._stack.fake_port, "GET", "/__fake/requests",
                                    {"connection": "close"})
        return [record for record in reply.json() if nonce in record["body"]]

    def ledger(self, lane):
        """The rows of all requests that the lane's key has made, oldest first."""
        # Rows arrive in order: once the marker's is there, so are all before it.
        marker = lane.messages(model="a-marker-" + secrets.token_hex(8)).request_id
        self._stack.api.log_row(marker)
        rows = self._stack.api.logs(f"key_id={lane.key_id}")
        return [row for row in reversed(rows) if row["id"] != marker]

    def row(self, request_id):
        return self._stack.api.log_row(request_id)

    def no_new_keys(self):
        """To hold while counting refusals: a lane in the making asks until its key is known."""
        return self._making

    def unknown_key_refusals(self):
        text = http_client.request(self._stack.relay_ops, "GET", "/metrics",
                                   {"connection": "close"}).body.decode()
        return sum(float(line.rpartition(" ")[2]) for line in text.splitlines()
                   if "key_unknown" in line)


def pretty(value):
    return json.dumps(value, indent=1, ensure_ascii=False)[:1500]
