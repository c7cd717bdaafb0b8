"""What the tests of the account pool share."""

import http_client

SONNET, HAIKU = "claude-sonnet-4-5", "claude-haiku-4-5"


def account_of(stack, reply):
    return stack.api.log_row(reply.request_id)["account_id"]


def metric(stack, name, **labels):
    """The sum of the samples of that name that carry these labels."""
    text = http_client.request(stack.relay_ops, "GET", "/metrics").body.decode()
    total = 0.0
    for line in text.splitlines():
        if line.startswith(name + "{") or line.startswith(name + " "):
            if all(f'{key}="{value}"' in line for key, value in labels.items()):
                total += float(line.rsplit(" ", 1)[1])
    return total
