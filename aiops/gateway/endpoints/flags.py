"""Flags for clients of OpenFeature, by its Remote Evaluation Protocol."""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from functools import wraps
from typing import Any

import orjson
from starlette.responses import Response

from aiops.gateway import entry, flag_values, replies
from aiops.gateway.bodies import Evaluation, parsed
from aiops.gateway.endpoints.answers import Answer, Asked, body_of
from aiops.gateway.errors import GatewayError, NotFound
from aiops.gateway.picture import Key, Picture

Endpoint = Callable[[Asked], Awaitable[Response]]


def in_its_words(endpoint: Endpoint) -> Endpoint:
    """Errors as the protocol has them: `errorCode`, and always `errorDetails`."""

    @wraps(endpoint)
    async def told(request: Asked) -> Response:
        try:
            return await endpoint(request)
        except GatewayError as error:
            return _failure(error, request.path_params.get("key"))

    return told


@in_its_words
async def one(request: Asked) -> Response:
    """POST /ofrep/v1/evaluate/flags/{key}"""
    picture, key, asked = await _asked(request)
    tenant = _tenant(picture, key, request.headers, asked)
    slug = request.path_params["key"]
    feature = picture.features.get(slug)
    if feature is None or (key.features and slug not in key.features):
        raise NotFound(f"There is no flag {slug[:100]!r}.")
    return Answer(flag_values.value_of(picture, feature, tenant, asked.context.user))


@in_its_words
async def every(request: Asked) -> Response:
    """POST /ofrep/v1/evaluate/flags: all that the key may see, or 304 where none has changed."""
    picture, key, asked = await _asked(request)
    tenant = _tenant(picture, key, request.headers, asked)
    user = asked.context.user
    shown = flag_values.visible(picture, key)
    told = [flag_values.value_of(picture, feature, tenant, user) for feature in shown]
    facts = [{**one, "metadata": {**one["metadata"], "revision": 0}} for one in told]
    tag = f'"{hashlib.sha256(orjson.dumps(facts)).hexdigest()[:32]}"'
    if tag in {
        known.strip().removeprefix("W/") for known in request.headers.get("if-none-match", "").split(",")
    }:
        return Response(status_code=304, headers={"etag": tag})
    return Answer({"flags": told, "metadata": {"revision": picture.revision}}, headers={"etag": tag})


async def _asked(request: Asked) -> tuple[Picture, Key, Evaluation]:
    picture = request.gate.decisions()
    key = entry.key_of(picture, request.headers)
    return picture, key, parsed(await body_of(request) or b"{}", Evaluation)


def _tenant(picture: Picture, key: Key, headers: Mapping[str, str], asked: Evaluation) -> str:
    """A service key may name the tenant in the context, too."""
    if key.tenant is None and "x-aiops-tenant" not in headers and asked.context.tenant:
        return entry.tenant_of(picture, key, {"x-aiops-tenant": asked.context.tenant})
    return entry.tenant_of(picture, key, headers)


def _failure(error: GatewayError, key: str | None) -> Response:
    body: dict[str, Any] = {"errorCode": _code(error), "errorDetails": error.message}
    if key is not None:
        body["key"] = key
    return Answer(body, status=error.status, headers=replies.error_headers(error))


def _code(error: GatewayError) -> str:
    if error.status == 404:
        return "FLAG_NOT_FOUND"
    if error.status == 400:
        return "INVALID_CONTEXT" if error.param else "PARSE_ERROR"
    return "GENERAL"
