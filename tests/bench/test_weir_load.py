"""Proves that the load generator counts what it should: a benchmark is worth as much as that."""

import json
import os
import pathlib
import subprocess
import time

import pytest

BIN = pathlib.Path(os.environ.get("WEIR_BIN_DIR", "build/release/bin"))
EVENTS_BESIDE_THE_TEXT = 6  # message_start, ping, block start and stop, message_delta and _stop


@pytest.fixture(name="url", scope="module")
def url_fixture(tmp_path_factory):
    port_file = tmp_path_factory.mktemp("fake") / "port"
    process = subprocess.Popen([str(BIN / "weir-fake-provider"), "--listen", "127.0.0.1:0",
                                "--port-file", str(port_file), "--no-record"])
    deadline = time.monotonic() + 10
    while not port_file.exists():
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.01)
    yield f"http://127.0.0.1:{port_file.read_text().strip()}"
    process.terminate()
    assert process.wait(timeout=10) == 0


def load(url, *flags, path="/v1/messages"):
    done = subprocess.run([str(BIN / "weir-load"), "--url", url + path, *map(str, flags)],
                          capture_output=True, text=True, timeout=60, check=True)
    return json.loads(done.stdout), done.stderr


def test_plain_requests_are_counted(url):
    result, _ = load(url, "--requests", 500, "--connections", 7, "--model", "m@huge=2")
    assert (result["requests"], result["errors"], result["lost"]) == (500, 0, 0)
    assert result["statuses"] == {"200": 500}
    assert result["bytes"] > 500 * 2048
    assert 0 < result["latency_us"]["p50"] <= result["latency_us"]["p99"]


@pytest.mark.parametrize("path, beside", [("/v1/messages", EVENTS_BESIDE_THE_TEXT),
                                          ("/v1/chat/completions", 3)])
def test_events_of_streams_are_counted(url, path, beside):
    result, _ = load(url, "--requests", 20, "--connections", 4, "--stream", "--model",
                     "m@events=50", path=path)
    assert (result["requests"], result["lost"]) == (20, 0)
    assert result["events"] == 20 * (50 + beside)


@pytest.mark.parametrize("scenario", ["cut", "rst", "no_done", "stream_error", "500", "garbage"])
def test_a_stream_that_does_not_end_well_is_lost(url, scenario):
    result, _ = load(url, "--requests", 5, "--stream", "--model", "m@" + scenario)
    assert (result["requests"], result["errors"], result["lost"]) == (0, 5, 5)


def test_a_pause_bounds_the_rate(url):
    result, _ = load(url, "--seconds", 1, "--connections", 8, "--pause-ms", 50)
    assert result["errors"] == 0
    assert 8 * 5 < result["requests"] <= 8 * 20  # at most one in 50 ms on each connection


def test_refused_connections_are_errors():
    result, _ = load("http://127.0.0.1:1", "--requests", 3)
    assert (result["requests"], result["errors"]) == (0, 3)


def test_held_streams_are_all_open_at_once(url):
    result, said = load(url, "--hold", 300, "--ramp-seconds", 0.3, "--model",
                        "m@events=4+pace=100")
    assert said == "held 300\n"
    assert (result["requests"], result["lost"]) == (300, 0)
    assert result["events"] == 300 * (4 + EVENTS_BESIDE_THE_TEXT)
    assert result["seconds"] > 0.9


def test_what_never_ends_is_given_up(url):
    result, _ = load(url, "--requests", 2, "--connections", 2, "--limit-seconds", 0.5, "--model",
                     "m@nothing")
    assert (result["requests"], result["errors"]) == (0, 2)


def test_seconds_end_the_load(url):
    result, _ = load(url, "--seconds", 0.5, "--connections", 2)
    assert result["requests"] > 10 and result["errors"] == 0
    assert 0.4 < result["seconds"] < 5


@pytest.mark.parametrize("flags, text", [
    (["--url", "http://192.0.2.1:80/", "--requests", "1"], "this machine"),
    (["--url", "http://127.0.0.1:80/"], "needs an end"), (["--seconds", "x"], "a number"),
    (["--nonsense", "1"], "unknown flag")])
def test_bad_flags_are_named(flags, text):
    done = subprocess.run([str(BIN / "weir-load"), *flags], capture_output=True, text=True,
                          timeout=10, check=False)
    assert done.returncode == 2 and text in done.stderr
