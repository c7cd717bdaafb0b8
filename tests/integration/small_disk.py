"""A file system of its own, small enough to be filled."""

import os
import pathlib
import subprocess
import tempfile

import pytest

DISK_MIB = 48


class SmallDisk:
    def __init__(self):
        if os.geteuid() != 0:
            pytest.skip("only root can mount a file system")
        self._temporary = tempfile.TemporaryDirectory(prefix="weir-disk-")
        self.folder = pathlib.Path(self._temporary.name)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m,mode=0777", "weir", self.folder],
                                 capture_output=True, text=True, check=False)
        if mounted.returncode != 0:
            self._temporary.cleanup()
            pytest.skip(f"no file system can be mounted here: {mounted.stderr.strip()}")
        self._filler = self.folder / "filler"

    def fill(self):
        """To the last byte."""
        with open(self._filler, "wb", buffering=0) as file:
            for size in (65_536, 4_096, 1):
                try:
                    while file.write(b"x" * size):
                        pass
                except OSError:
                    pass  # no space left on device

    def free(self):
        self._filler.unlink(missing_ok=True)

    def close(self):
        subprocess.run(["umount", "-l", self.folder], check=True)
        self._temporary.cleanup()
