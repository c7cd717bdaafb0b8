#!/usr/bin/env python3
"""Points a client on this machine at Weir: shows what would change in its own settings, asks, keeps
a copy of what was there, and changes nothing else.

`./weir client` calls it; the key comes in the environment (WEIR_API_KEY), never as an argument, which
other users of the machine could read.
"""

import argparse
import json
import os
import pathlib
import re
import shlex
import stat
import sys
import tempfile
import time
import tomllib


class Refused(Exception):
    """Nothing was changed; the text says why and what to do."""


def masked(value):
    """A key as it may be shown."""
    return value if len(value) < 12 else f"{value[:3]}…{value[-4:]}"


def home(variable, name):
    """A client's folder: the one its variable names, or the usual one."""
    return pathlib.Path(os.environ.get(variable) or pathlib.Path.home() / name)


def read_json(path):
    if not path.exists():
        return {}
    try:
        settings = json.loads(path.read_text())
    except ValueError as error:
        raise Refused(f"{path} is not JSON ({error}): mend it, or set the variables of "
                      "`./weir client env` instead") from error
    if not isinstance(settings, dict):
        raise Refused(f"{path} does not hold an object")
    return settings


def put(settings, names, value, changes):
    """Sets one member of nested objects and notes it where it differs."""
    *outer, last = names
    for name in outer:
        settings = settings.setdefault(name, {})
        if not isinstance(settings, dict):
            raise Refused(f"{name} is not an object there")
    if settings.get(last) != value:
        changes.append((".".join(names), settings.get(last), value))
        settings[last] = value


def claude(url, key):
    path = home("CLAUDE_CONFIG_DIR", ".claude") / "settings.json"
    settings, changes = read_json(path), []
    put(settings, ("env", "ANTHROPIC_BASE_URL"), url, changes)
    put(settings, ("env", "ANTHROPIC_AUTH_TOKEN"), key, changes)
    return path, json.dumps(settings, indent=2, ensure_ascii=False) + "\n", changes, []


def gemini(url, key):
    path = pathlib.Path.home() / ".gemini" / "settings.json"
    settings, changes = read_json(path), []
    put(settings, ("security", "auth", "selectedType"), "gemini-api-key", changes)
    return path, json.dumps(settings, indent=2, ensure_ascii=False) + "\n", changes, \
        exports(GOOGLE_GEMINI_BASE_URL=url, GEMINI_API_KEY=key)


CODEX_SECTION = "[model_providers.weir]"


def codex_text(text, url):
    """config.toml with Weir as its provider: one line on top, one section, all else as it stands."""
    wanted = {"name": "Weir", "base_url": f"{url}/v1", "env_key": "WEIR_API_KEY",
              "wire_api": "responses"}
    lines = text.splitlines(keepends=True)
    first_section = next((i for i, line in enumerate(lines) if line.lstrip().startswith("[")),
                         len(lines))
    kept = [line for line in lines[:first_section]
            if not re.match(r"\s*model_provider\s*=", line)]
    rest = lines[first_section:]
    begin = next((i for i, line in enumerate(rest) if line.strip() == CODEX_SECTION), None)
    if begin is not None:
        end = next((i for i in range(begin + 1, len(rest)) if rest[i].lstrip().startswith("[")),
                   len(rest))
        own = [line for line in rest[begin + 1:end]
               if not re.match(rf"\s*({'|'.join(wanted)})\s*=", line)]
        rest[begin:end] = section(wanted) + own
    else:
        if rest and not rest[-1].endswith("\n"):
            rest[-1] += "\n"
        rest += (["\n"] if kept or rest else []) + section(wanted)
    top = ['model_provider = "weir"\n'] + ([] if kept else ["\n"])
    return "".join(top + kept + rest), wanted


def section(wanted):
    return [CODEX_SECTION + "\n"] + [f"{name} = {json.dumps(value)}\n"
                                     for name, value in wanted.items()]


def codex(url, key):
    path = home("CODEX_HOME", ".codex") / "config.toml"
    text = path.read_text() if path.exists() else ""
    try:
        before = tomllib.loads(text)
        made, wanted = codex_text(text, url)
        after = tomllib.loads(made)
    except tomllib.TOMLDecodeError as error:
        raise Refused(f"{path} cannot be read ({error}): docs/clients.md has the lines to write "
                      "by hand") from error
    expected = {**before, "model_provider": "weir"}
    providers = dict(before.get("model_providers", {}))
    own = providers.get("weir", {})
    providers["weir"] = {**own, **wanted}
    expected["model_providers"] = providers
    if after != expected:
        raise Refused(f"{path} is written in a way that this command does not change safely: "
                      "docs/clients.md has the lines to write by hand")
    changes = [("model_provider", before.get("model_provider"), "weir")]
    changes += [(f"model_providers.weir.{name}", own.get(name), value)
                for name, value in wanted.items()]
    return path, made, [change for change in changes if change[1] != change[2]], \
        exports(WEIR_API_KEY=key)


def exports(**variables):
    return [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]


def environment(url, key):
    """Lines for a shell that suit every client and SDK of docs/clients.md."""
    return exports(ANTHROPIC_BASE_URL=url, ANTHROPIC_AUTH_TOKEN=key,
                   OPENAI_BASE_URL=f"{url}/v1", OPENAI_API_KEY=key,
                   GOOGLE_GEMINI_BASE_URL=url, GEMINI_API_KEY=key, WEIR_API_KEY=key)


CLIENTS = {"claude": claude, "codex": codex, "gemini": gemini}


def write(path, text):
    """In one step; a copy of what was there stays beside it."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = path.resolve()  # a link stays a link
    mode = 0o600
    if path.exists():
        mode = stat.S_IMODE(path.stat().st_mode)
        copy = path.with_name(f"{path.name}.before-weir-{time.strftime('%Y%m%d-%H%M%S')}")
        copy.touch(mode=0o600, exist_ok=False)
        copy.write_bytes(path.read_bytes())
        print(f"kept what was there as {copy}")
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "w") as file:
        os.fchmod(handle, mode)
        file.write(text)
    os.replace(name, path)
    print(f"wrote {path}")


def show(path, changes, key):
    print(f"{path}{'' if path.exists() else ' (new)'}:")
    for name, before, after in changes:
        shown = masked(after) if after == key else json.dumps(after)
        was = "" if before is None else f" (was {masked(before) if 'TOKEN' in name else before})"
        print(f"  {name} = {shown}{was}")


def agreed(options):
    if options.yes:
        return True
    if not sys.stdin.isatty():
        raise Refused("nothing was changed: say --yes where nobody can be asked")
    return input("write it? [y/N] ").strip().lower() in ("y", "yes")


def main():
    parser = argparse.ArgumentParser(prog="./weir client", description=__doc__)
    parser.add_argument("client", choices=[*CLIENTS, "env"])
    parser.add_argument("--url", required=True)
    parser.add_argument("--yes", action="store_true")
    options = parser.parse_args()
    key, url = os.environ.get("WEIR_API_KEY", ""), options.url.rstrip("/")
    if not key:
        raise Refused("no key: set WEIR_API_KEY to one that Weir issued")
    if not re.match(r"https?://[^\s/]+", url):
        raise Refused(f"{url} is not an address like http://127.0.0.1:8080")
    if options.client == "env":
        print("\n".join(environment(url, key)))
        return 0
    path, text, changes, also = CLIENTS[options.client](url, key)
    if changes:
        show(path, changes, key)
        if not agreed(options):
            print("nothing was changed")
            return 1
        write(path, text)
    else:
        print(f"{path} says so already")
    if also:
        print("and in the shell that it is started from:\n" + "\n".join(f"  {x}" for x in also))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Refused as refusal:
        sys.exit(f"weir: {refusal}")
