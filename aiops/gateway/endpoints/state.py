"""How the gateway is, and what may be called."""

from starlette.responses import Response

from aiops.gateway import entry
from aiops.gateway.description import description
from aiops.gateway.endpoints.answers import Answer, Asked


async def models(request: Asked) -> Response:
    """GET /v1/models: the features that the key may call."""
    picture = request.gate.decisions()
    key = entry.key_of(picture, request.headers)
    created = int(picture.painted_at.timestamp())
    rows = [
        {"id": feature.slug, "object": "model", "created": created, "owned_by": "aiops"}
        for feature in entry.features_of(picture, key)
    ]
    return Answer({"object": "list", "data": rows})


async def alive(request: Asked) -> Response:  # noqa: ARG001 - the same for everybody
    """GET /healthz"""
    return Answer({"status": "alive"})


async def described(request: Asked) -> Response:  # noqa: ARG001 - the same for everybody
    """GET /openapi.json"""
    return Answer(description())


async def metrics(request: Asked) -> Response:
    """GET /metrics: all processes' figures, whichever of them is asked."""
    page, kind = await request.gate.metrics(request.headers.get("accept", ""))
    return Response(page, headers={"content-type": kind})


async def ready(request: Asked) -> Response:
    """GET /readyz: whether there are decisions, how old they are, and how the gateway's world stands."""
    state = request.gate.state()
    return Answer(state, status=200 if state.get("ready") else 503)
