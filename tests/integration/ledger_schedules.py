"""Random schedules of requests and disasters, and what the ledger must say after them.

A schedule is made from a number alone: some requests of several kinds, each from its moment on, and
perhaps one disaster at its own. Every request names itself in its user agent, and so do its row on
the ledger and its entry in the provider's record.
"""

import json
import random
import signal
import threading
import time

import harness
import http_client

INPUT, OUTPUT = 11, 7
NANO_USD = {  # of a token: input, output
    "claude-sonnet-4-5": (3_000, 15_000),
    "gpt-4o-mini": (150, 600),
    "gemini-2.5-flash": (300, 2_500),
}

SPAN_S = 0.12  # in which a schedule's requests begin
KINDS = ("whole", "stream", "slow", "leave", "leave_before", "translated", "translated_stream",
         "retry", "responses", "responses_stream", "gemini", "gemini_stream")
DISASTERS = ("relay", "usage", "postgres", "usage_sleeps", "usage_and_relay")
CALM = 5  # schedules without a disaster, for each one with


class Asked:
    """One request, and what its client saw."""

    def __init__(self, marker, kind):
        self.marker, self.kind = marker, kind
        self.sent = False
        self.answered = False  # whole, with 200
        self.request_id = None

    def __repr__(self):
        return f"{self.marker} ({self.kind}, sent={self.sent}, answered={self.answered})"


class Lanes:
    """The keys that schedules use, made once."""

    def __init__(self, stack):
        usual = f"in={INPUT}+out={OUTPUT}"
        self.plain = stack.claude(usual)
        self.slow = stack.claude(f"{usual}+events=12+pace=8")
        self.retry = stack.claude("500", usual)
        self.responses = stack.openai_responses(usual)
        self.gemini = stack.gemini(usual)

    def of(self, kind):
        if kind in ("slow", "leave"):
            return self.slow
        return getattr(self, kind.removesuffix("_stream"), self.plain)

    def all(self):
        return (self.plain, self.slow, self.retry, self.responses, self.gemini)


class Schedule:
    def __init__(self, stack, lanes, number):
        rng = random.Random(number)
        self.stack, self.lanes, self.number = stack, lanes, number
        self.disaster = rng.choice(DISASTERS) if rng.randrange(CALM + 1) == 0 else None
        self.disaster_at = rng.uniform(0, 2 * SPAN_S)
        self.sleeps = rng.uniform(0.01, 0.3)
        self.plan = [(rng.uniform(0, SPAN_S), rng.choice(KINDS), rng.random())
                     for _ in range(rng.randrange(1, 7))]
        self.asked = [Asked(f"schedule-{number}-{i}", kind)
                      for i, (_, kind, _) in enumerate(self.plan)]

    def run(self):
        began = time.monotonic()
        threads = [threading.Thread(target=self._client, args=(began, at, dice, asked), daemon=True)
                   for (at, _, dice), asked in zip(self.plan, self.asked)]
        for thread in threads:
            thread.start()
        if self.disaster is not None:
            time.sleep(max(0, began + self.disaster_at - time.monotonic()))
            getattr(self, f"_{self.disaster}")()
        for thread in threads:
            thread.join(timeout=30)
            assert not thread.is_alive(), f"a client of schedule {self.number} hangs"
        return self.asked

    # --- disasters

    def _relay(self):
        self.stack.relay.kill9()
        self.stack.start_relay()

    def _usage(self):
        self.stack.usage.kill9()
        time.sleep(self.sleeps)
        self.stack.start_usage()

    def _usage_and_relay(self):
        self.stack.usage.kill9()
        self.stack.relay.kill9()
        self.stack.start_relay()
        self.stack.start_usage()

    def _postgres(self):
        if self.stack.postgres is None:  # SQLite: its process is usage's
            return self._usage()
        self.stack.postgres.stop("immediate")
        time.sleep(self.sleeps)
        self.stack.postgres.start()

    def _usage_sleeps(self):
        """And is killed in its sleep: what it has committed and not acknowledged comes again."""
        self.stack.usage.signal(signal.SIGSTOP)
        time.sleep(self.sleeps)
        self._usage()

    # --- clients

    def _client(self, began, at, dice, asked):
        time.sleep(max(0, began + at - time.monotonic()))
        lane = self.lanes.of(asked.kind)
        headers = {**lane.headers(), "user-agent": asked.marker}
        try:
            with http_client.Connection(self.stack.relay_port, timeout=20) as connection:
                self._ask(connection, headers, dice, asked)
        except (OSError, http_client.ClosedEarly):
            pass  # the relay was killed, or is not back yet

    def _ask(self, connection, headers, dice, asked):
        stream = asked.kind in ("slow", "leave") or asked.kind.endswith("stream") or (
            asked.kind == "retry" and dice < 0.5)
        path, body = question(asked, stream)
        asked.sent = True
        connection.send_request("POST", path, headers, body)
        if asked.kind == "leave_before":
            time.sleep(dice * 0.01)
            return
        head = connection.read_head()
        asked.request_id = head.request_id
        pieces = connection.read_body(head)
        if asked.kind == "leave":
            for _ in range(int(dice * 10)):
                next(pieces, None)
            return
        whole = b"".join(pieces)
        asked.answered = head.status == 200 and (not stream or any(end in whole for end in ENDS))


# What the last event of a stream has, one of each protocol.
ENDS = (b'"type":"message_stop"', b"data: [DONE]", b'"type":"response.completed"', b'"finishReason"')


def question(asked, stream):
    """Path and body of a request that names itself."""
    if asked.kind.startswith("translated"):
        return "/v1/chat/completions", harness.openai_body(model="claude-sonnet-4-5",
                                                           text=asked.marker, stream=stream)
    if asked.kind.startswith("responses"):
        return "/v1/responses", harness.responses_body(input=asked.marker, stream=stream)
    if asked.kind.startswith("gemini"):
        verb = "streamGenerateContent?alt=sse" if stream else "generateContent"
        contents = [{"role": "user", "parts": [{"text": asked.marker}]}]
        return (f"/v1beta/models/gemini-2.5-flash:{verb}",
                json.dumps({"contents": contents}).encode())
    return "/v1/messages", harness.anthropic_body(text=asked.marker, stream=stream)


def all_sent(stack):
    """The relay's spool is empty: usage has all there is."""
    metrics = http_client.request(stack.relay_ops, "GET", "/metrics", {"connection": "close"})
    for line in metrics.body.decode().splitlines():
        if line.startswith("weir_relay_spool_events_pending "):
            return float(line.split()[1]) == 0
    raise AssertionError("no figure of the spool")


def check(stack, lanes, asked, record):
    """The ledger against what clients saw and what the provider says it served."""
    rows = {}
    for lane in lanes.all():
        of_lane = stack.api.logs(f"key_id={lane.key_id}")
        for row in of_lane:
            assert row["user_agent"] not in rows, f"twice on the ledger: {row}"
            rows[row["user_agent"]] = row
        check_sums(stack, lane, of_lane)
    served = served_by_marker(record)
    for one in asked:
        check_one(one, rows.pop(one.marker, None), served.get(one.marker, []))
    assert not rows, f"rows of requests that nobody sent: {list(rows.values())[:3]}"


def check_sums(stack, lane, rows):
    summary = stack.api.get(f"/api/v1/usage/summary?by=key&key_id={lane.key_id}")["data"]
    for field in ("cost_nano_usd", "input_tokens", "output_tokens"):
        assert sum(row[field] for row in summary) == sum(row[field] for row in rows), \
            f"roll-ups and rows differ in {field}"
    assert sum(row["requests"] for row in summary) == len(rows)


def served_by_marker(record):
    served = {}
    for line in record.read_text().splitlines():
        entry = json.loads(line)
        body = json.loads(entry["body"]) if entry["body"] else {}
        turns = body.get("messages") or body.get("contents") or body.get("input")
        if turns:
            served.setdefault(text_of(turns), []).append(entry)
    return served


def text_of(turns):
    """The last text of a conversation of any protocol."""
    if isinstance(turns, str):
        return turns
    last = turns[-1]
    return last["text"] if "text" in last else text_of(last.get("content") or last["parts"])


def check_one(asked, row, served):
    reached = [entry for entry in served if entry["status"] == 200]
    assert row is not None or not (asked.answered or reached), \
        f"served and not on the ledger: {asked}, {served}"
    if row is None:
        return
    tokens = (row["input_tokens"], row["output_tokens"])
    input_nano_usd, output_nano_usd = NANO_USD[row["model"]]
    assert row["cost_nano_usd"] == tokens[0] * input_nano_usd + tokens[1] * output_nano_usd, row
    if asked.answered:
        assert row["complete"] and row["request_id"] == asked.request_id, (asked, row)
    if row["complete"]:
        assert tokens == (INPUT, OUTPUT) and row["usage_source"] == "reported", row
        assert [entry["outcome"] for entry in reached] == ["complete"], (row, served)
        return
    assert row["error_class"], row
    if not served:
        assert row["cost_nano_usd"] == 0, f"billed, and no provider was asked: {row}"
    # Cut short: what the provider told counts, else what was sent and what has passed.
    assert tokens[0] <= 40 and tokens[1] <= 40, row
