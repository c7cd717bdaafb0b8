"""A relay's connection to admin with somebody in between, who can spoil what admin says."""

import socket
import threading

FRAME_HEAD_BYTES = 9  # HTTP/2: 3 of length, type, flags, 4 of stream
DATA = 0
GRPC_PREFIX_BYTES = 5  # compressed or not, 4 of length


class Spoiler:
    """Passes HTTP/2 between who connects and `port`. While `spoils`, the messages that admin sends
    have their length and are nothing: 0xff throughout."""

    def __init__(self, port):
        self.spoils = False
        self.spoiled = 0
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self._listener.close()

    def _accept(self):
        while True:
            try:
                relay, _ = self._listener.accept()
                admin = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                return
            threading.Thread(target=_pass, args=(relay, admin), daemon=True).start()
            threading.Thread(target=self._pass_frames, args=(admin, relay), daemon=True).start()

    def _pass_frames(self, admin, relay):
        stream = admin.makefile("rb")
        try:
            while len(head := stream.read(FRAME_HEAD_BYTES)) == FRAME_HEAD_BYTES:
                payload = stream.read(int.from_bytes(head[:3], "big"))
                if self.spoils and head[3] == DATA and len(payload) > GRPC_PREFIX_BYTES:
                    rest = len(payload) - GRPC_PREFIX_BYTES
                    payload = payload[:GRPC_PREFIX_BYTES] + b"\xff" * rest
                    self.spoiled += 1
                relay.sendall(head + payload)
        except OSError:
            pass
        _close(admin, relay)


def _pass(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
    except OSError:
        pass
    _close(source, sink)


def _close(*sockets):
    for one in sockets:
        try:
            one.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        one.close()
