"""Free loopback ports."""

import fcntl
import itertools
import os
import pathlib
import socket
import tempfile

# Below the range that the kernel uses for outgoing connections, so that none of those can take a
# port between our check and the service's bind. Tests run side by side: each process has a slice of
# the ports to itself, and goes through it in turn, so that a port given out is not given again
# before its service is up.
_FIRST, _LAST = 15000, 31000
_SLICE = 160

_lock = None  # the open file that holds the slice; it goes with the process
_first = 0
_next = 0


def is_free(port):
    """Nobody is bound to it on any address, and no connection of it is closing still."""
    with socket.socket() as probe:
        try:
            probe.bind(("0.0.0.0", port))
        except OSError:
            return False
    return True


def free_port():
    return free_range(1)


def free_range(count):
    """The first of `count` free ports in a row."""
    global _next
    _take_slice()
    for _ in range(2 * _SLICE):
        first = _next
        if first + count > _first + _SLICE:
            _next = _first
            continue
        _next = first + 1
        if all(is_free(port) for port in range(first, first + count)):
            _next = first + count
            return first
    raise RuntimeError("no free ports")


def _take_slice():
    global _lock, _first, _next
    if _lock is not None:
        return
    folder = pathlib.Path(tempfile.gettempdir()) / f"weir-test-ports-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    slices = (_LAST - _FIRST) // _SLICE
    # Not all from the same one: its ports may still be closing.
    for slice_ in itertools.islice(itertools.cycle(range(slices)), os.getpid() % slices,
                                   os.getpid() % slices + slices):
        file = open(folder / str(slice_), "w")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            continue
        _lock = file
        _first = _next = _FIRST + slice_ * _SLICE
        return
    raise RuntimeError("all ports are taken by other tests")
