"""Clients that keep sending and remember what was answered."""

import threading
import time

import http_client


class Load:
    """Threads that send requests of a lane one after the other, streaming every second one, each
    on a kept connection that is made anew when it breaks.

    `answered` has the request ids whose answer arrived whole; `failures` says of each of
    the others what it met.
    """

    def __init__(self, lane, threads=4):
        self.answered = []
        self.failures = []
        self._lane = lane
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(number,), daemon=True)
                         for number in range(threads)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=30)
            assert not thread.is_alive(), "a client hangs"

    def wait_for(self, count, timeout=30.0):
        """Until so many more requests were answered."""
        goal, end = len(self.answered) + count, time.monotonic() + timeout
        while len(self.answered) < goal:
            assert time.monotonic() < end, f"only {len(self.answered)} answers, failures: {self.failures[:3]}"
            time.sleep(0.01)

    def _run(self, number):
        connection, turn = None, number
        while not self._stop.is_set():
            turn += 1
            try:
                if connection is None:
                    connection = http_client.Connection(self._lane.relay_port, timeout=20)
                reply = self._lane.messages(connection=connection, stream=turn % 2 == 0)
                complete = reply.status == 200 and (
                    turn % 2 or reply.body.rstrip().endswith(b'{"type":"message_stop"}'))
                if complete:
                    self.answered.append(reply.request_id)
                else:
                    self.failures.append(f"{reply.status} {reply.body[-200:]!r}")
                if reply.header("connection") == "close":
                    connection.close()
                    connection = None
            except (OSError, http_client.ClosedEarly) as error:
                self.failures.append(repr(error))
                if connection is not None:
                    connection.close()
                connection = None
                time.sleep(0.02)


def check_ledger(api, lane, answered, cost_nano_usd, timeout=60.0):
    """Every answered request is on the ledger exactly once, and the roll-ups say the same."""
    answered = set(answered)
    end = time.monotonic() + timeout
    while True:
        rows = api.logs(f"key_id={lane.key_id}")
        missing = answered - {row["request_id"] for row in rows}
        if not missing:
            break
        assert time.monotonic() < end, \
            f"{len(missing)} of {len(answered)} answered requests are not on the ledger: {sorted(missing)[:3]}"
        time.sleep(0.3)
    ids = [row["request_id"] for row in rows]
    assert len(ids) == len(set(ids)), "a request stands twice on the ledger"
    for row in rows:
        if row["request_id"] in answered:
            assert row["status"] == 200 and row["complete"] is True
            assert row["cost_nano_usd"] == cost_nano_usd
    summary = api.get(f"/api/v1/usage/summary?by=key&key_id={lane.key_id}")["data"]
    assert sum(row["requests"] for row in summary) == len(rows), "roll-ups and rows differ"
    assert sum(row["cost_nano_usd"] for row in summary) == sum(row["cost_nano_usd"] for row in rows)
    return rows
