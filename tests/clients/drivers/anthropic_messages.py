"""Drives the Anthropic SDK for Python."""

import anthropic
import serve

MAX_TOKENS = 1024
TOOLS = [{"name": serve.TOOL_NAME, "description": serve.TOOL_DESCRIPTION,
          "input_schema": serve.TOOL_SCHEMA}]


def _client():
    """Refuses what its own types do not allow, instead of passing it on unread."""
    return anthropic.Anthropic(_strict_response_validation=True)


def _usage(told):
    return serve.usage(told.input_tokens, told.output_tokens, told.cache_read_input_tokens)


def _text(message):
    return "".join(block.text for block in message.content if block.type == "text")


def _asked(ask):
    return {"model": ask["model"], "max_tokens": MAX_TOKENS,
            "messages": [{"role": "user", "content": ask["prompt"]}]}


def whole(ask):
    raw = _client().messages.with_raw_response.create(**_asked(ask))
    message = raw.parse()
    return {"text": _text(message), "finish": message.stop_reason, "usage": _usage(message.usage),
            "request_id": raw.headers["x-weir-request-id"], "sdk_request_id": message._request_id}


def stream(ask):
    pieces = serve.Pieces()
    with _client().messages.stream(**_asked(ask)) as events:
        for piece in events.text_stream:
            pieces.add(piece)
        message = events.get_final_message()
        request_id = events.response.headers["x-weir-request-id"]
    assert _text(message) == pieces.result()["text"], "the pieces are not the final message"
    return {**pieces.result(), "finish": message.stop_reason, "usage": _usage(message.usage),
            "request_id": request_id}


def leave(ask):
    pieces = serve.Pieces()
    with _client().messages.stream(**_asked(ask)) as events:
        for piece in events.text_stream:
            pieces.add(piece)
            if pieces.count() == serve.PIECES_BEFORE_LEAVING:
                break
    return pieces.result()


def tool(ask):
    client, asked = _client(), _asked(ask)
    return _answer_calls(client, asked, client.messages.create(tools=TOOLS, **asked), ask)


def tool_stream(ask, **more):
    client, asked = _client(), {**_asked(ask), **more}
    with client.messages.stream(tools=TOOLS, **asked) as events:
        first = events.get_final_message()
    return _answer_calls(client, asked, first, ask)


def thinking(ask):
    """Asked for: OpenAI gives it in a form that can come back only then."""
    return tool_stream(ask, max_tokens=2 * MAX_TOKENS,
                       thinking={"type": "enabled", "budget_tokens": MAX_TOKENS})


def _answer_calls(client, asked, message, ask):
    calls = [block for block in message.content if block.type == "tool_use"]
    asked["messages"] += [{"role": "assistant", "content": message.content}, {
        "role": "user", "content": [
            {"type": "tool_result", "tool_use_id": call.id, "content": ask["tool_result"]}
            for call in calls]}]
    last = client.messages.create(tools=TOOLS, **asked)
    return {"text": _text(last),
            "calls": [{"name": call.name, "arguments": call.input} for call in calls]}


def image(ask):
    source = {"type": "base64", "media_type": "image/png", "data": ask["image_base64"]}
    asked = _asked(ask)
    asked["messages"] = [{"role": "user", "content": [
        {"type": "image", "source": source}, {"type": "text", "text": ask["prompt"]}]}]
    return {"text": _text(_client().messages.create(**asked))}


def models(_ask):
    return {"ids": [model.id for model in _client().models.list()]}


def count(ask):
    asked = _asked(ask)
    del asked["max_tokens"]
    return {"input": _client().messages.count_tokens(**asked).input_tokens}


serve.serve({"whole": whole, "stream": stream, "leave": leave, "tool": tool,
             "tool_stream": tool_stream, "thinking": thinking, "image": image,
             "models": models, "count": count})
