"""A running fake provider for these tests, and a reader of its streams."""

import http.client
import json
import os
import pathlib
import socket
import subprocess
import time

BINARY = pathlib.Path(os.environ.get("WEIR_BIN_DIR", "build/release/bin")) / "weir-fake-provider"
START_SECONDS_MAX = 10


class Fake:
    """One running fake provider on a port of its own."""

    def __init__(self, folder, *flags):
        port_file = folder / "port"
        self.process = subprocess.Popen(
            [str(BINARY), "--listen", "127.0.0.1:0", "--port-file", str(port_file), *flags])
        deadline = time.monotonic() + START_SECONDS_MAX
        while not port_file.exists():
            assert self.process.poll() is None, "the fake provider ended at start"
            assert time.monotonic() < deadline, "the fake provider did not start"
            time.sleep(0.01)
        self.port = int(port_file.read_text())

    def stop(self):
        self.process.terminate()
        return self.process.wait(timeout=10)

    def call(self, path, body=None, method=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            data = json.dumps(body) if isinstance(body, dict) else body
            connection.request(method or ("POST" if body is not None else "GET"), path, data,
                               headers or {})
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()

    def messages(self, model, stream=False, **fields):
        headers = fields.pop("headers", None)
        body = {"model": model, "max_tokens": 64, "stream": stream,
                "messages": [{"role": "user", "content": "hi"}], **fields}
        return self.call("/v1/messages", body, headers=headers)

    def chat(self, model, stream=False, **fields):
        headers = fields.pop("headers", None)
        body = {"model": model, "stream": stream,
                "messages": [{"role": "user", "content": "hi"}], **fields}
        return self.call("/v1/chat/completions", body, headers=headers)

    def responses(self, model, stream=False, **fields):
        headers = fields.pop("headers", None)
        body = {"model": model, "stream": stream, "input": "hi", **fields}
        return self.call("/v1/responses", body, headers=headers)

    def raw(self, model, path="/v1/messages", stream=True):
        """The answer's bytes as they came, packet by packet, until the fake closes."""
        body = json.dumps({"model": model, "max_tokens": 9, "stream": stream,
                           "messages": [{"role": "user", "content": "hi"}]})
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
            connection.sendall((f"POST {path} HTTP/1.1\r\nHost: f\r\nConnection: close\r\n"
                                f"Content-Length: {len(body)}\r\n\r\n{body}").encode())
            packets = []
            while packet := connection.recv(65536):
                packets.append(packet)
            return packets

    def records(self):
        return json.loads(self.call("/__fake/requests")[2])

    def stats(self):
        return json.loads(self.call("/__fake/stats")[2])


def events_of(body):
    """[(event name or None, data)] of an SSE body; data is parsed unless it is [DONE]."""
    events = []
    for block in body.decode().replace("\r\n", "\n").split("\n\n"):
        name, data = None, None
        for line in block.split("\n"):
            if line.startswith("event: "):
                name = line[7:]
            elif line.startswith("data: "):
                data = line[6:]
        if data is not None:
            events.append((name, data if data == "[DONE]" else json.loads(data)))
    return events


def names_of(events):
    """The events' names with repeats of deltas drawn together."""
    names = []
    for name, _ in events:
        if not names or names[-1] != name:
            names.append(name)
    return names
