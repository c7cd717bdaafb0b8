"""The response cache: who gets which answer again, what it costs, and when it must miss."""

import json
import threading

import pytest

import http_client
from admin_client import eventually
from upstream import STREAM_HEAD, answer_with, chunk, reply_bytes


def state(reply):
    return reply.header("x-weir-cache")


def cached_lane(stack, *accounts, **group):
    return stack.lane(*(accounts or ({"scenario": "in=100+out=40"},)), cache=True, **group)


def metric(stack, name):
    page = http_client.request(stack.relay_ops, "GET", "/metrics", {"connection": "close"})
    for line in page.body.decode().splitlines():
        if line.startswith(name + " "):
            return float(line.split()[1])
    raise AssertionError(f"no metric {name}")


@pytest.mark.parametrize("send", ["messages", "chat"])
@pytest.mark.parametrize("stream", [False, True])
def test_the_second_time_the_same_answer_costs_nothing(stack, send, stream):
    platform = "claude" if send == "messages" else "openai"
    lane = cached_lane(stack, {"scenario": "in=100+out=40+unicode", "platform": platform})
    first = getattr(lane, send)(stream=stream)
    again = getattr(lane, send)(stream=stream)
    assert (state(first), state(again)) == ("miss", "hit")
    assert again.status == 200
    assert again.body == first.body
    assert again.header("content-type") == first.header("content-type")
    assert again.request_id != first.request_id
    assert again.header("request-id" if send == "messages" else "x-request-id") == again.request_id
    if stream:
        assert again.header("transfer-encoding") == "chunked"
        assert again.header("x-accel-buffering") == "no"
    bought, free = stack.api.log_row(first.request_id), stack.api.log_row(again.request_id)
    assert bought["cost_nano_usd"] > 0 and bought["cache_hit"] is False
    assert free["cache_hit"] is True
    assert (free["cost_nano_usd"], free["input_tokens"], free["output_tokens"]) == (0, 0, 0)
    assert free["account_id"] == 0 and free["attempts"] == []
    assert (free["status"], free["complete"], free["stream"]) == (200, True, stream)
    assert free["served_model"] == bought["served_model"]
    rows = stack.api.logs(f"key_id={lane.key_id}&cache_hit=true")
    assert [row["request_id"] for row in rows] == [again.request_id]


def test_it_is_off_unless_key_or_group_asks_for_it(stack):
    lane = stack.claude("in=5+out=5")
    assert [state(lane.messages()) for _ in range(2)] == [None, None]
    lane = stack.lane({"scenario": "in=5+out=5"}, key={"cache": True})
    assert [state(lane.messages()) for _ in range(2)] == ["miss", "hit"]


def test_one_byte_more_is_another_request(stack):
    lane = cached_lane(stack)
    assert state(lane.messages(text="a")) == "miss"
    assert state(lane.messages(text="b")) == "miss"
    assert state(lane.messages(text="a", temperature=0.5)) == "miss"
    assert state(lane.messages(text="a", more_headers={"anthropic-beta": "x-1"})) == "miss"
    assert state(lane.messages(text="a")) == "hit"


def test_cache_control_of_the_client(stack, upstream):
    numbers = iter(range(100))
    upstream.handler = lambda _recorded, connection: connection.sendall(reply_bytes(
        body=json.dumps({"n": next(numbers), "usage": {"input_tokens": 1, "output_tokens": 1}})
        .encode())) or True
    lane = cached_lane(stack, {"url": upstream.url})

    def ask(control=None):
        reply = lane.messages(more_headers={"cache-control": control} if control else None)
        return state(reply), reply.json()["n"]

    assert ask("no-store") == ("miss", 0)
    assert ask() == ("miss", 1), "what must not be stored is not"
    assert ask() == ("hit", 1)
    assert ask("no-cache") == ("miss", 2)
    assert ask() == ("hit", 2), "a fresh answer takes the place of the old one"
    assert ask("no-cache, no-store") == ("miss", 3)
    assert ask() == ("hit", 2)


def test_groups_share_nothing(stack):
    one, two = cached_lane(stack), cached_lane(stack)
    assert state(one.messages()) == "miss"
    assert state(two.messages()) == "miss"
    assert state(one.messages()) == "hit"


def test_keys_of_a_group_share_unless_their_prompts_differ(stack):
    lane = cached_lane(stack)
    same = stack.api.add_key("same", group_id=lane.group["id"])
    other = stack.api.add_key("other", group_id=lane.group["id"], system_prompt="Be brief.")
    assert state(lane.messages()) == "miss"
    for key, expected in ((same, "hit"), (other, "miss")):
        headers = {"x-api-key": key["key"]}
        eventually(lambda: lane.messages(text="warm", more_headers=headers).status == 200, "the key")
        assert state(lane.messages(more_headers=headers)) == expected


def answers_hit(lane):
    return state(lane.messages()) == "hit"


def patch_group(stack, lane, **fields):
    group = stack.api.get(f"/api/v1/groups/{lane.group['id']}")
    stack.api.call("PATCH", f"/api/v1/groups/{lane.group['id']}", fields,
                   {"if-match": str(group["version"])})


@pytest.mark.parametrize("change", [{"system_prompt": "Be brief."},
                                    {"model_mapping": {"claude-sonnet-4-5": "claude-haiku-4-5"}}])
def test_a_change_of_the_groups_rules_misses(stack, change):
    lane = cached_lane(stack)
    lane.messages()
    assert answers_hit(lane)
    patch_group(stack, lane, **change)
    eventually(lambda: not answers_hit(lane), "the changed rules to miss")


def test_a_change_of_the_account_misses(stack):
    lane = cached_lane(stack)
    lane.messages()
    assert answers_hit(lane)
    stack.api.patch(f"/api/v1/admin/accounts/{lane.accounts[0]['id']}",
                    {"model_mapping": {"claude-sonnet-4-5": "claude-haiku-4-5"}})
    eventually(lambda: not answers_hit(lane), "the account's other model to miss")


def test_an_answer_ends_at_its_time(stack):
    lane = cached_lane(stack, cache_ttl_ms=700)
    lane.messages()
    assert answers_hit(lane)
    eventually(lambda: not answers_hit(lane), "its end", timeout=10, pause=0.2)


@pytest.mark.parametrize("scenario", ["400", "500", "cut", "no_done", "stream_error", "rst"])
def test_what_is_not_whole_and_good_is_not_kept(stack, scenario):
    lane = cached_lane(stack, {"scenario": scenario + "+in=5+out=5"})
    for _ in range(2):
        try:
            assert state(lane.messages(stream=True)) in ("miss", None)
        except http_client.ClosedEarly:
            pass
    assert stack.api.logs(f"key_id={lane.key_id}&cache_hit=true") == []


def test_a_stream_whose_client_left_is_not_kept(stack, upstream):
    upstream.handler = answer_with(STREAM_HEAD + chunk(b"event: ping\ndata: {}\n\n"), keep=True)
    lane = cached_lane(stack, {"url": upstream.url})
    with http_client.Connection(stack.relay_port) as connection:
        connection.send_request("POST", "/v1/messages", lane.headers(), json.dumps({
            "model": "claude-sonnet-4-5", "max_tokens": 64, "stream": True,
            "messages": [{"role": "user", "content": "Say hello"}]}).encode())
        connection.read_head()
    row = eventually(lambda: stack.api.logs(f"key_id={lane.key_id}"), "the row")[0]
    assert row["error_class"] == "client_gone"
    assert stack.api.logs(f"key_id={lane.key_id}&cache_hit=true") == []


def test_a_gzip_answer_is_kept_as_it_was_sent(stack):
    lane = cached_lane(stack, {"scenario": "gzip+in=7+out=3"})
    first, again = lane.messages(stream=True), lane.messages(stream=True)
    assert (state(first), state(again)) == ("miss", "hit")
    assert again.body == first.body


def test_count_tokens_and_embeddings_are_cached_too(stack):
    lane = cached_lane(stack)
    body = json.dumps({"model": "claude-sonnet-4-5",
                       "messages": [{"role": "user", "content": "hi"}]}).encode()
    replies = [http_client.request(stack.relay_port, "POST", "/v1/messages/count_tokens",
                                   {**lane.headers(), "connection": "close"}, body)
               for _ in range(2)]
    assert [state(reply) for reply in replies] == ["miss", "hit"]
    assert replies[0].body == replies[1].body
    lane = cached_lane(stack, {"scenario": "in=5", "platform": "openai"})
    body = b'{"model":"text-embedding-3-small","input":"hi"}'
    replies = [http_client.request(stack.relay_port, "POST", "/v1/embeddings",
                                   {**lane.headers(), "connection": "close"}, body)
               for _ in range(2)]
    assert [state(reply) for reply in replies] == ["miss", "hit"]
    assert replies[0].body == replies[1].body


def test_a_hit_needs_no_account(stack):
    """Neither a place in flight nor a healthy account: the answer is there already."""
    lane = cached_lane(stack)
    lane.messages()
    account = lane.accounts[0]["id"]
    stack.api.patch(f"/api/v1/admin/accounts/{account}", {"limits": {"rpm": 1}})
    texts = (f"another {number}" for number in range(10_000))
    eventually(lambda: lane.messages(text=next(texts)).status != 200, "the account to be full")
    assert answers_hit(lane)


def test_an_account_that_is_disabled_gives_nothing_any_more(stack):
    lane = cached_lane(stack)
    lane.messages()
    assert answers_hit(lane)
    stack.api.patch(f"/api/v1/admin/accounts/{lane.accounts[0]['id']}", {"status": "disabled"})
    eventually(lambda: lane.messages().status != 200, "the account to be gone")


def test_a_key_that_may_not_use_the_model_gets_no_answer(stack):
    lane = cached_lane(stack)
    lane.messages()
    narrow = stack.api.add_key("narrow", group_id=lane.group["id"], allowed_models=["other"])
    headers = {"x-api-key": narrow["key"]}
    eventually(lambda: lane.messages(more_headers=headers).status in (403, 404), "the key")


def test_many_at_once_agree(stack):
    lane = cached_lane(stack, {"scenario": "in=5+out=5+events=50"})
    first = lane.messages(stream=True)
    bodies = []

    def ask():
        for _ in range(20):
            reply = lane.messages(stream=True)
            bodies.append((state(reply), reply.body))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert bodies == [("hit", first.body)] * 160
    assert metric(stack, "weir_relay_cache_hits_total") >= 160
    assert metric(stack, "weir_relay_cache_bytes") > 0


def test_settings_and_groups_check_what_they_are_given(stack):
    for value in (-1, 604_800_001):
        for method, path, body in (("POST", "/api/v1/groups", {"name": "g", "cache_ttl_ms": value}),
                                   ("PUT", "/api/v1/admin/settings", {"cache_ttl_ms": value})):
            reply = stack.api.raw(method, path, body)
            assert reply.status == 400, reply
            assert "cache_ttl_ms" in reply.json()["fields"]
