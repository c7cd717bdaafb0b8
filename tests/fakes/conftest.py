import sys
import pathlib

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from fake_process import Fake  # noqa: E402


@pytest.fixture(name="fake")
def fake_fixture(tmp_path):
    running = Fake(tmp_path)
    yield running
    assert running.stop() == 0
