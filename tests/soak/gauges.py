"""What a process holds, sampled while it works: memory, descriptors, threads. Flat means that a line through the last two
thirds of the samples rises by less than a bound over their time."""

import dataclasses
import pathlib
import statistics
import time


@dataclasses.dataclass(frozen=True)
class Bounds:
    """By how much the lines may rise. Short runs see caches fill, so they say little about memory."""
    rss_kib: int
    descriptors: float = 4.0
    threads: float = 1.0


LONG_MINUTES = 10
# usage and admin have SQLite's page caches and an allocator that grows with the ledger's tables; the relay has no such thing.
LONG = {"relay": Bounds(1_024), "usage": Bounds(8_192), "admin": Bounds(8_192)}
SHORT = {"relay": Bounds(8_192), "usage": Bounds(32_768), "admin": Bounds(32_768)}


def bounds_for(minutes):
    return LONG if minutes >= LONG_MINUTES else SHORT


class Gauges:
    """Of one service."""

    def __init__(self, service):
        self.service = service
        self.samples = []  # (seconds, KiB, descriptors, threads)

    def sample(self, at):
        folder = pathlib.Path(f"/proc/{self.service.pid}")
        self.samples.append((at, self.service.rss_kib(), count(folder / "fd"), count(folder / "task")))

    def rises(self):
        """(KiB, descriptors, threads) by which the lines rise over the last two thirds."""
        steady = self.samples[len(self.samples) // 3:]
        return tuple(rise([(sample[0], sample[part]) for sample in steady]) for part in (1, 2, 3))

    def problems(self, bounds, memory=True):
        kib, descriptors, threads = self.rises()
        found = []
        if memory and kib >= bounds.rss_kib:
            found.append(f"the memory of {self.service.name} grows: {kib:.0f} KiB")
        if descriptors >= bounds.descriptors:
            found.append(f"{self.service.name} leaks descriptors: {descriptors:.1f}")
        if threads >= bounds.threads:
            found.append(f"{self.service.name} leaks threads: {threads:.1f}")
        return found

    def line(self, bounds):
        kib, descriptors, threads = self.rises()
        last = self.samples[-1]
        return (f"{self.service.name}: {self.samples[0][1]} KiB at first, {last[1]} at the end, {last[2]} descriptors, "
                f"{last[3]} threads; over the last two thirds {kib:+.0f} KiB (below {bounds.rss_kib}), "
                f"{descriptors:+.1f} descriptors, {threads:+.1f} threads")


def count(folder):
    return sum(1 for _ in folder.iterdir())


def rise(samples):
    """By least squares over (seconds, value): how much the line rises from the first to the last."""
    if len(samples) < 3:
        return 0.0
    times = [at for at, _ in samples]
    return statistics.linear_regression(times, [value for _, value in samples]).slope * (times[-1] - times[0])


def watch(gauges, seconds, every_s=2.0, tell=None):
    """Samples them for that long; tell(seconds) once a minute."""
    start, told = time.monotonic(), 0
    while (at := time.monotonic() - start) < seconds:
        for gauge in gauges:
            gauge.sample(at)
        if tell is not None and at >= told + 60:
            told = at
            tell(at)
        time.sleep(min(every_s, max(0.0, seconds - at)))
