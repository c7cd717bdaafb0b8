"""OpenAI's endpoints beside chat: passed on byte for byte, metered as each of them tells its use."""

import json

import pytest

import http_client
from upstream import STREAM_HEAD, answer_with, chunk, reply_bytes

BOUNDARY = "----weir-7MA4YWxkTrZu0gW"
SOUND = bytes(range(256)) * 625 + b"\r\n--\r\n----weir\r\n"  # ten seconds at 128 kbit/s, and a trap


@pytest.fixture(scope="module", autouse=True)
def prices(stack):
    """USD per million tokens; Whisper's by the second, as the page says."""
    for model, per_input, per_output in (
            ("gpt-image-1", "5", "40"), ("dall-e-2", "5", "10"), ("whisper-1", "100", "0"),
            ("gpt-4o-transcribe", "6", "10"), ("tts-1", "15", "0"), ("omni-moderation-latest", "1", "0"),
            ("rerank-x", "2", "0"), ("gpt-3.5-turbo-instruct", "1", "2")):
        stack.api.post("/api/v1/admin/prices", {
            "provider": "openai", "model": model, "input": per_input, "output": per_output})


def form(*parts, boundary=BOUNDARY):
    """A multipart body as the SDKs write it; a part is (name, value) or (name, file name, bytes)."""
    out = b""
    for part in parts:
        name, value = part[0], part[-1]
        out += f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"'.encode()
        if len(part) == 3:
            out += f'; filename="{part[1]}"\r\nContent-Type: application/octet-stream'.encode()
        out += b"\r\n\r\n" + (value if isinstance(value, bytes) else value.encode()) + b"\r\n"
    return out + f"--{boundary}--\r\n".encode()


def post(stack, lane, path, body, content_type="application/json", more=None):
    if isinstance(body, dict):
        body = json.dumps(body).encode()
    headers = {"authorization": f"Bearer {lane.key}", "content-type": content_type,
               "connection": "close", **(more or {})}
    return http_client.request(stack.relay_port, "POST", path, headers, body)


def post_form(stack, lane, path, *parts, boundary=BOUNDARY):
    return post(stack, lane, path, form(*parts, boundary=boundary),
                f"multipart/form-data; boundary={boundary}")


def row_of(stack, reply):
    assert reply.status == 200, reply
    return stack.api.log_row(reply.request_id)


# --- what each endpoint tells

CASES = [
    # path, body, account's scenario -> operation, source, input, output, cost in nano-USD
    ("/v1/embeddings", {"model": "text-embedding-3-small", "input": "hi"}, "in=1000",
     "embeddings", "reported", 1000, 0, 20_000),
    ("/embeddings", {"model": "text-embedding-3-small", "input": ["a", "b"],
                     "encoding_format": "base64"}, "in=50", "embeddings", "reported", 50, 0, 1_000),
    ("/v1/completions", {"model": "gpt-3.5-turbo-instruct", "prompt": "hi"}, "in=7+out=5",
     "completions", "reported", 7, 5, 17_000),
    ("/v1/images/generations", {"model": "gpt-image-1", "prompt": "a cat", "n": 2}, "in=10+out=2112",
     "images_generations", "reported", 10, 2112, 84_530_000),
    ("/v1/images/generations", {"model": "gpt-image-1", "prompt": "a cat", "n": 3}, "no_usage",
     "images_generations", "estimated", None, 4800, None),
    ("/v1/moderations", {"model": "omni-moderation-latest", "input": "a" * 352}, "text",
     "moderations", "estimated", 100, 0, 100_000),
    ("/v1/rerank", {"model": "rerank-x", "query": "q", "documents": ["a"]}, "in=38",
     "rerank", "reported", 38, 0, 76_000),
    ("/rerank", {"model": "rerank-x", "query": "q", "documents": ["a"]}, "no_usage",
     "rerank", "estimated", None, 0, None),
    ("/v1/audio/speech", {"model": "tts-1", "input": "x" * 400, "voice": "alloy"}, "text",
     "audio_speech", "estimated", 100, 500, 1_500_000),
]


@pytest.mark.parametrize("path,body,scenario,operation,source,tokens_in,tokens_out,cost", CASES)
def test_json_endpoints_are_metered(stack, path, body, scenario, operation, source, tokens_in,
                                    tokens_out, cost):
    lane = stack.openai(scenario)
    row = row_of(stack, post(stack, lane, path, body))
    assert row["operation"] == operation
    assert row["complete"] is True, row
    assert row["usage_source"] == source
    assert row["output_tokens"] == tokens_out
    if tokens_in is not None:
        assert row["input_tokens"] == tokens_in
    else:
        assert 0 < row["input_tokens"] < 100
    if cost is not None:
        assert row["cost_nano_usd"] == cost
    assert row["cost_nano_usd"] > 0


def test_without_a_model_the_protocols_own_default_is_taken(stack):
    lane = stack.openai("text", model_mapping={"dall-e-2": "gpt-image-1"})
    row = row_of(stack, post(stack, lane, "/v1/moderations", {"input": "hello"}))
    assert row["model"] == "omni-moderation-latest"
    row = row_of(stack, post(stack, lane, "/v1/images/generations", {"prompt": "a cat"}))
    assert (row["model"], row["served_model"]) == ("dall-e-2", "gpt-image-1")
    reply = post_form(stack, lane, "/v1/images/variations", ("image", "a.png", b"\x89PNG"))
    assert row_of(stack, reply)["served_model"] == "gpt-image-1"
    reply = post(stack, lane, "/v1/embeddings", {"input": "hello"})
    assert reply.status == 400 and "'model' is missing" in reply.json()["error"]["message"]


def test_telemetry_is_taken_and_dropped(stack):
    """What older Claude Code tells its maker: for a known key, and no row of it."""
    lane = stack.claude("text")
    reply = post(stack, lane, "/api/event_logging/batch", {"events": [{"a": "x" * 70_000}]})
    assert (reply.status, reply.json()) == (200, {})
    assert post(stack, lane, "/api/event_logging/batch", {},
                more={"authorization": "Bearer ck_none"}).status == 401
    counted = row_of(stack, lane.messages())
    rows = stack.api.logs(f"key_id={lane.key_id}")
    assert [row["id"] for row in rows] == [counted["id"]]


# --- forms

@pytest.mark.parametrize("path", ["/v1/audio/transcriptions", "/audio/translations"])
def test_whisper_is_priced_by_the_second(stack, path):
    lane = stack.openai("in=9")
    row = row_of(stack, post_form(stack, lane, path, ("file", "a.mp3", SOUND),
                                  ("model", "whisper-1")))
    assert (row["usage_source"], row["input_tokens"], row["output_tokens"]) == ("reported", 9, 0)
    assert row["cost_nano_usd"] == 9 * 100_000
    assert row["complete"] is True


def test_other_transcripts_tell_tokens(stack):
    lane = stack.openai("in=14+out=45")
    reply = post_form(stack, lane, "/v1/audio/transcriptions", ("model", "gpt-4o-transcribe"),
                      ("file", "a.mp3", SOUND))
    row = row_of(stack, reply)
    assert (row["usage_source"], row["input_tokens"], row["output_tokens"]) == ("reported", 14, 45)


@pytest.mark.parametrize("answer_form", ["text", "srt", "vtt"])
def test_transcripts_as_text_pass_and_are_estimated_by_their_sound(stack, answer_form):
    lane = stack.openai("text")
    reply = post_form(stack, lane, "/v1/audio/transcriptions", ("file", "a.mp3", SOUND),
                      ("model", "whisper-1"), ("response_format", answer_form))
    row = row_of(stack, reply)
    assert reply.header("content-type").startswith("text/plain")
    assert not reply.body.startswith(b"{")
    assert (row["usage_source"], row["input_tokens"], row["complete"]) == ("estimated", 11, True)


@pytest.mark.parametrize("path", ["/v1/images/edits", "/images/edits", "/v1/images/variations"])
def test_picture_forms_are_metered(stack, path):
    lane = stack.openai("in=300+out=1056")
    row = row_of(stack, post_form(stack, lane, path, ("image[]", "a.png", b"\x89PNG\r\n\x1a\n"),
                                  ("prompt", "more cats"), ("model", "gpt-image-1")))
    assert (row["usage_source"], row["input_tokens"], row["output_tokens"]) == ("reported", 300, 1056)


def test_a_form_reaches_the_provider_byte_for_byte(stack, upstream):
    upstream.handler = answer_with(reply_bytes(body=b'{"text":"hi"}'))
    lane = stack.lane({"url": upstream.url, "platform": "openai"})
    body = form(("file", 'we"ird; name=model.mp3'.replace('"', '\\"'), SOUND), ("model", "whisper-1"))
    content_type = f'multipart/form-data; boundary="{BOUNDARY}"'
    reply = post(stack, lane, "/v1/audio/transcriptions", body, content_type)
    assert reply.status == 200, reply
    assert reply.body == b'{"text":"hi"}'
    assert upstream.last().body == body
    assert upstream.last().header("content-type") == content_type
    assert upstream.last().target == "/v1/audio/transcriptions"


def test_a_mapped_model_changes_the_forms_model_and_nothing_else(stack, upstream):
    upstream.handler = answer_with(reply_bytes(body=b'{"text":"hi"}'))
    lane = stack.lane({"url": upstream.url, "platform": "openai",
                       "model_mapping": {"listen": "whisper-1"}})
    body = form(("file", "a.mp3", SOUND), ("model", "listen"), ("language", "de"))
    reply = post(stack, lane, "/v1/audio/transcriptions", body,
                 f"multipart/form-data; boundary={BOUNDARY}")
    assert reply.status == 200, reply
    assert upstream.last().body == body.replace(b"\r\n\r\nlisten\r\n", b"\r\n\r\nwhisper-1\r\n")
    assert row_of(stack, reply)["served_model"] == "whisper-1"


HOSTILE = {
    "two models": form(("model", "whisper-1"), ("file", "a", b"x"), ("model", "gpt-4o-transcribe")),
    "a model as a file": form(("model", "m", b"whisper-1"), ("file", "a", b"x")),
    "a cut form": form(("model", "whisper-1"), ("file", "a", SOUND))[:-200],
    "bare line feeds": form(("model", "whisper-1")).replace(b"\r\n", b"\n"),
    "a hidden part": form(("model", "whisper-1"), (
        "x", f'a\n--{BOUNDARY}\nContent-Disposition: form-data; name="model"\n\ngpt-4o-transcribe')),
    "nothing": b"",
    "JSON": b'{"model":"whisper-1"}',
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_forms_are_refused_and_reach_nobody(stack, upstream, name):
    lane = stack.lane({"url": upstream.url, "platform": "openai"})
    reply = post(stack, lane, "/v1/audio/transcriptions", HOSTILE[name],
                 f"multipart/form-data; boundary={BOUNDARY}")
    assert reply.status == 400, reply
    assert reply.json()["error"]["type"] == "invalid_request_error"
    assert upstream.requests == []


def test_a_form_needs_its_content_type(stack, upstream):
    lane = stack.lane({"url": upstream.url, "platform": "openai"})
    reply = post(stack, lane, "/v1/audio/transcriptions", form(("model", "whisper-1")))
    assert reply.status == 400
    assert "multipart/form-data" in reply.json()["error"]["message"]


def test_a_large_file_passes(stack, upstream):
    upstream.handler = answer_with(reply_bytes(body=b'{"text":"hi"}'))
    lane = stack.lane({"url": upstream.url, "platform": "openai"})
    sound = SOUND * 150  # 24 MB
    body = form(("file", "a.wav", sound), ("model", "whisper-1"))
    reply = post(stack, lane, "/v1/audio/transcriptions", body,
                 f"multipart/form-data; boundary={BOUNDARY}")
    assert reply.status == 200, reply
    assert upstream.last().body == body


# --- streams

def test_a_completions_stream_is_metered_and_hides_the_usage_nobody_asked_for(stack):
    lane = stack.openai("in=7+out=5")
    reply = post(stack, lane, "/v1/completions",
                 {"model": "gpt-3.5-turbo-instruct", "prompt": "hi", "stream": True})
    row = row_of(stack, reply)
    assert b'"usage"' not in reply.body
    assert reply.events()[-1] == (None, "[DONE]")
    assert (row["usage_source"], row["input_tokens"], row["output_tokens"]) == ("reported", 7, 5)
    assert row["complete"] is True


@pytest.mark.parametrize("scenario,complete", [("in=4+out=6", True), ("in=4+out=6+no_done", False)])
def test_a_picture_stream_is_complete_with_its_last_event(stack, scenario, complete):
    lane = stack.openai(scenario)
    reply = post(stack, lane, "/v1/images/generations",
                 {"model": "gpt-image-1", "prompt": "a cat", "stream": True, "partial_images": 2})
    row = row_of(stack, reply)
    names = [name for name, _ in reply.events()]
    assert names[:2] == ["image_generation.partial_image"] * 2
    assert row["complete"] is complete
    if complete:
        assert names[2:] == ["image_generation.completed"]
        assert (row["input_tokens"], row["output_tokens"]) == (4, 6)
    else:
        assert "error" in json.loads(reply.events()[-1][1])


PICTURE = (b'event: image_generation.completed\ndata: {"type":"image_generation.completed",'
           b'"b64_json":"AA==","usage":{"input_tokens":4,"output_tokens":6,"total_tokens":10}}\n\n')


@pytest.mark.parametrize("came, ended, complete", [(3, True, True), (2, True, True), (2, False, False)])
def test_each_picture_of_a_stream_is_paid(stack, upstream, came, ended, complete):
    end = b"0\r\n\r\n" if ended else b""
    upstream.handler = answer_with(STREAM_HEAD + b"".join(chunk(PICTURE) for _ in range(came)) + end,
                                   keep=ended)
    lane = stack.lane({"url": upstream.url, "platform": "openai"})
    reply = post(stack, lane, "/v1/images/generations",
                 {"model": "gpt-image-1", "prompt": "a cat", "stream": True, "n": 3})
    row = row_of(stack, reply)
    assert [name for name, _ in reply.events()].count("image_generation.completed") == came
    assert (row["input_tokens"], row["output_tokens"]) == (4 * came, 6 * came)
    assert (row["complete"], row["usage_source"]) == (complete, "reported")


def test_a_transcript_stream_is_metered(stack):
    lane = stack.openai("in=14+out=45")
    reply = post_form(stack, lane, "/v1/audio/transcriptions", ("file", "a.mp3", SOUND),
                      ("model", "gpt-4o-transcribe"), ("stream", "true"))
    row = row_of(stack, reply)
    assert json.loads(reply.events()[-1][1])["type"] == "transcript.text.done"
    assert (row["input_tokens"], row["output_tokens"], row["complete"]) == (14, 45, True)


# --- what holds for all of them

def test_sound_passes_byte_for_byte(stack, upstream):
    upstream.handler = answer_with(reply_bytes(body=SOUND, content_type="audio/mpeg"))
    lane = stack.lane({"url": upstream.url, "platform": "openai"})
    reply = post(stack, lane, "/v1/audio/speech",
                 {"model": "tts-1", "input": "hello", "voice": "alloy"})
    assert reply.status == 200
    assert reply.header("content-type") == "audio/mpeg"
    assert reply.body == SOUND


def test_base64_embeddings_pass(stack):
    lane = stack.openai("in=5")
    reply = post(stack, lane, "/v1/embeddings", {"model": "text-embedding-3-small", "input": "hi",
                                                 "encoding_format": "base64"})
    assert reply.json()["data"][0]["embedding"] == "AAAAPgAAgD4AAMA+AAAAPwAAID8AAEA/AABgPwAAgD8="


@pytest.mark.parametrize("path", ["/v1/embeddings", "/v1/moderations", "/v1/rerank"])
def test_a_model_without_a_price_is_refused(stack, path):
    lane = stack.openai("text")
    reply = post(stack, lane, path, {"model": "nobody-knows", "input": "hi"})
    assert reply.status == 400
    assert reply.json()["error"]["code"] == "model_unpriced"


def test_errors_have_openais_shape_and_failover_works(stack):
    lane = stack.openai("503", "in=3")
    reply = post(stack, lane, "/v1/embeddings", {"model": "text-embedding-3-small", "input": "hi"})
    row = row_of(stack, reply)
    assert [attempt["status"] for attempt in row["attempts"]] == [503, 200]
    lane = stack.openai("400")
    reply = post(stack, lane, "/v1/images/generations", {"model": "gpt-image-1", "prompt": "x"})
    assert reply.status == 400
    assert reply.json()["error"]["type"] == "invalid_request_error"
    assert stack.api.log_row(reply.request_id)["cost_nano_usd"] == 0
    lane = stack.openai("503+html")
    reply = post(stack, lane, "/v1/audio/speech", {"model": "tts-1", "input": "x", "voice": "a"})
    assert reply.status == 503
    assert reply.json()["error"]["code"] == "upstream_overloaded"


def test_an_anthropic_account_does_not_serve_them(stack):
    lane = stack.claude("text")
    reply = post(stack, lane, "/v1/embeddings", {"model": "text-embedding-3-small", "input": "hi"})
    assert reply.status == 400
    assert reply.json()["error"]["code"] == "dialect_not_served"
