"""Where a feature's answers of tickets are sent, and how whoever gets one knows that it is ours.

    x-aiops-timestamp: 1796000000
    x-aiops-signature: sha256=HMAC-SHA256(secret, "1796000000." + body), in hex

The receiver computes the same, compares in constant time, and refuses what is older than five minutes.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping

from aiops import env
from aiops.core import outward

PREFIX = "aiops_cb_"


def new_secret() -> str:
    return PREFIX + secrets.token_urlsafe(32)


def problem(url: str) -> str:
    """What is wrong with a callback's address, in words; "" where nothing is, or where there is none."""
    return outward.problem(url, http=http_allowed()) if url else ""


def http_allowed() -> bool:
    """Whether the operator lets answers travel without TLS."""
    return env.flag("AIOPS_CALLBACKS_HTTP")


def signed(secret: str, body: bytes, at: int) -> Mapping[str, str]:
    """The headers that sign `body` at `at`, in seconds since 1970."""
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return {"x-aiops-timestamp": str(at), "x-aiops-signature": f"sha256={digest}"}
