"""The cases of command-line agents: a session each, which ends well and stands on the ledger."""

import secrets

from checks import FIGURES, PACE_MS, check_error, check_pieces, check_wrong_key, equal
from clients import NATIVE
from rig import pretty


def check_session(run):
    lane = run.lane("unicode")
    answer = run.succeed("whole", lane)
    _check_session(run, lane, answer, run.rig.fake_text("unicode"))


def check_session_streamed(run):
    lane = run.lane(f"unicode+pace={PACE_MS}")
    answer = run.succeed("stream", lane)
    check_pieces(answer)
    _check_session(run, lane, answer, run.rig.fake_text("unicode"))


def check_session_tool(run):
    """The provider signs its thinking and refuses a result whose call has lost it."""
    lane = run.lane("thinking+tool+family=1")
    result = "sunny-" + secrets.token_hex(8)
    answer = run.succeed("tool", lane, tool_result=result)
    assert [command for command in answer["commands"] if "fake" in command], pretty(answer)
    assert result in run.rig.sent_upstream(run.nonce)[-1], "the command's output is lost"
    rows = _check_session(run, lane, answer, run.rig.fake_text("text"))
    assert len(rows) >= 2, pretty(rows)


def _check_session(run, lane, answer, text):
    """Each of its requests is complete on the ledger, with the same figures in sum."""
    equal(answer["text"], text, "the text")
    rows = run.rig.ledger(lane)
    assert rows and all(row["complete"] and row["status"] == 200 for row in rows), pretty(rows)
    talks = [row for row in rows if row["operation"] != "count_tokens"]
    equal(answer["usage"], {name: sum(row[f"{name}_tokens"] for row in talks) for name in FIGURES},
          "what the client reads against the ledger")
    return rows


def check_session_websocket(run):
    """The same over one WebSocket, which the agent names in a header that goes upstream."""
    lane = run.lane("thinking+tool")
    result = "sunny-" + secrets.token_hex(8)
    answer = run.succeed("websocket", lane, tool_result=result)
    assert result in run.rig.sent_upstream(run.nonce)[-1], "the command's output is lost"
    # Headers of the agent's protocol stay behind where it is translated; the connection is the same.
    if run.upstream == NATIVE[run.client.protocol]:
        names = [value for name, value in run.rig.headers_upstream(run.nonce)
                 if name == "openai-beta"]
        assert names and all("websockets" in value for value in names), f"not by WebSocket: {names}"
    _check_session(run, lane, answer, run.rig.fake_text("text"))


def check_session_own_tools(run):
    """For its newest models Codex brings its tools along in the conversation, one of them a tool that
    takes code: the provider calls it with text that is none, and is told so."""
    lane = run.lane("thinking+tool")
    answer = run.succeed("whole", lane)
    sent = run.rig.sent_upstream(run.nonce)
    if run.upstream == NATIVE[run.client.protocol]:
        assert '"additional_tools"' in sent[-1], sent[-1][:2000]
    else:
        assert "fake is not defined" in sent[-1], sent[-1][-2000:]
    _check_session(run, lane, answer, run.rig.fake_text("text"))


def check_session_retry(run):
    """A provider that stumbles and a stream that breaks are tried again, and then all is well."""
    for scenario in run.client.passing:
        # The provider counts by credential and model, which another agent may have had as well.
        lane = run.lane(f"{scenario}+first=1+in={1 + secrets.randbelow(10**6)}")
        answer = run.succeed("whole", lane)
        shown, whole = answer["text"], run.rig.fake_text("text")
        half = shown.removesuffix(whole) if run.client.shows_half else ""
        assert shown == half + whole and whole.startswith(half), f"{scenario}: the text: {shown}"
        rows = run.rig.ledger(lane)
        ends = [row["status"] == 200 and row["complete"] for row in rows]
        assert len(ends) >= 2 and ends[-1] and not any(ends[:-1]), f"{scenario}: {pretty(rows)}"


def check_session_errors(run):
    """Told at once, in the words of whoever refused: not tried again for minutes."""
    check_wrong_key(run)
    lane = run.lane("400")
    check_error(run, run.call("whole", lane.key), "400")
