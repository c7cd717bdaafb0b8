"""A Redis of the test's own, from Debian's package; its port stays the same over restarts."""

import signal
import socket
import subprocess
import tempfile
import time

import ports

PASSWORD = "p@ss:word"


class Redis:
    """Keeps nothing on disk. It can be stopped in its tracks, killed and started again."""

    def __init__(self, address="127.0.0.1"):
        """`address`: where else it is reached."""
        self._addresses = sorted({"127.0.0.1", address})
        self.port = ports.free_port()
        self.url = f"redis://:p%40ss%3Aword@127.0.0.1:{self.port}/3"
        self._folder = tempfile.TemporaryDirectory(prefix="weir-redis-")
        self._process = None
        self.start()

    def start(self):
        assert self._process is None
        self._process = subprocess.Popen(
            ["redis-server", "--bind", *self._addresses, "--port", str(self.port), "--save", "",
             "--appendonly", "no", "--requirepass", PASSWORD, "--dir", self._folder.name],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 10
        while True:
            try:
                assert self.command("PING") == "PONG"
                return self
            except OSError:
                assert time.monotonic() < end, "redis-server does not start"
                time.sleep(0.02)

    @property
    def pid(self):
        return self._process.pid

    def pause(self):
        """It accepts connections and bytes, and does nothing."""
        self._process.send_signal(signal.SIGSTOP)

    def resume(self):
        self._process.send_signal(signal.SIGCONT)

    def kill9(self):
        self._process.kill()
        self._process.wait()
        self._process = None

    def close(self):
        if self._process is not None:
            self.kill9()
        self._folder.cleanup()

    def command(self, *words):
        """The answer to one command: a text, a number, None or a list of them."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
            stream = connection.makefile("rwb")
            for command in (("AUTH", PASSWORD), ("SELECT", "3"), words):
                stream.write(b"*%d\r\n" % len(command))
                for word in command:
                    data = str(word).encode()
                    stream.write(b"$%d\r\n%s\r\n" % (len(data), data))
            stream.flush()
            answers = [_read(stream) for _ in range(3)]
        return answers[2]


def _read(stream):
    line = stream.readline().decode().rstrip("\r\n")
    kind, rest = line[:1], line[1:]
    if kind == "+":
        return rest
    if kind == "-":
        raise OSError(rest)
    if kind == ":":
        return int(rest)
    if kind == "$":
        return None if rest == "-1" else stream.read(int(rest) + 2)[:-2].decode()
    assert kind == "*", line
    return [_read(stream) for _ in range(int(rest))]
