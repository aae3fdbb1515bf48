"""The real app on a real socket, in a thread, its world in memory."""

import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import uvicorn

from aiops.features.policy import Policy
from aiops.gateway.gate import Gate
from aiops.gateway.http import config_of, listening_socket, make_app
from aiops.gateway.memory import MemoryVendors, memory_world
from aiops.gateway.picture import Deployment, Feature, Key, Picture
from aiops.gateway.pipeline import gateway
from aiops.gateway.ports import World
from tests.gateway.world import Vendor, make_approach, make_model

SECRET = "s" * 43
TOKEN = f"aiops_sk_acme0001_{SECRET}"
SERVICE = f"aiops_sk_service1_{SECRET}"
DIGEST = sha256(SECRET.encode()).hexdigest()


def make_picture(policy: dict[str, Any] | None = None, *, revision: int = 1, **parts: Any) -> Picture:
    """One tenant's key, a service key, and the feature "summary"."""
    approach = parts.pop("approach", None) or make_approach()
    deployment = Deployment(stable=approach)
    feature = Feature(slug="summary", policy=Policy.model_validate(policy or {}), deployment=deployment)
    keys = {
        "acme0001": Key(id="acme0001", digest=DIGEST, tenant="acme"),
        "service1": Key(id="service1", digest=DIGEST, tenant=None, features=frozenset({"summary"})),
    }
    facts: dict[str, Any] = {
        "painted_at": datetime(2026, 11, 1, tzinfo=UTC),
        "keys": keys,
        "tenants": frozenset({"acme", "globex"}),
        "features": {"summary": feature, "other": Feature(slug="other", deployment=deployment)},
        "models": {"small": make_model()},
    }
    return Picture(revision=revision, **{**facts, **parts})


async def no_figures(_accept: str) -> tuple[bytes, str]:
    return b"", "text/plain"


@contextmanager
def serving(picture: Picture | None, world: World | None = None, **beside: Any) -> Iterator[str]:
    """The address of a gateway that sees `picture`."""
    met = world or memory_world(vendors=MemoryVendors({"small": Vendor("Fine, thank you.")}))

    @asynccontextmanager
    async def opened() -> AsyncIterator[Gate]:
        state = {"ready": picture is not None, "revision": picture.revision if picture else None}
        yield Gate(lambda: picture, gateway(met), met, lambda: state, **{"metrics": no_figures, **beside})
        for adapter in getattr(met.vendors, "adapters", {}).values():
            await adapter.close()

    listener = listening_socket("127.0.0.1", 0)
    app = beside.pop("through", lambda app: app)(make_app(opened))
    server = uvicorn.Server(config_of(app, "critical"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    tick = threading.Event()
    while not server.started and thread.is_alive():
        tick.wait(0.005)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
