"""Drives the OpenAI SDK for Python through Responses."""

import json

import openai
import serve

TOOLS = [{"type": "function", "name": serve.TOOL_NAME, "description": serve.TOOL_DESCRIPTION,
          "parameters": serve.TOOL_SCHEMA, "strict": False}]


def _client():
    """Refuses what its own types do not allow, instead of passing it on unread."""
    return openai.OpenAI(_strict_response_validation=True)


def _usage(told):
    cached = told.input_tokens_details.cached_tokens
    return serve.usage(told.input_tokens - cached, told.output_tokens, cached)


def _asked(ask):
    """As agents ask: nothing is kept at the provider, the whole conversation goes each time."""
    return {"model": ask["model"], "input": [{"role": "user", "content": ask["prompt"]}],
            "store": False}


def whole(ask):
    raw = _client().responses.with_raw_response.create(**_asked(ask))
    answer = raw.parse()
    return {"text": answer.output_text, "finish": answer.status, "usage": _usage(answer.usage),
            "request_id": raw.headers["x-weir-request-id"], "sdk_request_id": answer._request_id}


def stream(ask):
    pieces = serve.Pieces()
    # Not by its types: codes of errors that agents know are not among them.
    with openai.OpenAI().responses.stream(**_asked(ask)) as events:
        for event in events:
            if event.type == "response.output_text.delta":
                pieces.add(event.delta)
        answer = events.get_final_response()
    assert answer.output_text == pieces.result()["text"], "the pieces are not the final answer"
    return {**pieces.result(), "finish": answer.status, "usage": _usage(answer.usage)}


def leave(ask):
    pieces = serve.Pieces()
    with _client().responses.create(stream=True, **_asked(ask)) as events:
        for event in events:
            if event.type == "response.output_text.delta":
                pieces.add(event.delta)
            if pieces.count() == serve.PIECES_BEFORE_LEAVING:
                break
    return pieces.result()


def tool(ask):
    client, asked = _client(), _asked(ask)
    return _answer_calls(client, asked, client.responses.create(tools=TOOLS, **asked), ask)


def tool_stream(ask):
    client, asked = _client(), _asked(ask)
    with client.responses.stream(tools=TOOLS, **asked) as events:
        first = events.until_done().get_final_response()
    return _answer_calls(client, asked, first, ask)


def thinking(ask):
    """The reasoning comes encrypted and goes back with the call's result."""
    client = _client()
    asked = {**_asked(ask), "reasoning": {"effort": "low"},
             "include": ["reasoning.encrypted_content"]}
    with client.responses.stream(tools=TOOLS, **asked) as events:
        first = events.until_done().get_final_response()
    return _answer_calls(client, asked, first, ask)


def _answer_calls(client, asked, answer, ask):
    calls = [item for item in answer.output if item.type == "function_call"]
    asked["input"] += [*(item.model_dump(exclude_none=True, exclude={"parsed_arguments"})
                         for item in answer.output), *(
        {"type": "function_call_output", "call_id": call.call_id, "output": ask["tool_result"]}
        for call in calls)]
    last = client.responses.create(tools=TOOLS, **asked)
    return {"text": last.output_text, "calls": [
        {"name": call.name, "arguments": json.loads(call.arguments)} for call in calls]}


def image(ask):
    url = "data:image/png;base64," + ask["image_base64"]
    asked = {**_asked(ask), "input": [{"role": "user", "content": [
        {"type": "input_text", "text": ask["prompt"]},
        {"type": "input_image", "image_url": url, "detail": "auto"}]}]}
    return {"text": _client().responses.create(**asked).output_text}


serve.serve({"whole": whole, "stream": stream, "leave": leave, "tool": tool,
             "tool_stream": tool_stream, "thinking": thinking, "image": image})
