"""Requests that no client should send, from Anthropic's and Gemini's clients on providers of other
protocols. A new pair is a row of bad_input_pairs.PAIRS, a new kind of bad input one of
bad_input.ROWS."""

import pytest

import bad_input_pairs


@pytest.fixture(scope="module")
def lanes(stack):
    return bad_input_pairs.Lanes(stack)


@bad_input_pairs.every_row_of("messages", "gemini")
def test_bad_input(stack, lanes, client, platform, takes, row):
    bad_input_pairs.check(stack, lanes, client, platform, takes, row)


@pytest.mark.parametrize("client,platform", [
    ("messages", "openai_responses"), ("gemini", "claude")])
def test_a_result_of_10_mb(stack, lanes, client, platform):
    bad_input_pairs.check_large_result(stack, lanes, client, platform)
