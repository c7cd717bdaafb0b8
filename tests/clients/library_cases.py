"""The cases of libraries: what is asked of one, and what must be true then of its own result, of
what the provider got, and of the ledger."""

import secrets

from checks import FIGURES, PACE_MS, check_error, check_pieces, equal
from clients import NATIVE
from rig import UPSTREAMS, pretty

FINISHED = {"stop", "end_turn", "completed"}


def check_whole(run):
    lane = run.lane("unicode")
    answer = run.succeed("whole", lane)
    equal(answer["text"], run.rig.fake_text("unicode"), "the text")
    assert answer["finish"] in FINISHED, answer
    [row] = run.rig.ledger(lane)
    assert row["complete"] and row["status"] == 200 and not row["stream"], pretty(row)


def check_stream(run):
    # A library makes its classes at the first event, which can take longer than the whole stream.
    run.succeed("stream", run.lane("text"))
    scenario = f"unicode+pace={PACE_MS}"
    lane = run.lane(scenario)
    answer = run.succeed("stream", lane)
    equal(answer["text"], run.rig.fake_text("unicode"), "the text")
    assert answer["finish"] in FINISHED, answer
    check_pieces(answer)
    [row] = run.rig.ledger(lane)
    assert row["complete"] and row["stream"], pretty(row)


def check_leave(run):
    """Who leaves is not answered further: the provider is told, and the ledger says it."""
    lane = run.lane(f"unicode+pace={3 * PACE_MS}")
    answer = run.succeed("leave", lane)
    whole = run.rig.fake_text("unicode")
    assert whole.startswith(answer["text"]) and answer["text"] != whole, pretty(answer)
    run.rig.wait_for_outcomes(run.nonce, ["client_gone"])
    [row] = run.rig.ledger(lane)
    assert row["error_class"] == "client_gone" and not row["complete"], pretty(row)


def check_embeddings(run):
    """The SDKs ask for base64 and turn it into numbers themselves."""
    lane = run.lane("in={input}".format(**FIGURES))
    answer = run.succeed("embeddings", lane)
    equal(answer["vectors"], run.rig.fake_embeddings(2), "the vectors")
    equal(answer["input"], FIGURES["input"], "what the client reads")
    [row] = run.rig.ledger(lane)
    equal(row["input_tokens"], FIGURES["input"], "the ledger")


def _check_tools(run, call, scenario, calls):
    lane = run.lane(scenario)
    result = "sunny-" + secrets.token_hex(8)
    answer = run.succeed(call, lane, tool_result=result)
    equal(answer["calls"], [{"name": "get_weather", "arguments": {"city": "fake"}}] * calls,
          "the calls")
    equal(answer["text"], run.rig.fake_text("text"), "the text after the result")
    first, second = run.rig.sent_upstream(run.nonce)
    assert result not in first and second.count(result) == calls, f"the result is lost: {second}"
    rows = run.rig.ledger(lane)
    assert [row["complete"] for row in rows] == [True, True], pretty(rows)


def check_tool(run):
    _check_tools(run, "tool", "tool", 1)


def check_tools_streamed(run):
    _check_tools(run, "tool_stream", "parallel+text", 2)


def check_thinking(run):
    """The provider refuses a result whose call has lost its thinking."""
    _check_tools(run, "thinking", "thinking+tool+family=1", 1)
    _first, second = run.rig.sent_upstream(run.nonce)
    assert UPSTREAMS[run.upstream].thinking in second, second


def check_usage(run):
    lane = run.lane("in={input}+out={output}+cache_read={cache_read}".format(**FIGURES))
    answers = [run.succeed(call, lane) for call in ("whole", "stream")]
    rows = run.rig.ledger(lane)
    assert len(rows) == len(answers), pretty(rows)
    for answer, row in zip(answers, rows):
        equal(answer["usage"], FIGURES, "what the client reads")
        equal({name: row[f"{name}_tokens"] for name in FIGURES}, FIGURES, "the ledger")
        equal(row["usage_source"], "reported", "the ledger's source")
        # Where the library shows the answer's headers, they name this very row.
        equal(answer.get("request_id", row["id"]), row["id"], "the request's id")


def check_count(run):
    lane = run.lane("in={input}".format(**FIGURES))
    told = run.succeed("count", lane)["input"]
    if run.upstream == NATIVE[run.client.protocol]:
        equal(told, FIGURES["input"], "the count")
    else:  # counted by Weir itself: some ten words
        assert 5 < told < 50, f"the count: {told}"


def check_models(run):
    lane = run.lane("text")
    ids = run.succeed("models", lane)["ids"]
    assert UPSTREAMS[run.upstream].model in ids, ids
    assert len(ids) == len(set(ids)), f"a model twice: {ids}"


def _check_upstream_error(run, scenario, attempts):
    lane = run.lane(scenario)
    answer = run.call("whole", lane.key)
    check_error(run, answer, scenario)
    rows = run.rig.ledger(lane)
    equal(len(rows), attempts, "the attempts")
    assert not any(row["cost_nano_usd"] for row in rows), f"a failure cost: {pretty(rows)}"


def check_400(run):
    _check_upstream_error(run, "400", 1)


def check_429(run):
    _check_upstream_error(run, "429", run.client.attempts)


def check_529(run):
    _check_upstream_error(run, "529", run.client.attempts)


def check_broken_stream(run):
    """Half an answer is told as an error, never taken for a whole one, and not asked for again."""
    for scenario in ("stream_error", "cut"):
        lane = run.lane(scenario)
        answer = run.call("stream", lane.key)
        check_error(run, answer, scenario)
        [row] = run.rig.ledger(lane)
        assert not row["complete"], pretty(row)
