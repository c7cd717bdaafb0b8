"""Drives the OpenAI SDK for Python through Chat Completions."""

import json

import openai
import serve

TOOLS = [{"type": "function", "function": {
    "name": serve.TOOL_NAME, "description": serve.TOOL_DESCRIPTION,
    "parameters": serve.TOOL_SCHEMA}}]


def _client():
    """Refuses what its own types do not allow, instead of passing it on unread."""
    return openai.OpenAI(_strict_response_validation=True)


def _usage(told):
    cached = told.prompt_tokens_details.cached_tokens
    return serve.usage(told.prompt_tokens - cached, told.completion_tokens, cached)


def _asked(ask):
    return {"model": ask["model"], "messages": [{"role": "user", "content": ask["prompt"]}]}


def whole(ask):
    raw = _client().chat.completions.with_raw_response.create(**_asked(ask))
    answer = raw.parse()
    choice = answer.choices[0]
    return {"text": choice.message.content, "finish": choice.finish_reason,
            "usage": _usage(answer.usage), "request_id": raw.headers["x-weir-request-id"],
            "sdk_request_id": answer._request_id}


def stream(ask):
    raw = _client().chat.completions.with_raw_response.create(
        stream=True, stream_options={"include_usage": True}, **_asked(ask))
    pieces, finish, usage = serve.Pieces(), None, None
    for chunk in raw.parse():
        usage = chunk.usage or usage
        for choice in chunk.choices:
            pieces.add(choice.delta.content)
            finish = choice.finish_reason or finish
    return {**pieces.result(), "finish": finish, "usage": _usage(usage),
            "request_id": raw.headers["x-weir-request-id"]}


def leave(ask):
    pieces = serve.Pieces()
    with _client().chat.completions.create(stream=True, **_asked(ask)) as chunks:
        for chunk in chunks:
            pieces.add(chunk.choices[0].delta.content)
            if pieces.count() == serve.PIECES_BEFORE_LEAVING:
                break
    return pieces.result()


def embeddings(ask):
    # It asks for base64 and unpacks it, which its own types do not allow.
    answer = openai.OpenAI().embeddings.create(model="text-embedding-3-small",
                                               input=[ask["prompt"], "another"])
    return {"vectors": [item.embedding for item in answer.data],
            "input": answer.usage.prompt_tokens}


def tool(ask):
    client, asked = _client(), _asked(ask)
    first = client.chat.completions.create(tools=TOOLS, **asked)
    return _answer_calls(client, asked, first.choices[0].message, ask)


def tool_stream(ask):
    client, asked = _client(), _asked(ask)
    with client.chat.completions.stream(tools=TOOLS, **asked) as events:
        for _ in events:
            pass
        first = events.get_final_completion()
    return _answer_calls(client, asked, first.choices[0].message, ask)


def _answer_calls(client, asked, message, ask):
    calls = message.tool_calls
    asked["messages"] += [message.model_dump(exclude_none=True), *[
        {"role": "tool", "tool_call_id": call.id, "content": ask["tool_result"]}
        for call in calls]]
    last = client.chat.completions.create(tools=TOOLS, **asked)
    return {"text": last.choices[0].message.content, "calls": [
        {"name": call.function.name, "arguments": json.loads(call.function.arguments)}
        for call in calls]}


def image(ask):
    url = "data:image/png;base64," + ask["image_base64"]
    answer = _client().chat.completions.create(model=ask["model"], messages=[
        {"role": "user", "content": [{"type": "text", "text": ask["prompt"]},
                                     {"type": "image_url", "image_url": {"url": url}}]}])
    return {"text": answer.choices[0].message.content}


def models(_ask):
    return {"ids": [model.id for model in _client().models.list()]}


serve.serve({"whole": whole, "stream": stream, "tool": tool, "tool_stream": tool_stream,
             "image": image, "leave": leave, "embeddings": embeddings, "models": models})
