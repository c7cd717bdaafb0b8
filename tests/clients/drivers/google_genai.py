"""Drives Google's Gen AI SDK for Python."""

import base64

import serve
from google import genai
from google.genai import types

TOOLS = [types.Tool(function_declarations=[types.FunctionDeclaration(
    name=serve.TOOL_NAME, description=serve.TOOL_DESCRIPTION,
    parameters_json_schema=serve.TOOL_SCHEMA)])]
# The finish of an answer as the cases name it.
FINISHES = {"STOP": "stop"}


def _usage(told):
    cached = told.cached_content_token_count or 0
    output = (told.candidates_token_count or 0) + (told.thoughts_token_count or 0)
    return serve.usage(told.prompt_token_count - cached, output, cached)


def _finish(answer):
    reason = answer.candidates[0].finish_reason
    return FINISHES.get(reason and reason.name, reason and reason.name)


def _models():
    """Of a client that is kept: one that nobody holds is closed."""
    _models.client = genai.Client()
    return _models.client.models


def _user(*parts):
    return types.Content(role="user", parts=list(parts))


def _asked(ask):
    return {"model": ask["model"], "contents": [_user(types.Part(text=ask["prompt"]))]}


def whole(ask):
    answer = _models().generate_content(**_asked(ask))
    return {"text": answer.text, "finish": _finish(answer), "usage": _usage(answer.usage_metadata)}


def stream(ask):
    pieces, last = serve.Pieces(), None
    for last in _models().generate_content_stream(**_asked(ask)):
        pieces.add(last.text)
    return {**pieces.result(), "finish": _finish(last), "usage": _usage(last.usage_metadata)}


def leave(ask):
    pieces, chunks = serve.Pieces(), _models().generate_content_stream(**_asked(ask))
    for chunk in chunks:
        pieces.add(chunk.text)
        if pieces.count() == serve.PIECES_BEFORE_LEAVING:
            break
    chunks.close()
    _models.client.close()
    return pieces.result()


def tool(ask):
    models, asked = _models(), _asked(ask)
    answer = models.generate_content(**asked, config={"tools": TOOLS})
    return _answer_calls(models, asked, {"tools": TOOLS}, answer.candidates[0].content.parts, ask)


def tool_stream(ask, **more):
    models, asked, config = _models(), _asked(ask), {"tools": TOOLS, **more}
    parts = []
    for chunk in models.generate_content_stream(**asked, config=config):
        parts += chunk.candidates[0].content.parts
    return _answer_calls(models, asked, config, parts, ask)


def thinking(ask):
    return tool_stream(ask, thinking_config={"include_thoughts": True, "thinking_budget": 1024})


def _answer_calls(models, asked, config, parts, ask):
    calls = [part.function_call for part in parts if part.function_call]
    results = [types.Part(function_response=types.FunctionResponse(
        id=call.id, name=call.name, response={"output": ask["tool_result"]})) for call in calls]
    asked["contents"] += [types.Content(role="model", parts=parts), _user(*results)]
    last = models.generate_content(**asked, config=config)
    return {"text": last.text,
            "calls": [{"name": call.name, "arguments": call.args} for call in calls]}


def image(ask):
    picture = types.Part.from_bytes(data=base64.b64decode(ask["image_base64"]),
                                    mime_type="image/png")
    asked = _asked(ask)
    asked["contents"] = [_user(picture, types.Part(text=ask["prompt"]))]
    return {"text": _models().generate_content(**asked).text}


def list_models(_ask):
    return {"ids": [model.name.removeprefix("models/") for model in _models().list()]}


def count(ask):
    return {"input": _models().count_tokens(**_asked(ask)).total_tokens}


serve.serve({"whole": whole, "stream": stream, "leave": leave, "tool": tool,
             "tool_stream": tool_stream, "thinking": thinking, "image": image,
             "models": list_models, "count": count})
