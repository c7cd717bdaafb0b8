"""Every setting that something below deploy/ names is one that the services have."""

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
NAME = re.compile(r"\bWEIR_(?:RELAY|ADMIN|USAGE)_[A-Z0-9_]+")
# Of compose's own: what is published where.
COMPOSE = {"WEIR_RELAY_PORT", "WEIR_ADMIN_PORT"}


def test_settings_exist():
    known = set(NAME.findall((ROOT / "docs/settings.md").read_text())) | COMPOSE
    assert len(known) > 60, "docs/settings.md reads otherwise than this test thinks"
    strangers = {}
    for file in sorted((ROOT / "deploy").rglob("*")):
        if file.is_file() and (unknown := set(NAME.findall(file.read_text())) - known):
            strangers[str(file.relative_to(ROOT))] = sorted(unknown)
    assert not strangers
