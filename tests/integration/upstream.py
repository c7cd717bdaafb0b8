"""A provider under the test's control: records requests byte for byte, answers what it is told.

The fake provider (tests/fakes) behaves like the real ones; this one is for what no real provider
would say, and for looking at what the relay sent.
"""

import socket
import threading
import time


class Recorded:
    """A request as it came in: request line, headers as (lower-case name, value), body bytes, and
    the address it came from."""

    def __init__(self, line, headers, body):
        self.method, self.target, self.version = line.split(" ", 2)
        self.headers = headers
        self.body = body
        self.peer = None

    def header(self, name):
        values = [value for key, value in self.headers if key == name.lower()]
        assert len(values) <= 1, f"{name} was sent twice: {values}"
        return values[0] if values else None

    def header_names(self):
        return {name for name, _ in self.headers}


class Upstream:
    """Listens on a loopback port; each connection has a thread.

    `handler(recorded, connection)` answers with connection.sendall(); it returns True to keep the
    connection for another request. Change it at any time.
    """

    def __init__(self, handler=None):
        self.requests = []
        self.handler = handler
        self.open_connections = 0
        self._changed = threading.Condition()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def close(self):
        self._listener.close()

    def wait_for(self, condition, timeout=10.0):
        """Waits until condition() holds; it is asked after each change."""
        with self._changed:
            assert self._changed.wait_for(condition, timeout), "the upstream waited in vain"

    def last(self):
        return self.requests[-1]

    def _note(self, change):
        with self._changed:
            change()
            self._changed.notify_all()

    def notify(self):
        self._note(lambda: None)

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        def count(step):
            self.open_connections += step

        self._note(lambda: count(1))
        try:
            stream = connection.makefile("rb")
            while True:
                recorded = _read_request(stream)
                if recorded is None:
                    break
                recorded.peer = connection.getpeername()
                self._note(lambda: self.requests.append(recorded))
                if not self.handler(recorded, connection):
                    break
        except OSError:
            pass
        finally:
            connection.close()
            self._note(lambda: count(-1))


def _read_request(stream):
    line = stream.readline().decode("latin-1").rstrip("\r\n")
    if not line:
        return None
    headers = []
    while True:
        header = stream.readline().decode("latin-1").rstrip("\r\n")
        if not header:
            break
        name, _, value = header.partition(":")
        headers.append((name.lower(), value.strip()))
    fields = dict(headers)
    if fields.get("transfer-encoding", "").lower() == "chunked":
        body = b""
        while True:
            size = int(stream.readline().split(b";")[0], 16)
            body += stream.read(size)
            stream.readline()
            if size == 0:
                break
    else:
        body = stream.read(int(fields.get("content-length", 0)))
    return Recorded(line, headers, body)


def reply_bytes(status=200, headers=(), body=b"", content_type="application/json"):
    """An answer with a content-length."""
    head = f"HTTP/1.1 {status} Whatever\r\ncontent-type: {content_type}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in headers)
    head += f"content-length: {len(body)}\r\n\r\n"
    return head.encode("latin-1") + body


def chunk(data):
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


STREAM_HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
)


def answer_with(*pieces, keep=True, gap=0.0):
    """A handler that sends these bytes, with a pause between them."""

    def handler(_recorded, connection):
        for number, piece in enumerate(pieces):
            if number and gap:
                time.sleep(gap)
            connection.sendall(piece)
        return keep

    return handler
