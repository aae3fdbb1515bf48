"""What comes after a call: the answer that it waits for, and what the application says of it."""

import time

from starlette.responses import Response

from aiops.gateway import call_ids, entry
from aiops.gateway.bodies import Feedback, parsed
from aiops.gateway.endpoints.answers import Answer, Asked, body_of
from aiops.gateway.errors import InvalidRequest, NotFound, NotReady

A_DAY = 86_400.0  # seconds by which a clock may differ


async def ticket(request: Asked) -> Response:
    """GET /v1/tickets/{id}: of the key's own tenant, and of features that the key may call."""
    gate = request.gate
    picture = gate.decisions()
    key = entry.key_of(picture, request.headers)
    tenant = entry.tenant_of(picture, key, request.headers)
    named = request.path_params["id"]
    if not named.isprintable():
        raise NotFound("There is no such ticket.", param="id")
    try:
        found = await gate.world.tickets.find(named, tenant)
    except OSError:
        raise NotReady("Tickets cannot be looked up now: their database is away.", retry_after=5) from None
    if found is None or (key.features and found.feature not in key.features):
        raise NotFound(f"There is no ticket {named[:60]!r}.", param="id")
    return Answer({"id": named, "state": found.state, "output": found.output})


async def feedback(request: Asked) -> Response:
    """POST /v1/feedback: written down before it is answered, stored soon after."""
    gate = request.gate
    picture = gate.decisions()
    key = entry.key_of(picture, request.headers)
    tenant = entry.tenant_of(picture, key, request.headers)
    said = parsed(await body_of(request), Feedback)
    if not call_ids.valid(said.call_id) or call_ids.time_of(said.call_id) > time.time() + A_DAY:
        raise InvalidRequest(f"call_id: {said.call_id[:60]!r} is no id of a call.", param="call_id")
    owner = await gate.world.calls.tenant_of(said.call_id)
    if owner not in {None, tenant}:
        raise NotFound(f"There is no call {said.call_id}.", param="call_id")
    number = "fbk_" + call_ids.new_id()[5:]
    gate.world.recorder.feedback({"number": number, "at": time.time(), "tenant": tenant, **said.model_dump()})
    return Answer({"id": number}, status=202)
