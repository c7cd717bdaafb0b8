"""Recorded bodies: bounded, never in the way of a request or of the ledger, deletable."""

import time

import pytest

import harness
import http_client
from admin_client import eventually
from bodies import lane_of, metric, recorded
from postgres import Postgres


@pytest.fixture(scope="module")
def postgres():
    made = Postgres()
    yield made
    made.close()


def test_an_answer_of_200_mb_is_cut_and_costs_no_memory(stack, upstream):
    size, piece = 200 << 20, b"a" * (1 << 20)

    def send(_recorded, connection):
        head = b'{"usage":{"input_tokens":1,"output_tokens":1},"text":"'
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
                           b"content-length: %d\r\n\r\n" % (size + len(head) + 2))
        connection.sendall(head)
        for _ in range(200):
            connection.sendall(piece)
        connection.sendall(b'"}')
        return True

    upstream.handler = send
    lane = lane_of(stack, {"url": upstream.url})
    before = stack.relay.rss_kib()
    reply = lane.messages()
    assert len(reply.body) > size
    answer = recorded(stack, reply.request_id)["client_answer"]
    assert answer["truncated"] and answer["complete"] and answer["bytes"] == len(reply.body)
    assert len(answer["text"]) == 65536
    assert stack.relay.rss_kib() - before < 48 * 1024


def test_a_client_that_leaves_is_recorded_as_far_as_it_came(stack):
    lane = lane_of(stack, {"scenario": "events=200+pace=20"})
    with http_client.Connection(stack.relay_port) as connection:
        connection.send_request("POST", "/v1/messages", lane.headers(),
                                harness.anthropic_body(stream=True))
        reply = connection.read_head()
        passed = b""
        for piece in connection.read_body(reply):
            passed += piece
            if b"content_block_delta" in passed:
                break
    request_id = reply.request_id
    bodies = recorded(stack, request_id)
    answer = bodies["client_answer"]
    assert answer["complete"] is False and "content_block_delta" in answer["text"]
    assert bodies["client_request"]["complete"] is True


def test_what_finds_no_room_is_shed_and_nothing_waits(build_dir):
    stack = harness.Stack(build_dir, settings={"WEIR_RELAY_BODY_QUEUE_BYTES": 1 << 20})
    try:
        stack.start()
        lane = lane_of(stack)
        stack.usage.stop()
        for _ in range(30):
            assert lane.messages(text="x" * 70_000).status == 200
        assert metric(stack.relay_ops, "weir_relay_bodies_held_bytes") <= 1 << 20
        kept_bytes = metric(stack.relay_ops, "weir_relay_bodies_held_bytes")
        random = [f"{i * 2654435761 % 2 ** 32:x}" for i in range(9_000)]
        for _ in range(40):
            assert lane.messages(text=" ".join(random)).status == 200
        eventually(lambda: metric(stack.relay_ops, "weir_relay_bodies_shed_total") > 0, "shed")
        assert metric(stack.relay_ops, "weir_relay_bodies_held_bytes") < 3 << 20, kept_bytes
        stack.start_usage()
        eventually(lambda: metric(stack.relay_ops, "weir_relay_bodies_held_bytes") == 0,
                   "all that was kept is stored")
        assert metric(stack.relay_ops, "weir_relay_bodies_recorded_total") > 0
        recorded(stack, lane.messages().request_id)
    finally:
        stack.close()


# --- deaths, databases, deletion


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_bodies_may_be_lost_the_ledger_is_not(build_dir, request, kind, no_sanitizer):
    database = None
    if kind == "postgresql":
        cluster = request.getfixturevalue("postgres")
        database = lambda name: cluster.create_database(f"{name}_{time.monotonic_ns()}")
    stack = harness.Stack(build_dir, database=database)
    try:
        stack.start()
        lane = lane_of(stack)
        first = [lane.messages().request_id for _ in range(5)]
        for request_id in first:
            recorded(stack, request_id)
        stack.usage.kill9()
        while_away = [lane.messages().request_id for _ in range(5)]
        stack.start_usage()
        for request_id in while_away:
            assert recorded(stack, request_id)["client_answer"]["complete"]
            stack.api.log_row(request_id)
        last = [lane.messages().request_id for _ in range(5)]
        stack.relay.kill9()
        stack.start_relay()
        for request_id in last:
            stack.api.log_row(request_id)
        recorded(stack, lane.messages().request_id)
        deletion_and_retention(stack, lane, first)
    finally:
        stack.close()


def deletion_and_retention(stack, lane, request_ids):
    """Run last: it leaves nothing of the bodies, and all of the log."""
    path = f"/api/v1/admin/logs/{request_ids[0]}/body"
    assert stack.api.delete(path) == {"bodies_deleted": 2}
    assert stack.api.raw("GET", path).status == 404
    assert stack.api.raw("DELETE", "/api/v1/admin/logs/bodies").status == 400
    assert stack.api.delete("/api/v1/admin/logs/bodies?before=2020-01-01T00:00:00Z") == {
        "bodies_deleted": 0}
    stack.api.post("/api/v1/admin/tasks/body_retention/run")
    task = eventually(lambda: next(
        (task for task in stack.api.get("/api/v1/admin/tasks")["data"]
         if task["name"] == "body_retention" and task["last_run"] and not task["running"]), None),
        "body_retention has run")
    assert task["last_run"]["result"] == "ok" and "0 bodies deleted" in task["last_run"]["detail"]
    assert stack.api.raw("GET", f"/api/v1/admin/logs/{request_ids[1]}/body").status == 200
    gone = stack.api.delete(f"/api/v1/admin/logs/bodies?key_id={lane.key_id}")
    assert gone["bodies_deleted"] >= 18
    assert stack.api.raw("GET", f"/api/v1/admin/logs/{request_ids[1]}/body").status == 404
    stack.api.log_row(request_ids[0])
