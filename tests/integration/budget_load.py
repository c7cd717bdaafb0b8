"""Many clients on one key at once, each sending until its budget is spent."""

import asyncio
import json
import time

import harness

SPENT = ("budget_exceeded", "key_exhausted")


class BudgetLoad:
    """`clients` connections that send a lane's request again and again, to `ports` in turn, until
    a relay says that the budget is spent. A relay that is away, or that has too little at hand,
    is asked again."""

    def __init__(self, lane, ports, clients, stream_every=3, seconds=60.0, **body):
        self.answered = 0
        self.refused = {}  # reason -> how often
        self._headers = lane.headers()
        self._ports = ports
        self._clients = clients
        self._deadline = time.monotonic() + seconds
        self._stream_every = stream_every
        self._bodies = [harness.anthropic_body(**body),
                        harness.anthropic_body(stream=True, **body)]

    def run(self, meanwhile=None):
        """Until every client was told so. `meanwhile` is a coroutine that runs beside, such as one
        that kills services."""
        asyncio.run(self._run(meanwhile))
        return self

    async def _run(self, meanwhile):
        side = asyncio.create_task(meanwhile) if meanwhile is not None else None
        try:
            await asyncio.gather(*(self._client(number) for number in range(self._clients)))
        finally:
            if side is not None:
                side.cancel()
                await asyncio.gather(side, return_exceptions=True)

    async def _client(self, number):
        turn, streams = number, None
        port = self._ports[number % len(self._ports)]
        while True:
            assert time.monotonic() < self._deadline, \
                f"not spent in time: {self.answered} answered, refused {self.refused}"
            turn += 1
            try:
                if streams is None:
                    streams = await asyncio.open_connection("127.0.0.1", port)
                status, body = await self._request(*streams, turn)
            except (OSError, asyncio.IncompleteReadError, ValueError):
                if streams is not None:
                    streams[1].close()
                streams = None
                await asyncio.sleep(0.05)
                continue
            if status == 200:
                self.answered += 1
                continue
            reason = reason_of(body)
            self.refused[reason] = self.refused.get(reason, 0) + 1
            if reason in SPENT:
                streams[1].close()
                return
            await asyncio.sleep(0.05)

    async def _request(self, reader, writer, turn):
        body = self._bodies[turn % self._stream_every == 0]
        head = ["POST /v1/messages HTTP/1.1", "host: weir", f"content-length: {len(body)}"]
        head += [f"{name}: {value}" for name, value in self._headers.items()]
        writer.write("\r\n".join([*head, "", ""]).encode() + body)
        await writer.drain()
        fields = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        status = int(fields[0].split()[1])
        headers = dict(line.lower().split(": ", 1) for line in fields[1:] if line)
        if "content-length" in headers:
            return status, await reader.readexactly(int(headers["content-length"]))
        data = b""
        while True:
            size = int((await reader.readline()).strip(), 16)
            data += (await reader.readexactly(size + 2))[:-2]
            if size == 0:
                return status, data


def reason_of(body):
    details = json.loads(body)["error"].get("details", {})
    return details.get("reason", details.get("error_code"))
