"""./weir in a folder and on ports of its own."""

import os
import subprocess

import harness
import ports

WEIR = str(harness.REPOSITORY / "weir")
SERVICES = ("usage", "admin", "relay")


class Tool:
    def __init__(self, build_dir, folder):
        self.data = folder / "data"
        self.base = ports.free_range(15)
        self.environment = {k: v for k, v in os.environ.items()
                            if not k.startswith("WEIR_") and not k.endswith("_API_KEY")}
        self.environment.update(WEIR_BUILD_DIR=str(build_dir), WEIR_SKIP_BUILD="1")

    def run(self, *arguments, timeout=60):
        return subprocess.run([WEIR, *arguments], env=self.environment, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=timeout, check=False)

    def up(self, *arguments):
        return self.run("up", "--data", str(self.data), "--detach", *arguments)

    def up_demo(self):
        result = self.up("--demo", "--port-base", str(self.base))
        assert result.returncode == 0, result.stdout + result.stderr
        return result

    def down(self):
        return self.run("down", "--data", str(self.data))

    def status(self):
        return self.run("status", "--data", str(self.data))

    def dev_env(self):
        lines = (self.data / "dev.env").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines)

    def pid(self, service):
        return int((self.data / "run" / f"{service}.pid").read_text())


def is_alive(pid):
    """Also false for one that has ended and that a lazy init has not waited for."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as stat_file:
            return stat_file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
