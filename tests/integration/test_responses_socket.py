"""Responses over a WebSocket, as Codex and OpenAI's SDKs open it: each message is a request with
everything that a request has, one after the other, over one connection."""

import json
import signal
import socket

import pytest
import websocket

import harness
import http_client
from admin_client import eventually

MODEL = "gpt-4o-mini"
END = ("response.completed", "response.incomplete", "response.failed", "error")


class Turns:
    """One connection, and what came back over it."""

    def __init__(self, stack, key, **more):
        self.connection = websocket.create_connection(
            f"ws://127.0.0.1:{stack.relay_port}/v1/responses", timeout=20,
            header=[f"authorization: Bearer {key}", "session-id: s1",
                    *[f"{name}: {value}" for name, value in more.items()]])

    def ask(self, **fields):
        """The events of one response."""
        self.send(**fields)
        return self.events()

    def send(self, **fields):
        self.connection.send(json.dumps({"type": "response.create", "model": MODEL, "store": False,
                                         **fields}))

    def events(self):
        events = []
        while not events or events[-1]["type"] not in END:
            events.append(json.loads(self.connection.recv()))
        return events

    def close_code(self):
        """Reads to the end; the code that the relay closed with."""
        while True:
            kind, data = self.connection.recv_data()
            if kind == websocket.ABNF.OPCODE_CLOSE:
                return int.from_bytes(data[:2], "big")


@pytest.fixture
def open_turns(stack):
    opened = []

    def make(lane, **more):
        opened.append(Turns(stack, lane.key, **more))
        return opened[-1]

    yield make
    for turns in opened:
        turns.connection.shutdown()


def item(text):
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}


def rows(stack, lane, count):
    return eventually(
        lambda: (found := stack.api.get(f"/api/v1/admin/logs?key_id={lane.key_id}")["data"])
        and len(found) == count and found, f"{count} rows on the ledger")


def upstream_bodies(stack, lane, count):
    """What the provider got, turn by turn."""
    ids = {row["request_id"]: row["started_at"] for row in rows(stack, lane, count)}
    got = []
    for request in http_client.request(stack.fake_port, "GET", "/__fake/requests").json():
        headers = dict(request["headers"])
        if headers.get("x-request-id") in ids:
            got.append((ids[headers["x-request-id"]], json.loads(request["body"])))
    return [body for _, body in sorted(got, key=lambda pair: pair[0])]


def test_a_turn_has_the_events_of_a_stream(stack, open_turns):
    lane = stack.openai_responses("text+in=40+out=12")
    events = open_turns(lane).ask(input=[item("Say hello")], tools=[])
    assert events[0]["type"] == "response.created" and events[-1]["type"] == "response.completed"
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    posted = lane.responses(input=[item("Say hello")], stream=True, store=False, tools=[])
    assert [event["type"] for event in events] == [name for name, _ in posted.events()]
    text = [event["delta"] for event in events if event["type"] == "response.output_text.delta"]
    assert "".join(text) == events[-1]["response"]["output"][0]["content"][0]["text"]
    row = rows(stack, lane, 2)[-1]
    assert (row["input_tokens"], row["output_tokens"], row["complete"]) == (40, 12, True)
    assert row["key_id"] == lane.key_id and row["stream"] is True


def test_the_next_turn_sends_what_is_new_and_the_provider_gets_all(stack, open_turns):
    lane = stack.openai_responses("text")
    turns = open_turns(lane)
    first = turns.ask(input=[item("one")])[-1]["response"]
    second = turns.ask(input=[item("two")], previous_response_id=first["id"])[-1]["response"]
    turns.ask(input=[item("three")], previous_response_id=second["id"])
    bodies = upstream_bodies(stack, lane, 3)
    assert bodies[0]["input"] == [item("one")]
    assert bodies[1]["input"] == [item("one"), *first["output"], item("two")]
    assert bodies[2]["input"] == [*bodies[1]["input"], *second["output"], item("three")]
    assert all("previous_response_id" not in body and "type" not in body for body in bodies)


def test_warming_up_asks_nobody(stack, open_turns):
    lane = stack.openai_responses("text")
    turns = open_turns(lane)
    warm = turns.ask(input=[item("one")], generate=False)[-1]["response"]
    turns.ask(input=[item("two")], previous_response_id=warm["id"])
    assert [body["input"] for body in upstream_bodies(stack, lane, 1)] == [
        [item("one"), item("two")]]


def test_errors_are_messages_and_the_connection_goes_on(stack, open_turns):
    lane = stack.openai_responses("429+retry_after=7+first=1", "529")
    turns = open_turns(lane)
    error = turns.ask(input="x", model="nobody-has-this")[-1]
    assert (error["type"], error["status"]) == ("error", 400), error
    turns.connection.send("no json")
    assert turns.events()[-1]["status"] == 400
    turns.connection.send(json.dumps({"type": "session.update"}))
    assert "response.create" in turns.events()[-1]["error"]["message"]
    turns.connection.send(json.dumps({"type": "response.processed", "response_id": "x"}))
    error = turns.ask(input="x")[-1]
    assert error["type"] == "error" and error["status"] in (429, 503, 529) and error["error"]["message"]
    turns.connection.ping("still")
    assert turns.connection.recv_data(control_frame=True)[0] == websocket.ABNF.OPCODE_PONG


def test_messages_that_come_together_are_answered_one_after_the_other(stack, open_turns):
    lane = stack.openai_responses("text")
    turns = open_turns(lane)
    for number in range(12):
        turns.send(input=[item(f"turn {number}")])
    for _ in range(12):
        events = turns.events()
        assert (events[0]["type"], events[-1]["type"]) == ("response.created", "response.completed")
    assert len(rows(stack, lane, 12)) == 12


def test_a_large_turn_both_ways(stack, open_turns):
    lane = stack.openai_responses("huge=512")
    text = "x" * 3_000_000
    last = open_turns(lane).ask(input=[item(text)])[-1]["response"]
    assert len(last["output"][0]["content"][0]["text"]) == 512 * 1024
    assert len(upstream_bodies(stack, lane, 1)[0]["input"][0]["content"][0]["text"]) == len(text)


def test_the_limits_of_a_key_hold(stack, open_turns):
    lane = stack.openai_responses("text", limits={"rpm": 2})
    turns = open_turns(lane)
    types = [turns.ask(input="x")[-1]["type"] for _ in range(3)]
    assert types == ["response.completed", "response.completed", "error"]


def test_a_client_that_leaves_ends_its_request(stack, open_turns):
    lane = stack.openai_responses("text+stall=60")
    turns = open_turns(lane)
    turns.send(input="x")
    assert json.loads(turns.connection.recv())["type"] == "response.created"
    turns.connection.shutdown()
    row = rows(stack, lane, 1)[0]
    assert row["complete"] is False and row["error_class"] == "client_gone", row


def handshake(stack, key, **change):
    headers = {"authorization": f"Bearer {key}", "upgrade": "websocket", "connection": "Upgrade",
               "sec-websocket-version": "13", "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
               **change}
    return http_client.request(stack.relay_port, "GET", "/v1/responses",
                               {name: value for name, value in headers.items() if value})


def test_bad_handshakes(stack):
    lane = stack.openai_responses("text")
    assert handshake(stack, "sk-nobody").status == 401
    assert handshake(stack, lane.key, upgrade=None).status == 405
    for change in ({"sec-websocket-version": "8"}, {"sec-websocket-key": "short"},
                   {"connection": "close"}):
        reply = handshake(stack, lane.key, **change)
        assert reply.status == 400 and reply.json()["error"]["message"], change


def test_what_breaks_the_protocol_is_closed(stack, open_turns):
    turns = open_turns(stack.openai_responses("text"))
    turns.connection.send_binary(b"\x00")
    assert turns.close_code() == 1003
    turns = open_turns(stack.openai_responses("text"))
    turns.connection.sock.sendall(b"\x81\x01a")  # not masked
    assert turns.close_code() == 1002


def test_a_relay_that_drains_says_farewell_between_turns(fresh_stack):
    lane = fresh_stack.openai_responses("text+pace=40")
    turns = Turns(fresh_stack, lane.key)
    turns.send(input="x")
    assert json.loads(turns.connection.recv())["type"] == "response.created"
    fresh_stack.relay.signal(signal.SIGTERM)
    assert turns.events()[-1]["type"] == "response.completed"
    assert turns.close_code() == 1001
    assert fresh_stack.relay.wait() == 0


def test_off_is_426(build_dir):
    stack = harness.Stack(build_dir, settings={"WEIR_RELAY_WEBSOCKET_IDLE_MS": "0"})
    try:
        stack.start()
        assert handshake(stack, stack.openai_responses("text").key).status == 426
    finally:
        stack.close()


def test_an_idle_one_is_closed(build_dir):
    stack = harness.Stack(build_dir, settings={"WEIR_RELAY_WEBSOCKET_IDLE_MS": "700"})
    try:
        stack.start()
        turns = Turns(stack, stack.openai_responses("text").key)
        assert turns.ask(input="x")[-1]["type"] == "response.completed"
        assert turns.close_code() == 1000
        with pytest.raises((OSError, websocket.WebSocketException, socket.timeout)):
            turns.connection.recv()
    finally:
        stack.close()
