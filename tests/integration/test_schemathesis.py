"""schemathesis against a real admin on both databases: whatever the contract allows or forbids is tried, and
each answer must be one that the contract has. Bounded and with a fixed seed here; with -m long it
goes on for longer."""

import os
import pathlib
import sqlite3
import subprocess
import sys

import pytest

import harness
from admin_client import AdminClient
from postgres import Postgres

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "clients"))
import packages  # noqa: E402  (of tests/clients)

NAME, PASSWORD = "examiner", "a password of 28 characters."
# Far from the ids that are tried, so that the examiner is not deleted halfway.
EXAMINER_ID = 7_000_000_000_000_000
# For what the first test tries; they are spent whole. What differs between the two is the statements.
SECONDS = {"sqlite": 60, "postgresql": 30}

# Why a check is left out:
# positive_data_acceptance: some rules span fields or records (a group that must exist, an address
#   that must parse), so a 400 may be right for what each field's schema allows.
CHECKS_LEFT_OUT = ["positive_data_acceptance"]
# Ends the log-in that all the others need; tried below by itself.
LOG_OUT = "/api/v1/auth/logout"


@pytest.fixture(scope="module")
def tool(build_dir):
    try:
        folder = packages.Packages(build_dir, HERE / "packages").install("schemathesis")
    except packages.Unavailable as why:
        # What was not tried did not pass: only who says so goes without.
        if os.environ.get("WEIR_SCHEMATHESIS") == "required":
            pytest.fail(f"{why}; WEIR_SCHEMATHESIS=optional goes without it")
        pytest.skip(str(why))
    return folder / "bin" / "schemathesis"


@pytest.fixture(scope="module", params=list(SECONDS))
def admin(request, build_dir):
    """Admin and usage, with an administrator whose id nothing finds by chance."""
    cluster = Postgres() if request.param == "postgresql" else None
    stack = harness.Stack(build_dir, database=cluster and cluster.create_database,
                          settings={"WEIR_ADMIN_REQUESTS_PER_MINUTE": "0"})
    stack.seconds = SECONDS[request.param]
    try:
        stack.start_usage()
        stack.seed()
        stack.start_admin()
        stack.log_in().post("/api/v1/users", {"username": NAME, "password": PASSWORD,
                                              "role": "admin"})
        stack.admin.stop()
        move = f"UPDATE users SET id = {EXAMINER_ID} WHERE username = '{NAME}'"
        if cluster is None:
            with sqlite3.connect(stack.folder / "admin.db") as database:
                database.execute(move)
        else:
            cluster.query("admin", move)
        stack.start_admin()
        # Beforehand: what is tried on the log-in locks this address out.
        stack.tokens = [AdminClient(stack.admin_port).log_in(NAME, PASSWORD)["token"]
                        for _ in range(2)]
        yield stack
        assert stack.admin.is_running(), f"admin died\n{stack.admin.log_tail()}"
    finally:
        stack.close()
        if cluster is not None:
            cluster.close()


def run(tool, stack, *arguments, seconds):
    """Its report, when something failed."""
    command = [str(tool), "run", f"http://127.0.0.1:{stack.admin_port}/api/openapi.json",
               "--header", f"Authorization: Bearer {stack.tokens.pop()}", "--seed", "7",
               "--checks", "all", "--exclude-checks", ",".join(CHECKS_LEFT_OUT),
               "--workers", "1", "--continue-on-failure", "--warnings", "off",
               "--suppress-health-check", "all", "--no-color", "--max-time", str(seconds), *arguments]
    done = subprocess.run(command, cwd=stack.folder, stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=2 * seconds + 60, check=False)
    (stack.folder / "schemathesis.log").write_text(done.stdout + done.stderr)
    assert done.returncode == 0, done.stdout[-20000:] + done.stderr[-2000:]
    return done.stdout


def test_the_contract_holds(tool, admin):
    said = run(tool, admin, "--exclude-path", LOG_OUT, "--phases", "examples,coverage,fuzzing",
               "--max-examples", "4", seconds=admin.seconds)
    # All but logging out, and the document itself. A slow machine may not come to all of them in
    # the time there is.
    operations = sum(len(methods) for methods in contract_of(admin)["paths"].values())
    assert f"Selected: {operations - 2}/{operations - 1}\n" in said, said[-2000:]


def test_logging_out_is_as_the_contract_has_it(tool, admin):
    run(tool, admin, "--include-path", LOG_OUT, "--max-examples", "2", "--phases", "coverage",
        seconds=5)


@pytest.mark.long
def test_the_contract_holds_for_longer(tool, admin):
    run(tool, admin, "--exclude-path", LOG_OUT, "--max-examples", "200", seconds=3600)


def contract_of(stack):
    return AdminClient(stack.admin_port).get("/api/openapi.json")
