"""The lines of docs/clients.md that point a client at Weir. The tests run these and no others, so
that what the page says is what was tried."""

import pathlib
import re
import subprocess

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "clients.md"

_SECTION = re.compile(r"^## (.+)$", re.MULTILINE)
_SHELL = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_OF_THE_SHELL = {"PWD", "SHLVL", "OLDPWD", "_"}


def environment(section, relay_url, key, home):
    """Runs the first shell block of a section as a user of this home folder would; the variables
    that it exports. Files that it writes are in the folder then."""
    parts = _SECTION.split(PAGE.read_text(encoding="utf-8"))
    body = dict(zip(parts[1::2], parts[2::2]))[section]
    given = {"HOME": str(home), "PATH": "/usr/bin:/bin", "WEIR_RELAY_URL": relay_url,
             "WEIR_API_KEY": key}
    done = subprocess.run(["bash", "-euc", _SHELL.search(body)[1] + "\nenv -0"], cwd=home,
                          env=given, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=10, check=False)
    assert done.returncode == 0, f"docs/clients.md, {section}: {done.stderr}"
    variables = dict(entry.split("=", 1) for entry in done.stdout.split("\0") if entry)
    return {name: value for name, value in variables.items()
            if name not in _OF_THE_SHELL and name not in ("HOME", "PATH")}
