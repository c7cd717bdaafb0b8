#!/usr/bin/env python3
"""Compares our o200k_base with the published encoder (PyPI's tiktoken), token by token: this tree's
own texts, a corpus in many languages, and random text of every script.

Exit code 77 (skipped, for ctest) when the encoder cannot be had."""

import argparse
import hashlib
import os
import pathlib
import random
import struct
import subprocess
import sys
import unicodedata

ROOT = pathlib.Path(__file__).resolve().parents[2]
TIKTOKEN = "tiktoken==0.14.0"
RANKS_URL = "https://openaipublic.blob.core.windows.net/encodings/o200k_base.tiktoken"
SKIPPED = 77
RANDOM_TEXTS = 4000


def virtual_environment(build_dir):
    """Its python, with the published encoder installed."""
    folder = build_dir / "venvs" / "tokenizer"
    python = folder / "bin" / "python"
    stamp = folder / TIKTOKEN
    if not stamp.exists():
        made = subprocess.run([sys.executable, "-m", "venv", "--clear", folder]).returncode == 0
        if not made or subprocess.run([python, "-m", "pip", "install", "-q", TIKTOKEN]).returncode:
            print(f"skipped: {TIKTOKEN} cannot be installed (no network, or no python3-venv)")
            sys.exit(SKIPPED)
        stamp.touch()
    return python


def keep_ranks(build_dir):
    """The encoder looks for its ranks in this folder before it asks the network."""
    ranks = build_dir / "token_ranks/tiktoken-rs-0.6.0/assets/o200k_base.tiktoken"
    folder = build_dir / "venvs" / "ranks"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / hashlib.sha1(RANKS_URL.encode()).hexdigest()).write_bytes(ranks.read_bytes())
    return folder


def texts():
    for pattern in ("docs/*.md", "*.md", "services/relay/*.cc", "proto/**/*.proto", "tools/lib/*.sh",
                    "tests/integration/*.py", "services/admin/data/*.csv"):
        for path in sorted(ROOT.glob(pattern)):
            yield str(path.relative_to(ROOT)), path.read_text()
    for path in sorted((ROOT / "tests/tokenizer/corpus").iterdir()):
        yield str(path.relative_to(ROOT)), path.read_text()
    source = random.Random(20261)
    for number in range(RANDOM_TEXTS):
        yield f"random text {number}", random_text(source)


def random_text(source):
    """Runs of letters of a few scripts, with the marks, spaces and endings that the rules name."""
    pieces = []
    for _ in range(source.randrange(1, 30)):
        kind = source.randrange(6)
        if kind == 0:
            pieces.append(source.choice([" ", "  ", "\n", "\r\n", "\t", " \n\n ", "\u00a0", "\u3000",
                                         "\u0085", "\u180e", "\u2028", "   "]))
        elif kind == 1:
            pieces.append(source.choice(["'s", "'RE", "'ll", "'d", "'T", "'\u017f", "'", "n't"]))
        elif kind == 2:
            pieces.append(str(source.randrange(10 ** source.randrange(1, 12))))
        elif kind == 3:
            pieces.append("".join(source.choice("{}[]()<>/\\|\"'`~!@#$%^&*-_=+:;.,?\r\n")
                                  for _ in range(source.randrange(1, 9))))
        else:
            first = source.choice([0x41, 0xc0, 0x370, 0x400, 0x5d0, 0x620, 0x900, 0xe00, 0x1100, 0x1e00,
                                   0x2000, 0x2100, 0x3040, 0x4e00, 0x9fa0, 0xac00, 0x1d400, 0x1f300])
            letters = (chr(first + source.randrange(96)) for _ in range(source.randrange(1, 12)))
            pieces.append("".join(c for c in letters if unicodedata.category(c) != "Cn"))
    return "".join(pieces)


def ours(encoder, samples):
    frames = b"".join(struct.pack("<I", len(data)) + data
                      for data in (text.encode() for _, text in samples))
    lines = subprocess.run([encoder], input=frames, stdout=subprocess.PIPE, check=True).stdout
    return [[int(token) for token in line.split()] for line in lines.decode().splitlines()]


def compare(encoder):
    import tiktoken  # only in the virtual environment
    published = tiktoken.get_encoding("o200k_base")
    samples = list(texts())
    counted, different = 0, []
    for (name, text), tokens in zip(samples, ours(encoder, samples), strict=True):
        expected = published.encode_ordinary(text)
        counted += len(expected)
        if tokens != expected:
            different.append(f"{name}: {len(tokens)} tokens, published {len(expected)}: {text[:60]!r}")
    print(f"{len(samples)} texts, {counted} tokens, {len(different)} texts differ")
    print("\n".join(different[:20]))
    return 1 if different or counted < 300_000 else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build-dir", type=pathlib.Path, required=True)
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    build_dir = options.build_dir.resolve()
    if options.inside:
        return compare(build_dir / "bin/encode_tokens")
    python = virtual_environment(build_dir)
    environment = {**os.environ, "TIKTOKEN_CACHE_DIR": str(keep_ranks(build_dir))}
    return subprocess.run([python, "-B", __file__, "--inside", "--build-dir", build_dir],
                          env=environment).returncode


if __name__ == "__main__":
    sys.exit(main())
