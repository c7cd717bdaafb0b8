import pathlib

import pytest


def pytest_addoption(parser):
    parser.addoption("--build-dir", default="build/release", help="below it packages are installed")


@pytest.fixture(scope="session")
def build_dir(request):
    return pathlib.Path(request.config.getoption("--build-dir")).resolve()
