"""The gateway's own description in OpenAPI 3.1: the bodies that are read are the ones described."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from pydantic import BaseModel

from aiops.gateway.bodies import Chat, Embeddings, Evaluation, Feedback, Invoke

Described = Mapping[str, Any]

_TEXT: Described = {"type": "string"}
_OBJECT: Described = {"type": "object"}
_ERRORS = {
    400: "The request is wrong; `param` names where.",
    401: "No key that is known.",
    403: "The key may not do this.",
    404: "There is no such thing.",
    408: "The body did not arrive in time.",
    409: "The idempotency key is taken.",
    413: "The body is too large.",
    415: "The body is not JSON.",
    422: "The output did not pass a guardrail.",
    429: "A budget, a limit or the retry-loop breaker; see `Retry-After`.",
    502: "No model could answer.",
    503: "The feature is stopped, or the gateway has no decisions yet.",
    504: "No answer within the feature's deadline.",
}
_ALWAYS = (401, 503)
_BODY = (*_ALWAYS, 400, 403, 404, 408, 413, 415)
_CALL = (*_BODY, 422, 429, 502, 504)


@cache
def description() -> dict[str, Any]:
    """The document, the same for everybody."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "aiops gateway",
            "version": "1",
            "description": "AI features for applications: every call decided, bounded, priced, recorded.",
        },
        "security": [{"bearer": []}, {"key": []}],
        "paths": {**_calls(), **_flags(), **_state()},
        "components": {
            "schemas": _schemas((Chat, Invoke, Embeddings, Feedback, Evaluation)) | _ANSWERS,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": "aiops_sk_…"},
                "key": {"type": "apiKey", "in": "header", "name": "x-api-key"},
            },
        },
    }


def _calls() -> dict[str, Any]:
    streamed = {"text/event-stream": {"schema": _TEXT}}
    return {
        "/v1/chat/completions": {
            "post": _operation("chat", "A chat completion, as OpenAI has it", "Chat", _CALL, more=streamed)
        },
        "/v1/embeddings": {"post": _operation("embed", "Texts as vectors", "Embeddings", _CALL)},
        "/v1/features/{feature}/invoke": {
            "post": _operation("invoke", "Ask a feature", "Invoke", (*_CALL, 409), path="feature")
        },
        "/v1/feedback": {
            "post": _operation("feedback", "What an answer was worth", "Feedback", _BODY, status=202)
        },
        "/v1/tickets/{id}": {
            "get": _operation("ticket", "An answer that was waited for", None, (400, 403, 404), path="id")
        },
        "/v1/models": {"get": _operation("models", "The features that the key may call", None, ())},
    }


def _flags() -> dict[str, Any]:
    one = _operation("flag", "A flag, by OpenFeature's protocol", "Evaluation", _BODY, path="key")
    every = _operation("flags", "All flags, by OpenFeature's protocol", "Evaluation", _BODY)
    every["parameters"].append({"name": "if-none-match", "in": "header", "schema": _TEXT})
    every["responses"]["304"] = {"description": "None has changed."}
    for operation in (one, every):
        failed = {"description": "As the protocol has it.", "content": _json({"$ref": _at("FlagFailure")})}
        named = [status for status in operation["responses"] if int(status) >= 400]
        operation["responses"] |= dict.fromkeys(named, failed)
    return {
        "/ofrep/v1/evaluate/flags": {"post": every},
        "/ofrep/v1/evaluate/flags/{key}": {"post": one},
    }


def _state() -> dict[str, Any]:
    metrics = {"description": "Prometheus's form.", "content": {"text/plain": {"schema": _TEXT}}}
    open_to_all = {
        "/healthz": _operation("alive", "Whether it runs", None, ()),
        "/readyz": _operation("ready", "Whether it has decisions", None, ()),
        "/metrics": _operation("metrics", "Figures", None, ()) | {"responses": {"200": metrics}},
        "/openapi.json": _operation("description", "This", None, ()),
    }
    for operation in open_to_all.values():
        operation["security"] = []
        operation["responses"].pop("401", None)
    open_to_all["/readyz"]["responses"]["503"] = {
        "description": "It has no decisions yet.",
        "content": _json(_OBJECT),
    }
    return {path: {"get": operation} for path, operation in open_to_all.items()}


def _operation(
    name: str,
    summary: str,
    body: str | None,
    errors: Sequence[int],
    *,
    path: str = "",
    status: int = 200,
    more: Described | None = None,
) -> dict[str, Any]:
    """`body` names the schema of what is sent; that of the answer is `{name}_answer`, where there is one."""
    answer = {"$ref": _at(f"{name}_answer")} if f"{name}_answer" in _ANSWERS else _OBJECT
    said = {"description": "Done.", "content": {**_json(answer), **(more or {})}}
    failed = {number: _failed(number) for number in sorted({*errors, *_ALWAYS})}
    tenant = {"name": "x-aiops-tenant", "in": "header", "schema": _TEXT, "description": "With a service key."}
    operation: dict[str, Any] = {
        "operationId": name,
        "summary": summary,
        "parameters": [tenant],
        "responses": {str(status): said, **{str(number): one for number, one in failed.items()}},
    }
    if path:
        operation["parameters"].append({"name": path, "in": "path", "required": True, "schema": _TEXT})
    if body:
        needed = body != "Evaluation"  # everything in it has a default
        operation["requestBody"] = {"required": needed, "content": _json({"$ref": _at(body)})}
    return operation


def _failed(status: int) -> dict[str, Any]:
    return {"description": _ERRORS[status], "content": _json({"$ref": _at("Error")})}


def _json(schema: Described) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _at(name: str) -> str:
    return f"#/components/schemas/{name}"


def _schemas(bodies: Sequence[type[BaseModel]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for body in bodies:
        schema = body.model_json_schema(ref_template=_at("{model}"))
        found |= schema.pop("$defs", {})
        found[body.__name__] = schema
    return found


def _answer(required: Mapping[str, Described], **more: Described) -> dict[str, Any]:
    return {"type": "object", "required": list(required), "properties": {**required, **more}}


_NUMBERS: Described = {"type": "array", "items": {"type": "number"}}
_FLAG = _answer(
    {
        "key": _TEXT,
        "value": {"type": "boolean"},
        "variant": {"enum": ["on", "off"]},
        "reason": {"enum": ["STATIC", "TARGETING_MATCH", "SPLIT", "DISABLED", "UNKNOWN"]},
        "metadata": _OBJECT,
    }
)
_OUTCOME: Described = {"enum": ["answered", "cached", "degraded", "queued"]}
_ANSWERS: dict[str, Any] = {
    "Error": _answer(
        {
            "error": _answer(
                {"message": _TEXT, "type": _TEXT, "param": {"type": ["string", "null"]}, "code": _TEXT}
            )
        }
    ),
    "FlagFailure": _answer(
        {"errorCode": {"enum": ["FLAG_NOT_FOUND", "INVALID_CONTEXT", "PARSE_ERROR", "GENERAL"]}}
        | {"errorDetails": _TEXT},
        key=_TEXT,
    ),
    "chat_answer": _answer(
        {"id": _TEXT, "choices": {"type": "array"}, "usage": _OBJECT, "aiops": _OBJECT, "model": _TEXT}
    ),
    "invoke_answer": _answer(
        {"id": _TEXT, "feature": _TEXT, "outcome": _OUTCOME, "output": _TEXT, "cost_usd": _TEXT},
        ticket=_OBJECT,
    ),
    "embed_answer": _answer(
        {
            "data": {
                "type": "array",
                "items": _answer({"index": {"type": "integer"}, "embedding": {"anyOf": [_NUMBERS, _TEXT]}}),
            },
            "usage": _OBJECT,
        }
    ),
    "feedback_answer": _answer({"id": _TEXT}),
    "ticket_answer": _answer(
        {
            "id": _TEXT,
            "state": {"enum": ["waiting", "answered", "expired", "rejected"]},
            "output": {"type": ["string", "null"]},
        }
    ),
    "models_answer": _answer({"object": {"const": "list"}, "data": {"type": "array", "items": _OBJECT}}),
    "flag_answer": _FLAG,
    "flags_answer": _answer({"flags": {"type": "array", "items": {"$ref": _at("flag_answer")}}}),
}
