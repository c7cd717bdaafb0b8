"""Drives the Gemini CLI; the arguments are a Node for it and the program."""

import base64
import pathlib
import re
import sys

import agent
import serve


def _gemini(ask, *options, prompt=None):
    """Its events, as they come."""
    # Whoever works in a folder says that it is trusted; here nobody is asked.
    command = [*sys.argv[1:], "--skip-trust", "-o", "stream-json", "-m", ask["model"], *options,
               "-p", prompt or ask["prompt"]]
    return agent.session(command)


def _result(events):
    last = events[-1]
    if last["status"] == "error":
        message = last["error"]["message"]
        status = re.search(r'"code":\s*(\d+)', message)
        raise agent.SessionError(int(status[1]) if status else None, message)
    told = last["stats"]
    pieces = [event["content"] for event in events
              if event["type"] == "message" and event["role"] == "assistant"]
    return {"text": "".join(pieces),
            "commands": [event["parameters"]["command"] for event in events
                         if event["type"] == "tool_use"],
            # What it counts as output lacks the thinking; its total has it.
            "usage": serve.usage(told["input"], told["total_tokens"] - told["input_tokens"],
                                 told["cached"])}


def whole(ask):
    return _result(list(_gemini(ask)))


def stream(ask):
    pieces, events = serve.Pieces(), []
    for event in _gemini(ask):
        events.append(event)
        if event["type"] == "message" and event["role"] == "assistant":
            pieces.add(event["content"])
    return {**pieces.result(), **_result(events)}


def tool(ask):
    agent.provide_fake(ask["tool_result"])
    return _result(list(_gemini(ask, "--yolo")))


def image(ask):
    folder = pathlib.Path.home() / "pictures"
    folder.mkdir(exist_ok=True)
    picture = folder / "picture.png"
    picture.write_bytes(base64.b64decode(ask["image_base64"]))
    return _result(list(_gemini(ask, "--include-directories", str(folder),
                                prompt=f"@{picture} {ask['prompt']}")))


serve.serve({"whole": whole, "stream": stream, "tool": tool, "image": image})
