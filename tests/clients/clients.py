"""The clients: what drives them, what they speak, which cases are theirs, and how each library
names its errors."""

import pathlib
from dataclasses import dataclass, field
from typing import Callable

DRIVERS = pathlib.Path(__file__).resolve().parent / "drivers"

# The upstreams on which Weir serves a protocol, each with the cases that it does not serve there
# (docs/protocols.md).
SERVED = {
    "messages": {"Anthropic": (), "OpenAI Chat": (), "OpenAI Responses": (), "Gemini": ()},
    "chat": {"OpenAI Chat": (), "Anthropic": ("embeddings",), "OpenAI Responses": ("embeddings",),
             "Gemini": ("embeddings",)},
    "responses": {"OpenAI Responses": (), "Anthropic": (), "OpenAI Chat": (), "Gemini": ()},
    "gemini": {"Gemini": (), "Anthropic": (), "OpenAI Chat": (), "OpenAI Responses": ()},
}
# Where an error's status is another than on the protocol's own upstream: 529 is Anthropic's alone.
STATUSES = {("chat", "Anthropic"): {"529": 503, "stream_error": 503},
            ("chat", "OpenAI Responses"): {"529": 503, "stream_error": 503},
            ("chat", "Gemini"): {"529": 503, "stream_error": 503},
            ("responses", "Anthropic"): {"529": 503}, ("responses", "OpenAI Chat"): {"529": 503},
            ("responses", "Gemini"): {"529": 503},
            ("gemini", "Anthropic"): {"529": 503}, ("gemini", "OpenAI Chat"): {"529": 503},
            ("gemini", "OpenAI Responses"): {"529": 503}}
NATIVE = {protocol: next(iter(upstreams)) for protocol, upstreams in SERVED.items()}

_TALK = ("whole", "stream", "leave", "tool", "tools_streamed", "image", "usage")
_ERRORS = ("wrong_key", "400", "429", "529", "broken_stream")
CHAT_LIBRARY = (*_TALK, "embeddings", "models", *_ERRORS)
MESSAGES_LIBRARY = (*_TALK, "thinking", "count", "models", *_ERRORS)
RESPONSES_LIBRARY = (*_TALK, "thinking", *_ERRORS)
GEMINI_LIBRARY = (*_TALK, "thinking", "count", "models", *_ERRORS)
FRAMEWORK = (*_TALK, *_ERRORS)  # has no call that lists models
AGENT = ("session", "session_streamed", "session_tool", "session_image", "session_retry",
         "session_errors")
CODEX = ("session", "session_tool", "session_image", "session_websocket", "session_own_tools",
         "session_retry", "session_errors")


@dataclass(frozen=True)
class Client:
    name: str
    section: str            # of docs/clients.md: its lines are what the client is given
    protocol: str
    packages: str           # the set in packages/
    package: str            # whose version stands in the table
    command: Callable       # (Packages) -> the driver's command line
    cases: tuple
    errors: dict            # case -> (class, status) as the library raises it; None: no status
    translated_errors: dict = field(default_factory=dict)  # of `errors`: on other upstreams
    passing: tuple = ()     # what an agent tries again by itself
    shows_half: bool = False  # and then shows what had come before a stream broke, and all again
    wrong_key_attempts: int = 1
    attempts: int = 3       # of a library: what it makes of a failure that may pass
    quick: bool = False     # installs in seconds, so every test run has it


def _python(packages, driver, *arguments):
    return lambda installed: [installed.python(packages), DRIVERS / driver, *arguments]


def _node(packages, driver, *arguments):
    """A module finds its packages from where it stands, so the drivers stand beside them."""
    def command(installed):
        folder = installed.install(packages)
        for source in DRIVERS.glob("*.mjs"):
            (folder / source.name).write_bytes(source.read_bytes())
        return [installed.node(), folder / driver, *arguments]
    return command


def _agent(packages, program, driver, script=False):
    """`script`: the program is run by Node itself."""
    def command(installed):
        folder = installed.install(packages)
        node = [installed.node()] if script else []
        return ["/usr/bin/python3", DRIVERS / driver, *node,
                folder / "node_modules" / ".bin" / program]
    return command


_SESSION = {"wrong key": ("SessionError", 401), "400": ("SessionError", 400)}

# The exception of each failure. OpenAI's and Anthropic's libraries share their names.
_SDK = {
    "wrong key": ("AuthenticationError", 401), "400": ("BadRequestError", 400),
    "429": ("RateLimitError", 429), "529": ("InternalServerError", 529),
    "stream_error": ("APIError", None), "cut": ("APIError", None),
}
_ANTHROPIC_PYTHON = {**_SDK, "529": ("OverloadedError", 529),
                     "stream_error": ("APIStatusError", 200), "cut": ("APIStatusError", 200)}
_ANTHROPIC_NODE = {**_SDK, "529": ("OverloadedError", 529)}


_GOOGLE_PYTHON = {
    "wrong key": ("ClientError", 401), "400": ("ClientError", 400), "429": ("ClientError", 429),
    "529": ("ServerError", 529), "stream_error": ("ServerError", 503), "cut": ("ServerError", 502),
}
_GOOGLE_NODE = {case: ("ApiError", status) for case, (_, status) in _GOOGLE_PYTHON.items()}


def _langchain(prefix, errors, overloaded):
    """LangChain's own classes, but for what breaks inside a stream."""
    return {**errors, "wrong key": (prefix + "AuthenticationError", 401),
            "400": (prefix + "InvalidRequestError", 400),
            "429": (prefix + "RateLimitError", 429), "529": (prefix + overloaded, 529)}


_CALL_ERROR, _RETRIED = "AI_APICallError", "AI_RetryError of AI_APICallError"
_VERCEL = {
    "wrong key": (_CALL_ERROR, 401), "400": (_CALL_ERROR, 400), "429": (_RETRIED, 429),
    "529": (_RETRIED, 529), "cut": ("AI_StreamProviderError", 500),
}

CLIENTS = (
    Client("Anthropic SDK, Python", "Anthropic SDK", "messages", "sdks-python", "anthropic",
           _python("sdks-python", "anthropic_messages.py"), MESSAGES_LIBRARY,
           _ANTHROPIC_PYTHON, quick=True),
    Client("Anthropic SDK, Node", "Anthropic SDK", "messages", "sdks-node", "@anthropic-ai/sdk",
           _node("sdks-node", "anthropic_messages.mjs", "@anthropic-ai/sdk"), MESSAGES_LIBRARY,
           _ANTHROPIC_NODE, quick=True),
    Client("Anthropic SDK, Node, before 1.0", "Anthropic SDK", "messages", "sdks-node",
           "anthropic-sdk-0", _node("sdks-node", "anthropic_messages.mjs", "anthropic-sdk-0"),
           MESSAGES_LIBRARY, _SDK, quick=True),
    Client("OpenAI SDK, Python", "OpenAI SDK", "chat", "sdks-python", "openai",
           _python("sdks-python", "openai_chat.py"), CHAT_LIBRARY, _SDK, quick=True),
    Client("OpenAI SDK, Node", "OpenAI SDK", "chat", "sdks-node", "openai",
           _node("sdks-node", "openai_chat.mjs"), CHAT_LIBRARY, _SDK, quick=True),
    Client("OpenAI SDK, Python, Responses", "OpenAI SDK", "responses", "sdks-python", "openai",
           _python("sdks-python", "openai_responses.py"), RESPONSES_LIBRARY,
           {**_SDK, "stream_error": ("RuntimeError", None), "cut": ("RuntimeError", None)},
           quick=True),
    Client("OpenAI SDK, Node, Responses", "OpenAI SDK", "responses", "sdks-node", "openai",
           _node("sdks-node", "openai_responses.mjs"), RESPONSES_LIBRARY,
           {**_SDK, "stream_error": ("FailedAnswer", None)},
           # Weir says it in both ways that OpenAI has; the provider in the one that is no exception.
           translated_errors={"stream_error": ("APIError", None)}, quick=True),
    Client("Google Gen AI SDK, Python", "Google Gen AI SDK", "gemini", "google-python",
           "google-genai", _python("google-python", "google_genai.py"), GEMINI_LIBRARY,
           _GOOGLE_PYTHON, attempts=1),
    Client("Google Gen AI SDK, Node", "Google Gen AI SDK", "gemini", "google-node",
           "@google/genai", _node("google-node", "google_genai.mjs"), GEMINI_LIBRARY,
           _GOOGLE_NODE, attempts=1),
    Client("Vercel AI SDK, Anthropic", "Vercel AI SDK", "messages", "vercel-ai",
           "@ai-sdk/anthropic", _node("vercel-ai", "vercel_ai.mjs", "messages"), FRAMEWORK,
           {**_VERCEL, "stream_error": ("AI_StreamProviderError", 529)}),
    Client("Vercel AI SDK, OpenAI", "Vercel AI SDK", "chat", "vercel-ai", "@ai-sdk/openai",
           _node("vercel-ai", "vercel_ai.mjs", "chat"), FRAMEWORK,
           {**_VERCEL, "stream_error": ("AI_StreamProviderError", 500)}),
    Client("Vercel AI SDK, OpenAI, Responses", "Vercel AI SDK", "responses", "vercel-ai",
           "@ai-sdk/openai", _node("vercel-ai", "vercel_ai.mjs", "responses"), FRAMEWORK,
           {**_VERCEL, "stream_error": ("AI_StreamProviderError", 503)}),
    Client("LangChain, Anthropic", "LangChain", "messages", "langchain", "langchain-anthropic",
           _python("langchain", "langchain_driver.py", "messages"), FRAMEWORK,
           _langchain("Anthropic", _ANTHROPIC_PYTHON, "OverloadedError")),
    Client("LangChain, OpenAI", "LangChain", "chat", "langchain", "langchain-openai",
           _python("langchain", "langchain_driver.py", "chat"), FRAMEWORK,
           _langchain("OpenAI", _SDK, "APIError")),
    Client("LangChain, OpenAI, Responses", "LangChain", "responses", "langchain",
           "langchain-openai", _python("langchain", "langchain_driver.py", "responses"), FRAMEWORK,
           {**_langchain("OpenAI", _SDK, "APIError"), "stream_error": ("ValueError", None),
            "cut": ("ValueError", None)}),
    Client("Claude Code", "Claude Code", "messages", "claude-code", "@anthropic-ai/claude-code",
           _agent("claude-code", "claude", "claude_code.py"), AGENT,
           _SESSION, passing=("529", "502", "stream_error", "cut")),
    Client("Codex CLI", "Codex CLI", "responses", "codex", "@openai/codex",
           _agent("codex", "codex", "codex.py"), CODEX, _SESSION, passing=("502", "cut"),
           wrong_key_attempts=6),
    Client("Gemini CLI", "Gemini CLI", "gemini", "gemini-cli", "@google/gemini-cli",
           _agent("gemini-cli", "gemini", "gemini_cli.py", script=True), AGENT,
           _SESSION, passing=("529", "502", "stream_error", "cut"), shows_half=True),
)
