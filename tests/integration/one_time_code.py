"""What an authenticator app shows, for the tests that log in with a second factor (RFC 6238)."""

import base64
import hmac
import time

STEP_SECONDS = 30


def code_of(secret):
    """The six digits of this moment."""
    counter = int(time.time()) // STEP_SECONDS
    digest = hmac.new(base64.b32decode(secret), counter.to_bytes(8, "big"), "sha1").digest()
    at = digest[-1] & 15
    return f"{(int.from_bytes(digest[at:at + 4], 'big') & 0x7fffffff) % 1_000_000:06d}"
