"""Requests that no client should send, from clients of OpenAI's two protocols on providers of
others. Rows as for test_bad_input.py."""

import json

import pytest

import bad_input
import bad_input_pairs


@pytest.fixture(scope="module")
def lanes(stack):
    return bad_input_pairs.Lanes(stack)


@bad_input_pairs.every_row_of("chat", "responses")
def test_bad_input(stack, lanes, client, platform, takes, row):
    bad_input_pairs.check(stack, lanes, client, platform, takes, row)


@pytest.mark.parametrize("client,platform", [("chat", "gemini"), ("responses", "openai")])
def test_a_result_of_10_mb(stack, lanes, client, platform):
    bad_input_pairs.check_large_result(stack, lanes, client, platform)


def call_upstream(platform, sent):
    """The arguments of the only call in what was sent, as the provider's protocol has them."""
    if platform == "gemini":
        return sent["contents"][1]["parts"][0]["functionCall"]["args"]
    message = sent["messages"][1]
    return (message["content"][0]["input"] if platform == "claude"
            else message["tool_calls"][0]["function"]["arguments"])


@pytest.mark.parametrize("platform,expected", [
    ("claude", {"_raw": bad_input.BROKEN_ARGUMENTS}),
    ("gemini", {"_raw": bad_input.BROKEN_ARGUMENTS}),
    ("openai", bad_input.BROKEN_ARGUMENTS)])
def test_arguments_that_are_no_json_reach_the_model_as_they_are(stack, lanes, platform, expected):
    client = bad_input_pairs.CLIENTS["responses"]
    body = bad_input.tool_talk(arguments=bad_input.BROKEN_ARGUMENTS)(client)
    reply = bad_input_pairs.post(stack, lanes.of(platform), client, platform, body)
    sent, = bad_input_pairs.sent_upstream(stack, reply)
    assert call_upstream(platform, json.loads(sent)) == expected
