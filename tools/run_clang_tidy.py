#!/usr/bin/env python3
"""Runs clang-tidy on every source of the compile database that is ours, and remembers what passed.

A file that was clean is not checked again until something it depends on changes: its own text, the
headers that it includes (as ninja's dependency log has them), its compile command, .clang-tidy or
clang-tidy itself. The memory is one empty file per result, below ~/.cache/weir/tidy: no path of this
checkout is part of a key, so that all clones and worktrees share it, as they share ccache.
"""

import argparse
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import time

# What only GCC understands, in the commands that the compile database records.
GCC_ONLY = re.compile(r"^-W(duplicated-cond|logical-op|no-maybe-uninitialized)$|^-fuse-ld")
OURS = ("libs", "services", "tests")


def read_database(build_dir, root):
    """The compile commands of our own sources, by path."""
    text = (build_dir / "compile_commands.json").read_text()
    entries = {}
    for entry in json.loads(text):
        path = pathlib.Path(entry["directory"], entry["file"]).resolve()
        if not path.is_relative_to(root):
            continue
        if path.relative_to(root).parts[0] in OURS:
            entries[path] = entry
    return entries


def read_dependencies(build_dir, root):
    """The files of this repository and of the build directory that each source was compiled from."""
    result = subprocess.run(
        ["ninja", "-C", str(build_dir), "-t", "deps"], capture_output=True, text=True, check=False
    )
    dependencies, current = {}, []
    for line in result.stdout.splitlines() + [""]:
        if line.startswith("    "):
            path = (build_dir / line.strip()).resolve()
            if path.is_relative_to(root) or path.is_relative_to(build_dir):
                current.append(path)
        elif not line.strip() and current:
            sources = [path for path in current if path.suffix == ".cc"]
            if sources:
                dependencies[sources[0]] = current
            current = []
    return dependencies


class Digests:
    """SHA-256 of files, each read once."""

    def __init__(self):
        self._known = {}

    def of(self, path):
        if path not in self._known:
            try:
                self._known[path] = hashlib.sha256(path.read_bytes()).hexdigest()
            except OSError:
                self._known[path] = "missing"
        return self._known[path]


def cache_key(path, entry, dependencies, digests, places, common):
    """`places`: what stands for the folders that differ from checkout to checkout, longest first."""

    def named(text):
        for folder, name in places:
            text = text.replace(str(folder), name)
        return text

    key = hashlib.sha256(common.encode())
    key.update(named(shlex.join(compiler_arguments(entry))).encode())
    for item in sorted({path, *dependencies}):
        key.update(f"{named(str(item))}:{digests.of(item)}\n".encode())
    return key.hexdigest()


def memory_folder():
    caches = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(caches, "weir", "tidy")


def command_of(entry):
    return entry.get("command") or shlex.join(entry["arguments"])


def compiler_arguments(entry):
    """Which headers and which language: the rest of a command (output, warnings for GCC) is not for
    clang."""
    words = iter(shlex.split(command_of(entry)))
    kept = []
    for word in words:
        if word in ("-I", "-isystem", "-include", "-D"):
            kept += [word, next(words)]
        elif word.startswith(("-I", "-D", "-std=", "-f", "-W")) and not GCC_ONLY.match(word):
            kept.append(word)
    return kept


FINDING = re.compile(r"^(\S+?):\d+:\d+: (?:error|warning): .*?(\[[\w.,-]+\])?$")


def own_findings(output):
    """Findings of the output that lie in this repository (paths below it are relative by now). The
    analyzer does not understand coroutines and follows them into Asio's headers; what it thinks it
    finds there is left out. Errors of the compiler count wherever they are."""
    kept, keep = [], True
    for line in output.splitlines():
        match = FINDING.match(line)
        if match:
            keep = not match[1].startswith("/") or "clang-diagnostic-error" in (match[2] or "")
        if keep:
            kept.append(line)
    return "\n".join(kept).strip()


def check(path, entry, root):
    command = ["clang-tidy", "--quiet", str(path), "--", *compiler_arguments(entry)]
    command += ["-Wno-unknown-warning-option"]
    start = time.monotonic()
    result = subprocess.run(
        command, cwd=entry["directory"], capture_output=True, text=True, check=False
    )
    output = own_findings(result.stdout.replace(f"{root}/", ""))
    if result.returncode != 0 and not result.stdout.strip():
        output = result.stderr.strip() or f"{path}: clang-tidy ended with {result.returncode}"
    return output, time.monotonic() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=pathlib.Path, required=True)
    parser.add_argument("--build-dir", type=pathlib.Path, required=True)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--verbose", action="store_true", help="print the time of each file")
    parser.add_argument("only", nargs="*", help="parts of paths: check only these files")
    options = parser.parse_args()
    root, build_dir = options.root.resolve(), options.build_dir.resolve()

    entries = read_database(build_dir, root)
    dependencies = read_dependencies(build_dir, root)
    version = subprocess.run(["clang-tidy", "--version"], capture_output=True, text=True, check=True)
    memory = memory_folder()
    memory.mkdir(parents=True, exist_ok=True)
    places = [(build_dir, "<build>"), (root, "<root>")]

    digests, unchecked = Digests(), []
    for path, entry in sorted(entries.items()):
        if options.only and not any(part in str(path) for part in options.only):
            continue
        settings = [root / ".clang-tidy", root / path.relative_to(root).parts[0] / ".clang-tidy"]
        needed = [*dependencies.get(path, ()), *settings]
        mark = memory / cache_key(path, entry, needed, digests, places, version.stdout)
        if not mark.exists():
            unchecked.append((path, entry, mark))
    print(f"clang-tidy: {len(entries)} files, {len(unchecked)} to check", flush=True)

    failed = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        jobs = {pool.submit(check, path, entry, root): (path, mark) for path, entry, mark in unchecked}
        for job in concurrent.futures.as_completed(jobs):
            path, mark = jobs[job]
            output, seconds = job.result()
            if output:
                failed += 1
                print(output, flush=True)
            else:
                mark.touch()
            if options.verbose:
                print(f"{seconds:6.1f} s  {path.relative_to(root)}", flush=True)
    if failed:
        print(f"clang-tidy: {failed} files with findings")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
