"""Drives LangChain's chat models; the first argument says which: messages, chat or responses."""

import sys

import serve
from langchain_core.messages import HumanMessage, ToolMessage

TOOLS = [{"type": "function", "function": {
    "name": serve.TOOL_NAME, "description": serve.TOOL_DESCRIPTION,
    "parameters": serve.TOOL_SCHEMA}}]


def _model(ask):
    if sys.argv[1] == "messages":
        from langchain_anthropic import ChatAnthropic
        return ChatAnthropic(model=ask["model"], max_tokens=1024)
    from langchain_openai import ChatOpenAI
    return ChatOpenAI(model=ask["model"], stream_usage=True,
                      use_responses_api=sys.argv[1] == "responses")


def _usage(told):
    read = told.get("input_token_details", {}).get("cache_read", 0)
    return serve.usage(told["input_tokens"] - read, told["output_tokens"], read)


def _finish(message):
    told = message.response_metadata
    return told.get("stop_reason") or told.get("finish_reason") or told.get("status")


def whole(ask):
    message = _model(ask).invoke(ask["prompt"])
    return {"text": message.text, "finish": _finish(message),
            "usage": _usage(message.usage_metadata)}


def stream(ask):
    pieces, message = serve.Pieces(), None
    for chunk in _model(ask).stream(ask["prompt"]):
        pieces.add(chunk.text)
        message = chunk if message is None else message + chunk
    return {**pieces.result(), "finish": _finish(message), "usage": _usage(message.usage_metadata)}


def leave(ask):
    pieces, chunks = serve.Pieces(), _model(ask).stream(ask["prompt"])
    for chunk in chunks:
        pieces.add(chunk.text)
        if pieces.count() == serve.PIECES_BEFORE_LEAVING:
            break
    chunks.close()
    return pieces.result()


def tool(ask):
    model = _model(ask).bind_tools(TOOLS)
    return _answer_calls(model, model.invoke(ask["prompt"]), ask)


def tool_stream(ask):
    model, message = _model(ask).bind_tools(TOOLS), None
    for chunk in model.stream(ask["prompt"]):
        message = chunk if message is None else message + chunk
    return _answer_calls(model, message, ask)


def _answer_calls(model, message, ask):
    results = [ToolMessage(ask["tool_result"], tool_call_id=call["id"])
               for call in message.tool_calls]
    last = model.invoke([HumanMessage(ask["prompt"]), message, *results])
    return {"text": last.text, "calls": [{"name": call["name"], "arguments": call["args"]}
                                         for call in message.tool_calls]}


def image(ask):
    message = HumanMessage(content=[
        {"type": "text", "text": ask["prompt"]},
        {"type": "image", "base64": ask["image_base64"], "mime_type": "image/png"}])
    return {"text": _model(ask).invoke([message]).text}


serve.serve({"whole": whole, "stream": stream, "tool": tool, "tool_stream": tool_stream,
             "image": image, "leave": leave})
