"""Recorded bodies: off unless asked for, as they passed, masked before they leave the relay."""

import gzip
import json
import time

import pytest

import harness
import http_client
from admin_client import ApiError
from bodies import lane_of, recorded
from upstream import STREAM_HEAD, answer_with, chunk, reply_bytes

SECRET = "sk-ant-api03-Zq81XvPwkT2mLc9RbYdE7uJh"


def set_settings(stack, **fields):
    stack.api.put("/api/v1/admin/settings", fields)
    stack.api.wait_for_relays()


# --- what is recorded


@pytest.mark.parametrize("stream", [False, True])
def test_both_sides_as_they_passed(stack, stream):
    lane = lane_of(stack)
    reply = lane.messages(stream=stream, text="Grüße \"x\"\n")
    bodies = recorded(stack, reply.request_id)
    assert set(bodies) == {"client_request", "client_answer"}, "the same protocol: nothing differs"
    request, answer = bodies["client_request"], bodies["client_answer"]
    assert json.loads(request["text"])["messages"][0]["content"] == "Grüße \"x\"\n"
    assert request["content_type"] == "application/json"
    assert answer["text"].encode() == reply.body
    assert answer["content_type"] == reply.header("content-type")
    for body in bodies.values():
        assert body["bytes"] == len(body["text"].encode())
        assert (body["complete"], body["truncated"], body["binary"], body["masked"]) == (
            True, False, False, 0)


@pytest.mark.parametrize("stream", [False, True])
def test_a_translation_has_four(stack, stream):
    lane = lane_of(stack, {"scenario": "in=10+out=5", "platform": "openai"})
    reply = lane.messages(stream=stream, model="gpt-4o-mini")
    bodies = recorded(stack, reply.request_id)
    assert set(bodies) == {"client_request", "client_answer", "upstream_request",
                           "upstream_answer"}
    assert bodies["client_answer"]["text"].encode() == reply.body
    assert "max_completion_tokens" in bodies["upstream_request"]["text"] or \
        "max_tokens" in bodies["upstream_request"]["text"]
    assert "choices" in bodies["upstream_answer"]["text"]
    assert all(body["complete"] for body in bodies.values())


def test_what_was_changed_on_its_way(stack):
    lane = lane_of(stack, system_prompt="Be kind.")
    bodies = recorded(stack, lane.messages().request_id)
    assert "Be kind." not in bodies["client_request"]["text"]
    assert "Be kind." in bodies["upstream_request"]["text"]


def test_answers_of_our_own_and_errors(stack):
    lane = lane_of(stack, {"scenario": "400"})
    refused = lane.messages()
    assert refused.status == 400
    assert recorded(stack, refused.request_id)["client_answer"]["text"].encode() == refused.body
    broken = http_client.request(stack.relay_port, "POST", "/v1/messages",
                                 {**lane.headers(), "connection": "close"}, b'{"model": ')
    assert broken.status == 400
    bodies = recorded(stack, broken.request_id)
    assert bodies["client_request"]["text"] == '{"model": '
    assert bodies["client_answer"]["text"].encode() == broken.body


def test_answers_out_of_the_cache(stack):
    lane = lane_of(stack, cache=True)
    lane.messages(stream=True)
    hit = lane.messages(stream=True)
    assert hit.header("x-weir-cache") == "hit"
    answer = recorded(stack, hit.request_id)["client_answer"]
    assert answer["text"].encode() == hit.body and answer["complete"]


def test_compressed_answers_are_kept_as_the_client_got_them(stack, upstream):
    text = json.dumps({"id": "m", "content": "x" * 500,
                       "usage": {"input_tokens": 1, "output_tokens": 1}})
    upstream.handler = answer_with(reply_bytes(
        body=gzip.compress(text.encode()), headers=[("content-encoding", "gzip")]))
    lane = lane_of(stack, {"url": upstream.url})
    reply = lane.messages()
    assert reply.body == text.encode()
    assert recorded(stack, reply.request_id)["client_answer"]["text"] == text


def test_forms_without_their_files_and_nothing_of_sound(stack):
    for model in ("whisper-1", "tts-1"):
        stack.api.post("/api/v1/admin/prices", {"provider": "openai", "model": model,
                                                "input": "10", "output": "10"})
    lane = lane_of(stack, {"scenario": "in=10+out=5", "platform": "openai"})
    form = (b'--b\r\ncontent-disposition: form-data; name="file"; filename="a.mp3"\r\n'
            b"content-type: audio/mpeg\r\n\r\n" + bytes(range(256)) * 100 +
            b'\r\n--b\r\ncontent-disposition: form-data; name="model"\r\n\r\nwhisper-1\r\n--b--\r\n')
    reply = http_client.request(
        stack.relay_port, "POST", "/v1/audio/transcriptions",
        {**lane.headers(), "content-type": "multipart/form-data; boundary=b",
         "connection": "close"}, form)
    assert reply.status == 200, reply
    request = recorded(stack, reply.request_id)["client_request"]
    assert "[25600 bytes left out]" in request["text"] and "whisper-1" in request["text"]
    assert request["bytes"] == len(form)
    speech = http_client.request(
        stack.relay_port, "POST", "/v1/audio/speech", {**lane.headers(), "connection": "close"},
        json.dumps({"model": "tts-1", "input": "Hello", "voice": "alloy"}).encode())
    assert speech.status == 200, speech
    answer = recorded(stack, speech.request_id)["client_answer"]
    assert answer["binary"] is True and answer["text"] is None
    assert answer["bytes"] == len(speech.body)


# --- who and whether


def test_it_is_off_unless_key_or_group_asks_for_it(stack):
    quiet = stack.claude("in=5+out=5").messages()
    by_key = stack.lane({"scenario": "in=5+out=5"}, key={"record_bodies": True}).messages()
    recorded(stack, by_key.request_id)
    stack.api.log_row(quiet.request_id)
    assert stack.api.raw("GET", f"/api/v1/admin/logs/{quiet.request_id}/body").status == 404


def test_the_settings_forbid_it_for_all(stack):
    lane = lane_of(stack)
    set_settings(stack, bodies_forbidden=True)
    try:
        silent = lane.messages()
    finally:
        set_settings(stack, bodies_forbidden=False)
    spoken = lane.messages()
    recorded(stack, spoken.request_id)
    assert stack.api.raw("GET", f"/api/v1/admin/logs/{silent.request_id}/body").status == 404


def test_reading_is_for_administrators_and_is_logged(stack):
    request_id = lane_of(stack).messages().request_id
    recorded(stack, request_id)
    path = f"/api/v1/admin/logs/{request_id}/body"
    assert type(stack.api)(stack.admin_port).raw("GET", path).status == 401
    name = f"reader-{time.monotonic_ns()}"
    stack.api.post("/api/v1/users", {"username": name, "password": "correct horse",
                                     "email": f"{name}@example.org"})
    other = type(stack.api)(stack.admin_port, name, "correct horse")
    assert other.raw("GET", path).status == 403
    assert other.raw("DELETE", path).status == 403
    lines = [line for line in stack.admin.log().splitlines()
             if "recorded bodies read" in line and request_id in line]
    assert lines and all("Say hello" not in line for line in lines)


# --- masking


def test_secrets_never_leave_the_relay(stack):
    lane = lane_of(stack)
    escaped = "".join(f"\\u{ord(c):04x}" for c in SECRET)
    text = f"keys: {SECRET}, AKIAIOSFODNN7EXAMPLE and {lane.key}"
    body = harness.anthropic_body(text=text)
    body = body[:-1] + b',"metadata":{"user_id":"' + escaped.encode() + b'"}}'
    reply = http_client.request(stack.relay_port, "POST", "/v1/messages",
                                {**lane.headers(), "connection": "close"}, body)
    assert reply.status == 200, reply
    request = recorded(stack, reply.request_id)["client_request"]
    assert request["masked"] == 4
    kept = json.loads(request["text"])
    assert kept["messages"][0]["content"] == "keys: [masked], [masked] and [masked]"
    assert kept["metadata"]["user_id"] == "[masked]"


def test_nor_does_one_that_a_stream_tells_bit_by_bit(stack, upstream):
    pieces = [f"Your key is {SECRET}!"[at:at + 3] for at in range(0, 60, 3)]
    events = [json.dumps({"type": "message_start", "message": {"usage": {"input_tokens": 1}}})]
    events += [json.dumps({"type": "content_block_delta", "index": 0,
                           "delta": {"type": "text_delta", "text": piece}}) for piece in pieces]
    events += [json.dumps({"type": "message_delta", "usage": {"output_tokens": 9}}),
               json.dumps({"type": "message_stop"})]
    whole = "".join(f"event: {json.loads(event)['type']}\ndata: {event}\n\n" for event in events)

    upstream.handler = answer_with(STREAM_HEAD + chunk(whole.encode()) + b"0\r\n\r\n")
    lane = lane_of(stack, {"url": upstream.url})
    reply = lane.messages(stream=True)
    assert reply.body.decode() == whole, "the client gets what there is"
    answer = recorded(stack, reply.request_id)["client_answer"]
    told = "".join(json.loads(data).get("delta", {}).get("text", "")
                   for _, data in http_client.parse_events(answer["text"].encode()))
    assert told == "Your key is [masked]!" and answer["masked"] == 1


def test_patterns_and_emails_of_ones_own(stack):
    lane = lane_of(stack)
    set_settings(stack, body_mask_emails=True,
                 body_mask_patterns=[r"\b\d{4}-\d{4}\b", r"(?i)patient: (\w+)"])
    try:
        reply = lane.messages(text="Patient: Ann, 1234-5678, ann@example.org")
    finally:
        set_settings(stack, body_mask_emails=False, body_mask_patterns=[])
    request = recorded(stack, reply.request_id)["client_request"]
    assert json.loads(request["text"])["messages"][0]["content"] == \
        "Patient: [masked], [masked], [masked]"
    with pytest.raises(ApiError) as refused:
        set_settings(stack, body_mask_patterns=["("])
    assert refused.value.reply.status == 400
    assert "missing )" in refused.value.reply.json()["fields"]["body_mask_patterns[0]"]
