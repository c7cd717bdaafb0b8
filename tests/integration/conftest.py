"""Fixtures: where the binaries are, and a running stack for a file of tests."""

import os
import pathlib
import subprocess

import pytest

import harness
import small_disk as small_disk_module
import upstream as upstream_module


def pytest_addoption(parser):
    parser.addoption("--build-dir", default="build/release", help="where bin/weir-relay is")


def pytest_configure(config):
    config.addinivalue_line("markers", "long: takes minutes; runs with -m long alone")


def pytest_collection_modifyitems(config, items):
    if "long" in config.option.markexpr:
        return
    config.hook.pytest_deselected(items=[item for item in items if item.get_closest_marker("long")])
    items[:] = [item for item in items if not item.get_closest_marker("long")]


@pytest.fixture(scope="session")
def build_dir(request):
    path = pathlib.Path(request.config.getoption("--build-dir")).resolve()
    assert (path / "bin" / "weir-relay").exists(), f"{path}/bin/weir-relay is missing: ./weir build"
    return path


@pytest.fixture(scope="session")
def no_sanitizer(build_dir):
    """For tests of memory, and for what must be loaded first: both belong to a sanitizer there."""
    linked = subprocess.run(["ldd", build_dir / "bin" / "weir-relay"], capture_output=True, text=True,
                            check=True).stdout
    if "libasan" in linked or "libtsan" in linked:
        pytest.skip("built with a sanitizer")


@pytest.fixture(scope="module")
def stack(build_dir):
    """All services, shared by the tests of a file. They must all be alive at the end, and stop
    in order."""
    made = harness.Stack(build_dir)
    try:
        made.start()
        yield made
        for service in made.services():
            assert service.is_running(), f"{service.name} died\n{service.log_tail()}"
    finally:
        codes = made.close()
    assert codes == {name: 0 for name in codes}, f"exit codes after SIGTERM: {codes}"


@pytest.fixture
def fresh_stack(build_dir):
    """All services for one test, which may kill them."""
    made = harness.Stack(build_dir)
    try:
        made.start()
        yield made
    finally:
        made.close()


@pytest.fixture
def small_disk():
    made = small_disk_module.SmallDisk()
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def upstream():
    made = upstream_module.Upstream()
    yield made
    made.close()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failed test shows the end of the services' logs; one that is left out is written down (`./weir test` says so)."""
    outcome = yield
    report = outcome.get_result()
    left_out = os.environ.get("WEIR_LEFT_OUT_FILE")
    if report.skipped and left_out and not hasattr(report, "wasxfail"):
        with open(left_out, "a", encoding="utf-8") as file:
            file.write(f"{item.nodeid}: {report.longrepr[2]}\n")
    if report.when != "call" or not report.failed:
        return
    for name in ("stack", "fresh_stack"):
        made = item.funcargs.get(name)
        for service in made.services() if made else ():
            report.sections.append((f"log of {service.name}", service.log_tail()))
