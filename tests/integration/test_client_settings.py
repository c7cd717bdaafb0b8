"""./weir client: a client's own settings, with everything in them that is not ours left as it was."""

import json
import os
import pty
import stat
import subprocess
import tomllib

import pytest

import harness

WEIR = str(harness.REPOSITORY / "weir")
KEY = "ck_0123456789abcdef0123456789abcdef"
URL = "http://127.0.0.1:8080"


class Home:
    def __init__(self, folder):
        self.folder = folder
        self.environment = {k: v for k, v in os.environ.items()
                            if k not in ("CLAUDE_CONFIG_DIR", "CODEX_HOME")}
        self.environment.update(HOME=str(folder), WEIR_API_KEY=KEY, WEIR_RELAY_URL=URL)

    def run(self, *arguments):
        return subprocess.run([WEIR, "client", *arguments], env=self.environment,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30,
                              check=False)

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def copies(self, path):
        return [p for p in path.parent.iterdir() if ".before-weir-" in p.name]


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path)


def test_claude_keeps_what_is_not_ours(home):
    path = home.write(".claude/settings.json", json.dumps(
        {"permissions": {"allow": ["Bash"]}, "env": {"FOO": "1", "ANTHROPIC_BASE_URL": "https://x"}}))
    before = path.read_text()
    done = home.run("claude", "--yes")
    assert done.returncode == 0, done.stderr
    assert json.loads(path.read_text()) == {
        "permissions": {"allow": ["Bash"]},
        "env": {"FOO": "1", "ANTHROPIC_BASE_URL": URL, "ANTHROPIC_AUTH_TOKEN": KEY}}
    assert "was https://x" in done.stdout
    assert KEY not in done.stdout, "the key is shown masked"
    (copy,) = home.copies(path)
    assert copy.read_text() == before
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    again = home.run("claude", "--yes")
    assert again.returncode == 0 and "says so already" in again.stdout
    assert len(home.copies(path)) == 1


def test_a_new_file_is_for_its_owner_alone(home):
    assert home.run("claude", "--yes").returncode == 0
    path = home.folder / ".claude" / "settings.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(path.read_text())["env"]["ANTHROPIC_AUTH_TOKEN"] == KEY


def test_nothing_is_written_unasked(home):
    done = home.run("claude")
    assert done.returncode == 1
    assert "--yes" in done.stderr
    assert not (home.folder / ".claude").exists()


def answer(home, text):
    """As a person at a terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen([WEIR, "client", "claude"], env=home.environment, stdin=theirs,
                               stdout=subprocess.PIPE, text=True)
    os.close(theirs)
    os.write(ours, text.encode() + b"\n")
    output = process.communicate(timeout=30)[0]
    os.close(ours)
    return process.returncode, output


def test_it_asks(home):
    code, output = answer(home, "n")
    assert code == 1 and "nothing was changed" in output
    assert not (home.folder / ".claude").exists()
    assert answer(home, "y")[0] == 0
    assert (home.folder / ".claude" / "settings.json").exists()


def test_a_file_that_cannot_be_read_is_not_touched(home):
    for name, client, text in ((".claude/settings.json", "claude", '{"env": {'),
                               (".claude/settings.json", "claude", "[1]"),
                               (".gemini/settings.json", "gemini", '{"security": 7}'),
                               (".codex/config.toml", "codex", "model = ")):
        path = home.write(name, text)
        done = home.run(client, "--yes")
        assert done.returncode == 1, (client, done.stdout)
        assert path.read_text() == text
        assert not home.copies(path)


CODEX = '''# mine
model = "gpt-5.5"   # keep
model_provider = "openai"
approval_policy = "never"

[model_providers.other]
name = "Other"

[model_providers.weir]
base_url = "http://old/v1"
supports_websockets = true

[features]
plugins = false
'''


def test_codex_keeps_comments_and_order(home):
    path = home.write(".codex/config.toml", CODEX)
    done = home.run("codex", "--yes")
    assert done.returncode == 0, done.stderr
    text = path.read_text()
    settings = tomllib.loads(text)
    assert settings["model_provider"] == "weir"
    assert settings["model_providers"]["weir"] == {
        "name": "Weir", "base_url": f"{URL}/v1", "env_key": "WEIR_API_KEY", "wire_api": "responses",
        "supports_websockets": True}
    assert settings["model_providers"]["other"] == {"name": "Other"}
    assert settings["features"] == {"plugins": False}
    for line in ("# mine", 'model = "gpt-5.5"   # keep', 'approval_policy = "never"'):
        assert line in text
    assert KEY not in text, "the key stays in the environment"
    assert f"export WEIR_API_KEY={KEY}" in done.stdout
    assert "says so already" in home.run("codex", "--yes").stdout


def test_codex_from_nothing(home):
    assert home.run("codex", "--yes").returncode == 0
    settings = tomllib.loads((home.folder / ".codex" / "config.toml").read_text())
    assert settings["model_providers"]["weir"]["base_url"] == f"{URL}/v1"


def test_codex_in_another_spelling_is_left_alone(home):
    text = 'model_providers.weir = { name = "x" }\n'
    path = home.write(".codex/config.toml", text)
    done = home.run("codex", "--yes")
    assert done.returncode == 1 and "by hand" in done.stderr
    assert path.read_text() == text


def test_env_prints_lines_for_a_shell(home):
    done = home.run("env")
    shell = subprocess.run(["bash", "-c", done.stdout + 'echo "$OPENAI_BASE_URL $GEMINI_API_KEY"'],
                           capture_output=True, text=True, check=True)
    assert shell.stdout == f"{URL}/v1 {KEY}\n"


def test_what_is_missing_is_said(home):
    del home.environment["WEIR_API_KEY"]
    done = home.run("env", "--data", str(home.folder / "none"))
    assert done.returncode == 1 and "WEIR_API_KEY" in done.stderr
    assert home.run("emacs").returncode == 2
    assert home.run().returncode == 2
    assert "asks" in home.run("--help").stdout
