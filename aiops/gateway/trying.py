"""A real call from the console: with a key of its own, through a gateway, as any application sends one."""

import socket
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
from django.conf import settings

from aiops.core.actors import SystemActor
from aiops.core.errors import AiopsError, Conflict
from aiops.flags import queries as flags
from aiops.gateway import queries
from aiops.gateway.models import Call
from aiops.tenants import actions as tenants
from aiops.tenants import queries as keys
from aiops.tenants.tokens import derived_token, digest_of

CONSOLE = SystemActor("console")
LEFT = timedelta(minutes=10)  # a key that ends sooner is renewed
AT_ONCE = 4  # tries of one console process: each holds a thread
GRACE = 5.0  # seconds on top of a feature's deadline
MOST = 60.0  # seconds that anybody waits here
KNOWN_WITHIN = 3.0  # seconds after which every gateway knows a new key
STORED_WITHIN = 1.5  # seconds; records are stored five times a second
_TICK = 0.05
_seats = threading.BoundedSemaphore(AT_ONCE)


class GatewayAway(AiopsError):
    """No gateway answers the console. The message says where it was looked for, and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is sent. `shape` is "inputs", "message" or "embedding"; `by` stands in the call's metadata."""

    feature: str
    tenant: str
    shape: str
    by: str
    inputs: Mapping[str, str] = field(default_factory=dict)
    system: str = ""
    message: str = ""
    user: str = ""
    locale: str = ""
    category: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the gateway said. `text` is whatever a model wrote; `error` the gateway's own words."""

    status: int
    call_id: str = ""
    outcome: str = "refused"
    text: str = ""
    error: str = ""


def send(asked: Asked, deadline: float) -> Answer:
    """The gateway's answer, refusals too. `deadline` is the feature's, in seconds.

    Raises GatewayAway, and Conflict where too many tries are under way.
    """
    if not _seats.acquire(blocking=False):
        raise Conflict("Other tries are under way. Wait until they are answered.")
    try:
        return _sent(asked, min(deadline + GRACE, MOST))
    finally:
        _seats.release()


def stored(call_id: str, seconds: float = STORED_WITHIN) -> Call | None:
    """The call's record; None where it is not stored within `seconds`."""
    until = time.monotonic() + seconds
    while True:
        call = queries.by_id(call_id).first()
        if call or time.monotonic() >= until:
            return call
        time.sleep(_TICK)


def gateway_address() -> str:
    """Where a gateway is: as the environment says, else one on this host that was seen just now."""
    if settings.GATEWAY_URL:
        return str(settings.GATEWAY_URL)
    process = flags.live_processes().filter(host=socket.gethostname(), port__gt=0).first()
    if process is None:
        raise GatewayAway(
            "No gateway is seen on the console's host. Start one, or say in AIOPS_GATEWAY_URL where one is."
        )
    return f"http://127.0.0.1:{process.port}"


def console_token() -> str:
    """The token of the console's key; one that ends soon, or that our secret does not open, is replaced."""
    root = str(settings.SECRET_KEY)
    key = keys.console_key(LEFT)
    if key is None or digest_of(derived_token(key.public_id, root).secret) != key.digest:
        key = tenants.make_console_key(by=CONSOLE, root=root)
    return str(derived_token(key.public_id, root))


def request_of(asked: Asked) -> tuple[str, dict[str, Any]]:
    """Address and body, as an application would send them."""
    if asked.shape == "embedding":
        return "/v1/embeddings", {"model": asked.feature, "input": asked.message, "user": asked.user}
    common = {
        "user": asked.user,
        "locale": asked.locale,
        "category": asked.category or "unknown",
        "metadata": {"sent_from": "console", "sent_by": asked.by},
    }
    if asked.shape == "inputs":
        return f"/v1/features/{asked.feature}/invoke", {"inputs": dict(asked.inputs), **common}
    said = [("system", asked.system), ("user", asked.message)]
    messages = [{"role": role, "content": content} for role, content in said if content]
    return "/v1/chat/completions", {"model": asked.feature, "messages": messages, **common}


def _sent(asked: Asked, seconds: float) -> Answer:
    address, token = gateway_address(), console_token()
    path, body = request_of(asked)
    headers = {"authorization": f"Bearer {token}", "x-aiops-tenant": asked.tenant}
    until = time.monotonic() + KNOWN_WITHIN
    with httpx.Client(timeout=seconds, trust_env=False) as client:
        while True:
            reply = _posted(client, f"{address}{path}", body, headers)
            if reply.status_code != httpx.codes.UNAUTHORIZED:
                return _read(reply, address)
            if time.monotonic() >= until:
                raise GatewayAway(
                    f"The gateway at {address} does not know the console's key. "
                    "Does it reach the same database?"
                )
            time.sleep(_TICK)


def _posted(
    client: httpx.Client, url: str, body: Mapping[str, Any], headers: dict[str, str]
) -> httpx.Response:
    try:
        return client.post(url, json=body, headers=headers)
    except httpx.TimeoutException:
        raise GatewayAway(
            f"The gateway at {url} has not answered in time. Health says how it does."
        ) from None
    except httpx.HTTPError as error:
        raise GatewayAway(
            f"No gateway answers at {url} ({type(error).__name__}). Start one; Health lists those that run."
        ) from None


def _read(reply: httpx.Response, address: str) -> Answer:
    try:
        body = reply.json()
        call_id = reply.headers.get("x-aiops-call-id", "")
        if reply.status_code != httpx.codes.OK:
            return Answer(reply.status_code, call_id, error=str(body["error"]["message"]))
        told = body.get("aiops", body)
        return Answer(reply.status_code, str(told["id"]), str(told["outcome"]), _text(body))
    except (ValueError, KeyError, TypeError, AttributeError, IndexError):
        raise GatewayAway(f"What answers at {address} is no gateway.") from None


def _text(body: Mapping[str, Any]) -> str:
    if "choices" in body:
        return str(body["choices"][0]["message"]["content"] or "")
    if "data" in body and body.get("object") == "list":
        return f"{len(body['data'][0]['embedding'])} numbers"
    return str(body.get("output") or "")
