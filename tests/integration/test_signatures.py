"""Thinking signatures go back only to the accounts that can read them: a conversation may change
accounts, and no provider answers 400 for it."""

import json

import pytest

import http_client

from admin_client import eventually
from test_routing import upstream_bodies

TOOL = {"name": "get_weather", "description": "d",
        "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}}
ENABLED = {"type": "enabled", "budget_tokens": 1024}


def families(stack, first, second, **fields):
    """A lane of two accounts whose signatures differ: an official one and a mirror."""
    return stack.lane({"scenario": first, "priority": 1, **fields},
                      {"scenario": second, "priority": 2, "platform": "claude_console",
                       "provider": "anthropic", **fields})


class Talk:
    """A conversation as Claude Code has it: all that came is sent back, unchanged."""

    def __init__(self, lane, **fields):
        self._lane = lane
        self._fields = {"max_tokens": 4000, "thinking": ENABLED,
                        "metadata": {"user_id": f"talk-{id(self)}"}, **fields}
        self.messages = []

    def say(self, content="go on", stream=False):
        self.messages.append({"role": "user", "content": content})
        reply = self._lane.messages(messages=self.messages, stream=stream, **self._fields)
        assert reply.status == 200, reply.body
        self.messages.append({"role": "assistant", "content": content_of(reply, stream)})
        return reply

    def answer_tools(self, **kwargs):
        results = [{"type": "tool_result", "tool_use_id": block["id"], "content": "sunny"}
                   for block in self.messages[-1]["content"] if block["type"] == "tool_use"]
        assert results
        return self.say(results, **kwargs)


def content_of(reply, stream):
    """The blocks of an answer, put together from its events when it was a stream."""
    if not stream:
        return reply.json()["content"]
    blocks = []
    for data in (json.loads(text) for _, text in reply.events()):
        if data["type"] == "content_block_start":
            blocks.append(dict(data["content_block"]))
        elif data["type"] == "content_block_delta":
            delta, block = dict(data["delta"]), blocks[-1]
            if delta.pop("type") == "input_json_delta":
                block["input"] = {"city": "Bremen"}
                continue
            for name, value in delta.items():
                block[name] = block.get(name, "") + value
    return blocks


def switch(stack, account, on):
    stack.api.post(f"/api/v1/admin/accounts/{account['id']}/{'enable' if on else 'disable'}")
    stack.api.wait_for_relays()


def thinking_of(body):
    return [block.get("signature", block.get("data")) for message in body["messages"]
            if isinstance(message["content"], list) for block in message["content"]
            if block["type"].endswith("thinking")]


@pytest.mark.parametrize("stream", [False, True])
def test_a_conversation_changes_accounts_without_an_error(stack, stream):
    lane = families(stack, "family=1+redacted", "family=2")
    talk = Talk(lane)
    talk.say(stream=stream)
    own = upstream_bodies(stack, talk.say(stream=stream))[0]
    assert len(thinking_of(own)) == 2, "at home nothing is left out"
    switch(stack, lane.accounts[0], False)
    moved = talk.say(stream=stream)
    bodies = upstream_bodies(stack, moved)
    assert len(bodies) == 1, "known signatures cost no second attempt"
    assert thinking_of(bodies[0]) == []
    assert all(message["content"] for message in bodies[0]["messages"])
    assert stack.api.log_row(moved.request_id)["account_id"] == lane.accounts[1]["id"]
    # Back home: what was made here comes along again, what the other made does not.
    switch(stack, lane.accounts[0], True)
    bodies = upstream_bodies(stack, talk.say(stream=stream))
    assert len(bodies) == 1
    assert thinking_of(bodies[0]) and all(sig.startswith("fam1.") for sig in thinking_of(bodies[0]))


def test_tools_being_answered_by_another_family(stack):
    lane = families(stack, "family=1+tool", "family=2+tool")
    talk = Talk(lane, tools=[TOOL],
                context_management={"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]})
    talk.say()
    switch(stack, lane.accounts[0], False)
    body = upstream_bodies(stack, talk.answer_tools())[0]
    # Its calls have lost their thinking, which Anthropic accepts only while it is off.
    assert body["thinking"] == {"type": "disabled"}
    assert body["context_management"] is None
    # The next question thinks again.
    talk.say("and tomorrow?")
    assert upstream_bodies(stack, talk.answer_tools())[0]["thinking"] == ENABLED


def test_failover_within_a_request(stack):
    lane = families(stack, "family=1", "family=2")
    talk = Talk(lane)
    talk.say()
    stack.api.patch(f"/api/v1/admin/accounts/{lane.accounts[0]['id']}",
                    {"secret_key": "fake-key-529"})
    stack.api.wait_for_relays()
    bodies = upstream_bodies(stack, talk.say())
    assert [len(thinking_of(body)) for body in bodies] == [1, 0]


def test_a_relay_that_never_saw_the_signatures(fresh_stack):
    """A restart forgets who made what (another relay never knew): the provider's refusal tells."""
    stack = fresh_stack
    lane = families(stack, "family=1", "family=2")
    talk = Talk(lane)
    switch(stack, lane.accounts[0], False)
    talk.say()  # made by the second account, which is not where this conversation is at home
    stack.relay.kill9()
    stack.start_relay()
    switch(stack, lane.accounts[0], True)
    reply = talk.say()
    bodies = upstream_bodies(stack, reply)
    assert [len(thinking_of(body)) for body in bodies] == [1, 0], "refused, then without"
    attempts = stack.api.log_row(reply.request_id)["attempts"]
    assert [attempt["status"] for attempt in attempts] == [400, 200]
    assert len({attempt["account_id"] for attempt in attempts}) == 1
    # It has learned: no refusal the next time, and its own thinking stays.
    bodies = upstream_bodies(stack, talk.say())
    assert len(bodies) == 1 and all(sig.startswith("fam1.") for sig in thinking_of(bodies[0]))


def test_another_400_is_the_callers_at_once(stack):
    lane = stack.claude("400")
    talk = [{"role": "user", "content": "a"},
            {"role": "assistant", "content": [{"type": "thinking", "thinking": "t",
                                               "signature": "x"}]},
            {"role": "user", "content": "b"}]
    reply = lane.messages(messages=talk)
    assert reply.status == 400
    assert len(upstream_bodies(stack, reply)) == 1


def test_accounts_of_one_family_share(stack):
    lane = stack.claude("family=1", "family=1")
    talk = Talk(lane)
    talk.say()
    switch(stack, lane.accounts[0], False)
    assert len(thinking_of(upstream_bodies(stack, talk.say())[0])) == 1


def test_the_dropped_are_counted(stack):
    text = http_client.request(stack.relay_ops, "GET", "/metrics").body.decode()
    line = [line for line in text.splitlines()
            if line.startswith("weir_relay_signed_blocks_dropped_total")]
    assert line and eventually(lambda: float(line[0].split()[-1]) > 0, "blocks were dropped")
