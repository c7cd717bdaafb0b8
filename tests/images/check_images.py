#!/usr/bin/env python3
"""The built images weir-X:TAG: what their settings say, and each run without rights, its root read-only.

Run by `./weir images --check`, which sets the storage and a network namespace of its own, in which the names that the
images' settings use are this machine. Usage: check_images.py TAG"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

SERVICES = ("usage", "admin", "relay")
HOSTS = "127.0.0.1 localhost admin usage\n"


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


class Image:
    def __init__(self, service, tag):
        self.service = service
        inspected = json.loads(run("buildah", "inspect", "--type", "image", f"weir-{service}:{tag}"))
        self.config = inspected["Docker"]["config"]
        self.container = run("buildah", "from", "--pull-never", f"weir-{service}:{tag}")
        self.root = pathlib.Path(run("buildah", "mount", self.container))

    def check(self):
        config, service = self.config, self.service
        assert config["User"] == "10001:10001", config["User"]
        assert config["Healthcheck"]["Test"] == ["CMD", f"/usr/bin/weir-{service}", "health"], config["Healthcheck"]
        assert config["Entrypoint"] == [f"/usr/bin/weir-{service}"], config["Entrypoint"]
        assert config["Labels"]["org.opencontainers.image.title"] == "Weir", config["Labels"]
        assert not (self.root / "etc/weir").exists(), "the image holds secrets or settings of its own"
        assert list((self.root / "usr/share/doc/weir/sbom").glob("weir-*.cdx.json")), "the list of components is missing"
        assert not list((self.root / "usr/bin").glob("g++*")), "a compiler is in the image"

    def command(self, volumes, *words):
        """As a container engine would: the image's settings, its user, no capability, nothing writable but volumes."""
        mounts = "".join(f"mount --bind {source} {self.root}{target}; mount -o remount,bind,{mode} {self.root}{target}; "
                         for target, (source, mode) in volumes.items())
        setup = (f"mount --bind {self.root} {self.root}; mount -t proc proc {self.root}/proc; mount --rbind /dev {self.root}/dev; "
                 f"{mounts}mount -o remount,bind,ro {self.root}; exec chroot {self.root} ")
        become = ["/usr/bin/setpriv", "--reuid=10001", "--regid=10001", "--clear-groups", "--no-new-privs", "--bounding-set=-all",
                  "/usr/bin/env", "-i", "-C", "/data", *self.config["Env"], *self.config["Entrypoint"], *words]
        return ["unshare", "--mount", "bash", "-euc", setup + '"$@"', "-", *become]

    def remove(self):
        run("buildah", "rm", self.container)


class Fleet:
    """One of each, as compose's profile `basic` has them, in this process's network namespace."""

    def __init__(self, images, folder):
        self.images = images
        self.running = []
        os.chmod(folder, 0o755)  # what is mounted is below it
        self.volumes = {image.service: {"/data": (self._owned(folder, image.service), "rw"),
                                        "/secrets": (self._owned(folder, "secrets"), "rw")} for image in images}
        self.volumes["admin"]["/master"] = (self._owned(folder, "master"), "rw")  # its own, as in compose

    @staticmethod
    def _owned(folder, name):
        path = folder / name
        path.mkdir(exist_ok=True)
        shutil.chown(path, 10001, 10001)
        return path

    def start(self):
        admin = next(image for image in self.images if image.service == "admin")
        subprocess.run(admin.command(self.volumes["admin"], "make-secrets", "/secrets", "/master"), check=True, stdout=subprocess.DEVNULL)
        for image in self.images:
            volumes = self.volumes[image.service]
            for folder in {"/secrets", "/master"} & volumes.keys():
                volumes[folder] = (volumes[folder][0], "ro")
            process = subprocess.Popen(image.command(volumes), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            self.running.append((image, process))
            self._wait_healthy(image, process)

    def _wait_healthy(self, image, process):
        for _ in range(200):
            if process.poll() is not None:
                sys.exit(f"weir-{image.service} ended: {process.stderr.read()[-2000:]}")
            if subprocess.run(image.command(self.volumes[image.service], "ready"), stderr=subprocess.DEVNULL, check=False).returncode == 0:
                return
            time.sleep(0.1)
        sys.exit(f"weir-{image.service} is not ready")

    def stop(self):
        for image, process in reversed(self.running):
            process.terminate()
            assert process.wait(30) == 0, f"weir-{image.service} ended with {process.returncode}"


def main(tag):
    run("ip", "link", "set", "lo", "up")
    images = [Image(service, tag) for service in SERVICES]
    with tempfile.TemporaryDirectory(prefix="weir-images.") as folder:
        for image in images:
            image.check()
            (image.root / "etc/hosts").write_text(HOSTS)
        fleet = Fleet(images, pathlib.Path(folder))
        fleet.start()
        assert {path.name for path in pathlib.Path(folder, "secrets").iterdir()} == {"internal.token"}, "relays see more than the token"
        page = run("curl", "-fsS", "-H", "accept: text/html", "http://127.0.0.1:8081/setup")
        assert '<div id="app"' in page, page[:300]
        code = run("curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "http://127.0.0.1:8080/v1/models")
        assert code == "401", code
        fleet.stop()
    for image in images:
        image.remove()
    print("images: settings, contents, and a life without rights on a read-only root: well")


if __name__ == "__main__":
    main(sys.argv[1])
