"""What the Python drivers share: one JSON object a line in, one a line out.

In: `call` (a name below), `environment` (set before the call), `model`, `prompt`, `image_base64`
(a PNG), `tool_result` (what the tool says). Out: what the client told its caller, or
`{"error": {"class", "status", "message"}}` with the exception as that library raises it.
"""

import json
import os
import sys
import time

TOOL_NAME = "get_weather"
TOOL_DESCRIPTION = "The weather of a city."
TOOL_SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


class Pieces:
    """The pieces of a streamed text, and over what time they came."""

    def __init__(self):
        self._pieces = []
        self._first = self._last = 0.0

    def add(self, piece):
        if not piece:
            return
        self._last = time.monotonic()
        if not self._pieces:
            self._first = self._last
        self._pieces.append(piece)

    def count(self):
        return len(self._pieces)

    def result(self):
        return {"text": "".join(self._pieces), "pieces": len(self._pieces),
                "spread_ms": round((self._last - self._first) * 1000)}


PIECES_BEFORE_LEAVING = 3


def usage(input_tokens, output_tokens, cache_read_tokens, **more):
    """Figures as the ledger has them: input is what was not read from a cache."""
    return {"input": input_tokens, "output": output_tokens, "cache_read": cache_read_tokens, **more}


def _describe(error):
    code = getattr(error, "code", None)  # Google's name for it
    status = getattr(error, "status_code", code if isinstance(code, int) else None)
    return {"class": type(error).__name__, "status": status, "message": str(error)[:500]}


def serve(calls):
    """Answers until standard input ends. What a library prints goes to standard error."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        ask = json.loads(line)
        os.environ.update(ask["environment"])
        try:
            answer = calls[ask["call"]](ask)
        except Exception as error:  # whatever the library raises is the result
            answer = {"error": _describe(error)}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()
