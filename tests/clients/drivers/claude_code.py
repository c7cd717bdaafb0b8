"""Drives Claude Code without its terminal; the first argument is the program."""

import json
import sys

import agent
import serve


def _claude(prompt, *options, lines=""):
    command = [sys.argv[1], "-p", *prompt, "--verbose", "--output-format", "stream-json", *options]
    return agent.session(command, lines)


def _result(event):
    if event["is_error"]:
        raise agent.SessionError(event.get("api_error_status"), event["result"])
    told = event["usage"]
    return {"finish": event["stop_reason"], "text": event["result"],
            "usage": serve.usage(told["input_tokens"], told["output_tokens"],
                                 told["cache_read_input_tokens"])}


def whole(ask):
    *_, last = _claude([ask["prompt"]])
    return _result(last)


def stream(ask):
    pieces = serve.Pieces()
    for event in _claude([ask["prompt"]], "--include-partial-messages"):
        if event["type"] == "stream_event":
            pieces.add(event["event"].get("delta", {}).get("text"))
    return {**pieces.result(), **_result(event)}


def tool(ask):
    agent.provide_fake(ask["tool_result"])
    events = list(_claude([ask["prompt"]], "--allowedTools", "Bash(fake)"))
    commands = [block["input"]["command"] for event in events if event["type"] == "assistant"
                for block in event["message"]["content"] if block["type"] == "tool_use"]
    return {**_result(events[-1]), "commands": commands}


def image(ask):
    source = {"type": "base64", "media_type": "image/png", "data": ask["image_base64"]}
    message = {"role": "user", "content": [{"type": "image", "source": source},
                                           {"type": "text", "text": ask["prompt"]}]}
    *_, last = _claude([], "--input-format", "stream-json",
                       lines=json.dumps({"type": "user", "message": message}) + "\n")
    return _result(last)


serve.serve({"whole": whole, "stream": stream, "tool": tool, "image": image})
