"""From which client, on which provider the rows of bad_input.py are tried, and what must come of
them: served where the provider can take it, else a 400 in the caller's shape that names the field.
Never a 500, never silently something else."""

import json

import pytest

import bad_input
import http_client

CLIENTS = {client.name: client for client in (
    bad_input.Messages(), bad_input.Chat(), bad_input.Responses(), bad_input.Gemini())}
MODELS = {"openai": "gpt-4o-mini", "openai_responses": "gpt-4o-mini", "claude": "claude-sonnet-4-5",
          "gemini": "gemini-2.5-flash"}
# A client, its provider's platform, and what that one takes which others do not.
PAIRS = [
    ("messages", "openai", {"TIFF", "EMPTY"}),
    ("messages", "openai_responses", {"TIFF"}),
    ("messages", "gemini", set()),
    ("gemini", "claude", set()),
    ("gemini", "openai", {"TIFF"}),
    ("gemini", "openai_responses", {"TIFF"}),
    ("chat", "claude", set()),
    ("chat", "openai_responses", {"TIFF"}),
    ("chat", "gemini", set()),
    ("responses", "claude", set()),
    ("responses", "openai", {"TIFF", "EMPTY"}),
    ("responses", "gemini", set()),
]


class Lanes:
    """A lane for each platform, made when it is first asked for."""

    def __init__(self, stack):
        self._stack = stack
        self._made = {}

    def of(self, platform):
        if platform not in self._made:
            self._made[platform] = self._stack.lane({"scenario": "text", "platform": platform})
        return self._made[platform]


def every_row_of(*clients):
    """Parameters for a test: each row that these clients can say, on each of their providers."""
    return pytest.mark.parametrize("client,platform,takes,row", [
        pytest.param(client, platform, takes, row, id=f"{client}-on-{platform}-{row.name}")
        for client, platform, takes in PAIRS if client in clients
        for row in bad_input.ROWS if row.body(CLIENTS[client]) is not None])


def expected_field(client, row, takes):
    """What the 400 names; None = it is served."""
    field = row.field(client)
    if field == "PICTURE":
        return None if "TIFF" in takes else f"{client.list}[0].{client.content}[0]"
    if field == "SOME":
        return None if "EMPTY" in takes else client.list
    return field


def post(stack, lane, client, platform, body):
    path, body = client.request(MODELS[platform], body)
    return http_client.request(
        stack.relay_port, "POST", path,
        {"authorization": f"Bearer {lane.key}", "anthropic-version": "2023-06-01",
         "content-type": "application/json", "connection": "close"},
        json.dumps(body).encode(), timeout=60)


def sent_upstream(stack, reply):
    """The bodies of this request; the provider forgets all that it was sent so far."""
    page = http_client.request(stack.fake_port, "GET", "/__fake/requests").json()
    http_client.request(stack.fake_port, "POST", "/__fake/reset", {"content-length": "0"})
    return [entry["body"] for entry in page
            if ["x-request-id", reply.request_id] in [[n.lower(), v] for n, v in entry["headers"]]]


def check(stack, lanes, client, platform, takes, row):
    client = CLIENTS[client]
    reply = post(stack, lanes.of(platform), client, platform, row.body(client))
    field = expected_field(client, row, takes)
    if field is not None:
        assert reply.status == 400, reply.body[:500]
        assert f"'{field}" in client.error(reply.json()), reply.body[:500]
        assert sent_upstream(stack, reply) == []
        return
    assert reply.status == 200, reply.body[:500]
    assert client.is_answer(reply.json())
    upstream, = sent_upstream(stack, reply)
    json.loads(upstream)
    if row.dropped is not None:
        assert row.dropped(client) in reply.header("x-weir-dropped"), "it is left out, and said so"


def check_large_result(stack, lanes, client, platform):
    client, large = CLIENTS[client], "x" * (10 * 1024 * 1024)
    body = bad_input.tool_talk(result=large)(client)
    reply = post(stack, lanes.of(platform), client, platform, body)
    assert reply.status == 200, reply.body[:500]
    upstream, = sent_upstream(stack, reply)
    assert upstream.count(large) == 1
