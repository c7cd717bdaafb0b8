"""Clients that read 1 KiB a second of 200 MB: what one costs the relay."""

import threading
import time

import http_client
from harness import anthropic_body
from upstream import STREAM_HEAD, Upstream, chunk

SLOW_READER_MAX_KIB = 256


def flood(_recorded, connection):
    """200 MB of events, as fast as they are taken."""
    delta = (b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,'
             b'"delta":{"type":"text_delta","text":"' + b"water " * 30 + b'"}}\n\n')
    piece = chunk(delta * 100)
    connection.sendall(STREAM_HEAD)
    for _ in range(200_000_000 // len(piece)):
        connection.sendall(piece)
    return False


def read_slowly(connection, stop):
    while not stop.wait(1):
        connection.socket.recv(1024)


def slow_readers(stack, seconds, count=10):
    """What the relay's memory grows by for each client that reads 1 KiB a second of 200 MB."""
    upstream = Upstream(flood)
    lane = stack.lane({"url": upstream.url, "timeouts": {"idle_ms": 600_000}})
    before = stack.relay.rss_kib()
    stop, threads, connections = threading.Event(), [], []
    for _ in range(count):
        connection = http_client.Connection(stack.relay_port, timeout=60)
        connection.send_request("POST", "/v1/messages", lane.headers(), anthropic_body(stream=True))
        connection.read_head()
        connections.append(connection)
        threads.append(threading.Thread(target=read_slowly, args=(connection, stop), daemon=True))
        threads[-1].start()
    time.sleep(seconds)
    each = (stack.relay.rss_kib() - before) / count
    stop.set()
    for thread in threads:
        thread.join(10)
    for connection in connections:
        connection.close()
    upstream.close()
    print(f"slow readers: {count} at 1 KiB/s of 200 MB for {seconds} s: {each:.0f} KiB each "
          f"(at most {SLOW_READER_MAX_KIB})")
    return ["slow readers take memory"] if each >= SLOW_READER_MAX_KIB else []
