"""Clients that read 1 KiB a second of a stream that is far larger: who holds the rest?"""

import json
import socket
import time
import urllib.parse

from processes import Missing
from targets import MODEL

BYTES_PER_SECOND = 1024


class SlowReaders:
    def __init__(self, target, scenario, count):
        self._sockets = []
        for _ in range(count):
            self._sockets.append(self._ask(target, scenario))

    def _ask(self, target, scenario):
        url = urllib.parse.urlsplit(target.url())
        body = json.dumps({"model": MODEL, "max_tokens": 1024, "stream": True,
                           "messages": [{"role": "user", "content": "Go on."}]}).encode()
        head = [f"POST {url.path} HTTP/1.1", f"Host: {url.netloc}",
                "Content-Type: application/json", f"Content-Length: {len(body)}",
                *target.headers(scenario), "", ""]
        client = socket.socket()
        # A small window, so that the bytes do not just wait in this end's own buffer.
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(30)
        client.connect((url.hostname, url.port))
        client.sendall("\r\n".join(head).encode() + body)
        first = client.recv(BYTES_PER_SECOND)
        if not first.startswith(b"HTTP/1.1 200"):
            raise Missing(f"{target.name} does not stream {scenario}: {first[:200]!r}")
        return client

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for client in self._sockets:
            client.close()

    def watch(self, figure, seconds):
        """Reads on slowly; returns the largest `figure()` of the last half of the time."""
        most = 0
        for second in range(seconds):
            for client in self._sockets:
                if not client.recv(BYTES_PER_SECOND):
                    raise Missing("a slow stream ended while it was read")
            time.sleep(1)
            if second >= seconds // 2:
                most = max(most, figure())
        return most
