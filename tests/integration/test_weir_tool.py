"""./weir as a newcomer uses it, with a folder and ports of its own."""

import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import time

import pytest

import http_client
from admin_client import AdminClient, eventually
from weir_tool import SERVICES, WEIR, Tool, is_alive


@pytest.fixture
def tool(build_dir, tmp_path):
    made = Tool(build_dir, tmp_path)
    yield made
    made.down()


def test_up_prints_what_works_and_leaves_it_in_dev_env(tool):
    result = tool.up_demo()
    env = tool.dev_env()
    assert env["WEIR_RELAY_URL"] == f"http://127.0.0.1:{tool.base}"
    assert env["WEIR_ADMIN_URL"] == f"http://127.0.0.1:{tool.base + 1}"
    assert stat.S_IMODE((tool.data / "dev.env").stat().st_mode) == 0o600
    assert stat.S_IMODE(tool.data.stat().st_mode) == 0o700
    for secret in ("internal.token", "master.key"):
        assert stat.S_IMODE((tool.data / "secrets" / secret).stat().st_mode) == 0o600
    for text in (env["WEIR_ADMIN_PASSWORD"], env["WEIR_API_KEY"], env["WEIR_ADMIN_URL"],
                 "ANTHROPIC_BASE_URL", "ANTHROPIC_AUTH_TOKEN"):
        assert text in result.stdout
    for service in SERVICES:
        assert is_alive(tool.pid(service))


def test_up_serves_the_console_and_tells_it_where_the_relay_is(tool, tmp_path):
    built = tmp_path / "dist"
    built.mkdir()
    (built / "index.html").write_text("<!doctype html>console")
    tool.environment["WEIR_ADMIN_CONSOLE_DIR"] = str(built)
    result = tool.up_demo()
    console = f"http://127.0.0.1:{tool.base + 1}/"
    assert re.search(rf"console +{re.escape(console)}$", result.stdout, re.MULTILINE), result.stdout
    page = http_client.request(tool.base + 1, "GET", "/logs?range=7d", {"accept": "text/html"})
    assert page.status == 200 and page.body == b"<!doctype html>console"
    assert f"connect-src 'self' http://127.0.0.1:{tool.base};" in page.header("content-security-policy")
    env = tool.dev_env()
    api = AdminClient(tool.base + 1, env["WEIR_ADMIN_USERNAME"], env["WEIR_ADMIN_PASSWORD"])
    settings = api.get("/api/v1/admin/settings")
    assert settings["relay_url"] == f"http://127.0.0.1:{tool.base}", settings
    assert settings["console_url"] == console.rstrip("/")
    # The relay lets that page read its answers.
    origin = {"origin": console.rstrip("/"), "x-api-key": env["WEIR_API_KEY"]}
    reply = eventually(lambda: allowed(tool.base, origin), "the relay knows the console's origin")
    assert reply.status == 200


def allowed(port, headers):
    reply = http_client.request(port, "GET", "/v1/models", headers)
    return reply if reply.header("access-control-allow-origin") == headers["origin"] else None


def test_up_without_a_build_says_that_there_is_no_console(tool, tmp_path):
    tool.environment["WEIR_ADMIN_CONSOLE_DIR"] = str(tmp_path / "nowhere")
    result = tool.up_demo()
    assert f"http://127.0.0.1:{tool.base + 1}/ (without the console" in result.stdout


def test_the_printed_requests_stream_and_the_log_has_them(tool):
    printed = tool.up_demo().stdout
    commands = re.findall(r"curl -N .*?\}'\n", printed, re.DOTALL)
    answers = [subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=30,
                              check=True).stdout for command in commands]
    assert "message_stop" in answers[0]
    assert "[DONE]" in answers[1]
    env = tool.dev_env()
    api = AdminClient(tool.base + 1, env["WEIR_ADMIN_USERNAME"], env["WEIR_ADMIN_PASSWORD"])
    rows = eventually(lambda: (found := api.logs()) and len(found) == 2 and found, "both rows")
    for row in rows:
        assert (row["status"], row["stream"], row["complete"]) == (200, True, True)
        assert row["cost_nano_usd"] > 0


def test_a_second_up_changes_nothing(tool):
    tool.up_demo()
    env, pids = tool.dev_env(), {service: tool.pid(service) for service in SERVICES}
    start = time.monotonic()
    again = tool.up()
    assert again.returncode == 0, again.stdout + again.stderr
    assert time.monotonic() - start < 5
    assert tool.dev_env() == env
    assert {service: tool.pid(service) for service in SERVICES} == pids


def test_up_starts_only_what_is_missing(tool):
    tool.up_demo()
    pids = {service: tool.pid(service) for service in SERVICES}
    os.kill(pids["relay"], signal.SIGKILL)
    eventually(lambda: not is_alive(pids["relay"]), "the relay is gone")
    status = tool.status()
    assert status.returncode == 1
    assert re.search(r"relay\s+\d+\s+-\s+died", status.stdout), status.stdout
    assert tool.up().returncode == 0
    assert tool.pid("usage") == pids["usage"]
    assert tool.pid("admin") == pids["admin"]
    assert tool.pid("relay") != pids["relay"]
    assert tool.status().returncode == 0


def test_up_of_one_service(tool):
    tool.up_demo()
    pids = {service: tool.pid(service) for service in SERVICES}
    os.kill(pids["usage"], signal.SIGKILL)
    result = tool.up("usage")
    assert result.returncode == 0, result.stdout + result.stderr
    assert tool.pid("usage") != pids["usage"]
    assert tool.pid("relay") == pids["relay"]


def test_status_and_down(tool):
    tool.up_demo()
    status = tool.status()
    assert status.returncode == 0, status.stdout
    for service in SERVICES:
        assert re.search(rf"^{service}\s+\d+\s+{tool.pid(service)}\s+ready\s+\d+s$", status.stdout,
                         re.MULTILINE), status.stdout
    pids = [tool.pid(service) for service in SERVICES]
    down = tool.down()
    assert down.returncode == 0
    order = [down.stdout.index(f"{service} stopped") for service in ("relay", "admin", "usage")]
    assert order == sorted(order), down.stdout
    assert not any(is_alive(pid) for pid in pids)
    assert tool.status().returncode == 1
    assert tool.down().returncode == 0, "down twice is no mistake"


def test_data_and_credentials_survive_down_and_up(tool):
    tool.up_demo()
    env = tool.dev_env()
    tool.down()
    result = tool.up()  # the ports are remembered, the demo accounts too
    assert result.returncode == 0, result.stdout + result.stderr
    assert tool.dev_env() == env
    reply = http_client.request(tool.base, "GET", "/v1/models", {"x-api-key": env["WEIR_API_KEY"]})
    assert reply.status == 200
    assert AdminClient(tool.base + 1, env["WEIR_ADMIN_USERNAME"], env["WEIR_ADMIN_PASSWORD"])


def test_a_pid_file_of_another_program_is_not_believed(tool):
    tool.up_demo()
    tool.down()
    stranger = subprocess.Popen(["sleep", "60"])
    try:
        (tool.data / "run" / "relay.pid").write_text(f"{stranger.pid}\n")
        assert re.search(r"relay\s+\d+\s+-\s+died", tool.status().stdout)
        tool.down()
        assert stranger.poll() is None, "down killed a stranger"
    finally:
        stranger.kill()
        stranger.wait()


def test_a_service_whose_binary_was_replaced_is_still_known(tool, build_dir, tmp_path):
    """A build removes or renames the file that a running service was started from."""
    copy = tmp_path / "build" / "bin"
    copy.mkdir(parents=True)
    for service in (*SERVICES, "fake-provider"):
        shutil.copy2(build_dir / "bin" / f"weir-{service}", copy)
    tool.environment["WEIR_BUILD_DIR"] = str(copy.parent)
    tool.up_demo()
    for file in list(copy.iterdir()):
        file.rename(copy / f".linker-{file.name[-5:]}").unlink()
    assert tool.status().returncode == 0
    pids = [tool.pid(service) for service in SERVICES]
    assert tool.down().returncode == 0
    assert not any(is_alive(pid) for pid in pids)


def test_the_relay_alone_waits_for_admin(tool):
    result = tool.up("--port-base", str(tool.base), "relay")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "relay runs" in result.stdout and "not ready yet" in result.stdout
    assert re.search(r"relay\s+\d+\s+\d+\s+starting", tool.status().stdout)
    assert tool.up().returncode == 0, "the others are started and the relay becomes ready"
    assert tool.status().returncode == 0


def test_a_taken_port_is_one_clear_line(tool):
    with socket.create_server(("127.0.0.1", tool.base + 1)):
        result = tool.up("--port-base", str(tool.base))
    assert result.returncode == 1
    assert len(result.stderr.splitlines()) == 1, result.stderr
    assert f"port {tool.base + 1}" in result.stderr
    assert "python3" in result.stderr
    assert str(os.getpid()) in result.stderr
    assert not (tool.data / "run" / "usage.pid").exists()


def test_an_unwritable_folder_is_one_clear_line(tool, tmp_path):
    (tmp_path / "file").write_text("")
    result = tool.run("up", "--detach", "--data", str(tmp_path / "file" / "data"))
    assert result.returncode == 1
    assert len(result.stderr.splitlines()) == 1, result.stderr
    assert str(tmp_path / "file" / "data") in result.stderr


def test_a_service_that_cannot_start_shows_why(tool):
    tool.data.mkdir()
    (tool.data / "weir.yaml").write_text("accounts: [this is: not right\n")
    result = tool.up("--port-base", str(tool.base))
    assert result.returncode == 1
    assert "weir.yaml" in result.stderr
    assert not (tool.data / "run" / "usage.pid").exists(), "what had started was stopped again"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_in_the_foreground_a_signal_stops_all(tool, number):
    process = subprocess.Popen([WEIR, "up", "--data", str(tool.data), "--port-base", str(tool.base)],
                               env=tool.environment, stdin=subprocess.DEVNULL, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        for line in process.stdout:
            if "Ctrl-C" in line:
                break
        pids = [tool.pid(service) for service in SERVICES]
        assert all(is_alive(pid) for pid in pids)
        process.send_signal(number)
        rest = process.communicate(timeout=30)[0]
    finally:
        process.kill()
    assert process.returncode == 0
    order = [rest.index(f"{service} stopped") for service in ("relay", "admin", "usage")]
    assert order == sorted(order), rest
    assert not any(is_alive(pid) for pid in pids)


def test_logs(tool):
    tool.up_demo()
    result = tool.run("logs", "--data", str(tool.data), "usage")
    assert result.returncode == 0
    assert '"service":"weir-usage"' in result.stdout or "usage" in result.stdout


@pytest.mark.parametrize("command", ["up", "down", "status", "logs", "build", "test", "bench", "fmt",
                                     "lint"])
def test_every_command_explains_itself(tool, command):
    result = tool.run(command, "--help")
    assert result.returncode == 0
    assert result.stdout.startswith(f"usage: ./weir {command}")


@pytest.mark.parametrize("arguments", [["nonsense"], ["up", "--nonsense"], ["up", "--data"],
                                       ["up", "relay", "admin"], ["down", "--timeout", "x"],
                                       ["build", "nonsense"], ["up", "--port-base", "65530"]])
def test_wrong_use_is_one_clear_line(tool, arguments):
    result = tool.run(*arguments)
    assert result.returncode in (1, 2)
    assert result.stderr.splitlines()[-1].startswith("weir: ")
