"""Proxies of the tests' own: HTTP CONNECT and SOCKS5, good ones and others."""

import base64
import socket
import socketserver
import threading


class Proxy:
    """A proxy of the test's own; remembers which hosts it was asked for."""

    def __init__(self, handler, password=None):
        self.targets = []
        self.opened = set()  # what the upstream sees of the connections that this proxy made
        self.password = password
        owner = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                handler(owner, self.request)

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()


def pump(client, upstream):
    def one_way(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    back = threading.Thread(target=one_way, args=(upstream, client), daemon=True)
    back.start()
    one_way(client, upstream)
    back.join(10)
    upstream.close()


def read_exactly(connection, count):
    data = b""
    while len(data) < count:
        more = connection.recv(count - len(data))
        if not more:
            raise ConnectionError("the relay left")
        data += more
    return data


def http_connect(proxy, connection):
    head = b""
    while b"\r\n\r\n" not in head:
        head += connection.recv(4096)
    lines = head.decode().split("\r\n")
    target = lines[0].split(" ")[1]
    if proxy.password is not None:
        wanted = base64.b64encode(proxy.password.encode()).decode()
        shown = [line.partition(": ")[2] for line in lines
                 if line.lower().startswith("proxy-authorization:")]
        if shown != [f"Basic {wanted}"]:
            connection.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
            return
    proxy.targets.append(target)
    host, port = target.rsplit(":", 1)
    upstream = socket.create_connection((host, int(port)), 5)
    proxy.opened.add(upstream.getsockname())
    connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
    pump(connection, upstream)


def socks5(proxy, connection):
    version, count = read_exactly(connection, 2)
    methods = read_exactly(connection, count)
    wanted = 0 if proxy.password is None else 2
    if version != 5 or wanted not in methods:
        connection.sendall(b"\x05\xff")
        return
    connection.sendall(bytes([5, wanted]))
    if wanted == 2:
        read_exactly(connection, 1)
        user = read_exactly(connection, read_exactly(connection, 1)[0])
        password = read_exactly(connection, read_exactly(connection, 1)[0])
        good = f"{user.decode()}:{password.decode()}" == proxy.password
        connection.sendall(b"\x01\x00" if good else b"\x01\x01")
        if not good:
            return
    assert read_exactly(connection, 4) == b"\x05\x01\x00\x03"
    host = read_exactly(connection, read_exactly(connection, 1)[0]).decode()
    port = int.from_bytes(read_exactly(connection, 2), "big")
    proxy.targets.append(f"{host}:{port}")
    upstream = socket.create_connection((host, port), 5)
    proxy.opened.add(upstream.getsockname())
    connection.sendall(b"\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x00")
    pump(connection, upstream)


KINDS = {"http": http_connect, "socks5": socks5}


def says(data):
    """A proxy that answers these bytes to whatever comes, and closes."""
    def handler(_proxy, connection):
        connection.recv(4096)
        connection.sendall(data)
    return handler


def hangs(_proxy, connection):
    """A proxy that takes everything and says nothing."""
    connection.settimeout(20)
    try:
        while connection.recv(4096):
            pass
    except OSError:
        pass
