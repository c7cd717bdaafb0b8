"""Drives the Codex CLI; the first argument is the program."""

import base64
import pathlib
import re
import sys

import agent
import serve

# By default it offers its tools in a way of its own, in which the fake provider cannot call them.
TOOL_MODEL = "gpt-5.5"


def _codex(ask, *options):
    # Its own sandbox needs rights that a container does not give; the folder is empty.
    command = [sys.argv[1], "exec", "--json", "--skip-git-repo-check",
               "--dangerously-bypass-approvals-and-sandbox", *options, "--", ask["prompt"]]
    return _result(list(agent.session(command)))


def _result(events):
    last = events[-1]
    if last["type"] == "turn.failed":
        message = last["error"]["message"]
        status = re.search(r"\b[45]\d\d\b", message)
        raise agent.SessionError(int(status[0]) if status else None, message)
    items = [event["item"] for event in events if event["type"] == "item.completed"]
    told = last["usage"]
    return {"text": "".join(item["text"] for item in items if item["type"] == "agent_message"),
            "commands": [item["command"] for item in items if item["type"] == "command_execution"],
            "usage": serve.usage(told["input_tokens"] - told["cached_input_tokens"],
                                 told["output_tokens"], told["cached_input_tokens"])}


def whole(ask):
    return _codex(ask)


def tool(ask, *options):
    agent.provide_fake(ask["tool_result"])
    return _codex(ask, "-m", TOOL_MODEL, *options)


def websocket(ask):
    return tool(ask, "-c", "model_providers.weir.supports_websockets=true")


def image(ask):
    picture = pathlib.Path.home() / "picture.png"
    picture.write_bytes(base64.b64decode(ask["image_base64"]))
    return _codex(ask, "-i", str(picture))


serve.serve({"whole": whole, "websocket": websocket, "tool": tool, "image": image})
