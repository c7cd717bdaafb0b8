"""A DNS server of the tests' own, which answers, refuses or keeps silent as it is told, and a resolv.conf for one process."""

import os
import socket
import struct
import threading
import time

import pytest

import ports

_A, _NXDOMAIN, _SERVFAIL = 1, 3, 2


class NameServer:
    """`mode` of a name: "good" (127.0.0.1), "unknown", "failing", "silent", or seconds that an answer takes. Names without
    one are unknown. Resolvers ask port 53, so only root can start it."""

    def __init__(self):
        if os.geteuid() != 0:
            pytest.skip("only root can answer on port 53 and give a process a resolv.conf of its own")
        self.mode, self.asked = {}, []
        # An address of loopback that no other test has: the port stands for the slice of this process.
        port = ports.free_port()
        self.address = f"127.53.{port >> 8}.{port & 255}"
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((self.address, 53))
        threading.Thread(target=self._run, daemon=True).start()

    def resolves_for(self, service, folder):
        """Its /etc/resolv.conf names this server, once it is started; one question of one second."""
        path = folder / "resolv.conf"
        path.write_text(f"nameserver {self.address}\noptions timeout:1 attempts:2\n")
        service.prefix = ["unshare", "--mount", "sh", "-c", f'mount --bind {path} /etc/resolv.conf && exec "$0" "$@"']

    def close(self):
        self._socket.close()

    def _run(self):
        while True:
            try:
                question, peer = self._socket.recvfrom(4_096)
            except OSError:
                return
            name, kind = _name_and_kind(question)
            self.asked.append(name)
            mode = self.mode.get(name, "unknown")
            if mode != "silent":
                threading.Thread(target=self._answer, args=(question, peer, kind, mode), daemon=True).start()

    def _answer(self, question, peer, kind, mode):
        if not isinstance(mode, str):
            time.sleep(mode)
            mode = "good"
        code = {"unknown": _NXDOMAIN, "failing": _SERVFAIL}.get(mode, 0)
        found = mode == "good" and kind == _A
        head = question[:2] + struct.pack("!HHHHH", 0x8180 | code, 1, int(found), 0, 0)
        end = question.index(b"\0", 12) + 5
        record = b"\xc0\x0c" + struct.pack("!HHIH", _A, 1, 60, 4) + socket.inet_aton("127.0.0.1") if found else b""
        try:
            self._socket.sendto(head + question[12:end] + record, peer)
        except OSError:
            pass  # the test is over


def _name_and_kind(question):
    labels, at = [], 12
    while length := question[at]:
        labels.append(question[at + 1:at + 1 + length].decode().lower())
        at += 1 + length
    return ".".join(labels), struct.unpack_from("!H", question, at + 1)[0]
