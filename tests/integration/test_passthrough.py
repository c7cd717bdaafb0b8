"""Same protocol on both sides: what the client sends and what the provider answers pass unharmed."""

import gzip
import json

import pytest

import http_client
from upstream import STREAM_HEAD, answer_with, chunk, reply_bytes

MESSAGE = json.dumps({
    "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5",
    "content": [{"type": "text", "text": "hi"}], "stop_reason": "end_turn", "stop_sequence": None,
    "usage": {"input_tokens": 3, "output_tokens": 2},
}).encode()

COMPLETION = json.dumps({
    "id": "c1", "object": "chat.completion", "created": 1, "model": "gpt-4o-mini",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "hi"},
                 "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5},
}).encode()

# Odd but valid: field order, spacing, numbers and escapes that a parse and print would change.
ODD_BODY = (
    b'{ "stream" :false,"zz_unknown":{"b":1,"a":[1.0,1e3,-0.0,12345678901234567890,0.10]},\n'
    b'\t"model": "claude-sonnet-4-5" , "max_tokens":64,"context_management":{"edits":[]},'
    b'"metadata":{"user_id":"{\\"session_id\\":\\"s\\"}"},"thinking":{"type":"adaptive",'
    b'"display":"updates"},"system":[{"type":"text","text":"x-anthropic-billing-header: a=b;",'
    b'"cache_control":{"type":"ephemeral","ttl":"1h"}}],'
    b'"messages":[{"role":"system","content":"env"},{"role":"user","content":'
    b'"\\u00e9\\ud83c\\udf0a \xc3\xa9 \\/ \\b"}] }\n'
)


@pytest.fixture
def claude(stack, upstream):
    upstream.handler = answer_with(reply_bytes(body=MESSAGE))
    return stack.lane({"url": upstream.url, "secret": "sk-upstream-secret"})


@pytest.fixture
def openai(stack, upstream):
    upstream.handler = answer_with(reply_bytes(body=COMPLETION))
    return stack.lane({"url": upstream.url, "secret": "sk-upstream-secret", "platform": "openai"})


def post(stack, lane, path, body, headers=None):
    return http_client.request(stack.relay_port, "POST", path, lane.headers(headers), body)


def test_a_request_body_reaches_the_provider_byte_for_byte(stack, claude, upstream):
    reply = post(stack, claude, "/v1/messages", ODD_BODY)
    assert reply.status == 200, reply
    assert upstream.last().body == ODD_BODY
    assert upstream.last().target.partition("?")[0] == "/v1/messages"


def test_an_answer_reaches_the_client_byte_for_byte(stack, claude, upstream):
    odd = b' { "usage":{"output_tokens":2,"input_tokens":3,"new":1.0}, "type" : "message" }\r\n'
    upstream.handler = answer_with(reply_bytes(body=odd))
    reply = claude.messages()
    assert reply.body == odd


def test_a_stream_reaches_the_client_byte_for_byte(stack, claude, upstream):
    events = [
        b'event: message_start\r\ndata: {"type":"message_start","message":{"usage":'
        b'{"input_tokens":3,"output_tokens":1}}}\r\n\r\n',
        b": a comment\n\nevent: brand_new\ndata: {\"type\":\"brand_new\",\"x\":1.0}\n\n",
        b'event: message_delta\ndata: {"type":"message_delta","usage":{"output_tokens":9}}\n\n',
        b'event: message_stop\ndata: {"type":"message_stop"}\n\n',
    ]
    upstream.handler = answer_with(STREAM_HEAD, *[chunk(event) for event in events], chunk(b""))
    reply = claude.messages(stream=True)
    assert reply.body == b"".join(events)
    row = stack.api.log_row(reply.request_id)
    assert (row["input_tokens"], row["output_tokens"], row["complete"]) == (3, 9, True)


def test_headers_for_anthropic(stack, claude, upstream):
    sent = {
        "anthropic-version": "2026-10-21",
        "anthropic-beta": "context-management-2025-06-27,unknown-beta-2099-01-01",
        "anthropic-dangerous-direct-browser-access": "true",
        "x-app": "cli", "x-stainless-lang": "js", "x-stainless-timeout": "NOT_GIVEN",
        "x-claude-code-session-id": "5f5e", "user-agent": "claude-cli/2.1.329 (external, cli)",
        "idempotency-key": "one",
    }
    body = json.dumps({"model": "claude-sonnet-4-5", "max_tokens": 1, "messages": []}).encode()
    reply = post(stack, claude, "/v1/messages?beta=true", body, sent)
    assert reply.status == 200, reply
    got = upstream.last()
    for name, value in sent.items():
        assert got.header(name) == value, name
    # This version of the protocol carries keys as bearer tokens.
    assert got.header("authorization") == "Bearer sk-upstream-secret"
    assert got.header("x-api-key") is None
    assert got.target.partition("?")[0] == "/v1/messages"  # the query says nothing that counts
    assert got.header("host") == f"127.0.0.1:{upstream.port}"


def test_the_older_anthropic_version_has_its_own_key_header(stack, claude, upstream):
    assert claude.messages(more_headers={"authorization": "Bearer other"}).status == 200
    got = upstream.last()
    assert got.header("anthropic-version") == "2023-06-01"
    assert got.header("x-api-key") == "sk-upstream-secret"
    assert got.header("authorization") is None


def test_headers_that_never_go_upstream(stack, claude, openai, upstream):
    never = {
        "cookie": "a=b", "x-forwarded-for": "10.0.0.1", "forwarded": "for=10.0.0.1", "via": "1.1 x",
        "cf-connecting-ip": "10.0.0.1", "x-real-ip": "10.0.0.1", "sec-fetch-mode": "cors",
        "accept-language": "de", "origin": "http://evil.test", "referer": "http://evil.test/",
        "x-secret-of-the-client": "1", "te": "trailers", "proxy-authorization": "Basic x",
        "connection": "x-hop", "x-hop": "1", "accept-encoding": "br",
    }
    for lane, path, body in (
            (claude, "/v1/messages", {"model": "claude-sonnet-4-5", "max_tokens": 1}),
            (openai, "/v1/chat/completions", {"model": "gpt-4o-mini"})):
        body = json.dumps({**body, "messages": [{"role": "user", "content": "x"}]}).encode()
        keys = {"x-goog-api-key": lane.key, "api-key": lane.key}
        reply = post(stack, lane, path, body, {**never, **keys})
        assert reply.status == 200, reply
        got = upstream.last()
        left = (set(never) - {"connection", "accept-encoding"}) & got.header_names()
        assert not left, f"{left} reached the provider"
        assert "br" not in (got.header("accept-encoding") or "")
        assert lane.key not in str(got.headers), "the gateway's key reached the provider"
        assert not {"api-key", "x-goog-api-key"} & got.header_names()


def test_headers_for_openai(stack, openai, upstream):
    sent = {"openai-beta": "assistants=v2", "x-stainless-lang": "python",
            "user-agent": "OpenAI/Python 3", "session-id": "s",
            "x-client-request-id": "r"}
    # With a stranger's organization the provider would refuse the account.
    reply = openai.chat(more_headers={**sent, "openai-organization": "org-1"})
    assert reply.status == 200, reply
    got = upstream.last()
    for name, value in sent.items():
        assert got.header(name) == value, name
    assert got.header("openai-organization") is None
    assert got.header("authorization") == "Bearer sk-upstream-secret"
    assert got.header("x-api-key") is None


def test_headers_back_to_the_client(stack, claude, upstream):
    upstream.handler = answer_with(reply_bytes(body=MESSAGE, headers=[
        ("request-id", "req_upstream"), ("set-cookie", "a=b"), ("server", "cloudflare"),
        ("cf-ray", "1"), ("alt-svc", "h3"), ("strict-transport-security", "max-age=1"),
        ("anthropic-organization-id", "org"), ("keep-alive", "timeout=5"),
        ("x-should-retry", "false"),
    ]))
    reply = claude.messages()
    assert reply.header("request-id") == "req_upstream"
    assert reply.header("x-should-retry") == "false"
    assert reply.header("content-type") == "application/json"
    forbidden = {"set-cookie", "cf-ray", "alt-svc", "strict-transport-security",
                 "anthropic-organization-id"}
    assert not forbidden & reply.header_names()
    assert "cloudflare" not in (reply.header("server") or "")


def test_our_request_id_goes_upstream(stack, claude, upstream):
    reply = claude.messages()
    assert reply.request_id in [value for _, value in upstream.last().headers]


def chat_stream(include_usage):
    """A chat stream as OpenAI sends it."""
    part = '{{"id":"c","object":"chat.completion.chunk","created":1,"model":"gpt-4o-mini",{}}}'
    usage = ',"usage":null' if include_usage else ""
    events = [
        part.format('"choices":[{"index":0,"delta":{"role":"assistant","content":""},'
                    '"finish_reason":null}]' + usage),
        part.format('"choices":[{"index":0,"delta":{"content":"hi"},"finish_reason":null}]' + usage),
        part.format('"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]' + usage),
    ]
    if include_usage:
        events.append(part.format('"choices":[],"usage":{"prompt_tokens":11,"completion_tokens":4,'
                                  '"total_tokens":15}'))
    events.append("[DONE]")
    return [f"data: {event}\n\n".encode() for event in events]


def openai_streamer(recorded, connection):
    asked = json.loads(recorded.body).get("stream_options") or {}
    connection.sendall(STREAM_HEAD)
    for event in chat_stream(asked.get("include_usage", False)):
        connection.sendall(chunk(event))
    connection.sendall(chunk(b""))
    return True


def test_the_usage_chunk_is_asked_for_and_kept_from_who_did_not_ask(stack, openai, upstream):
    upstream.handler = openai_streamer
    reply = openai.chat(stream=True)
    assert json.loads(upstream.last().body)["stream_options"]["include_usage"] is True
    chunks = [json.loads(data) for _, data in reply.events()[:-1]]
    assert reply.events()[-1] == (None, "[DONE]")
    assert len(chunks) == 3
    assert all(chunk_["choices"] for chunk_ in chunks), "the usage chunk reached the client"
    row = stack.api.log_row(reply.request_id)
    assert (row["input_tokens"], row["output_tokens"]) == (11, 4)
    assert row["usage_source"] == "reported"


def test_the_usage_chunk_reaches_who_asked(stack, openai, upstream):
    upstream.handler = openai_streamer
    reply = openai.chat(stream=True, stream_options={"include_usage": True})
    assert reply.body == b"".join(chat_stream(True))


def test_an_upstream_refusal_passes_unaltered(stack, claude, upstream):
    refusal = b'{"type":"error","error":{"type":"invalid_request_error","message":"max_tokens: no"}}'
    upstream.handler = answer_with(reply_bytes(status=400, body=refusal))
    reply = claude.messages()
    assert (reply.status, reply.body) == (400, refusal)
    assert len(upstream.requests) == 1, "a 400 must not be tried again"


def test_a_mapped_model_is_the_only_change(stack, upstream):
    upstream.handler = answer_with(reply_bytes(body=MESSAGE))
    lane = stack.lane({"url": upstream.url, "secret": "s",
                       "model_mapping": {"claude-sonnet-4-5": "claude-haiku-4-5"}})
    reply = post(stack, lane, "/v1/messages", ODD_BODY)
    assert reply.status == 200, reply
    assert upstream.last().body == ODD_BODY.replace(b"claude-sonnet-4-5", b"claude-haiku-4-5")


def test_a_gzip_answer_is_readable_to_a_client_that_did_not_ask(stack, claude, upstream):
    upstream.handler = answer_with(reply_bytes(body=gzip.compress(MESSAGE),
                                               headers=[("content-encoding", "gzip")]))
    reply = claude.messages()
    assert reply.status == 200, reply
    assert reply.header("content-encoding") is None
    assert reply.body == MESSAGE
    assert stack.api.log_row(reply.request_id)["output_tokens"] == 2


def test_a_large_body_passes_whole(stack, claude, upstream):
    text = "0123456789abcdef" * (1 << 18)
    body = json.dumps({"model": "claude-sonnet-4-5", "max_tokens": 1,
                       "messages": [{"role": "user", "content": text}]}).encode()
    answer = json.dumps({"type": "message", "content": [{"type": "text", "text": text}],
                         "usage": {"input_tokens": 3, "output_tokens": 2}}).encode()
    upstream.handler = answer_with(reply_bytes(body=answer))
    reply = post(stack, claude, "/v1/messages", body)
    assert upstream.last().body == body
    assert reply.body == answer
    assert stack.api.log_row(reply.request_id)["output_tokens"] == 2


def test_a_chunked_request_is_taken(stack, claude, upstream):
    framed = chunk(ODD_BODY[:100]) + chunk(ODD_BODY[100:]) + chunk(b"")
    reply = post(stack, claude, "/v1/messages", framed, {"transfer-encoding": "chunked"})
    assert reply.status == 200, reply
    assert upstream.last().body == ODD_BODY
