"""Requests that no client should send, a row each, in the words of each client's protocol.

A client says how its protocol puts a conversation; a row is built from that, so that it holds for all of
them. What a row expects: the name of the field that a 400 must hold, or None when it must be served."""

import dataclasses
import functools
import json
import typing

PICTURE = "iVBORw0KGgo="
BROKEN_ARGUMENTS = '{"city": "Par'


class Messages:
    """Anthropic Messages. Names of fields are paths; None = its protocol has no such field."""
    name, path, list, content = "messages", "/v1/messages", "messages", "content"
    limit, temperature, stop, choice = "max_tokens", "temperature", "stop_sequences", "tool_choice"
    stream, effort, answers, logprobs, top_logprobs = (
        "stream", "output_config.effort", None, None, None)

    def request(self, model, body):
        """The path and the body of a request for this model."""
        return self.path, {**body, "model": model}

    def body(self, turns, **more):
        return {"max_tokens": 64, "messages": turns, **more}

    def user(self, content):
        return {"role": "user", "content": content}

    def text(self, text):
        return {"type": "text", "text": text}

    def image(self, kind):
        return {"type": "image", "source": {"type": "base64", "media_type": kind, "data": PICTURE}}

    def tool(self, schema):
        return {"name": "get_weather", "input_schema": schema}

    def call(self, arguments, ident="call_1"):
        return {"role": "assistant", "content": [
            {"type": "tool_use", "id": ident, "name": "get_weather", "input": value_of(arguments)}]}

    def result(self, text, ident="call_1"):
        return self.user([{"type": "tool_result", "tool_use_id": ident, "content": text}])

    def assistant(self, text):
        return {"role": "assistant", "content": text}

    def error(self, body):
        assert body["type"] == "error" and body["error"]["type"] == "invalid_request_error", body
        return body["error"]["message"]

    def is_answer(self, body):
        return body["type"] == "message" and isinstance(body["content"], list)


class Chat(Messages):
    """OpenAI Chat Completions."""
    name, path, stop = "chat", "/v1/chat/completions", "stop"
    effort, answers, logprobs, top_logprobs = (
        "reasoning_effort", "n", "logprobs", "top_logprobs")

    def body(self, turns, **more):
        return {"messages": turns, **more}

    def image(self, kind):
        return {"type": "image_url", "image_url": {"url": f"data:{kind};base64,{PICTURE}"}}

    def tool(self, schema):
        return {"type": "function", "function": {"name": "get_weather", "parameters": schema}}

    def call(self, arguments, ident="call_1"):
        return {"role": "assistant", "content": None, "tool_calls": [
            {"id": ident, "type": "function",
             "function": {"name": "get_weather", "arguments": arguments}}]}

    def result(self, text, ident="call_1"):
        return {"role": "tool", "tool_call_id": ident, "content": text}

    def error(self, body):
        assert body["error"]["type"] == "invalid_request_error", body
        return body["error"]["message"]

    def is_answer(self, body):
        return body["object"] == "chat.completion" and body["choices"][0]["message"] is not None


class Responses(Chat):
    """OpenAI Responses."""
    name, path, list, limit = "responses", "/v1/responses", "input", "max_output_tokens"
    stop, answers, logprobs, effort = None, None, None, "reasoning.effort"

    def body(self, turns, **more):
        return {"input": turns, **more}

    def text(self, text):
        return {"type": "input_text", "text": text}

    def image(self, kind):
        return {"type": "input_image", "image_url": f"data:{kind};base64,{PICTURE}"}

    def tool(self, schema):
        return {"type": "function", "name": "get_weather", "parameters": schema}

    def call(self, arguments, ident="call_1"):
        return {"type": "function_call", "call_id": ident, "name": "get_weather",
                "arguments": arguments}

    def result(self, text, ident="call_1"):
        return {"type": "function_call_output", "call_id": ident, "output": text}

    def is_answer(self, body):
        return body["object"] == "response" and isinstance(body["output"], list)


class Gemini(Messages):
    """Gemini's generateContent: the model and whether to stream stand in the path."""
    name, list, content, choice, stream = "gemini", "contents", "parts", "toolConfig", None
    limit, temperature = "generationConfig.maxOutputTokens", "generationConfig.temperature"
    stop, answers = "generationConfig.stopSequences", "generationConfig.candidateCount"
    logprobs, top_logprobs = "generationConfig.responseLogprobs", "generationConfig.logprobs"
    effort = "generationConfig.thinkingConfig.thinkingLevel"

    def request(self, model, body):
        return f"/v1beta/models/{model}:generateContent", body

    def body(self, turns, **more):
        return {"contents": turns, **more}

    def user(self, content):
        return {"role": "user", "parts": [{"text": content}] if isinstance(content, str) else content}

    def text(self, text):
        return {"text": text}

    def image(self, kind):
        return {"inlineData": {"mimeType": kind, "data": PICTURE}}

    def tool(self, schema):
        return {"functionDeclarations": [{"name": "get_weather", "parameters": schema}]}

    def call(self, arguments, ident="call_1"):
        return {"role": "model", "parts": [{"functionCall": {
            "id": ident, "name": "get_weather", "args": value_of(arguments)}}]}

    def result(self, text, ident="call_1"):
        return self.user([{"functionResponse": {
            "id": ident, "name": "get_weather", "response": {"output": text}}}])

    def assistant(self, text):
        return {"role": "model", "parts": [{"text": text}]}

    def error(self, body):
        assert (body["error"]["code"], body["error"]["status"]) == (400, "INVALID_ARGUMENT"), body
        return body["error"]["message"]

    def is_answer(self, body):
        return body["candidates"][0]["content"]["role"] == "model"


def value_of(arguments):
    try:
        return json.loads(arguments)
    except ValueError:
        return arguments  # a text where an object belongs


@dataclasses.dataclass
class Row:
    name: str
    body: typing.Callable  # of the client: the request, None = its protocol cannot say this
    field: typing.Callable = lambda client: None  # of the client: what a 400 names, None = served
    dropped: typing.Callable = None  # of the client: what x-weir-dropped names


def deep(levels):
    return "[" * levels + "]" * levels


def named(field):
    return lambda client: field


def with_user(content):
    return lambda client: client.body([client.user(content(client))])


def with_field(name, value):
    """`name` may be an attribute of the client: what its protocol calls that."""
    def build(client):
        field = getattr(client, name, name)
        if field is None:
            return None
        outer, *inner = field.split(".")
        whole = functools.reduce(lambda held, word: {word: held}, reversed(inner), value)
        return client.body([client.user("Hi")], **{outer: whole})
    return build


def field_name(name):
    return lambda client: getattr(client, name, name)


def tool_talk(arguments='{"city": "Paris"}', result="sunny", schema=None):
    return lambda client: client.body(
        [client.user("Weather?"), client.call(arguments), client.result(result)],
        tools=[client.tool(schema or {"type": "object", "properties": {}})])


def with_nameless_tool(client):
    tool = client.tool({"type": "object"})
    (tool.get("functionDeclarations") or [tool.get("function", tool)])[0].pop("name")
    return client.body([client.user("Hi")], tools=[tool])


def with_odd_choice(client):
    choice = {"messages": {"type": "perhaps"},
              "gemini": {"functionCallingConfig": {"mode": "PERHAPS"}}}.get(client.name, "perhaps")
    return client.body([client.user("Hi")], tools=[client.tool({"type": "object"})],
                       **{client.choice: choice})


def only(*names):
    """The rows of some clients alone."""
    return lambda build: lambda client: build(client) if client.name in names else None


ROWS = [
    # Schemas
    Row("schema is text", tool_talk(schema="not an object"), named("tools[0]")),
    Row("schema is a list", tool_talk(schema=["a"]), named("tools[0]")),
    Row("schema without a type", tool_talk(schema={"anyOf": [{}]})),
    Row("schema with a name of its own", tool_talk(schema={"type": "object", "$ref": "#/x"})),
    Row("tools is no list", with_field("tools", {"a": 1}), named("tools")),
    Row("a tool without a name", with_nameless_tool, named("tools[0]")),
    Row("tool_choice is a number", with_field("choice", 7), field_name("choice")),
    Row("tool_choice is a word of nobody's", with_odd_choice, field_name("choice")),
    # Calls and results
    Row("arguments that are no JSON", tool_talk(arguments=BROKEN_ARGUMENTS)),
    Row("arguments that are empty", only("chat", "responses")(tool_talk(arguments=""))),
    Row("arguments that are a list", tool_talk(arguments="[1]")),
    Row("arguments that are deep", tool_talk(arguments=deep(500))),
    Row("a result without its call", lambda c: c.body([c.user("Hi"), c.result("r", "none")])),
    Row("a call without its result", lambda c: c.body([c.user("Hi"), c.call("{}"), c.user("go on")])),
    Row("two calls of one id", lambda c: c.body(
        [c.user("Hi"), c.call("{}"), c.call("{}"), c.result("a"), c.result("b")])),
    Row("a result before its call", lambda c: c.body([c.result("a"), c.call("{}"), c.user("x")])),
    Row("an id of other letters", lambda c: c.body(
        [c.user("Hi"), c.call("{}", "a b/ü"), c.result("a", "a b/ü")])),
    # Content
    Row("an empty text", lambda c: c.body([c.user(""), c.assistant("a"), c.user("b")])),
    Row("nothing but an empty text", with_user(lambda c: ""), lambda c: "SOME"),
    Row("nothing but an empty list", with_user(lambda c: []),
        lambda c: "SOME" if c.name == "responses" else c.list),
    Row("an empty list", lambda c: c.body([c.user([]), c.assistant("a"), c.user("b")])),
    Row("no messages", lambda c: c.body([]), field_name("list")),
    Row("messages is no list", lambda c: c.body({"a": 1}), field_name("list")),
    Row("a message that is no object", lambda c: c.body([5]), lambda c: f"{c.list}[0]"),
    Row("content is a number", with_user(lambda c: 5), lambda c: f"{c.list}[0].{c.content}"),
    Row("an unknown block", with_user(lambda c: [{"type": "hologram", "data": "x"}]),
        lambda c: f"{c.list}[0].{c.content}[0]"),
    Row("a block without a type", with_user(lambda c: [{"data": "x"}]),
        lambda c: f"{c.list}[0].{c.content}[0]"),
    Row("a text that is a number", with_user(lambda c: [{**c.text("x"), "text": 5}]),
        lambda c: f"{c.list}[0].{c.content}[0].text"),
    # Roles
    Row("an unknown role", lambda c: c.body([{"role": "wizard", "content": "x"}]),
        lambda c: f"{c.list}[0]"),
    Row("no role", only("messages", "chat")(lambda c: c.body([{"content": "x"}])),
        lambda c: f"{c.list}[0]"),
    Row("the assistant first", lambda c: c.body([c.assistant("a"), c.user("b")])),
    Row("the user twice", lambda c: c.body([c.user("a"), c.user("b")])),
    Row("the assistant last", lambda c: c.body([c.user("a"), c.assistant("b")])),
    # Pictures
    Row("a picture of another type", with_user(lambda c: [c.image("image/tiff")]),
        lambda c: "PICTURE"),
    Row("a picture that is a text", with_user(lambda c: [c.image("text/plain")]),
        lambda c: "contents[0].parts[0]" if c.name == "gemini" else "PICTURE"),
    # Numbers
    Row("temperature is a word", with_field("temperature", "hot"), field_name("temperature")),
    Row("max_tokens is a word", with_field("limit", "many"), field_name("limit")),
    Row("max_tokens is huge", with_field("limit", 10**30), field_name("limit")),
    Row("max_tokens is a part", with_field("limit", 1.5), field_name("limit")),
    Row("stop is a number", with_field("stop", 5), field_name("stop")),
    Row("stream is a word", with_field("stream", "yes"), named("stream")),
    # What only some have
    Row("several answers", with_field("answers", 2), field_name("answers")),
    Row("no answers", with_field("answers", 0), field_name("answers")),
    Row("logprobs", with_field("logprobs", True), dropped=field_name("logprobs")),
    Row("top_logprobs", with_field("top_logprobs", 3), dropped=field_name("top_logprobs")),
    Row("an effort of nobody's", with_field("effort", "perhaps"), dropped=field_name("effort")),
    Row("a field that nobody knows", with_field("hologram", {"a": [1]})),
]
