"""What the checks of all clients share: a case under way, and what is looked at in each."""

import base64
import secrets
import struct
import zlib

import documented
from clients import NATIVE, STATUSES
from rig import UPSTREAMS, pretty

PACE_MS = 100  # between the events of a stream: a client that gets them at once was not streamed to
FIGURES = {"input": 1203, "output": 77, "cache_read": 512}


class Run:
    """One case of one client on one upstream."""

    def __init__(self, rig, driver, client, upstream, home):
        self.rig = rig
        self.client = client
        self.upstream = upstream
        self.nonce = "nonce" + secrets.token_hex(8)
        self._driver = driver
        self._home = home

    def lane(self, scenario):
        return self.rig.lane(self.upstream, scenario)

    def call(self, name, key, **more):
        environment = documented.environment(self.client.section, self.rig.relay_url, key,
                                             self._home)
        return self._driver.call(name, environment=environment,
                                 model=UPSTREAMS[self.upstream].model,
                                 prompt=f"Say hello to {self.nonce}", **more)

    def succeed(self, name, lane, **more):
        answer = self.call(name, lane.key, **more)
        assert "error" not in answer, f"{name} failed: {pretty(answer['error'])}"
        return answer


def equal(told, expected, what):
    assert told == expected, f"{what}: {pretty(told)} instead of {pretty(expected)}"


def check_pieces(answer):
    """All at once takes no time; a client that is starved of CPU still sees some of the pace."""
    streamed = answer["pieces"] > 5 and answer["spread_ms"] > 2 * PACE_MS
    assert streamed, f"not a stream: {pretty(answer)}"


def check_error(run, answer, case):
    assert "error" in answer, f"no error: {answer}"
    told = {name: answer["error"][name] for name in ("class", "status")}
    errors = run.client.errors
    if run.upstream != NATIVE[run.client.protocol]:
        errors = {**errors, **run.client.translated_errors}
    name, status = errors[case]
    if status is not None:
        status = STATUSES.get((run.client.protocol, run.upstream), {}).get(case, status)
    equal(told, {"class": name, "status": status}, f"{case} ({answer['error']['message']})")


def check_wrong_key(run):
    with run.rig.no_new_keys():
        before = run.rig.unknown_key_refusals()
        answer = run.call("whole", "sk-weir-nobody-has-this-one")
        refusals = run.rig.unknown_key_refusals() - before
    check_error(run, answer, "wrong key")
    equal(refusals, run.client.wrong_key_attempts, "the attempts")


def check_image(run):
    lane = run.lane("text")
    picture = base64.b64encode(_png()).decode()
    answer = run.succeed("image", lane, image_base64=picture)
    equal(answer["text"], run.rig.fake_text("text"), "the text")
    [sent] = run.rig.sent_upstream(run.nonce)
    if run.client.protocol == "gemini" and run.upstream == NATIVE["gemini"]:
        sent = sent.replace("-", "+").replace("_", "/")  # Google takes both alphabets of base64
    assert picture in sent and "image/png" in sent, f"the picture is lost: {sent[:500]}"


def _png():
    """A picture of 2 by 2 random points, so that no two are alike."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(
            ">I", zlib.crc32(kind + data))
    rows = b"".join(b"\0" + secrets.token_bytes(6) for _ in range(2))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 2, 8, 2, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
