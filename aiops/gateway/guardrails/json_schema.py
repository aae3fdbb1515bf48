"""The answer is JSON, and what the version's (or the caller's) schema says."""

import json
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import jsonschema
import orjson
from jsonschema.protocols import Validator

from aiops.gateway.guardrails.base import Found
from aiops.gateway.messages import Call, Check, Reply

NAME = "schema"
_FENCED = re.compile(r"\A\s*```(?:json)?\s*\n(.*?)\n?\s*```\s*\Z", re.DOTALL)


def checker(call: Call) -> Callable[[Reply], Found] | None:
    mode = call.feature.policy.guardrails.json_schema
    schema = call.parameters.response_schema or call.approach.output_schema
    if mode == "off" or schema is None:
        return None
    validator = _validator(orjson.dumps(schema, option=orjson.OPT_SORT_KEYS))
    return lambda reply: check(reply.text, validator, enforced=mode == "enforce")


def check(text: str, validator: Validator, *, enforced: bool) -> Found:
    """The first violation with its path. A single ```json fence around the answer is taken off."""
    fenced = _FENCED.match(text)
    try:
        value = orjson.loads(fenced.group(1) if fenced else text)
    except ValueError as error:
        return Found(Check(NAME, passed=False, reason=f"not JSON: {error}", enforced=enforced))
    violation = jsonschema.exceptions.best_match(validator.iter_errors(value))
    if violation is None:
        return Found(Check(NAME, passed=True, enforced=enforced), value)
    return Found(
        Check(
            NAME, passed=False, reason=f"{violation.json_path}: {violation.message}"[:500], enforced=enforced
        )
    )


@lru_cache(maxsize=512)
def _validator(schema: bytes) -> Validator:
    parsed: Mapping[str, Any] = json.loads(schema)
    return jsonschema.validators.validator_for(parsed, default=jsonschema.Draft202012Validator)(parsed)
