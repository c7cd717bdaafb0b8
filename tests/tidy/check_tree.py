#!/usr/bin/env python3
"""Checks the rules of this tree that no compiler checks: layers, banned words, sizes, protos.

Each finding is one line, path:line: what is wrong and what to write instead. Exit code 1 if any.
"""

import pathlib
import re
import sys

import layers

SOURCE_SUFFIXES = {".cc", ".h"}
TEXT_SUFFIXES = SOURCE_SUFFIXES | {
    ".proto", ".py", ".sh", ".cmake", ".sql", ".ts", ".vue", ".yaml", ".yml", ".csv", ".md",
}
FOLDERS = ("libs", "services", "proto", "tests", "tools", "cmake", "deploy", "docs", ".ci", "web")
SKIPPED = {"node_modules", "dist", "__pycache__", "build"}
GENERATED = (".gen.ts",)
LINES_MAX = 400

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]')

# What is banned in services and libs -> what to write instead. Matched on code without comments
# and without the contents of string literals.
BANNED = [
    (r"\bstd::cout\b|\bstd::cerr\b|\bstd::clog\b", "std::cout and std::cerr are banned",
     "libs/common/log.h, which writes one JSON line per event"),
    (r"(?<![\w.>:])(f|v|vf)?printf\s*\(", "printf is banned", "libs/common/log.h or StrCat"),
    (r"\bv?sn?printf\s*\(", "sprintf is banned", "StrCat or absl::StrFormat"),
    (r"\bstr(n?cpy|n?cat|tok)\s*\(", "C string functions are banned", "std::string and views"),
    (r"\bato[ilf]\s*\(|\bstd::sto\w+\s*\(", "atoi and std::stoi are banned",
     "ParseInteger (libs/common/text.h), which tells an error"),
    (r"(?<![\w.>])(std::)?s?rand\s*\(", "rand is banned", "libsodium's randombytes or absl::BitGen"),
    (r"\bstd::regex\b", "std::regex is banned (slow, can exhaust the stack)", "RE2"),
    (r"\.detach\s*\(\s*\)", "detached threads are banned", "a thread that its owner joins"),
    (r"\bstd::endl\b", "std::endl is banned", "'\\n'; it flushes each time"),
    (r"\busing\s+namespace\s+std\b", "using namespace std is banned", "the names one needs"),
    (r"\b(float|double)\s+\w*(usd|price|cost|money)\w*\b", "money as a float is banned",
     "std::int64_t in nano-USD (libs/common/money.h)"),
    (r"\bgets\s*\(|\bsystem\s*\(|\bpopen\s*\(", "shelling out is banned", "a library call"),
]
BANNED = [(re.compile(pattern), what, instead) for pattern, what, instead in BANNED]

# On the line before: the rule was thought about, and this is why it does not hold here.
ALLOWED = re.compile(r"//\s*tidy: allowed, \w+")

# Programs whose output is for the terminal, by file.
MAY_PRINT = re.compile(r"(^|/)(main|seed\w*|\w+_command)\.cc$")

# Split in two, so that this file does not find itself.
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")

LITERAL = re.compile(r'"(?:\\.|[^"\\])*"' r"|'(?:\\.|[^'\\])+'")


class Findings:
    def __init__(self, root):
        self._root = root
        self.lines = []

    def add(self, path, line, text):
        self.lines.append(f"{path.relative_to(self._root)}:{line}: {text}")


def files_below(root):
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            generated = ".gen." in path.name
            if path.is_file() and not generated and not SKIPPED & set(path.relative_to(root).parts):
                yield path


def code_lines(text):
    """Lines without comments and with empty string literals; line numbers are kept."""
    text = re.sub(r'R"(\w*)\((?:.|\n)*?\)\1"', lambda m: '""' + "\n" * m[0].count("\n"), text)
    text = re.sub(r"/\*(?:.|\n)*?\*/", lambda m: "\n" * m[0].count("\n"), text)
    return [re.sub(r"//.*", "", LITERAL.sub('""', line)) for line in text.split("\n")]


def allowed(include, row):
    for prefix in row:
        if prefix.endswith("**"):
            if include.startswith(prefix[:-2]):
                return True
        elif prefix.endswith("/"):
            if include.startswith(prefix) and "/" not in include[len(prefix):]:
                return True
        elif include.startswith(prefix):
            return True
    return False


def is_test(relative):
    return relative.parts[0] == "tests" or relative.name.endswith("_test.cc")


def check_includes(path, relative, text, found):
    folder = relative.parent.as_posix()
    row = layers.ROOTS.get(relative.with_suffix("").as_posix(), layers.LAYERS.get(folder))
    if row is None:
        found.add(path, 1, f"the folder {folder} has no row in tests/tidy/layers.py; "
                           "say there what it may include")
        return
    for number, line in enumerate(text.split("\n"), 1):
        match = INCLUDE.match(line)
        if match:
            check_include(path, relative, match[1], row, number, found)


def check_include(path, relative, include, row, number, found):
    folder = relative.parent.as_posix()
    if "../" in include:
        found.add(path, number, f'"{include}": include from the repository root')
    if include.startswith(("libs/", "services/", "tests/", "weir/v1/")):
        own = include.rpartition("/")[0] == folder
        if not own and not allowed(include, row):
            found.add(path, number, f"{folder} may not include {include} "
                                    f"(tests/tidy/layers.py); it may: {', '.join(row) or 'nothing'}")
    for banned in layers.FORBIDDEN.get(folder, ()):
        if include.startswith(banned):
            found.add(path, number, f"{folder} is free of I/O: {include} belongs to net or the root")
    heavy = include not in layers.LIGHT and include.startswith(tuple(layers.HEAVY))
    if relative.suffix == ".h" and heavy:
        found.add(path, number, f"{include} in a header is banned (seconds per file); include it in "
                                "the .cc and forward declare or use a pimpl here")
    if include in ("iostream", "regex"):
        found.add(path, number, f"<{include}> is banned, see the banned functions")


def check_banned(path, relative, text, found):
    raw = text.split("\n")
    for number, line in enumerate(code_lines(text), 1):
        for pattern, what, instead in BANNED:
            if pattern.search(line) and not ALLOWED.search(raw[max(0, number - 2)]):
                if "print" in what or "cout" in what:
                    if MAY_PRINT.search(relative.as_posix()):
                        continue
                found.add(path, number, f"{what}, use {instead}")


def check_cross_service(path, relative, text, found):
    """A test of one service does not reach into another either."""
    parts = relative.parts
    own = next((part for part in parts if part in ("relay", "admin", "usage")), None)
    if own is None or parts[:2] != ("tests", "unit"):
        return
    for number, line in enumerate(text.split("\n"), 1):
        match = INCLUDE.match(line)
        if match and match[1].startswith("services/") and match[1].split("/")[1] != own:
            found.add(path, number, f"tests of {own} may not include {match[1]}")


def check_text(path, relative, text, found):
    lines = text.split("\n")
    for number, line in enumerate(lines, 1):
        if UNFINISHED.search(line):
            found.add(path, number, "marks of unfinished work are banned, finish it or open an issue")
        if line.endswith((" ", "\t")) and path.suffix != ".md":
            found.add(path, number, "space at the end of the line")
    if text and not text.endswith("\n"):
        found.add(path, len(lines), "the last line has no line end")
    code = relative.suffix in {".cc", ".h", ".py", ".sh", ".ts", ".vue", ".proto"}
    if code and not is_test(relative) and len(lines) - 1 > LINES_MAX:
        found.add(path, len(lines), f"{len(lines) - 1} lines; more than {LINES_MAX} want to be split")


MESSAGE = re.compile(r"^\s*(message|enum|oneof|service)\s+(\w+)\s*\{")
FIELD = re.compile(r"^\s*(?:repeated |optional )?(?:map<[^>]+>|[\w.]+)\s+(\w+)\s*=\s*(\d+)\s*[;\[]")
VALUE = re.compile(r"^\s*(\w+)\s*=\s*(-?\d+)\s*[;\[]")
RESERVED = re.compile(r"^\s*reserved\s+([\d\s,to]+);")


class Block:
    def __init__(self, kind, name, parent):
        self.kind, self.name = kind, name
        # The members of a oneof are numbered with those of its message.
        shares = kind == "oneof" and parent
        self.numbers = parent.numbers if shares else {}
        self.names = parent.names if shares else set()


def check_proto(path, _relative, text, found):
    stack, previous = [], ""
    for number, raw in enumerate(text.split("\n"), 1):
        line, _, comment = raw.partition("//")
        opening = MESSAGE.match(line)
        if opening:
            stack.append(Block(opening[1], opening[2], stack[-1] if stack else None))
            if "}" in line:
                stack.pop()
        elif stack and line.strip().startswith("}"):
            stack.pop()
        elif stack:
            check_proto_line(path, number, line, stack[-1], found)
            check_proto_comment(path, number, line, comment or previous, stack[-1], found)
        previous = raw.strip()[2:] if raw.strip().startswith("//") else ""


def check_proto_line(path, number, line, block, found):
    reserved = RESERVED.match(line)
    if reserved:
        for first, last in re.findall(r"(\d+)(?:\s+to\s+(\d+))?", reserved[1]):
            for value in range(int(first), int(last or first) + 1):
                claim_number(path, number, block, value, "reserved", found)
        return
    if block.kind == "enum":
        match = VALUE.match(line)
        if match:
            claim_number(path, number, block, int(match[2]), match[1], found)
            if match[2] == "0" and not match[1].endswith("_UNSPECIFIED"):
                found.add(path, number, f"{match[1]} = 0: the zero value is named …_UNSPECIFIED")
        return
    match = FIELD.match(line)
    if match and block.kind in ("message", "oneof"):
        claim_number(path, number, block, int(match[2]), match[1], found)


def check_proto_comment(path, number, line, comment, block, found):
    """A number without its unit is a guess; members of a oneof are named by their message."""
    match = FIELD.match(line)
    scalar = re.match(r"^\s*(repeated |optional )?(u?int|sint|s?fixed|double|float|bytes)", line)
    if match and scalar and block.kind == "message" and not comment.strip():
        told = re.search(r"_(ms|us|id|ids|nano_usd|pico_usd|tokens|bytes|status|revision)$|^revision$|^id$",
                         match[1])
        if not told:
            found.add(path, number, f"{match[1]}: say its unit or meaning in a comment")


def claim_number(path, number, block, value, name, found):
    if value in block.numbers:
        found.add(path, number, f"{block.name}: number {value} of {name} is taken by "
                                f"{block.numbers[value]}")
    block.numbers[value] = name
    if name != "reserved":
        if name in block.names:
            found.add(path, number, f"{block.name}: the name {name} is taken")
        block.names.add(name)


def check_tree(root):
    found = Findings(root)
    for path in files_below(root):
        relative = path.relative_to(root)
        if path.suffix not in TEXT_SUFFIXES or path.name.endswith(GENERATED):
            continue
        text = path.read_text(encoding="utf-8")
        check_text(path, relative, text, found)
        if path.suffix == ".proto":
            check_proto(path, relative, text, found)
        if path.suffix in SOURCE_SUFFIXES:
            check_cross_service(path, relative, text, found)
            if relative.parts[0] in ("libs", "services") and not is_test(relative):
                check_includes(path, relative, text, found)
                check_banned(path, relative, text, found)
    return found.lines


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    lines = check_tree(root)
    for line in lines:
        print(line)
    print(f"tidy: {len(lines)} findings" if lines else "tidy: clean")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
