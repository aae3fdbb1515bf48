"""The answer is JSON, and what the version's (or the caller's) schema says."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import jsonschema
import orjson
import re2
import regex
from jsonschema.protocols import Validator
from referencing.exceptions import Unresolvable
from referencing.jsonschema import EMPTY_REGISTRY

from aiops.gateway.errors import InvalidRequest
from aiops.gateway.guardrails.base import Checker, Compiled, Found, Tools
from aiops.gateway.messages import Call, Reply

NAME = "schema"
PATIENCE = 0.05  # seconds for a pattern that RE2 does not know
_FENCED = re.compile(r"\A\s*```(?:json)?\s*\n(.*?)\n?\s*```\s*\Z", re.DOTALL)


def checker(call: Call, tools: Tools) -> Checker | None:  # noqa: ARG001 - it needs nobody
    if call.parameters.response_schema is not None:
        validator = _callers(call.parameters.response_schema)
    elif call.approach.output_schema is not None:
        validator = _VERSIONS.of(call.approach.output_schema)
    else:
        return None

    def check_reply(reply: Reply) -> Found:
        return check(reply.text, validator)

    return check_reply


def check(text: str, validator: Validator) -> Found:
    """The first violation with its path. A single ```json fence around the answer is taken off."""
    fenced = _FENCED.match(text) if text.lstrip().startswith("```") else None
    try:
        value = orjson.loads(fenced.group(1) if fenced else text)
    except ValueError as error:
        return Found(passed=False, reason=f"not JSON: {error}")
    try:
        violation = jsonschema.exceptions.best_match(validator.iter_errors(value))
    except (Unresolvable, RecursionError):
        return Found(passed=False, reason="its schema refers to what is not in it, or to itself without end")
    if violation is None:
        return Found(passed=True, structured=value)
    return Found(passed=False, reason=f"{violation.json_path}: {violation.message}"[:500])


def _callers(schema: Mapping[str, Any]) -> Validator:
    """A caller's schema is a new object in each call: known by its bytes. InvalidRequest where it is none."""
    try:
        return _by_bytes(orjson.dumps(schema, option=orjson.OPT_SORT_KEYS))
    except (jsonschema.SchemaError, TypeError, RecursionError) as error:
        why = getattr(error, "message", "not a JSON schema")
        raise InvalidRequest(f"response_format: {why}"[:500], param="response_format") from None


@lru_cache(maxsize=512)
def _by_bytes(schema: bytes) -> Validator:
    parsed: dict[str, Any] = json.loads(schema)
    kind = jsonschema.validators.validator_for(parsed, default=jsonschema.Draft202012Validator)
    kind.check_schema(parsed)
    return validator_of(parsed)


def validator_of(schema: Mapping[str, Any]) -> Validator:
    """A validator that fetches nothing that a "$ref" names, and whose patterns take no time without end."""
    kind = jsonschema.validators.validator_for(schema, default=jsonschema.Draft202012Validator)
    extend: Any = jsonschema.validators.extend
    bounded = extend(kind, {"pattern": _pattern})
    made: Validator = bounded(schema, registry=EMPTY_REGISTRY)
    return made


_VERSIONS: Compiled[Mapping[str, Any], Validator] = Compiled(validator_of)


def _pattern(
    validator: Any,  # noqa: ARG001 - as jsonschema calls it
    pattern: str,
    instance: Any,
    schema: Any,  # noqa: ARG001 - as jsonschema calls it
) -> Iterator[jsonschema.ValidationError]:
    if isinstance(instance, str) and not _matches(pattern, instance):
        yield jsonschema.ValidationError(f"{instance!r} does not match {pattern!r}")


def _matches(pattern: str, text: str) -> bool:
    try:
        return _linear(pattern).search(text) is not None
    except re2.error:
        try:
            return regex.search(pattern, text, timeout=PATIENCE) is not None
        except (TimeoutError, regex.error):
            return False


@lru_cache(maxsize=512)
def _linear(pattern: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    return re2.compile(pattern, options)
