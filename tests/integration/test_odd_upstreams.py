"""Answers that no provider should give: each has one status, one row on the ledger, and no effect on
accounts that are not to blame."""

import pytest

import harness
import http_client
from admin_client import eventually
from upstream import STREAM_HEAD, Upstream, answer_with, chunk, reply_bytes

END = b"0\r\n\r\n"
CONTENT = chunk(b'data: {"choices":[{"index":0,"delta":{"content":"hi"},"finish_reason":"stop"}]}\n\n')
USAGE = b'data: {"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2}}\n\n'
DONE = b"data: [DONE]\n\n"


class Case:
    """Upstreams that all answer alike, and a lane of accounts on them."""

    def __init__(self, stack, platform, answer, accounts=1):
        self.stack = stack
        self.upstreams = [Upstream(answer_with(answer)) for _ in range(accounts)]
        self.lane = stack.lane(*[{"platform": platform, "url": upstream.url, "priority": 10 + i}
                                 for i, upstream in enumerate(self.upstreams)])
        self.platform = platform

    def ask(self, **body):
        send = self.lane.chat if self.platform == "openai" else self.lane.messages
        reply = send(**body)
        return reply, self.stack.api.log_row(reply.request_id)

    def asked(self):
        return [len(upstream.requests) for upstream in self.upstreams]

    def statuses(self):
        return [self.stack.api.account(account["id"])["status"] for account in self.lane.accounts]


@pytest.mark.parametrize("headers, kind", [
    ([], "text/event-stream"), ([("content-encoding", "gzip")], "application/json")])
def test_an_empty_body_is_a_502_and_on_the_ledger(stack, headers, kind):
    case = Case(stack, "openai", reply_bytes(200, headers, b"", kind))
    reply, row = case.ask(stream=kind.startswith("text"))
    assert reply.status == 502
    assert not row["complete"] and row["error_class"]


def test_a_refusal_without_json_goes_to_no_other_account(stack):
    case = Case(stack, "claude", reply_bytes(400, [], b"<html>bad</html>", "text/html"), accounts=3)
    reply, row = case.ask()
    assert reply.status == 400 and reply.json()["type"] == "error"
    assert case.asked() == [1, 0, 0]
    assert row["status"] == 400 and row["cost_nano_usd"] == 0


JSON_HEAD = b"HTTP/1.1 %d Odd\r\ncontent-type: application/json\r\n"


@pytest.mark.parametrize("framing", [b"content-length: 0\r\n\r\n",
                                     b"transfer-encoding: chunked\r\n\r\n" + END],
                         ids=["no length", "no chunk"])
@pytest.mark.parametrize("platform, came, told", [
    ("claude", 400, 400), ("claude", 429, 429), ("claude", 502, 502), ("claude", 503, 529),
    ("claude", 529, 529), ("openai", 400, 400), ("openai", 404, 404), ("openai", 503, 503)])
def test_a_refusal_without_a_word_gets_the_gateways(stack, platform, came, told, framing):
    case = Case(stack, platform, JSON_HEAD % came + framing)
    reply, row = case.ask()
    assert reply.status == told == row["status"]
    error = reply.json()["error"]
    assert len(error["message"]) > 10 and error["type"]
    assert reply.header("content-type").startswith("application/json")
    assert row["error_class"] and row["cost_nano_usd"] == 0 and case.asked() == [1]


def test_an_encoding_nobody_asked_for_is_generated_once_and_metered(stack):
    case = Case(stack, "claude", reply_bytes(200, [("content-encoding", "br")], b"xxxx"), accounts=3)
    reply, row = case.ask(text="x" * 4000)
    assert reply.status == 502 and case.asked() == [1, 0, 0]
    assert row["usage_source"] == "estimated" and row["input_tokens"] > 900


def test_a_redirect_is_no_answer(stack):
    case = Case(stack, "openai", reply_bytes(301, [("location", "https://x/")], b"moved", "text/html"))
    reply, row = case.ask()
    assert reply.status == 502 and row["cost_nano_usd"] == 0


def test_a_page_of_html_with_403_marks_no_account(stack):
    case = Case(stack, "claude", reply_bytes(403, [], b"<html>no</html>", "text/html"), accounts=2)
    reply, _ = case.ask()
    assert reply.status == 502
    assert case.statuses() == ["normal", "normal"]


def test_an_error_body_with_200_costs_nothing(stack):
    case = Case(stack, "openai", reply_bytes(200, [], b'{"error":{"message":"no"}}'))
    reply, row = case.ask()
    assert reply.status == 502
    assert row["error_class"] == "upstream_error" and row["cost_nano_usd"] == 0


def test_an_error_event_before_done_is_an_error(stack):
    error = chunk(b'data: {"error":{"message":"boom"}}\n\n')
    first = Case(stack, "openai", STREAM_HEAD + error + chunk(DONE) + END)
    reply, row = first.ask(stream=True)
    assert reply.status == 502, "as the first event it is the whole answer"
    assert row["error_class"] == "upstream_error" and row["cost_nano_usd"] == 0
    case = Case(stack, "openai", STREAM_HEAD + CONTENT + error + chunk(DONE) + END)
    reply, row = case.ask(stream=True)
    assert reply.body.count(b'"error"') == 1
    assert not row["complete"] and row["error_class"] == "stream_error"


def test_a_last_event_without_its_empty_line_counts(stack):
    case = Case(stack, "openai", STREAM_HEAD + CONTENT + chunk(USAGE + DONE[:-1]) + END)
    reply, row = case.ask(stream=True)
    assert b"[DONE]" in reply.body and b"error" not in reply.body
    assert row["complete"] and (row["input_tokens"], row["output_tokens"]) == (5, 2)


def test_an_absurd_count_is_not_believed_and_not_lost(stack):
    body = b'{"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":9000000000000000000}}'
    _, row = Case(stack, "openai", reply_bytes(200, [], body)).ask()
    assert row["usage_source"] == "estimated" and row["output_tokens"] < 1000


NEGATIVE = {
    "claude": b'{"type":"message","usage":{"input_tokens":-5,"cache_read_input_tokens":1,"output_tokens":-7}}',
    "openai": b'{"choices":[],"usage":{"prompt_tokens":-5,"completion_tokens":-7}}',
}


@pytest.mark.parametrize("platform", NEGATIVE)
def test_negative_figures_are_not_told_and_nothing_becomes_free(stack, platform):
    case = Case(stack, platform, reply_bytes(200, [], NEGATIVE[platform]))
    _, row = case.ask(text="x" * 4000)
    assert row["usage_source"] == "estimated"
    assert row["input_tokens"] > 900 and row["output_tokens"] > 5 and row["cost_nano_usd"] > 0


HEADS = {
    "stream": STREAM_HEAD,
    "json": b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 90\r\n\r\n",
}


@pytest.mark.parametrize("platform", ["claude", "openai"])
@pytest.mark.parametrize("kind", HEADS)
def test_a_head_and_then_nothing_is_no_answer(stack, platform, kind):
    """200, and not a byte more: nothing has gone to the client yet, so the next account answers."""
    account = {"platform": platform, "timeouts": {"first_byte_ms": 600}}
    silent = Upstream(lambda _request, connection: connection.sendall(HEADS[kind]) or True)
    lane = stack.lane({**account, "url": silent.url})
    reply = (lane.chat if platform == "openai" else lane.messages)(stream=kind == "stream")
    assert reply.status == 504 and b"upstream_timeout" in reply.body
    row = stack.api.log_row(reply.request_id)
    assert row["error_class"] == "upstream_timeout" and not row["complete"]
    lane = stack.lane({**account, "url": silent.url, "priority": 10},
                      {"platform": platform, "scenario": "in=4+out=2", "priority": 20})
    reply = (lane.chat if platform == "openai" else lane.messages)(stream=kind == "stream")
    assert reply.status == 200
    assert stack.api.log_row(reply.request_id)["output_tokens"] == 2


def test_half_an_answer_and_then_nothing_is_cut(stack):
    half = HEADS["json"] + b'{"type":"message","content":[]'
    upstream = Upstream(lambda _request, connection: connection.sendall(half) or True)
    lane = stack.lane({"url": upstream.url, "timeouts": {"idle_ms": 600}})
    with pytest.raises(http_client.ClosedEarly):
        lane.messages()
    row = eventually(lambda: stack.api.logs(f"key_id={lane.key_id}"), "a row")[0]
    assert row["error_class"] == "upstream_timeout" and not row["complete"]


ANTHROPIC_START = b'{"type":"message_start","message":{"usage":{"input_tokens":%d,"output_tokens":%d}}}'
ANTHROPIC_DELTA = b'{"type":"message_delta","usage":{"input_tokens":%d,"output_tokens":%d}}'


def anthropic_events(*pairs):
    """The first pair in message_start, the others in message_delta."""
    events = b""
    for number, pair in enumerate(pairs):
        name, data = (b"message_delta", ANTHROPIC_DELTA) if number else (b"message_start", ANTHROPIC_START)
        events += b"event: " + name + b"\ndata: " + data % pair + b"\n\n"
    return chunk(events + b'event: message_stop\ndata: {"type":"message_stop"}\n\n')


TWICE = {  # the last one of each figure counts, and nothing is added up
    "claude": [
        STREAM_HEAD + anthropic_events((5, 2), (5, 2), (5, 2)) + END,
        STREAM_HEAD + anthropic_events((50, 1), (50, 9), (5, 2)) + END,
        reply_bytes(200, [], b'{"type":"message","usage":{"input_tokens":5,"output_tokens":2},'
                             b'"x":{"usage":{"input_tokens":99}},"usage":{"input_tokens":5,"output_tokens":2}}'),
        reply_bytes(200, [], b'{"type":"message","usage":{"input_tokens":5,"output_tokens":9},'
                             b'"usage":{"output_tokens":2},"usage":{"input_tokens":-1}}'),
    ],
    "openai": [
        STREAM_HEAD + CONTENT + chunk(USAGE + USAGE + DONE) + END,
        STREAM_HEAD + chunk(USAGE.replace(b"5", b"50")) + CONTENT + chunk(USAGE + DONE) + END,
        reply_bytes(200, [], b'{"choices":[],"usage":{"prompt_tokens":50,"completion_tokens":20},'
                             b'"usage":{"prompt_tokens":5,"completion_tokens":2}}'),
        reply_bytes(200, [], b'{"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":20},'
                             b'"usage":{"completion_tokens":2},"usage":{}}'),
    ],
}


@pytest.mark.parametrize("number", range(4), ids=["repeated in a stream", "corrected", "in one object",
                                                  "figure by figure"])
@pytest.mark.parametrize("platform", TWICE)
def test_usage_that_is_told_twice_counts_once(stack, platform, number):
    _, row = Case(stack, platform, TWICE[platform][number]).ask(stream=number < 2)
    assert (row["input_tokens"], row["output_tokens"]) == (5, 2)
    assert row["complete"] and row["usage_source"] == "reported"


def test_only_output_told_leaves_input_estimated(stack):
    events = (b'event: message_start\ndata: {"type":"message_start","message":{"id":"m"}}\n\n'
              b'event: message_delta\ndata: {"type":"message_delta","usage":{"output_tokens":7}}\n\n'
              b'event: message_stop\ndata: {"type":"message_stop"}\n\n')
    _, row = Case(stack, "claude", STREAM_HEAD + chunk(events) + END).ask(text="x" * 4000, stream=True)
    assert row["complete"] and row["usage_source"] == "estimated"
    assert row["input_tokens"] > 900 and row["output_tokens"] == 7


def test_a_request_whose_time_is_up_harms_no_other_account(stack):
    silent = Upstream(lambda recorded, connection: connection.recv(1))
    idle = Upstream(answer_with(reply_bytes(200, [], b"{}")))
    lane = stack.lane({"url": silent.url, "priority": 1, "timeouts": {"total_ms": 600}},
                      {"url": idle.url, "priority": 2, "timeouts": {"total_ms": 600}})
    reply = lane.messages()
    assert reply.status == 504
    assert not idle.requests
    assert stack.api.account(lane.accounts[1]["id"])["status"] == "normal"


def test_a_second_relay_does_not_share_the_port(stack, build_dir, tmp_path):
    settings = {**stack.relay.settings, "WEIR_RELAY_DATA_DIR": tmp_path / "second"}
    second = harness.Service("relay", build_dir, tmp_path, (), settings)
    second.start()
    eventually(lambda: not second.is_running(), what="the second relay gives up")
    assert "cannot listen on" in second.log_tail()


def test_a_bad_head_is_answered_in_the_dialect_of_its_path(stack):
    for path, shape in (("/v1/messages", "type"), ("/v1/chat/completions", "error")):
        raw = f"POST {path} HTTP/1.1\r\nhost: x\r\nhost: y\r\n\r\n".encode()
        connection = http_client.Connection(stack.relay_port)
        connection.send(raw)
        reply = connection.read_reply()
        assert reply.status == 400 and next(iter(reply.json())) == shape
