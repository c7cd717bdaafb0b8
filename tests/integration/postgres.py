"""A PostgreSQL 15 of the test's own, from Debian's package, in a temporary folder."""

import os
import pathlib
import shutil
import subprocess
import tempfile

import ports

BIN = pathlib.Path("/usr/lib/postgresql/15/bin")


class Postgres:
    """A cluster on a loopback port; `url(database)` is what the services are given.

    PostgreSQL refuses to run as root, so root starts it as `postgres` (or `nobody`).
    """

    def __init__(self, durable=False, standby_of=None, address="127.0.0.1"):
        """`durable` waits for the disk as a real one does; tests have no use for that. `standby_of` is another
        one that this one copies as it writes; it takes no writes until it is promoted. `address`: where else it
        is reached."""
        self._durable = durable
        self._address = address
        self._folder = pathlib.Path(tempfile.mkdtemp(prefix="weir-pg-"))
        self._as_user = []
        if os.geteuid() == 0:
            user = _unprivileged_user()
            self._as_user = ["runuser", "-u", user, "--"]
            shutil.chown(self._folder, user)
        self._folder.chmod(0o755)
        self.port = ports.free_port()
        self._data = self._folder / "data"
        if standby_of is None:
            self._run("initdb", "-D", str(self._data), "-U", "weir", "-A", "trust", "-E", "UTF8",
                      "--locale=C.UTF-8", "--no-sync")
        else:
            self._run("pg_basebackup", "-h", "127.0.0.1", "-p", str(standby_of.port), "-U", "weir",
                      "-D", str(self._data), "--write-recovery-conf", "--no-sync", "--checkpoint=fast")
        if address != "127.0.0.1":
            with open(self._data / "pg_hba.conf", "a") as rules:
                rules.write("host all all samenet trust\n")
        self.start()

    def start(self):
        addresses = ",".join(sorted({"127.0.0.1", self._address}))
        options = (f"-c listen_addresses={addresses} -c port={self.port} "
                   f"-c fsync={'on' if self._durable else 'off'} "
                   f"-c unix_socket_directories={self._folder} -c max_connections=50")
        self._run("pg_ctl", "-D", str(self._data), "-w", "-t", "60", "-o", options,
                  "-l", str(self._folder / "log"), "start")

    def stop(self, mode="fast"):
        self._run("pg_ctl", "-D", str(self._data), "-w", "-m", mode, "stop")

    @property
    def pid(self):
        return int((self._data / "postmaster.pid").read_text().splitlines()[0])

    def promote(self):
        """A standby becomes the one that is written to."""
        self._run("pg_ctl", "-D", str(self._data), "-w", "-t", "60", "promote")

    def create_database(self, name):
        self._run("psql", "-h", "127.0.0.1", "-p", str(self.port), "-U", "weir", "-d", "postgres",
                  "-qc", f"CREATE DATABASE {name}")
        return self.url(name)

    def query(self, database, sql):
        """Rows as lists of texts."""
        text = self._run("psql", "-h", "127.0.0.1", "-p", str(self.port), "-U", "weir",
                         "-d", database, "-Atc", sql)
        return [line.split("|") for line in text.splitlines()]

    def background(self, database, sql):
        """psql at work on it, as a process."""
        return subprocess.Popen([str(BIN / "psql"), "-h", "127.0.0.1", "-p", str(self.port), "-U", "weir",
                                 "-d", database, "-qc", sql], stdin=subprocess.DEVNULL,
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def own(self, folder):
        """Gives it to whom the server runs as."""
        if os.geteuid() == 0:
            shutil.chown(folder, _unprivileged_user())
        folder.chmod(0o700)

    def url(self, database):
        return f"postgresql://weir@127.0.0.1:{self.port}/{database}"

    def close(self):
        try:
            if (self._data / "postmaster.pid").exists():
                self.stop("immediate")
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _run(self, program, *arguments):
        # A log file instead of a pipe: the server that pg_ctl starts would keep a pipe open.
        with tempfile.TemporaryFile() as output:
            seconds = 1800 if self._durable else 90  # a bench moves millions of rows
            code = subprocess.run([*self._as_user, str(BIN / program), *arguments], stdout=output,
                                  stderr=output, stdin=subprocess.DEVNULL, cwd="/",
                                  timeout=seconds, check=False).returncode
            output.seek(0)
            text = output.read().decode(errors="replace")
        assert code == 0, f"{program} failed: {text}"
        return text


def _unprivileged_user():
    names = {line.split(":")[0] for line in pathlib.Path("/etc/passwd").read_text().splitlines()}
    return "postgres" if "postgres" in names else "nobody"
