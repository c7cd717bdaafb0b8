"""What the tests of recorded bodies share."""

import http_client
from admin_client import eventually


def recorded(stack, request_id, timeout=15.0):
    """The bodies of a request by kind, as soon as they are stored."""
    def there():
        reply = stack.api.raw("GET", f"/api/v1/admin/logs/{request_id}/body")
        return reply.json() if reply.status == 200 else None
    answer = eventually(there, f"bodies of {request_id}", timeout)
    return {body["kind"]: body for body in answer["bodies"]}


def lane_of(stack, *accounts, **group):
    return stack.lane(*(accounts or ({"scenario": "in=10+out=5"},)), record_bodies=True, **group)


def metric(port, name):
    page = http_client.request(port, "GET", "/metrics", {"connection": "close"})
    for line in page.body.decode().splitlines():
        if line.startswith(name + " "):
            return float(line.split()[1])
    raise AssertionError(f"no metric {name}")
