"""The Lua that counts in Redis against a naive model, over many minutes of made-up time."""

import pathlib
import random
import re

import pytest

import redis_server

SOURCE = (pathlib.Path(__file__).resolve().parents[2]
          / "services/relay/shared_limits/redis_scripts.cc").read_text()
START = 1_763_700_000_000  # Unix ms


def script(*names):
    """The text as the relay sends it, but with its time in the last argument (Unix ms)."""
    text = "".join(re.search(rf'{name} = R"lua\((.*?)\)lua"', SOURCE, re.DOTALL)[1]
                   for name in names)
    assert text.count("redis.call('TIME')") == 1
    return text.replace("redis.call('TIME')",
                        "{math.floor(ARGV[#ARGV] / 1000), ARGV[#ARGV] % 1000 * 1000}")


ADMIT, SETTLE, BEAT = script("kAdvance", "kAdmit"), script("kAdvance", "kSettle"), script("kBeat")


@pytest.fixture(scope="module")
def redis():
    made = redis_server.Redis()
    yield made
    made.close()


class Naive:
    """A subject as a list of all that ever happened to it."""

    def __init__(self, key, rpm, tpm, places):
        self.key, self.limits = key, (rpm, tpm, places)
        self.events = []  # [second, requests, tokens]
        self.held = {}

    def sums(self, second):
        live = [event for event in self.events if event[0] + 61 > second]
        return sum(event[1] for event in live), sum(event[2] for event in live)

    def admits(self, second, tokens, dead):
        requests, used = self.sums(second)
        rpm, tpm, places = self.limits
        taken = sum(count for member, count in self.held.items() if member not in dead)
        return requests + 1 <= rpm and used + tokens <= tpm and taken < places


class Model:
    def __init__(self, redis):
        self.redis = redis
        self.now = START
        self.subjects = [Naive("t:k1", 8, 2000, 4), Naive("t:k2", 6, 3000, 3),
                         Naive("t:g1", 11, 4000, 5)]
        self.alive_until = {}

    def keys(self, subjects):
        return [key for subject in subjects for key in (subject.key, subject.key + ":p")]

    def beat(self, member):
        answer = self.redis.command("EVAL", BEAT, 1, "t:relays", member, 5000, "", self.now)
        assert answer == (1 if self.alive_until.get(member, 0) > self.now else 0)
        self.alive_until[member] = self.now + 5000

    def dead(self, asking):
        return {member for member, until in self.alive_until.items()
                if member != asking and until <= self.now}

    def peek(self, subjects, tokens):
        """An admission of nobody: says what one would meet, and counts nothing."""
        limits = [limit for subject in subjects for limit in subject.limits]
        answer = self.redis.command("EVAL", ADMIT, 1 + 2 * len(subjects), "t:relays",
                                    *self.keys(subjects), "", tokens, *limits, self.now)
        expected = all(subject.admits(self.now // 1000, tokens, self.dead(None))
                       for subject in subjects)
        assert (answer[0] == 0) == expected, (answer, self.now)
        for i, subject in enumerate(subjects):
            assert tuple(answer[3 + 4 * i:5 + 4 * i]) == subject.sums(self.now // 1000)

    def admit(self, member, subjects, tokens):
        """Asks Redis and the model; they must agree. The permit, or None."""
        self.peek(subjects, tokens)
        limits = [limit for subject in subjects for limit in subject.limits]
        answer = self.redis.command("EVAL", ADMIT, 1 + 2 * len(subjects), "t:relays",
                                    *self.keys(subjects), member, tokens, *limits, self.now)
        second, dead = self.now // 1000, self.dead(member)
        expected = all(subject.admits(second, tokens, dead) for subject in subjects)
        for subject in subjects:  # what Redis has seen to be dead it forgets
            for gone in dead:
                subject.held.pop(gone, None)
        assert (answer[0] == 0) == expected, (answer, self.now)
        if not expected:
            assert 0 < answer[2] <= 61_000
            return None
        for subject in subjects:
            subject.events.append([second, 1, tokens])
            subject.held[member] = subject.held.get(member, 0) + 1
        for i, subject in enumerate(subjects):
            assert tuple(answer[3 + 4 * i:5 + 4 * i]) == subject.sums(second)
            assert answer[6 + 4 * i] == (second + 61) * 1000 - self.now
        return member, subjects, tokens, [subject.events[-1] for subject in subjects]

    def settle(self, permit, used):
        member, subjects, reserved, events = permit
        rest = [field for event in events for field in (event[0], 1, 1)]
        self.redis.command("EVAL", SETTLE, 2 * len(subjects), *self.keys(subjects), member,
                           reserved, used, *rest, self.now)
        for subject, event in zip(subjects, events):
            if used > reserved:
                subject.events.append([self.now // 1000, 0, used - reserved])
            else:
                event[2] = used
            if subject.held.get(member, 0) > 0:
                subject.held[member] -= 1


def test_they_decide_as_the_naive_model_does(redis):
    rng, model, open_permits = random.Random(11), Model(redis), []
    admitted = refused = 0
    for step in range(3000):
        if rng.random() < 0.5:
            model.now += rng.choice((3, 200, 900, 2500))
        if rng.random() < 0.005:
            model.now += 70_000
        for member in ("a", "b"):
            if model.alive_until.get(member, 0) <= model.now + 1000:
                for permit in [p for p in open_permits if p[0] == member]:
                    model.settle(permit, permit[2])  # its relay would begin anew
                    open_permits.remove(permit)
                model.beat(member)
        if open_permits and rng.random() < 0.45:
            permit = open_permits.pop(rng.randrange(len(open_permits)))
            model.settle(permit, rng.randrange(700))
            continue
        subjects = [model.subjects[rng.randrange(2)], model.subjects[2]]
        permit = model.admit(rng.choice("ab"), subjects, rng.randrange(500))
        admitted, refused = admitted + (permit is not None), refused + (permit is None)
        if permit:
            open_permits.append(permit)
    assert admitted > 200 and refused > 500


def test_the_places_of_a_dead_member_count_until_its_lease_is_over(redis):
    redis.command("FLUSHDB")
    model = Model(redis)
    subject = [Naive("t:k9", 100, 100_000, 1)]
    model.beat("a")
    model.beat("b")
    assert model.admit("a", subject, 1)
    model.now += 4_999
    assert model.admit("b", subject, 1) is None
    model.now += 1
    assert model.admit("b", subject, 1)


def test_the_wait_that_is_told_is_the_wait_that_is_needed(redis):
    redis.command("FLUSHDB")
    model = Model(redis)
    subject = [Naive("t:k8", 2, 100_000, 100)]
    model.beat("a")
    for _ in range(2):
        assert model.admit("a", subject, 1)
        model.now += 7_300
    answer = redis.command("EVAL", ADMIT, 3, "t:relays", "t:k8", "t:k8:p", "a", 1, 2, 100_000, 100,
                           model.now)
    model.now += answer[2] - 1
    assert model.admit("a", subject, 1) is None
    model.now += 1
    assert model.admit("a", subject, 1)
