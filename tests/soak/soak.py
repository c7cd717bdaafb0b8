#!/usr/bin/env python3
"""Streams through a running Weir for half an hour, one in twenty aborted: the relay's memory and its
descriptors stay flat, and every request is on the ledger. Then slow readers: what one costs.

Flat means: a line through the relay's resident memory, fitted to all samples after the warm-up (the
first fifth), rises by less than GROWTH_MAX_KIB over the rest; and after the load as many descriptors
are open as before it.
"""

import argparse
import json
import pathlib
import random
import statistics
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))

import harness  # noqa: E402
import http_client  # noqa: E402
from upstream import STREAM_HEAD, Upstream, chunk  # noqa: E402

GROWTH_MAX_KIB = 1024
SLOW_READER_MAX_KIB = 256
SCENARIO = "events=20+pace=10+in=8+out=4"
BODY = json.dumps({"model": "claude-sonnet-4-5", "max_tokens": 64, "stream": True,
                   "messages": [{"role": "user", "content": "x" * 1500}]}).encode()


class Clients:
    """Threads that stream one answer after the other; every twentieth is left half way."""

    def __init__(self, lane, threads):
        self.whole = self.aborted = self.failed = 0
        self._lane = lane
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._run, args=(number,), daemon=True)
                         for number in range(threads)]
        for thread in self._threads:
            thread.start()

    @property
    def sent(self):
        return self.whole + self.aborted + self.failed

    def stop(self):
        self._stop.set()
        for thread in self._threads:
            thread.join(60)

    def _run(self, seed):
        choice = random.Random(seed)
        connection = None
        while not self._stop.is_set():
            abort = choice.randrange(20) == 0
            try:
                if connection is None:
                    connection = http_client.Connection(self._lane.relay_port, timeout=30)
                outcome = self._stream(connection, abort)
            except (OSError, http_client.ClosedEarly):
                outcome = "failed"
            if outcome != "whole":
                connection = connection and connection.close()
            with self._lock:
                setattr(self, outcome, getattr(self, outcome) + 1)

    def _stream(self, connection, abort):
        connection.send_request("POST", "/v1/messages", self._lane.headers(), BODY)
        reply = connection.read_head()
        tail = b""
        for piece in connection.read_body(reply):
            if abort:
                return "aborted"
            tail = (tail + piece)[-80:]
        good = reply.status == 200 and tail.rstrip().endswith(b'{"type":"message_stop"}')
        return "whole" if good else "failed"


def descriptors(service):
    return sum(1 for _ in pathlib.Path(f"/proc/{service.pid}/fd").iterdir())


def settled(service, seconds=20):
    """Fewest descriptors within some seconds: kept connections close by and by."""
    return min(descriptors(service) for _ in range(seconds) if time.sleep(1) is None)


def growth_kib(samples):
    """By least squares over (seconds, KiB): how much the line rises from the first to the last."""
    if len(samples) < 3:
        return 0.0
    times = [at for at, _ in samples]
    slope = statistics.linear_regression(times, [kib for _, kib in samples]).slope
    return slope * (times[-1] - times[0])


def soak(stack, minutes, threads):
    lane = stack.claude(SCENARIO)
    lane.messages(stream=True)
    before = settled(stack.relay, 3)
    clients = Clients(lane, threads)
    start, samples = time.monotonic(), []
    while time.monotonic() - start < minutes * 60:
        time.sleep(2)
        samples.append((time.monotonic() - start, stack.relay.rss_kib()))
        if len(samples) % 30 == 0:
            print(f"  {samples[-1][0] / 60:5.1f} min  {clients.sent:8d} requests  {clients.aborted:6d} aborted"
                  f"  {samples[-1][1]} KiB  {descriptors(stack.relay)} descriptors", flush=True)
    clients.stop()
    after = settled(stack.relay)
    expected = clients.sent + 1
    end = time.monotonic() + 60
    while (recorded := recorded_requests(stack, lane)) < expected and time.monotonic() < end:
        time.sleep(0.5)
    steady = samples[len(samples) // 5:]
    growth = growth_kib(steady)
    print(f"soak: {minutes} min, {clients.sent} streams, {clients.aborted} aborted, {clients.failed} failed")
    print(f"soak: relay {steady[0][1]} KiB after the warm-up, {steady[-1][1]} KiB at the end; the line rises by "
          f"{growth:.0f} KiB (at most {GROWTH_MAX_KIB})")
    print(f"soak: descriptors {before} before, {after} after; {recorded} of {expected} requests on the ledger")
    problems = []
    if growth >= GROWTH_MAX_KIB:
        problems.append("memory grows")
    if after > before + 2:
        problems.append("descriptors leak")
    if recorded != expected:
        problems.append("the ledger differs")
    if clients.failed:
        problems.append("streams failed")
    return problems


def recorded_requests(stack, lane):
    rows = stack.api.get(f"/api/v1/usage/summary?by=key&key_id={lane.key_id}")["data"]
    return sum(row["requests"] for row in rows)


def flood(_recorded, connection):
    """200 MB of events, as fast as they are taken."""
    delta = (b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,'
             b'"delta":{"type":"text_delta","text":"' + b"water " * 30 + b'"}}\n\n')
    piece = chunk(delta * 100)
    connection.sendall(STREAM_HEAD)
    for _ in range(200_000_000 // len(piece)):
        connection.sendall(piece)
    return False


def read_slowly(connection, stop):
    while not stop.wait(1):
        connection.socket.recv(1024)


def slow_readers(stack, seconds, count=10):
    """What the relay's memory grows by for each client that reads 1 KiB a second of 200 MB."""
    upstream = Upstream(flood)
    lane = stack.lane({"url": upstream.url, "timeouts": {"idle_ms": 600_000}})
    before = stack.relay.rss_kib()
    stop, threads, connections = threading.Event(), [], []
    for _ in range(count):
        connection = http_client.Connection(stack.relay_port, timeout=60)
        connection.send_request("POST", "/v1/messages", lane.headers(), BODY)
        connection.read_head()
        connections.append(connection)
        threads.append(threading.Thread(target=read_slowly, args=(connection, stop), daemon=True))
        threads[-1].start()
    time.sleep(seconds)
    each = (stack.relay.rss_kib() - before) / count
    stop.set()
    for thread in threads:
        thread.join(10)
    for connection in connections:
        connection.close()
    upstream.close()
    print(f"slow readers: {count} at 1 KiB/s of 200 MB for {seconds} s: {each:.0f} KiB each "
          f"(at most {SLOW_READER_MAX_KIB})")
    return ["slow readers take memory"] if each >= SLOW_READER_MAX_KIB else []


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build-dir", required=True)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--clients", type=int, default=8)
    options = parser.parse_args()
    # Kept connections close within the time that the descriptors are looked at.
    stack = harness.Stack(options.build_dir, settings={"WEIR_RELAY_UPSTREAM_IDLE_TIMEOUT_MS": 5000})
    try:
        stack.start()
        problems = slow_readers(stack, seconds=min(60, int(options.minutes * 60)))
        problems += soak(stack, options.minutes, options.clients)
    finally:
        stack.close()
    print("soak: " + (", ".join(problems) if problems else "flat"))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
