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
  }}
  server {{
    listen 127.0.0.1:{port} backlog=4096 reuseport;
    location / {{
      proxy_pass http://provider;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
      proxy_read_timeout 600;
    }}
  }}
}}
"""


class Missing(Exception):
    """Something that the bench needs is not there; the text says what to do."""


def cpu_microseconds(pids):
    """User and system time that these processes have used so far."""
    ticks = 0
    for pid in pids:
        # The name in parentheses may hold blanks: count from the last one that closes it.
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks * 1_000_000 / _TICKS_PER_SECOND


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

    def __init__(self, build_dir, folder):
        self._port_file = folder / "fake.port"
        self._process = subprocess.Popen(
            [binary(build_dir, "weir-fake-provider"), "--port", "0", "--port-file",
             str(self._port_file), "--no-record"],
            stderr=subprocess.DEVNULL)
        wait_for(self._port_file.exists, "the start of the fake provider")
        self.port = int(self._port_file.read_text())

    def stop(self):
        self._process.terminate()
        self._process.wait(timeout=20)


class Nginx:
    """nginx as a bare proxy: two workers, keep-alive upwards, no buffering of answers."""

    def __init__(self, folder, port, upstream_port):
        self._program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/sbin")
        if self._program is None:
            raise Missing("nginx is missing: apt-get install nginx-light (or nginx)")
        self.port = port
        self._folder = folder / "nginx"
        self._folder.mkdir()
        self._config = self._folder / "nginx.conf"
        self._config.write_text(_NGINX_CONFIG.format(
            user="user root;" if os.geteuid() == 0 else "", folder=self._folder, port=port,
            upstream_port=upstream_port))
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
