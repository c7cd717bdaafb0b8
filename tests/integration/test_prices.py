"""Prices: models without one, lists, and rating again what was charged, through kills."""

import csv
import io
import json
import subprocess

import pytest

import harness
import http_client
from admin_client import ApiError, eventually
from postgres import Postgres

TOKENS = "in=1000+out=100"


def serve_unpriced(stack, wanted):
    stack.api.put("/api/v1/admin/settings", {"serve_unpriced_models": wanted})
    stack.api.wait_for_relays()


def unpriced(stack, query=""):
    rows = stack.api.get(f"/api/v1/admin/prices/unpriced?{query}")["data"]
    return {row["model"]: row for row in rows}


def add_price(stack, model, **fields):
    price = stack.api.post("/api/v1/admin/prices", {"model": model, **fields})
    stack.api.wait_for_relays()
    return price


def rerate(stack, **order):
    """Starts a run and waits for its end."""
    run = stack.api.post("/api/v1/admin/usage/rerate", {"from": "2020-01-01T00:00:00Z", **order})
    return wait_for(stack, run["id"])


def wait_for(stack, run_id, timeout=60):
    def over():
        run = stack.api.get(f"/api/v1/admin/usage/rerate/{run_id}")
        return run if run["state"] != "running" else None
    run = eventually(over, "the run ends", timeout=timeout)
    assert run["state"] == "done", run
    return run


def metric(stack, name):
    text = http_client.request(stack.usage_ops, "GET", "/metrics").body.decode()
    return sum(float(line.split()[-1]) for line in text.splitlines() if line.startswith(name))


def test_an_unpriced_model_is_refused_and_seen(stack):
    lane = stack.claude(TOKENS)
    reply = lane.messages(model="never-priced-1")
    assert reply.status == 400, reply.body
    stack.api.log_row(reply.request_id)
    row = unpriced(stack)["never-priced-1"]
    assert (row["refused_requests"], row["served_requests"], row["priced_now"]) == (1, 0, False)
    status = stack.api.get("/api/v1/status")["unpriced"]
    assert "never-priced-1" in status["names"] and status["requests"] >= 1
    assert metric(stack, 'weir_usage_unpriced_events_total{outcome="refused"}') >= 1
    assert "a model without a price was refused" in stack.usage.log()


def test_what_was_served_for_nothing_is_rated_once_it_has_a_price(stack):
    lane = stack.lane({"scenario": TOKENS}, price_multiplier="2")
    serve_unpriced(stack, True)
    try:
        reply = lane.messages(model="priced-later")
    finally:
        serve_unpriced(stack, False)
    assert reply.status == 200, reply.body
    row = stack.api.log_row(reply.request_id)
    assert (row["cost_nano_usd"], row["price"], row["corrections"]) == (0, None, [])
    seen = unpriced(stack)["priced-later"]
    assert (seen["served_requests"], seen["input_tokens"], seen["output_tokens"]) == (1, 1000, 100)
    assert seen["served_model"] == "priced-later"

    add_price(stack, "priced-later", input="3", output="15")
    assert "priced-later" not in unpriced(stack)
    assert unpriced(stack, "show=all")["priced-later"]["priced_now"] is True
    cost = 2 * (1000 * 3_000 + 100 * 15_000)
    dry = rerate(stack, served_models=["priced-later"], dry_run=True)
    assert (dry["requests"], dry["corrected"], dry["difference_nano_usd"]) == (1, 1, cost)
    assert stack.api.log_row(reply.request_id)["cost_nano_usd"] == 0
    query = f"key_id={lane.key_id}"
    assert stack.api.get(f"/api/v1/usage/summary?{query}")["totals"]["cost_nano_usd"] == 0

    run = rerate(stack, served_models=["priced-later"])
    assert (run["corrected"], run["difference_nano_usd"]) == (1, cost)
    assert [model["served_model"] for model in run["models"]] == ["priced-later"]
    row = stack.api.log_row(reply.request_id)
    assert (row["cost_nano_usd"], row["corrections_nano_usd"]) == (cost, cost)
    line, = row["corrections"]
    assert line["rerate_id"] == run["id"] and line["price"]["price_multiplier"] == "2"
    assert stack.api.get(f"/api/v1/usage/summary?{query}")["totals"]["cost_nano_usd"] == cost
    series = stack.api.get(f"/api/v1/usage/series?bucket=day&{query}")
    assert series["totals"]["cost_nano_usd"] == cost
    exported = stack.api.raw("GET", f"/api/v1/usage/export?format=jsonl&{query}").body.decode()
    assert json.loads(exported)["cost_nano_usd"] == cost
    assert rerate(stack, served_models=["priced-later"])["corrected"] == 0


def test_a_price_that_was_wrong_is_taken_back(stack):
    lane = stack.claude(TOKENS)
    wrong = add_price(stack, "wrongly-priced", input="30", output="150", aliases=["wrong-alias"])
    reply = lane.messages(model="wrong-alias")
    assert reply.status == 200, reply.body
    row = stack.api.log_row(reply.request_id)
    assert row["cost_nano_usd"] == 1000 * 30_000 + 100 * 150_000
    with pytest.raises(ApiError) as refused:  # what was valid is never rewritten
        stack.api.post("/api/v1/admin/prices", {
            "model": "wrongly-priced", "input": "3", "output": "15",
            "effective_from": "2020-01-01T00:00:00Z"})
    assert refused.value.reply.status == 409
    stack.api.delete(f"/api/v1/admin/prices/{wrong['id']}")
    add_price(stack, "wrongly-priced", input="3", output="15", aliases=["wrong-alias"])
    run = rerate(stack, models=["wrong-alias"])
    assert run["difference_nano_usd"] == -9 * (1000 * 3_000 + 100 * 15_000)
    row = stack.api.log_row(reply.request_id)
    assert row["cost_nano_usd"] == 1000 * 3_000 + 100 * 15_000
    assert row["price"]["input"] == "30", "what was recorded stays"


def test_orders_that_make_no_sense_are_refused(stack):
    for order in ({}, {"from": "2030-01-01T00:00:00Z"}, {"from": "yesterday"},
                  {"from": "2026-01-01T00:00:00Z", "models": "one"},
                  {"from": "2026-01-01T00:00:00Z", "charge": True}):
        with pytest.raises(ApiError) as error:
            stack.api.post("/api/v1/admin/usage/rerate", order)
        assert error.value.reply.status == 400, order
    with pytest.raises(ApiError) as error:
        stack.api.get("/api/v1/admin/usage/rerate/99999")
    assert error.value.reply.status == 404


EVENTS = 12_000
ACCOUNTS = 12  # of weir-usage-load


@pytest.fixture(params=["sqlite", "postgres"])
def big_ledger(request, build_dir):
    """A stack whose ledger has thousands of requests, which nobody's relay has served."""
    postgres = Postgres() if request.param == "postgres" else None
    made = harness.Stack(build_dir, database=postgres.create_database if postgres else None)
    try:
        made.start()
        subprocess.run([build_dir / "bin" / "weir-usage-load", "--events", str(EVENTS), "--days",
                        "3", "--target", f"127.0.0.1:{made.usage_grpc}", "--internal-token-file",
                        made.folder / "internal.token"], check=True, stdout=subprocess.DEVNULL,
                       timeout=60)
        yield made
    finally:
        made.close()
        if postgres:
            postgres.close()


def ledger_cost(stack):
    return stack.api.get("/api/v1/usage/summary")["totals"]["cost_nano_usd"]


def test_a_killed_run_goes_on_and_corrects_each_request_once(big_ledger):
    stack = big_ledger
    before = ledger_cost(stack)
    add_price(stack, "claude-sonnet-4-*", provider="nobody-s", input="6", output="30")
    accounts = [stack.api.add_account(f"rated-{number}", "claude", stack.fake_url, "secret",
                                      provider="nobody-s")["id"] for number in range(ACCOUNTS)]
    assert accounts == list(range(1, ACCOUNTS + 1)), "the accounts of the made-up requests"
    run = stack.api.post("/api/v1/admin/usage/rerate", {"from": "2020-01-01T00:00:00Z"})
    kills = 0
    while kills < 3:
        seen = stack.api.get(f"/api/v1/admin/usage/rerate/{run['id']}")
        if seen["state"] != "running":
            break
        if seen["requests"] > kills * EVENTS // 4:
            stack.usage.kill9()
            stack.start_usage()
            kills += 1
    done = wait_for(stack, run["id"])
    assert kills > 0, "the run was over before it could be killed"
    rows = exported(stack)
    charged = [row for row in rows if row["usage_source"] == "reported"]
    assert len(rows) == EVENTS and 0 < len(charged) < EVENTS, "some failed, and cost nothing"
    for row in rows:
        cost = int(row["input_tokens"]) * 6_000 + int(row["output_tokens"]) * 30_000
        assert int(row["cost_nano_usd"]) == cost, row
        assert int(row["corrections_nano_usd"]) == cost // 2, row
    assert (done["requests"], done["corrected"]) == (len(charged), len(charged))
    assert (done["unpriced"], done["unknown_provider"]) == (0, 0)
    assert ledger_cost(stack) == 2 * before == before + done["difference_nano_usd"]
    again = rerate(stack)
    assert (again["requests"], again["corrected"]) == (len(charged), 0)
    assert ledger_cost(stack) == 2 * before


def exported(stack):
    reply = stack.api.raw("GET", "/api/v1/usage/export?format=csv")
    return list(csv.DictReader(io.StringIO(reply.body.decode())))
