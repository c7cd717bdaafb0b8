#!/usr/bin/env python3
"""docs/settings.md is made from the services' own tables (--help-markdown, settings-page). Without --write: fails when
the page and the binaries have drifted apart."""

import argparse
import pathlib
import subprocess
import sys

HEAD = """# Settings

Made from the services' own tables by `python3 tests/tidy/check_settings_page.py --build-dir build/release --write`;
do not edit. [configure.md](configure.md) says which goes where. A setting of a service is an environment variable and a flag; the
flag wins, and over both the file that a setting `X_FILE` beside `X` names. What belongs to users, keys, accounts and prices is not here: admin's REST API and `weir.yaml` have it.

"""

PARTS = (("weir-relay", "--help-markdown"), ("weir-admin", "--help-markdown"),
         ("weir-usage", "--help-markdown"), ("weir-admin", "settings-page"))


def render(build_dir):
    parts = [subprocess.run([build_dir / "bin" / name, word], check=True, capture_output=True,
                            text=True).stdout for name, word in PARTS]
    return HEAD + "\n".join(parts)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build-dir", type=pathlib.Path, required=True)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    page = pathlib.Path(__file__).resolve().parents[2] / "docs" / "settings.md"
    wanted = render(arguments.build_dir.resolve())
    if arguments.write:
        page.write_text(wanted)
        return 0
    if page.exists() and page.read_text() == wanted:
        return 0
    print(f"{page} differs from what the services say; run: python3 tests/tidy/"
          f"check_settings_page.py --build-dir {arguments.build_dir} --write")
    return 1


if __name__ == "__main__":
    sys.exit(main())
