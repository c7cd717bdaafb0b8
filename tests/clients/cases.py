"""The cases by name, in the order of the table's columns. README.md says what each proves."""

from dataclasses import dataclass
from typing import Callable

import agent_cases as agents
import checks
import library_cases as libraries


@dataclass(frozen=True)
class Case:
    title: str                  # the column of the table
    check: Callable             # (Run) -> None, AssertionError when something is wrong


CASES = {
    "whole": Case("whole answer", libraries.check_whole),
    "stream": Case("stream", libraries.check_stream),
    "leave": Case("leaves early", libraries.check_leave),
    "tool": Case("tool, result back", libraries.check_tool),
    "tools_streamed": Case("two tools, streamed", libraries.check_tools_streamed),
    "thinking": Case("thinking goes back", libraries.check_thinking),
    "image": Case("image", checks.check_image),
    "usage": Case("usage = ledger", libraries.check_usage),
    "embeddings": Case("embeddings", libraries.check_embeddings),
    "count": Case("count tokens", libraries.check_count),
    "models": Case("models", libraries.check_models),
    "wrong_key": Case("wrong key", checks.check_wrong_key),
    "400": Case("400", libraries.check_400),
    "429": Case("429", libraries.check_429),
    "529": Case("529", libraries.check_529),
    "broken_stream": Case("broken stream", libraries.check_broken_stream),
    "session": Case("a prompt", agents.check_session),
    "session_streamed": Case("streamed", agents.check_session_streamed),
    "session_tool": Case("runs a command", agents.check_session_tool),
    "session_image": Case("an image", checks.check_image),
    "session_websocket": Case("over a WebSocket", agents.check_session_websocket),
    "session_own_tools": Case("tools in the conversation", agents.check_session_own_tools),
    "session_retry": Case("tries again", agents.check_session_retry),
    "session_errors": Case("wrong key, 400", agents.check_session_errors),
}
