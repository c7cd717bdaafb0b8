"""Installs the clients, pinned, below the build folder: one folder of packages a set.

A set is a folder of `packages/`: `package.json` with its lock for npm, `requirements.txt` with
every version for pip. What is there already, from the same files, is not installed again.
"""

import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor

HERE = pathlib.Path(__file__).resolve().parent
INSTALL_SECONDS = 300

# What npm and pip say when the registry cannot be reached, against when it refuses.
UNREACHABLE = re.compile(
    r"ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ERR_SOCKET_TIMEOUT|EHOSTUNREACH|"
    r"Failed to establish a new connection|Temporary failure in name resolution|timed out|"
    r"Connection refused|Network is unreachable|ProxyError")


class Unavailable(Exception):
    """The client cannot be had on this machine; says why in one line."""


class Packages:
    def __init__(self, build_dir, sources=HERE / "packages"):
        self._sources = pathlib.Path(sources)
        self._folder = pathlib.Path(build_dir) / "clients"
        self._failed = {}

    def install_together(self, names):
        """As install() for each, at once; what cannot be had says so when it is asked for."""
        with ThreadPoolExecutor() as pool:
            for done in [pool.submit(self.install, name) for name in sorted(names)]:
                if done.exception() is not None and not isinstance(done.exception(), Unavailable):
                    raise done.exception()

    def install(self, name):
        """The folder of set `name`. Raises Unavailable, each time the same, when it cannot be had,
        and AssertionError when the registry answers but the pins are wrong."""
        if name in self._failed:
            raise Unavailable(self._failed[name])
        try:
            return self._install(name)
        except Unavailable as error:
            self._failed[name] = str(error)
            raise

    def _install(self, name):
        source, target = self._sources / name, self._folder / name
        digest = hashlib.sha256(b"".join(
            path.read_bytes() for path in sorted(source.iterdir()))).hexdigest()
        stamp = target / "installed"
        if not stamp.exists() or stamp.read_text() != digest:
            print(f"    installing {name}", flush=True)
            shutil.rmtree(target, ignore_errors=True)
            target.mkdir(parents=True)
            for path in source.iterdir():
                shutil.copy(path, target)
            (_install_python if (source / "requirements.txt").exists() else _install_node)(target)
            stamp.write_text(digest)
        return target

    def python(self, name):
        return self.install(name) / "bin" / "python"

    def node(self):
        """The clients want a newer Node than Debian 12 has; npm has that as well."""
        for folder in sorted((self.install("node") / "node_modules").glob("node-linux-*")):
            return folder / "bin" / "node"
        raise Unavailable("npm has no Node for this machine")

    def version(self, name, package):
        """Of a package in an installed set."""
        folder = self.install(name)
        if (folder / "requirements.txt").exists():
            pins = dict(line.split("==") for line in
                        (folder / "requirements.txt").read_text().split())
            return pins[package]
        manifest = folder / "node_modules" / package / "package.json"
        return json.loads(manifest.read_text())["version"]


def _install_node(folder):
    if shutil.which("npm") is None:
        raise Unavailable("npm is not installed (./weir clients installs it)")
    _run(["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"], folder)


def _install_python(folder):
    _run(["/usr/bin/python3", "-m", "venv", "."], folder)
    _run(["bin/pip", "install", "--quiet", "--no-deps", "--no-input", "--no-compile",
          "--disable-pip-version-check", "-r", "requirements.txt"], folder)


def _run(command, folder):
    environment = {**os.environ, "npm_config_update_notifier": "false"}
    try:
        done = subprocess.run(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise Unavailable(f"{command[0]} was not done in {INSTALL_SECONDS} s") from None
    said = (done.stdout + done.stderr).strip()
    if done.returncode != 0 and UNREACHABLE.search(said):
        raise Unavailable(f"the registry cannot be reached ({command[0]})")
    assert done.returncode == 0, f"{' '.join(command)} in {folder}:\n{said[-2000:]}"
