"""A small HTTP/1.1 client over a plain socket: what is sent and received is exactly what is seen.

No redirects, no pooling, no decoding but chunked framing; tests need to send what a library would
refuse to send, and to see what a library would hide.
"""

import json
import socket
import time


class ClosedEarly(Exception):
    """The peer closed the connection before the answer was complete."""

    def __init__(self, message, body=b""):
        super().__init__(message)
        self.body = body


class Reply:
    """An answer: status, headers as (lower-case name, value) in order, whole body."""

    def __init__(self, status, headers, head_bytes):
        self.status = status
        self.headers = headers
        self.head_bytes = head_bytes
        self.body = b""

    def header(self, name):
        """The only value of a header, None if absent; twice is a failure of the test."""
        values = [value for key, value in self.headers if key == name.lower()]
        assert len(values) <= 1, f"{name} stands twice in the answer: {values}"
        return values[0] if values else None

    def header_names(self):
        return {name for name, _ in self.headers}

    def json(self):
        return json.loads(self.body)

    def events(self):
        return parse_events(self.body)

    @property
    def request_id(self):
        return self.header("x-weir-request-id")

    def __repr__(self):
        return f"<Reply {self.status} {self.body[:200]!r}>"


def parse_events(body):
    """The (event, data) pairs of an event stream; event is None when the line is absent."""
    text = body.decode().replace("\r\n", "\n").replace("\r", "\n")
    events = []
    for block in text.split("\n\n"):
        name, data = None, []
        for line in block.split("\n"):
            field, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if field == "event":
                name = value
            elif field == "data":
                data.append(value)
        if data:
            events.append((name, "\n".join(data)))
    return events


class Connection:
    """One client connection. Usable as a context manager."""

    def __init__(self, port, host="127.0.0.1", timeout=20.0, source=None):
        """`source`: another address of loopback to come from."""
        self.socket = socket.create_connection((host, port), timeout=timeout, source_address=source and (source, 0))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def send_request(self, method, path, headers=(), body=None):
        """Sends a request; Host and Content-Length are added unless given."""
        headers = list(headers.items() if isinstance(headers, dict) else headers)
        names = {name.lower() for name, _ in headers}
        if "host" not in names:
            headers.insert(0, ("host", "weir.test"))
        if body is not None and not names & {"content-length", "transfer-encoding"}:
            headers.append(("content-length", str(len(body))))
        head = f"{method} {path} HTTP/1.1\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in headers)
        self.send(head.encode("latin-1") + b"\r\n" + (body or b""))

    def request(self, method, path, headers=(), body=None):
        self.send_request(method, path, headers, body)
        return self.read_reply(method)

    def read_reply(self, method="GET"):
        reply = self.read_head()
        reply.body = b"".join(self.read_body(reply, method))
        return reply

    def read_head(self):
        while b"\r\n\r\n" not in self._buffer:
            self._fill("before the end of the head")
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        version, status, *_ = lines[0].split(" ", 2)
        assert version == "HTTP/1.1", lines[0]
        headers = []
        for line in lines[1:]:
            name, _, value = line.partition(":")
            headers.append((name.lower(), value.strip()))
        return Reply(int(status), headers, head)

    def read_body(self, reply, method="GET"):
        """Yields the body in the pieces that arrive, without framing."""
        if method == "HEAD" or reply.status in (204, 304):
            return
        if (reply.header("transfer-encoding") or "").lower() == "chunked":
            yield from self._read_chunks()
            return
        length = reply.header("content-length")
        if length is not None:
            yield from self._read_exactly(int(length))
            return
        yield from self._read_to_end()

    def is_closed_by_peer(self, within=5.0):
        """True once the peer has closed; what it still sends is dropped."""
        end = time.monotonic() + within
        self._buffer = b""
        while time.monotonic() < end:
            self.socket.settimeout(max(0.05, end - time.monotonic()))
            try:
                if not self.socket.recv(65536):
                    return True
            except ConnectionError:
                return True
            except TimeoutError:
                return False
        return False

    def _fill(self, where, body=b""):
        self._buffer += self._receive(where, body)

    def _fill_to(self, size, where, body):
        parts, have = [self._buffer], len(self._buffer)
        while have < size:
            parts.append(self._receive(where, body))
            have += len(parts[-1])
        self._buffer = b"".join(parts)

    def _receive(self, where, body):
        try:
            data = self.socket.recv(65536)
        except ConnectionError as error:
            raise ClosedEarly(f"connection broke {where}: {error}", bytes(body)) from error
        if not data:
            raise ClosedEarly(f"connection closed {where}", bytes(body) + self._buffer)
        return data

    def _read_exactly(self, length):
        seen = bytearray()  # a body may have 64 MiB: nothing is copied with each piece
        while len(seen) < length:
            if not self._buffer:
                self._fill(f"{length - len(seen)} bytes before the end of the body", seen)
            piece = self._buffer[: length - len(seen)]
            self._buffer = self._buffer[len(piece):]
            seen += piece
            yield piece

    def _read_chunks(self):
        seen = bytearray()
        while True:
            while b"\r\n" not in self._buffer:
                self._fill("in a chunk's size", seen)
            size, _, self._buffer = self._buffer.partition(b"\r\n")
            length = int(size.split(b";")[0], 16)
            self._fill_to(length + 2, "inside a chunk", seen)
            piece, end = self._buffer[:length], self._buffer[length:length + 2]
            assert end == b"\r\n", f"chunk of {length} bytes ends with {end!r}"
            self._buffer = self._buffer[length + 2:]
            if length == 0:
                return
            seen += piece
            yield piece

    def _read_to_end(self):
        while True:
            if self._buffer:
                yield self._buffer
                self._buffer = b""
            try:
                self._fill("")
            except ClosedEarly:
                return


def request(port, method, path, headers=(), body=None, timeout=20.0):
    """One request on a connection of its own."""
    with Connection(port, timeout=timeout) as connection:
        return connection.request(method, path, headers, body)
