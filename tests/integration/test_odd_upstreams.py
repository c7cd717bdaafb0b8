"""Answers that no provider should give: each has one status, one row on the ledger, and no effect on
accounts that are not to blame."""

import pytest

import harness
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
    _, row = case.ask()
    assert row["error_class"] == "stream_error" and row["cost_nano_usd"] == 0


def test_an_error_event_before_done_is_an_error(stack):
    error = chunk(b'data: {"error":{"message":"boom"}}\n\n')
    case = Case(stack, "openai", STREAM_HEAD + error + chunk(DONE) + END)
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
    import http_client
    for path, shape in (("/v1/messages", "type"), ("/v1/chat/completions", "error")):
        raw = f"POST {path} HTTP/1.1\r\nhost: x\r\nhost: y\r\n\r\n".encode()
        connection = http_client.Connection(stack.relay_port)
        connection.send(raw)
        reply = connection.read_reply()
        assert reply.status == 400 and next(iter(reply.json())) == shape
