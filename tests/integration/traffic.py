"""Mixed traffic: every protocol, whole answers and streams, at a steady pace. Each answer's own token counts
say what it must cost, so the ledger can be held against what the clients were told, to the nano-dollar."""

import collections
import dataclasses
import json
import random
import threading
import time
from collections.abc import Callable

import http_client
from harness import anthropic_body, openai_body, responses_body


@dataclasses.dataclass(frozen=True)
class Price:
    """Nano-USD for a token, as in services/admin/data/prices.csv."""
    input: int
    output: int


SPENT_KEPT = 200_000

CLAUDE, GPT, GEMINI = Price(3_000, 15_000), Price(150, 600), Price(300, 2_500)


@dataclasses.dataclass(frozen=True)
class Protocol:
    """How a client of it asks, and how it reads what it was charged."""
    name: str
    platform: str
    price: Price
    path: Callable     # (stream) -> request target
    body: Callable     # (stream, text) -> bytes
    key_header: str
    counts: Callable   # JSON values of the answer, in order -> (input, output), None when there is no end


def _of_anthropic(values):
    if len(values) == 1:
        return values[0]["usage"]["input_tokens"], values[0]["usage"]["output_tokens"]
    if values[-1]["type"] != "message_stop":
        return None
    start = values[0]["message"]["usage"]
    last = [value["usage"] for value in values if value["type"] == "message_delta"][-1]
    return last.get("input_tokens", start["input_tokens"]), last["output_tokens"]


def _of_chat(values):
    usage = values[-1].get("usage")
    return usage and (usage["prompt_tokens"], usage["completion_tokens"])


def _of_responses(values):
    if len(values) > 1 and values[-1]["type"] != "response.completed":
        return None
    usage = values[-1].get("response", values[-1])["usage"]
    return usage["input_tokens"], usage["output_tokens"]


def _of_gemini(values):
    if "finishReason" not in values[-1]["candidates"][0]:
        return None
    usage = values[-1]["usageMetadata"]
    return usage["promptTokenCount"], usage["candidatesTokenCount"] + usage.get("thoughtsTokenCount", 0)


def _chat_body(stream, text):
    return openai_body(text=text, stream=True, stream_options={"include_usage": True}) if stream else openai_body(text=text)


def _gemini_path(stream):
    verb = "streamGenerateContent?alt=sse" if stream else "generateContent"
    return f"/v1beta/models/gemini-2.5-flash:{verb}"


PROTOCOLS = (
    Protocol("messages", "claude", CLAUDE, lambda stream: "/v1/messages",
             lambda stream, text: anthropic_body(text=text, stream=stream), "x-api-key", _of_anthropic),
    Protocol("chat", "openai", GPT, lambda stream: "/v1/chat/completions", _chat_body, "x-api-key", _of_chat),
    Protocol("responses", "openai_responses", GPT, lambda stream: "/v1/responses",
             lambda stream, text: responses_body(input=text, stream=stream), "x-api-key", _of_responses),
    Protocol("gemini", "gemini", GEMINI, _gemini_path,
             lambda stream, text: json.dumps({"contents": [{"role": "user", "parts": [{"text": text}]}]}).encode(),
             "x-goog-api-key", _of_gemini),
)
BY_NAME = {protocol.name: protocol for protocol in PROTOCOLS}


def json_values(reply):
    """The answer's JSON: one value, or that of each event."""
    if "event-stream" not in (reply.header("content-type") or ""):
        return [json.loads(reply.body)]
    return [json.loads(data) for _, data in reply.events() if data != "[DONE]"]


def cost_of(protocol, reply):
    """What the answer must cost; None when it is not a whole one."""
    try:
        counts = protocol.counts(json_values(reply)) if reply.status == 200 else None
    except (ValueError, KeyError, IndexError):
        return None
    return counts and counts[0] * protocol.price.input + counts[1] * protocol.price.output


@dataclasses.dataclass(frozen=True)
class Caller:
    """Whose requests, by which protocol."""
    protocol: Protocol
    lane: object
    tokens_max: int = 0


class Traffic:
    """So many clients; each asks `per_second` times a second by each of `callers` in turn, every second time for
    a stream, and leaves one stream in `abort_every` half way. `answered` has request id -> cost, `aborted` the ids of those
    that were left, `failures` the moment and what was wrong, `spent_ms` (moment, ms) of the last answers."""

    def __init__(self, port, callers, clients=4, per_second=5.0, host="weir.test", abort_every=0):
        self.answered, self.aborted, self.failures = {}, set(), []
        self.spent_ms = collections.deque(maxlen=SPENT_KEPT)
        self._abort_every = abort_every
        self.by_kind = collections.Counter()
        self._port, self._callers, self._pause, self._host = port, callers, 1 / per_second, host
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._run, args=(number,), daemon=True)
                         for number in range(clients)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive(), "a client hangs"

    def _run(self, number):
        choice, turn, connection = random.Random(number), number, None
        due = time.monotonic() + choice.random() * self._pause
        while not self._stop.wait(max(0.0, due - time.monotonic())):
            due = max(due + self._pause, time.monotonic())
            turn += 1
            caller = self._callers[turn // 2 % len(self._callers)]
            stream, text = turn % 2 == 0, "say hello " * choice.randrange(1, 40)
            leave = stream and self._abort_every and choice.randrange(self._abort_every) == 0
            ask = self._leave if leave else self._ask
            connection = ask(caller, stream, connection, text)

    def _ask(self, caller, stream, connection, text):
        """The connection for the next request, None when it is of no more use."""
        start = time.monotonic()
        try:
            connection = self._send(caller, stream, connection, text)
            reply = connection.read_reply("POST")
        except (OSError, http_client.ClosedEarly) as why:
            self._fail(start, caller, f"{type(why).__name__}: {why}")
            return connection and connection.close()
        cost = cost_of(caller.protocol, reply)
        if cost is None:
            self._fail(start, caller, f"{reply.status} {reply.body[-300:]!r}")
        else:
            self._note(start, caller, stream, reply.request_id, cost)
        return connection.close() if reply.header("connection") == "close" else connection

    def _send(self, caller, stream, connection, text):
        connection = connection or http_client.Connection(self._port, timeout=30)
        protocol = caller.protocol
        headers = {"host": self._host, protocol.key_header: caller.lane.key, "content-type": "application/json",
                   "anthropic-version": "2023-06-01"}
        connection.send_request("POST", protocol.path(stream), headers, protocol.body(stream, text))
        return connection

    def _leave(self, caller, stream, connection, text):
        """A client that goes after the first piece of its answer."""
        start = time.monotonic()
        try:
            connection = self._send(caller, stream, connection, text)
            reply = connection.read_head()
            next(connection.read_body(reply))
        except (OSError, http_client.ClosedEarly, StopIteration) as why:
            self._fail(start, caller, f"{type(why).__name__}: {why}")
            return connection and connection.close()
        with self._lock:
            self.aborted.add(reply.request_id)
        return connection.close()

    def _note(self, start, caller, stream, request_id, cost):
        now = time.monotonic()
        with self._lock:
            self.answered[request_id] = cost
            self.spent_ms.append((now, (now - start) * 1000))
            self.by_kind[caller.protocol.name, stream] += 1

    def _fail(self, start, caller, what):
        with self._lock:
            self.failures.append((start, f"{caller.protocol.name}: {what}"))
        time.sleep(0.1)

    def p99_ms(self, begin, end):
        """Of what was answered between two moments of the steady clock."""
        with self._lock:
            spent = sorted(ms for at, ms in self.spent_ms if begin <= at < end)
        return spent[len(spent) * 99 // 100] if spent else 0.0


def check_cost_by_cost(ledger_rows, answered):
    """`ledger_rows`: (request id, cost) of all rows of the callers' keys. Each answer once, at its own cost, and
    nothing else."""
    ids = [request_id for request_id, _ in ledger_rows]
    assert len(ids) == len(set(ids)), "a request stands twice in the ledger"
    found = dict(ledger_rows)
    missing, strangers = answered.keys() - found.keys(), found.keys() - answered.keys()
    assert not missing, f"{len(missing)} of {len(answered)} answered requests are not in the ledger: {sorted(missing)[:3]}"
    assert not strangers, f"{len(strangers)} rows of requests that nobody sent: {sorted(strangers)[:3]}"
    wrong = {key: (found[key], cost) for key, cost in answered.items() if found[key] != cost}
    assert not wrong, f"{len(wrong)} rows cost something else than their answers said: {dict(list(wrong.items())[:3])}"
