"""Free loopback ports."""

import random
import socket

# Below the range that the kernel uses for outgoing connections, so that none of those can take a
# port between our check and the service's bind.
_FIRST, _LAST = 15000, 31000


def is_free(port):
    """Nobody is bound to it on any address."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("0.0.0.0", port))
        except OSError:
            return False
    return True


def free_port():
    return free_range(1)


def free_range(count):
    """The first of `count` free ports in a row."""
    for _ in range(1000):
        first = random.SystemRandom().randrange(_FIRST, _LAST - count)
        if all(is_free(port) for port in range(first, first + count)):
            return first
    raise RuntimeError("no free ports")
