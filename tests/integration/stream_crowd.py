"""Very many clients that stream, in one thread."""

import asyncio
import collections
import json
import threading

BODY = json.dumps({"model": "claude-sonnet-4-5", "max_tokens": 9, "stream": True,
                   "messages": [{"role": "user", "content": "hi"}]}).encode()


class StreamCrowd:
    """So many streams open at each moment: whoever got a whole answer asks again, until stop().
    `whole` has the request ids of whole answers, `failed` counts by what went wrong."""

    def __init__(self, port, key, count, host="relay.weir.example.com"):
        self.whole = []
        self.failed = collections.Counter()
        self.open = 0
        self._port, self._count = port, count
        self._head = (f"POST /v1/messages HTTP/1.1\r\nhost: {host}\r\nx-api-key: {key}\r\ncontent-type: application/json\r\n"
                      f"content-length: {len(BODY)}\r\nanthropic-version: 2023-06-01\r\n\r\n").encode()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)

    def start(self):
        self._thread.start()
        return self

    def stop(self, timeout=120):
        """No new ones; those that are open end by themselves."""
        self._stopping.set()
        self._thread.join(timeout)
        assert not self._thread.is_alive(), f"{self.open} streams do not end"

    async def _run(self):
        await asyncio.gather(*[self._client(number) for number in range(self._count)])

    async def _client(self, number):
        await asyncio.sleep(number * 0.01)  # they come one after the other, and stay apart
        while not self._stopping.is_set():
            try:
                await self._stream()
            except (OSError, asyncio.IncompleteReadError, ValueError) as why:
                self.failed[type(why).__name__] += 1
                await asyncio.sleep(0.2)

    async def _stream(self):
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            writer.write(self._head + BODY)
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
            status = head.split(" ", 2)[1]
            if status != "200":
                self.failed[f"status {status}"] += 1
                await asyncio.sleep(0.2)
                return
            self.open += 1
            try:
                tail = await self._read_chunks(reader)
            finally:
                self.open -= 1
            if b"message_stop" not in tail:
                self.failed["no end"] += 1
                return
            self.whole.append(head.split("x-weir-request-id: ", 1)[1].split("\r\n", 1)[0])
        finally:
            writer.close()

    @staticmethod
    async def _read_chunks(reader):
        """The end of the body, some events long."""
        tail = b""
        while size := int(await reader.readuntil(b"\r\n"), 16):
            tail = (tail + await reader.readexactly(size + 2))[-400:]
        return tail
