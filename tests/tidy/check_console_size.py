#!/usr/bin/env python3
"""What the console's build costs a browser, against its budgets, and whether its page keeps to its
policy. Bytes are those of gzip, as most would send it; 1 KiB = 1024 of them.

Each finding is one line. Exit code 1 if any.
"""

import gzip
import html.parser
import pathlib
import re
import sys

KIB = 1024
FIRST_LOAD_BYTES_MAX = 200 * KIB  # what the page names itself: entry, its imports, styles
PAGE_BYTES_MAX = 150 * KIB        # what one page adds to it
CHART_BYTES_MAX = 200 * KIB       # what is loaded behind a page: charts and the like
FILE_BYTES_MAX = 900 * KIB        # unpacked: more takes long to read, whatever it weighs

STATIC = re.compile(r"""(?:\bfrom|\bimport)\s*["'](\./[^"']+\.js)["']""")
DYNAMIC = re.compile(r"""\bimport\(\s*["'`](\./[^"'`]+\.js)["'`]\s*\)""")


class Page(html.parser.HTMLParser):
    """What the page loads, and what its policy would refuse."""

    def __init__(self):
        super().__init__()
        self.loads, self.refused = [], []
        self._in_script = False

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.refused += [f"<{tag} {name}>" for name in values if name.startswith("on")]
        if tag == "script":
            self._in_script = True
            self.loads.append(values.get("src", ""))
        if tag == "link" and values.get("rel") in ("modulepreload", "stylesheet", "preload"):
            self.loads.append(values.get("href", ""))
        if tag in ("base", "iframe", "object", "embed"):
            self.refused.append(f"<{tag}>")

    def handle_endtag(self, tag):
        self._in_script = self._in_script and tag != "script"

    def handle_data(self, data):
        if self._in_script and data.strip():
            self.refused.append("a script inside the page")


class Build:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self._bytes = {}

    def packed_bytes(self, path):
        if path not in self._bytes:
            self._bytes[path] = len(gzip.compress(path.read_bytes(), 9))
        return self._bytes[path]

    def whole(self, paths):
        """With all that these import before they run."""
        found, left = set(), list(paths)
        while left:
            path = left.pop()
            if path in found:
                continue
            found.add(path)
            if path.suffix == ".js":
                left += [path.parent / name for name in STATIC.findall(path.read_text())]
        return found

    def dynamic(self, paths):
        return {path.parent / name for path in paths if path.suffix == ".js"
                for name in DYNAMIC.findall(path.read_text())}

    def cost(self, paths, without=frozenset()):
        return sum(self.packed_bytes(path) for path in self.whole(paths) - without)


def check_page(build, findings):
    page = Page()
    page.feed((build.folder / "index.html").read_text())
    findings += [f"index.html: the policy refuses {what}" for what in page.refused]
    first = []
    for load in page.loads:
        if not load.startswith("/assets/"):
            findings.append(f"index.html: loads {load or 'nothing'}, which is not below /assets")
        else:
            first.append(build.folder / load[1:])
    return build.whole(first)


def check(folder):
    findings, lines = [], []
    build = Build(folder)

    def hold(name, cost, most):
        lines.append(f"{name}: {cost / KIB:.1f} of {most / KIB:.0f} KiB")
        if cost > most:
            findings.append(f"{name} costs {cost / KIB:.1f} KiB, more than {most / KIB:.0f}")

    first = check_page(build, findings)
    hold("first load", build.cost(first), FIRST_LOAD_BYTES_MAX)
    pages = build.dynamic(first)
    for path in sorted(pages):
        hold(path.name, build.cost([path], first), PAGE_BYTES_MAX)
    for path in sorted(build.dynamic(build.whole(pages)) - pages - first):
        hold(path.name, build.cost([path], first), CHART_BYTES_MAX)
    for path in sorted(build.folder.rglob("*.js")):
        if path.stat().st_size > FILE_BYTES_MAX:
            findings.append(f"{path.name} has {path.stat().st_size} bytes, more than {FILE_BYTES_MAX}")
    return findings, lines


def main():
    findings, lines = check(sys.argv[1])
    print("\n".join(lines + findings))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
