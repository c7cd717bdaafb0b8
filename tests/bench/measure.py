"""The bench's cases: each starts loads on the targets in turn and reads what they cost."""

import dataclasses
import json
import subprocess
import time

from processes import Missing, binary, cpu_microseconds, rss_kib
from slow_reader import SlowReaders
from targets import MODEL

# Latency is asked for in short turns: a burst of other work spoils one of many, not a whole round.
LATENCY_TURNS = 5
LATENCY_SECONDS = 0.4
SETTLE_SECONDS = 0.5  # what a target does after its last answer (spool, log) belongs to its CPU

ANSWER = "huge=2"
EVENTS = "events=200"
FIRST_EVENT = "events=3"
HELD = "events=12+pace=700"  # long enough to be all open at once and to be looked at
# Handshakes take time: opened over eight seconds, and long enough to be all open after that.
HELD_TLS = "events=24+pace=700"
HELD_SHAPES = {HELD: 2, HELD_TLS: 8}  # seconds over which they are opened
OPENED = "events=4+pace=500"
SLOW = "huge=204800"  # 200 MiB
_GEMINI_PATH = f"/v1beta/models/{MODEL}:generateContent"
# Clients on accounts of other protocols: where they ask, and what the account is.
PAIRS = {
    "Anthropic on Chat": ("/v1/messages", "openai"),
    "Anthropic on Responses": ("/v1/messages", "openai_responses"),
    "Chat on Anthropic": ("/v1/chat/completions", "claude"),
    "Anthropic on Gemini": ("/v1/messages", "gemini"),
    "Chat on Responses": ("/v1/chat/completions", "openai_responses"),
    "Chat on Gemini": ("/v1/chat/completions", "gemini"),
    "Responses on Anthropic": ("/v1/responses", "claude"),
    "Responses on Chat": ("/v1/responses", "openai"),
    "Responses on Gemini": ("/v1/responses", "gemini"),
    "Gemini on Anthropic": (_GEMINI_PATH, "claude"),
    "Gemini on Chat": (_GEMINI_PATH, "openai"),
    "Gemini on Responses": (_GEMINI_PATH, "openai_responses"),
}
TRANSLATED = [ANSWER, EVENTS, HELD]


@dataclasses.dataclass
class Plan:
    rounds: int
    seconds: float
    connections: int
    paced_streams: int
    held_rounds: int
    held_streams: int
    opened_connections: int
    slow_readers: int

    @property
    def paced(self):
        return f"events={int(self.seconds * 20)}+pace=50"

    @property
    def scenarios(self):
        return [ANSWER, EVENTS, FIRST_EVENT, HELD, OPENED, SLOW, self.paced]


FULL = Plan(rounds=5, seconds=5.0, connections=32, paced_streams=400, held_rounds=3,
            held_streams=5000, opened_connections=4000, slow_readers=8)
QUICK = Plan(rounds=2, seconds=1.5, connections=32, paced_streams=200, held_rounds=1,
             held_streams=1000, opened_connections=1000, slow_readers=4)


class Bench:
    def __init__(self, build_dir, plan):
        self._load = binary(build_dir, "weir-load")
        self._plan = plan
        self.requests = {}  # by target: all that were answered
        self.failures = []

    # --- one load

    def load(self, target, scenario, *flags):
        """Runs weir-load; returns its result."""
        return self.finish(target, scenario, self.start(target, scenario, *flags))

    def finish(self, target, scenario, process):
        """Waits for a load that was started; its result."""
        with process:
            out, _ = process.communicate()
        return self._read(target, scenario, out, process.returncode)

    def start(self, target, scenario, *flags):
        command = [self._load, "--url", target.url(), "--model", MODEL]
        for header in target.headers(scenario):
            command += ["--header", header]
        return subprocess.Popen([*command, *map(str, flags)], stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)

    def _read(self, target, scenario, out, code):
        if code != 0:
            raise Missing(f"weir-load ended with {code} on {target.name}")
        result = json.loads(out)
        self.requests[target] = self.requests.get(target, 0) + result["requests"]
        if result["errors"]:
            self.failures.append(f"{target.name}, {scenario}: {result['errors']} of "
                                 f"{result['errors'] + result['requests']} failed, statuses "
                                 f"{result['statuses']}")
        if not result["requests"]:
            raise Missing(f"{target.name} answered nothing: {result}")
        return result

    # --- CPU: {target's name: [microseconds per unit, one a round]}, the targets taking turns

    def _cpu_per(self, target, unit, scenario, *flags):
        before = cpu_microseconds(target.pids())
        result = self.load(target, scenario, *flags)
        time.sleep(SETTLE_SECONDS)
        return (cpu_microseconds(target.pids()) - before) / max(1, result[unit])

    def _cpu(self, targets, unit, scenario, *shape):
        shape = (*shape, "--connections", self._plan.connections)
        figures = {target.name: [] for target in targets}
        for target in targets:  # connections, caches and pages that the first load needs
            self.load(target, scenario, *shape, "--requests", 200)
        for _ in range(self._plan.rounds):
            for target in targets:
                figures[target.name].append(self._cpu_per(target, unit, scenario, *shape,
                                                          "--seconds", self._plan.seconds))
        return figures

    def requests_case(self, targets, body_bytes):
        return self._cpu(targets, "requests", ANSWER, "--body-bytes", body_bytes)

    def events_case(self, targets):
        return self._cpu(targets, "events", EVENTS, "--stream")

    def paced_case(self, targets):
        figures = {target.name: [] for target in targets}
        for _ in range(self._plan.rounds):
            for target in targets:
                figures[target.name].append(self._cpu_per(
                    target, "events", self._plan.paced, "--hold", self._plan.paced_streams,
                    "--ramp-seconds", 0.5))
        return figures

    # --- latency at one connection: {name: [(p50, p99) in microseconds, one a turn]}

    def latency_case(self, targets):
        return self._latency(targets, "latency_us", ANSWER)

    def first_event_case(self, targets):
        return self._latency(targets, "first_event_us", FIRST_EVENT, "--stream")

    def _latency(self, targets, figure, scenario, *flags):
        figures = {target.name: [] for target in targets}
        for target in targets:
            self.load(target, scenario, *flags, "--requests", 200)
            # What usage has yet to commit of the loads before would take a core from this one.
            target.wait_for_ledger(self.requests[target])
        for _ in range(self._plan.rounds * LATENCY_TURNS):
            for target in targets:
                result = self.load(target, scenario, *flags, "--connections", 1, "--seconds",
                                   LATENCY_SECONDS)
                figures[target.name].append((result[figure]["p50"], result[figure]["p99"]))
        return figures

    # --- many streams: {name: [one dict a round]}

    def held_case(self, targets, scenario=HELD):
        """Fresh processes; memory once all streams have had their first event."""
        figures = {target.name: [] for target in targets}
        for _ in range(self._plan.held_rounds):
            for target in targets:
                figures[target.name].append(self._held(target, scenario))
        return figures

    def _held(self, target, scenario):
        target.restart()
        time.sleep(SETTLE_SECONDS)
        idle_kib = rss_kib(target.pids())
        self.load(target, ANSWER, "--requests", 50, "--connections", 4)
        time.sleep(SETTLE_SECONDS)
        before = rss_kib(target.pids())
        streams = self._plan.held_streams
        with self.start(target, scenario, "--hold", streams, "--ramp-seconds",
                        HELD_SHAPES[scenario]) as process:
            line = process.stderr.readline()
            time.sleep(SETTLE_SECONDS)
            all_open = line.startswith("held") and process.poll() is None
            grown_kib = rss_kib(target.pids()) - before
            out, _ = process.communicate()
        result = self._read(target, scenario, out, process.returncode)
        return {"kib_per_stream": grown_kib / streams if all_open else None,
                "idle_mib": idle_kib / 1024, "lost": result["lost"]}

    def opened_case(self, targets):
        """The first event of connections that are opened within three seconds."""
        figures = {target.name: [] for target in targets}
        for _ in range(self._plan.held_rounds):
            for target in targets:
                result = self.load(target, OPENED, "--hold", self._plan.opened_connections,
                                   "--ramp-seconds", 3)
                first = result["first_event_us"]
                figures[target.name].append((first["p50"], first["p99"]))
        return figures

    def slow_case(self, targets):
        """{name: KiB of growth per client that reads 1 KiB a second of a stream of 200 MiB}."""
        figures = {}
        for target in targets:
            self.load(target, ANSWER, "--requests", 50, "--connections", 4)
            time.sleep(SETTLE_SECONDS)
            before = rss_kib(target.pids())
            with SlowReaders(target, SLOW, self._plan.slow_readers) as readers:
                most = readers.watch(lambda: rss_kib(target.pids()), seconds=12)
            figures[target.name] = (most - before) / self._plan.slow_readers
        return figures
