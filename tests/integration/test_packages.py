"""The Debian packages of `./weir package`: what is in them, their units, and a life on a machine that is thrown away."""

import os
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
NAMES = ("weir-admin", "weir-relay", "weir-usage")


def run(*command, **settings):
    said = subprocess.run(command, capture_output=True, text=True, timeout=400, check=False, **settings)
    assert said.returncode == 0, f"{command}\n{said.stdout[-2000:]}\n{said.stderr[-2000:]}"
    return said.stdout


@pytest.fixture(scope="module")
def packages(build_dir, tmp_path_factory):
    folder = tmp_path_factory.mktemp("packages")
    # The programs that the other tests run; a list of components would want the network.
    environment = os.environ | {"WEIR_BUILD_DIR": str(build_dir), "WEIR_SKIP_BUILD": "1"}
    run(ROOT / "weir", "package", "--no-sbom", "--output", folder, env=environment)
    return folder


@pytest.fixture(scope="module")
def unpacked(packages, tmp_path_factory):
    root = tmp_path_factory.mktemp("root")
    for file in sorted(packages.glob("*.deb")):
        run("dpkg-deb", "-x", file, root)
    return root


def test_three_packages_and_their_sums(packages):
    files = sorted(packages.glob("*.deb"))
    assert [file.name.split("_")[0] for file in files] == list(NAMES)
    run("sha256sum", "--check", "--strict", "SHA256SUMS", cwd=packages)
    version = re.search(r"project\(weir VERSION ([\d.]+)", (ROOT / "CMakeLists.txt").read_text())[1]
    assert {run("dpkg-deb", "-f", file, "Version").strip() for file in files} == {version}


def test_the_relay_brings_no_database(packages):
    """Its part of the promise that a relay cannot reach one."""
    depends = {name: run("dpkg-deb", "-f", next(packages.glob(f"{name}_*.deb")), "Depends") for name in NAMES}
    assert "libpqxx" in depends["weir-usage"] and "libpqxx" not in depends["weir-relay"]
    assert "sqlite" in depends["weir-usage"] and "sqlite" not in depends["weir-relay"]


@pytest.mark.parametrize("name", NAMES)
def test_its_unit_is_sound_and_hardened(unpacked, name):
    unit = unpacked / "lib/systemd/system" / f"{name}.service"
    # The program stands below this root only; the rest of the unit is taken at its word.
    here = unpacked / unit.name
    here.write_text(unit.read_text().replace("/usr/bin/", f"{unpacked}/usr/bin/"))
    said = subprocess.run(["systemd-analyze", "verify", "--man=no", here], capture_output=True, text=True, timeout=60, check=False)
    mine = [line for line in said.stderr.splitlines() if name in line]
    assert said.returncode == 0 and not mine, said.stderr
    # 0.0 is the most closed, 10 is a unit without any such line: systemd's own measure, times ten.
    run("systemd-analyze", "security", "--no-pager", "--offline=true", "--threshold=20", here)


def calls_of(names):
    """The system calls that these names and @groups of systemd stand for."""
    for name in names:
        if name.startswith("@"):
            lines = run("systemd-analyze", "syscall-filter", name).splitlines()[1:]
            yield from calls_of(line.strip() for line in lines if not line.strip().startswith("#"))
        else:
            yield name


@pytest.mark.parametrize("name", NAMES)
def test_background_threads_may_step_back_and_nothing_else_of_its_kind(name):
    allowed = set()
    for line in (ROOT / f"deploy/systemd/{name}.service").read_text().splitlines():
        if line.startswith("SystemCallFilter="):  # what a later line says goes before what an earlier one does
            words = line.removeprefix("SystemCallFilter=")
            calls = set(calls_of(words.removeprefix("~").split()))
            allowed = allowed - calls if words.startswith("~") else allowed | calls
    assert allowed & set(calls_of(["@resources"])) == {"setpriority"}
    assert "read" in allowed and "chroot" not in allowed


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: namespaces and an overlay of this machine's root")
def test_installed_served_restored_upgraded_purged(packages):
    said = run("unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", ROOT / "tests/integration/package_journey.sh", packages)
    assert "installed, served, restored, upgraded, purged" in said
