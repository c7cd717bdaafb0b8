#!/usr/bin/env python3
"""The budgets' own test: a build that keeps them, and one mistake at a time."""

import pathlib
import random
import tempfile
import unittest

import check_console_size as size

PAGE = ('<!doctype html><script type="module" src="/assets/index-1.js"></script>'
        '<link rel="stylesheet" href="/assets/index-1.css">{more}')


def noise(kib):
    """What no packer makes smaller, as a comment."""
    letters = random.Random(7).choices("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", k=kib * 1366)
    return "/*" + "".join(letters) + "*/"


class SizeTest(unittest.TestCase):
    def findings(self, more="", **files):
        with tempfile.TemporaryDirectory() as folder:
            assets = pathlib.Path(folder) / "assets"
            assets.mkdir()
            (pathlib.Path(folder) / "index.html").write_text(PAGE.format(more=more))
            usual = {"index-1.js": 'import{a}from"./shared-1.js";const page=()=>import("./UsersPage-1.js")',
                     "index-1.css": "body{}", "shared-1.js": "", "UsersPage-1.js":
                     'import{b}from"./shared-1.js";const chart=()=>import(`./chart-1.js`)', "chart-1.js": ""}
            for name, text in {**usual, **files}.items():
                (assets / name).write_text(text)
            return size.check(folder)[0]

    def test_a_small_build_keeps_them(self):
        self.assertEqual(self.findings(), [])

    def test_first_load_counts_what_the_entry_imports(self):
        (finding,) = self.findings(**{"shared-1.js": noise(260)})
        self.assertIn("first load costs", finding)

    def test_a_page_counts_what_it_adds(self):
        grown = 'import{b}from"./table-1.js";const chart=()=>import("./chart-1.js")'
        (finding,) = self.findings(**{"UsersPage-1.js": grown, "table-1.js": noise(160)})
        self.assertIn("UsersPage-1.js costs", finding)
        self.assertEqual(self.findings(**{"shared-1.js": noise(160)}), [], "what is there already is free")

    def test_a_chart_has_a_budget_of_its_own(self):
        self.assertEqual(self.findings(**{"chart-1.js": noise(180)}), [])
        (finding,) = self.findings(**{"chart-1.js": noise(210)})
        self.assertIn("chart-1.js costs", finding)

    def test_what_the_policy_refuses(self):
        for more in ("<script>alert(1)</script>", '<body onload="x()">', '<base href="/x/">'):
            (finding, *_) = self.findings(more=more)
            self.assertIn("index.html", finding)
        (finding,) = self.findings(more='<link rel="stylesheet" href="https://cdn.example.com/x.css">')
        self.assertIn("not below /assets", finding)


if __name__ == "__main__":
    unittest.main()
