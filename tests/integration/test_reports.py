"""Reports, the log and reconciliation: what they say is what was served."""

import collections
import http.client
import json

import pytest

import http_client
from admin_client import ApiError, eventually

SCENARIO = "in=500+out=100"


@pytest.fixture(scope="module")
def served(stack):
    """Two lanes with a few requests each, on the ledger."""
    first, second = stack.claude(SCENARIO), stack.openai("in=70+out=7")
    replies = [first.messages(more_headers={"user-agent": "reports-test/1"}) for _ in range(3)]
    replies += [first.messages(stream=True), second.chat(), second.chat(stream=True)]
    for reply in replies:
        assert reply.status == 200, reply.body
        stack.api.log_row(reply.request_id)
    return first, second


def totals(api, query=""):
    return api.get(f"/api/v1/usage/summary?{query}")["totals"]


def test_series_top_and_summary_agree(stack, served):
    first, second = served
    for query in (f"key_id={first.key_id}", f"key_id={second.key_id}", ""):
        sums = totals(stack.api, query)
        for zone in ("UTC", "Asia/Kathmandu", "America/New_York"):
            series = stack.api.get(f"/api/v1/usage/series?bucket=hour&by=model&tz={zone}&{query}")
            assert series["totals"] == sums
            added = sum(bucket["requests"] for bucket in series["data"])
            assert added == sums["requests"]
            parts = series["series"] + [series["rest"]]
            assert sum(part["totals"]["cost_nano_usd"] for part in parts) == sums["cost_nano_usd"]
            assert {len(part["data"]) for part in parts} == {len(series["data"])}
        top = stack.api.get(f"/api/v1/usage/top?by=key&limit=1&{query}")
        assert top["totals"] == sums
        assert top["data"][0]["requests"] + top["rest"]["requests"] == sums["requests"]
    sums = totals(stack.api, f"key_id={first.key_id}")
    assert (sums["requests"], sums["input_tokens"], sums["output_tokens"]) == (4, 2000, 400)
    by_key = stack.api.get("/api/v1/usage/top?by=key&sort=-requests&limit=2")["data"]
    assert [row["key_id"] for row in by_key] == [first.key_id, second.key_id]
    assert by_key[0]["key_name"] == first.group["name"]


def test_latency_over_time_is_that_of_the_log(stack):
    lane = stack.claude("text")
    rows = [stack.api.log_row(lane.messages(stream=stream).request_id) for stream in (False, True, True)]
    times = sorted(row["latency_ms"] for row in rows)
    told = stack.api.get(f"/api/v1/usage/latency?bucket=hour&tz=Asia/Kathmandu&key_id={lane.key_id}")
    assert told["exact"] and told["since"] is None, told
    assert told["latency"] == {"measured": 3, "p50_ms": times[1], "p95_ms": times[2], "p99_ms": times[2]}
    firsts = [row["first_token_ms"] for row in rows if row["first_token_ms"] is not None]
    assert told["first_token"]["measured"] == len(firsts) >= 2, told["first_token"]
    assert sum(bar["answers"] for bar in told["histogram"]) == 3
    assert sum(bar["first_tokens"] for bar in told["histogram"]) == len(firsts)
    measured = [bucket["latency"] for bucket in told["data"] if bucket["latency"]["measured"]]
    assert sum(one["measured"] for one in measured) == 3
    empty = [bucket["latency"] for bucket in told["data"] if not bucket["latency"]["measured"]]
    assert empty and all(one["p50_ms"] is None for one in empty), "nothing is no 0"


def test_errors_over_time_have_their_class(stack):
    lane = stack.claude("529")
    refused = [lane.messages() for _ in range(3)]
    words = collections.Counter(stack.api.log_row(reply.request_id)["error_class"]
                                for reply in refused)
    of_it = f"key_id={lane.key_id}"
    for zone in ("UTC", "Asia/Kathmandu"):
        told = stack.api.get(f"/api/v1/usage/errors?bucket=hour&tz={zone}&{of_it}")
        assert told["exact"] and told["errors"] == 3
        assert {one["error_class"]: one["errors"] for one in told["classes"]} == words
        by_bucket = [bucket["errors"] for bucket in told["data"]]
        assert by_bucket == [sum(one) for one in zip(*(one["data"] for one in told["classes"]))]
        assert told["rest"]["errors"] == 0
    everybodys = stack.api.get("/api/v1/usage/errors?bucket=hour")
    assert everybodys["errors"] == totals(stack.api)["errors"]


def test_an_account_shows_what_it_served(stack, served):
    first, second = served
    for lane, requests in ((first, 4), (second, 2)):
        path = f"/api/v1/admin/accounts/{lane.accounts[0]['id']}/usage"
        of_it = stack.api.get(f"{path}?bucket=hour&by=key")
        assert of_it["totals"]["requests"] == requests
        assert [row["key_id"] for row in of_it["series"]] == [lane.key_id]
    for path, status in (("987654321/usage", 404), ("1/usage?account_id=1", 400)):
        with pytest.raises(ApiError) as error:
            stack.api.get(f"/api/v1/admin/accounts/{path}")
        assert error.value.reply.status == status


def test_a_zone_that_is_not_known_is_refused(stack):
    with pytest.raises(ApiError) as error:
        stack.api.get("/api/v1/usage/series?tz=Mars/Olympus")
    assert error.value.reply.status == 400
    assert "tz" in error.value.reply.json()["fields"]


def test_the_log_is_searched_by_what_a_request_was(stack, served):
    first, _ = served
    mine = f"key_id={first.key_id}"
    assert len(stack.api.logs(mine)) == 4
    assert len(stack.api.logs(f"{mine}&stream=true")) == 1
    assert len(stack.api.logs(f"{mine}&stream=false&user_agent=REPORTS-test")) == 3
    assert len(stack.api.logs(f"{mine}&client_ip=127.0.0.")) == 4
    assert stack.api.logs(f"{mine}&client_ip=10.") == []
    assert stack.api.logs(f"{mine}&protocol=openai_chat") == []
    assert stack.api.logs(f"{mine}&complete=false") == []
    row = stack.api.logs(f"{mine}&stream=true")[0]
    assert stack.api.logs(f"request_id={row['id']}") == [row]
    assert row["attempts"] == 1
    assert len(stack.api.logs(f"{mine}&served_model={row['served_model']}")) == 4
    for order in ("-cost", "-latency_ms", "started_at", "-started_at"):
        ids, cursor = [], ""
        while cursor is not None:
            page = stack.api.get(f"/api/v1/admin/logs?{mine}&limit=1&sort={order}&cursor={cursor}")
            ids += [found["id"] for found in page["data"]]
            cursor = page["next_cursor"]
        assert len(ids) == len(set(ids)) == 4, order


def test_statistics_are_those_of_the_rows(stack, served):
    first, _ = served
    failing = stack.claude("400")
    assert failing.messages().status == 400
    eventually(lambda: stack.api.logs(f"key_id={failing.key_id}"), "the failure is on the ledger")
    stats = stack.api.get(f"/api/v1/admin/logs/stats?key_id={first.key_id}&key_id={failing.key_id}")
    rows = stack.api.logs(f"key_id={first.key_id}")
    assert stats["exact"] is True
    assert stats["requests"] == 5
    latencies = sorted(row["latency_ms"] for row in rows)
    assert stats["latency"]["p50_ms"] == latencies[1]
    assert stats["latency"]["p99_ms"] == latencies[3]
    assert stats["latency"]["measured"] == 4
    assert stats["statuses"] == [{"status": 200, "requests": 4}, {"status": 400, "requests": 1}]
    failed = stack.api.logs(f"key_id={failing.key_id}")[0]
    assert stats["error_classes"] == [{"error_class": failed["error_class"], "requests": 1}]
    assert stats["cache_hit_share"] in ("0", "0.0", "0.00")


def test_users_see_their_own_and_no_accounts(stack, served):
    first, _ = served
    user = stack.api.post("/api/v1/users", {"username": "rita", "password": "correct horse"})
    rita = stack.api.__class__(stack.admin_port, "rita", "correct horse")
    key = rita.post("/api/v1/api-keys", {"name": "rita's", "group_id": user["group_id"]})
    assert totals(rita)["requests"] == 0
    assert totals(rita, f"key_id={first.key_id}")["requests"] == 0
    assert rita.get("/api/v1/logs")["data"] == []
    other = stack.api.logs(f"key_id={first.key_id}")[0]
    with pytest.raises(ApiError) as error:
        rita.get(f"/api/v1/logs/{other['id']}")
    assert error.value.reply.status == 404
    reply = rita.raw("GET", "/api/v1/usage/export")
    assert reply.status == 200
    assert "account" not in reply.body.decode()
    assert len(reply.body.decode().splitlines()) == 1
    assert key["name"] == "rita's"


def test_a_key_shows_what_it_spent(stack):
    lane = stack.lane({"scenario": SCENARIO},
                      key={"limits": {"usd_per_day": "1", "requests_per_month": 5}})
    for _ in range(2):
        stack.api.log_row(lane.messages().request_id)
    page = http_client.request(stack.admin_port, "GET", "/api/v1/key-usage?days=2",
                               {"authorization": f"Bearer {lane.key}", "connection": "close"}).json()
    money, requests = page["windows"]
    assert money["used_nano_usd"] == 2 * (500 * 3_000 + 100 * 15_000)
    assert (requests["cap"], requests["used"]) == (5, 2)
    assert page["days"][-1]["requests"] == 2
    assert page["key"]["id"] == lane.key_id and "key" not in page["key"]
    nobody = http_client.request(stack.admin_port, "GET", "/api/v1/key-usage",
                                 {"x-api-key": "ck_wrong", "connection": "close"})
    assert nobody.status == 401


def test_a_providers_export_is_compared_with_the_ledger(stack):
    lane = stack.claude(SCENARIO)
    for _ in range(2):
        stack.api.log_row(lane.messages().request_id)
    row = stack.api.logs(f"key_id={lane.key_id}")[0]
    day = row["started_at"][:10]
    header = ("usage_date_utc,model_version,api_key,usage_input_tokens_no_cache,"
              "usage_input_tokens_cache_write_5m,usage_input_tokens_cache_write_1h,"
              "usage_input_tokens_cache_read,usage_output_tokens\n")
    path = f"/api/v1/admin/reconcile?account_id={lane.accounts[0]['id']}"

    def reconcile(text):
        connection = http.client.HTTPConnection("127.0.0.1", stack.admin_port, timeout=20)
        connection.request("POST", path, text.encode(), {
            "content-type": "text/csv", "authorization": f"Bearer {stack.api._token}"})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())

    status, same = reconcile(f"{header}{day},{row['served_model']},k,1000,0,0,0,200\n")
    assert status == 200, same
    assert same["form"] == "anthropic"
    assert same["rows"] == {"same": 1, "differs": 0, "only_in_file": 0, "only_in_ledger": 0}
    status, off = reconcile(f"{header}{day},{row['served_model']},k,1000,0,0,0,190\n")
    assert off["rows"]["differs"] == 1
    assert off["data"][0]["difference"]["output_tokens"] == 10
    status, bad = reconcile(f"{header}{day},{row['served_model']},k,1000,0,0,0,x\n")
    assert status == 400
    assert "line 2, column usage_output_tokens" in bad["error"]
