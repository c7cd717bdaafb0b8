"""A network of the tests' own between two processes of this machine: packets are late, lost, or vanish.

The kernel's netem is not everywhere, so this is a tun device whose packets a thread of ours takes, holds back, drops
or turns round: what goes to THERE comes back to HERE as if from THERE, port by port. Real packets of real TCP, with its
retransmissions, and nothing else of the machine is touched. Needs root.
"""

import collections
import fcntl
import heapq
import os
import pathlib
import random
import select
import struct
import subprocess
import threading
import time

import pytest

_TUNSETIFF = 0x400454CA
_IFF_TUN, _IFF_NO_PI = 0x0001, 0x1000
_PACKET_BYTES = 65_536


class Link:
    """Services listen on `here` (or on all addresses) and are reached at `there`. `delay_s` is one way, `loss` the share of
    packets that are lost; packets from or to a port in `dead_ports` vanish without a word. All may change at any time, and
    all of a connection is known by its two ports."""

    def __init__(self, seed=1):
        if os.geteuid() != 0 or not pathlib.Path("/dev/net/tun").exists():
            pytest.skip("only root can make a network device, and /dev/net/tun has to be there")
        self.delay_s, self.loss = 0.0, 0.0
        self.dead_ports, self._dead_flows = set(), set()
        self._flows = set()  # (lower port, higher port) of all that has passed
        self.count = collections.Counter()
        self._device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        name = fcntl.ioctl(self._device, _TUNSETIFF, struct.pack("16sH22x", b"weir%d", _IFF_TUN | _IFF_NO_PI))
        name = name[:16].rstrip(b"\0").decode()
        number = int(name.removeprefix("weir"))
        # 198.18.0.0/15 is set aside for measuring networks; each device has addresses of its own.
        self.here, self.there = f"198.18.{number}.1", f"198.18.{number}.2"
        for command in (f"address add {self.here}/30 dev {name}", f"link set {name} up"):
            subprocess.run(["ip", *command.split()], check=True, capture_output=True)
        self._random = random.Random(seed)
        self._late = []  # (due, number, packet)
        self._closing, self._wake = os.pipe()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def at(self, port):
        return f"{self.there}:{port}"

    def forget_flows(self, port):
        """As a NAT that was restarted: packets of the connections that there are of this port vanish, new ones pass.
        How many these are, among them some that have ended."""
        flows = {flow for flow in self._flows if port in flow}
        self._dead_flows |= flows
        return len(flows)

    def close(self):
        os.close(self._wake)
        self._thread.join(10)
        os.close(self._device)
        os.close(self._closing)

    def _run(self):
        while True:
            pause = max(0.0, self._late[0][0] - time.monotonic()) if self._late else None
            readable = select.select([self._device, self._closing], [], [], pause)[0]
            if self._closing in readable:
                return
            if self._device in readable:
                self._take_all()
            while self._late and self._late[0][0] <= time.monotonic():
                self._send(heapq.heappop(self._late)[2])

    def _take_all(self):
        while True:
            try:
                packet = os.read(self._device, _PACKET_BYTES)
            except BlockingIOError:
                return
            if packet[0] >> 4 != 4:
                continue  # IPv6 looking for neighbours
            self._take(packet)

    def _take(self, packet):
        head = (packet[0] & 15) * 4
        flow = tuple(sorted(struct.unpack_from("!HH", packet, head)))
        self._flows.add(flow)
        if flow in self._dead_flows or self.dead_ports.intersection(flow):
            self.count["vanished"] += 1
        elif self._random.random() < self.loss:
            self.count["lost"] += 1
        elif self.delay_s > 0:
            self.count["passed"] += 1
            heapq.heappush(self._late, (time.monotonic() + self.delay_s, self.count["passed"], packet))
        else:
            self.count["passed"] += 1
            self._send(packet)

    def _send(self, packet):
        # From and to change places; checksums are sums, so they stay right.
        try:
            os.write(self._device, packet[:12] + packet[16:20] + packet[12:16] + packet[20:])
        except BlockingIOError:
            self.count["lost"] += 1  # its queue is full, as a router's may be
