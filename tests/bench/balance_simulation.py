"""`./weir bench balance`: how even a load balancer keeps the relays, simulated.

Requests come at random (Poisson); how long a stream takes is log-normal, as answers of models are: most are
shorter than the mean, few are many times longer. Each request goes to one of the relays by the balancer's
policy; with several balancers each knows its own streams alone. Meanwhile every relay is replaced once, as
in a rolling update: it takes nothing new, ends what it has, and comes back empty.

What counts is the fullest relay beside the mean of all: so much more memory and CPU must be planned for.
No process and no clock is involved; a run with the same seed prints the same.
"""

import argparse
import dataclasses
import heapq
import math
import random
import statistics
import sys

SIGMA = 1.2  # of the log-normal: a mean of 20 s has a median of 10 s and a 99th percentile of 158 s
POLICIES = ("round robin", "random", "two choices", "least connections")


@dataclasses.dataclass
class Plan:
    relays: int = 15
    balancers: int = 2
    requests_per_s: float = 300
    stream_s: float = 20
    seconds: float = 900
    warm_s: float = 200  # until as many end as come
    replace_every_s: float = 40  # a relay; 0 = no update
    drain_s: float = 30  # until a replaced one is back


class Balancer:
    """Knows the streams that went through it, and who takes none."""

    def __init__(self, policy, relays, chance):
        self._policy, self._chance = policy, chance
        self.streams = [0] * relays
        self._turn = chance.randrange(relays)

    def choose(self, serving):
        if self._policy == "random":
            return self._chance.choice(serving)
        if self._policy == "two choices":
            return min(self._chance.sample(serving, 2), key=self._load)
        if self._policy == "least connections":
            # Ties are broken as nginx does it, in turns; the first of them each time would be a bias.
            self._turn += 1
            return min(serving, key=lambda relay: (self._load(relay), (relay - self._turn) % len(self.streams)))
        self._turn += 1
        return serving[self._turn % len(serving)]

    def _load(self, relay):
        return self.streams[relay]


class Relays:
    """Who serves at a moment: one after the other is away for a while."""

    def __init__(self, plan):
        self._plan = plan

    def serving(self, now_s):
        plan = self._plan
        if not plan.replace_every_s or now_s < plan.warm_s:
            return range(plan.relays)
        since, number = math.fmod(now_s - plan.warm_s, plan.replace_every_s), None
        if since < plan.drain_s:
            number = int((now_s - plan.warm_s) / plan.replace_every_s)
        return [relay for relay in range(plan.relays) if relay != number]


def simulate(policy, plan, seed=7):
    """(fullest over mean: median and worst moment; streams that run on a relay at most)."""
    chance = random.Random(seed)
    balancers = [Balancer(policy, plan.relays, chance) for _ in range(plan.balancers)]
    relays, ends, streams, ratios, most = Relays(plan), [], [0] * plan.relays, [], 0
    mu = math.log(plan.stream_s) - SIGMA**2 / 2
    now_s, look_s = 0.0, plan.warm_s
    while now_s < plan.seconds:
        now_s += chance.expovariate(plan.requests_per_s)
        while ends and ends[0][0] <= now_s:
            _, relay, balancer = heapq.heappop(ends)
            streams[relay] -= 1
            balancers[balancer].streams[relay] -= 1
        by = chance.randrange(plan.balancers)
        relay = balancers[by].choose(relays.serving(now_s))
        streams[relay] += 1
        balancers[by].streams[relay] += 1
        heapq.heappush(ends, (now_s + chance.lognormvariate(mu, SIGMA), relay, by))
        if now_s >= look_s:
            look_s += 1
            ratios.append(max(streams) / statistics.fmean(streams))
            most = max(most, max(streams))
    return statistics.median(ratios), max(ratios), most


def main():
    parser = argparse.ArgumentParser(prog="./weir bench balance", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    for field in dataclasses.fields(Plan):
        parser.add_argument("--" + field.name.replace("_", "-"), type=field.type, default=field.default,
                            help=f"default {field.default}")
    plan = Plan(**vars(parser.parse_args()))
    print(f"{plan.relays} relays behind {plan.balancers} balancers, {plan.requests_per_s:.0f} requests/s of "
          f"{plan.stream_s:.0f} s: {plan.requests_per_s * plan.stream_s / plan.relays:.0f} streams each in the mean\n")
    print(f"{'fullest relay / mean of all':<30}{'median':>8}{'worst':>8}{'streams at most':>18}")
    for update in (0, plan.replace_every_s):
        print("while nothing changes" if not update else "while each is replaced once")
        for policy in POLICIES:
            median, worst, most = simulate(policy, dataclasses.replace(plan, replace_every_s=update))
            print(f"  {policy:<28}{median:>8.2f}{worst:>8.2f}{most:>18,}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
