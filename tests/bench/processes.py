"""Starts what the bench measures and reads what it cost: CPU time and resident memory from /proc."""

import os
import pathlib
import shutil
import subprocess
import time

START_SECONDS = 20
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")

_NGINX_CONFIG = """
{user}
worker_processes 2;
worker_rlimit_nofile 60000;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 20000; }}
http {{
  access_log off;
  keepalive_timeout 600;
  keepalive_requests 100000000;
  client_max_body_size 64m;
  # In memory, as in the relay: a body that goes through a file would make nginx look bad.
  client_body_buffer_size 1m;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  upstream provider {{
    server 127.0.0.1:{upstream_port};
    keepalive 512;
    keepalive_requests 100000000;
    keepalive_timeout 600;
  }}
  server {{
    listen 127.0.0.1:{port} backlog=4096 reuseport;
    location / {{
      proxy_pass {scheme}://provider;
      {tls}
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
      proxy_read_timeout 600;
    }}
  }}
}}
"""

# As the relay does: the authority and the name are checked, sessions are used again.
_NGINX_TLS = """proxy_ssl_verify on;
      proxy_ssl_verify_depth 2;
      proxy_ssl_trusted_certificate {authority};
      proxy_ssl_name localhost;
      proxy_ssl_server_name on;
      proxy_ssl_protocols TLSv1.3;"""


class Missing(Exception):
    """Something that the bench needs is not there; the text says what to do."""


def cpu_microseconds(pids):
    """User and system time that these processes have used so far."""
    return sum(_ticks(pid, 11, 12) for pid in pids) * 1_000_000 / _TICKS_PER_SECOND


def tree_cpu_microseconds(parent):
    """The same of a process and its children, also of those that have ended."""
    ticks = 0
    for child in children_of(parent):
        try:
            ticks += _ticks(child, 11, 12)
        except FileNotFoundError:
            pass  # it has ended since, and its parent has its time
    return cpu_microseconds([parent]) + (ticks + _ticks(parent, 13, 14)) * 1_000_000 / _TICKS_PER_SECOND


def _ticks(pid, *fields):
    # The name in parentheses may hold blanks: count from the last one that closes it.
    stat = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(stat[field]) for field in fields)


def rss_kib(pids):
    total = 0
    for pid in pids:
        for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                total += int(line.split()[1])
    return total


def children_of(parent):
    pids = []
    for folder in pathlib.Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            stat = (folder / "stat").read_text()
        except OSError:
            continue
        if int(stat.rpartition(")")[2].split()[1]) == parent:
            pids.append(int(folder.name))
    return pids


def wait_for(condition, what, seconds=START_SECONDS):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise Missing(f"{what} did not happen within {seconds} s")
        time.sleep(0.02)


def binary(build_dir, name):
    path = pathlib.Path(build_dir).resolve() / "bin" / name
    if not path.exists():
        raise Missing(f"{path} is missing: run ./weir build")
    return str(path)


class FakeProvider:
    """The upstream of all targets. It keeps no requests, so that its memory stays small."""

    def __init__(self, build_dir, folder, certificate=None):
        """`certificate` is (chain, key): then it speaks TLS alone."""
        port_file = folder / ("fake-tls.port" if certificate else "fake.port")
        command = [binary(build_dir, "weir-fake-provider"), "--port", "0", "--port-file",
                   str(port_file), "--no-record"]
        if certificate:
            command += ["--tls-cert", str(certificate[0]), "--tls-key", str(certificate[1])]
        self._process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        wait_for(port_file.exists, "the start of the fake provider")
        self.port = int(port_file.read_text())
        self.url = f"https://localhost:{self.port}" if certificate else (
            f"http://127.0.0.1:{self.port}")

    def stop(self):
        self._process.terminate()
        self._process.wait(timeout=20)


class Authority:
    """A certificate authority and the provider's certificate by it."""

    def __init__(self, folder):
        self.certificate = folder / "authority.crt"
        self._folder = folder
        key = folder / "authority.key"
        self._run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                  "-keyout", key, "-out", self.certificate, "-subj", "/CN=bench", "-days", "2")
        self.provider = (folder / "provider.crt", folder / "provider.key")
        request, extension = folder / "provider.csr", folder / "provider.ext"
        extension.write_text("subjectAltName=DNS:localhost\n")
        self._run("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                  "-keyout", self.provider[1], "-out", request, "-subj", "/CN=localhost")
        self._run("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", key,
                  "-CAcreateserial", "-days", "2", "-extfile", extension, "-out", self.provider[0])

    def _run(self, *arguments):
        subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True,
                       timeout=60, cwd=self._folder)


class Nginx:
    """nginx as a bare proxy: two workers, keep-alive upwards, no buffering of answers."""

    def __init__(self, folder, port, upstream_port, authority=None):
        """With an `authority` it speaks TLS upwards and verifies by it."""
        self._program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/sbin")
        if self._program is None:
            raise Missing("nginx is missing: apt-get install nginx-light (or nginx)")
        self.port = port
        self._folder = folder / ("nginx-tls" if authority else "nginx")
        self._folder.mkdir()
        self._config = self._folder / "nginx.conf"
        self._config.write_text(_NGINX_CONFIG.format(
            user="user root;" if os.geteuid() == 0 else "", folder=self._folder, port=port,
            upstream_port=upstream_port, scheme="https" if authority else "http",
            tls=_NGINX_TLS.format(authority=authority.certificate) if authority else ""))
        self._process = None

    def start(self):
        self._process = subprocess.Popen(
            [self._program, "-c", str(self._config), "-p", str(self._folder),
             "-e", str(self._folder / "error.log")], stderr=subprocess.DEVNULL)
        wait_for(lambda: len(self.pids()) == 3 or self._process.poll() is not None,
                 "the start of nginx")
        if self._process.poll() is not None:
            raise Missing("nginx ended at start: " + (self._folder / "error.log").read_text())
        time.sleep(0.2)  # its workers listen a moment after they are there
        return self

    def pids(self):
        return [self._process.pid, *children_of(self._process.pid)]

    def stop(self):
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=20)
            self._process = None

    def restart(self):
        self.stop()
        self.start()
